# How a folder becomes a target. A room takes every source file below it, so a file that is put into
# its room is in the build; a room that is still empty is passed over.

# Sets `out` to the sources below the given folders and is asked again at each build.
function(playhead_sources out)
  set(patterns "")
  foreach(folder IN LISTS ARGN)
    list(APPEND patterns "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  endforeach()
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${patterns})
  if(NOT found)
    cmake_path(ABSOLUTE_PATH ARGV1 NORMALIZE OUTPUT_VARIABLE room)
    file(RELATIVE_PATH room "${PROJECT_SOURCE_DIR}" "${room}")
    message(STATUS "Room ${room} has no sources yet")
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# What all targets of ours share.
function(playhead_target name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PRIVATE playhead_warnings)
endfunction()

# The existing ones of the given targets: a room links what has been built before it.
function(playhead_existing out)
  set(found "")
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      list(APPEND found ${target})
    endif()
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# playhead_library(<name> LINKS <public>... PRIVATE_LINKS <private>...)
# makes playhead_<name>, alias playhead::<name>, from include/ and src/ of the current folder.
function(playhead_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;PRIVATE_LINKS")
  set(target playhead_${name})
  playhead_sources(sources src)
  if(NOT sources)
    return()
  endif()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/*.h")
  add_library(${target} STATIC ${sources})
  add_library(playhead::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS "${CMAKE_CURRENT_SOURCE_DIR}/include" FILES ${headers})
  target_include_directories(${target} PRIVATE src)
  target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  playhead_target(${target})
  install(TARGETS ${target} ARCHIVE COMPONENT development FILE_SET HEADERS COMPONENT development)
endfunction()

# playhead_program(<target> LINKS <targets>...): a program from all sources of the current folder.
function(playhead_program target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS")
  playhead_sources(sources .)
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  target_include_directories(${target} PRIVATE .)
  playhead_existing(links ${arg_LINKS})
  target_link_libraries(${target} PRIVATE ${links})
  playhead_target(${target})
endfunction()

# playhead_test_room(<folder> LINKS <targets>... RUNS <programs>... PROPERTIES <name> <value>...)
# makes playhead-test-<folder> from the folder's sources, one ctest entry a test case, labelled with
# the folder's name. RUNS names programs that the tests start; PROPERTIES are ctest's, for each test.
function(playhead_test_room folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;RUNS;PROPERTIES")
  set(target playhead-test-${folder})
  playhead_sources(sources ${folder})
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  playhead_existing(links ${arg_LINKS})
  target_link_libraries(${target} PRIVATE playhead_test_support ${links})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/engine/src" ${folder})
  playhead_target(${target})
  set_target_properties(${target} PROPERTIES CROSSCOMPILING_EMULATOR "${playhead_test_launcher}")
  playhead_existing(programs ${arg_RUNS})
  if(programs)
    add_dependencies(${target} ${programs})
  endif()

  catch_discover_tests(${target}
    TEST_PREFIX "${folder}/"
    TEST_LIST playhead_tests
    PROPERTIES LABELS ${folder} TIMEOUT 300 ${arg_PROPERTIES})
  # A property that is itself a list does not survive the way through catch_discover_tests, so the
  # environment is set afterwards, for the tests that it found.
  set(after "${CMAKE_CURRENT_BINARY_DIR}/${target}_environment.cmake")
  file(CONFIGURE OUTPUT "${after}" @ONLY CONTENT
    "set_tests_properties(\${playhead_tests} PROPERTIES ENVIRONMENT [==[@playhead_test_environment@]==])\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${after}")
endfunction()
