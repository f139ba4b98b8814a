# playhead_warnings: what every target of ours is compiled with. Third-party headers come in as
# system headers, so a warning is always about our own code.

add_library(playhead_warnings INTERFACE)

if(MSVC)
  target_compile_options(playhead_warnings INTERFACE
    /W4           # the baseline
    /permissive-  # standard C++ only
    /utf-8        # source and literals
    /w14242 /w14254 # a conversion that may lose data
    /w14265       # a class with virtual functions but no virtual destructor
    $<$<BOOL:${PLAYHEAD_WERROR}>:/WX>)
else()
  target_compile_options(playhead_warnings INTERFACE
    -Wall -Wextra           # the baseline
    -Wpedantic              # standard C++ only: other compilers read this too
    -Wshadow                # a name that hides another one
    -Wnon-virtual-dtor      # deleting through a base that has no virtual destructor
    -Woverloaded-virtual    # an override that only hides
    -Wold-style-cast        # casts that can be searched for and say which kind they are
    -Wcast-align            # a cast that a stricter processor would trap on
    -Wcast-qual             # a cast that drops const
    -Wconversion            # a number that changes its value on the way: time and sizes are 64 bit
    -Wsign-conversion       # the same for signs
    -Wdouble-promotion      # float arithmetic that turns double unnoticed, in the audio path
    -Wformat=2              # format strings that the compiler cannot check
    -Wimplicit-fallthrough  # a case that runs on without saying so
    -Wextra-semi            # keeps pedantic builds quiet elsewhere
    -Wundef                 # #if on a misspelt macro
    -Wunused                # anything nobody uses
    $<$<BOOL:${PLAYHEAD_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(playhead_warnings INTERFACE
      -Wduplicated-cond     # if (a) ... else if (a)
      -Wduplicated-branches # two branches with the same code
      -Wsuggest-override)   # an override that does not say so
  else()
    target_compile_options(playhead_warnings INTERFACE
      -Wsuggest-override            # as above
      -Wthread-safety               # where annotations say which lock guards what
      -Wno-missing-field-initializers) # designated initialisers leave the rest to their defaults
  endif()
endif()
