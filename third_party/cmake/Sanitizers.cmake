# PLAYHEAD_SANITIZE=address;undefined or =thread: the flags for every target of ours, and the options
# and suppressions that tests run with (playhead_test_environment).

set(playhead_test_environment "")
set(playhead_test_launcher "")

if(PLAYHEAD_SANITIZE)
  list(JOIN PLAYHEAD_SANITIZE "," sanitizers)
  add_compile_options(
    -fsanitize=${sanitizers}
    -fno-sanitize-recover=all  # the first finding fails the test
    -fno-omit-frame-pointer)   # whole stacks in reports
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code confuses this one, in the standard library too; the dev build has it.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  add_link_options(-fsanitize=${sanitizers})

  set(rules "${PROJECT_SOURCE_DIR}/tests/support")
  if("address" IN_LIST PLAYHEAD_SANITIZE)
    list(APPEND playhead_test_environment
      "ASAN_OPTIONS=detect_stack_use_after_return=1:check_initialization_order=1:strict_init_order=1"
      "LSAN_OPTIONS=suppressions=${rules}/lsan.supp:print_suppressions=0")
  endif()
  if("undefined" IN_LIST PLAYHEAD_SANITIZE)
    list(APPEND playhead_test_environment
      "UBSAN_OPTIONS=print_stacktrace=1:suppressions=${rules}/ubsan.supp")
  endif()
  if("thread" IN_LIST PLAYHEAD_SANITIZE)
    list(APPEND playhead_test_environment
      "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${rules}/tsan.supp")
    # GCC's runtime before 14 dies at start where the kernel randomises addresses by more than 28 bits.
    find_program(PLAYHEAD_SETARCH setarch)
    mark_as_advanced(PLAYHEAD_SETARCH)
    if(PLAYHEAD_SETARCH)
      execute_process(COMMAND ${PLAYHEAD_SETARCH} -R true RESULT_VARIABLE refused
        OUTPUT_QUIET ERROR_QUIET)
      if(refused EQUAL 0)
        set(playhead_test_launcher "${PLAYHEAD_SETARCH};-R")
      endif()
    endif()
  endif()
endif()
