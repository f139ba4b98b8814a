# What helps to work on the project and is never needed to build it: a compiler cache, and the targets
# `format` and `tidy`.

if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

find_program(PLAYHEAD_CCACHE ccache)
mark_as_advanced(PLAYHEAD_CCACHE)
if(PLAYHEAD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PLAYHEAD_CCACHE}")
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(playhead_rooms engine backends apps tests)
list(TRANSFORM playhead_rooms PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE playhead_room_folders)

find_program(PLAYHEAD_CLANG_FORMAT NAMES clang-format-16 clang-format)
find_program(PLAYHEAD_CLANG_TIDY NAMES run-clang-tidy-16 run-clang-tidy)
mark_as_advanced(PLAYHEAD_CLANG_FORMAT PLAYHEAD_CLANG_TIDY)

if(PLAYHEAD_CLANG_FORMAT)
  add_custom_target(format
    COMMAND find ${playhead_room_folders} -name "*.h" -o -name "*.cpp"
            | xargs "${PLAYHEAD_CLANG_FORMAT}" -i --style=file
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Formatting ${playhead_rooms}"
    VERBATIM)
endif()
if(PLAYHEAD_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND "${PLAYHEAD_CLANG_TIDY}" -quiet -p "${PROJECT_BINARY_DIR}"
            "${PROJECT_SOURCE_DIR}/(engine|backends|apps|tests)/"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Checking ${playhead_rooms} with clang-tidy"
    USES_TERMINAL VERBATIM)
endif()
