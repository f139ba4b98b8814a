# Finds everything that Playhead builds on. What is missing is reported in one message that names the
# packages for each system, taken from packages.txt: nobody should install one, retry, install the next.

include(GNUInstallDirs)
find_package(Threads REQUIRED)

# Remembers that a row of packages.txt could not be found, and what exactly was looked for.
function(playhead_missing dependency looked_for)
  set_property(GLOBAL APPEND PROPERTY playhead_missing "${dependency}")
  set_property(GLOBAL APPEND PROPERTY playhead_missing_text "  ${dependency}: ${looked_for}")
endfunction()

# Finds a package by its own CMake config (or CMake's module) and expects it to define `target`.
macro(playhead_find dependency package target)
  find_package(${package} QUIET ${ARGN})
  if(NOT TARGET ${target})
    playhead_missing("${dependency}" "no CMake package ${package} that defines ${target}")
  endif()
endmacro()

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
  playhead_missing(pkgconf "no pkg-config program, which is how FFmpeg and SoundTouch are found")
endif()

# FFmpeg 5.1 and later. It brings .pc files on every system and CMake files on none.
set(playhead_ffmpeg_modules
  libavformat>=59.27 libavcodec>=59.37 libavutil>=57.28 libswscale>=6.7 libswresample>=4.7)
if(PkgConfig_FOUND)
  pkg_check_modules(PLAYHEAD_FFMPEG QUIET IMPORTED_TARGET ${playhead_ffmpeg_modules})
endif()
if(TARGET PkgConfig::PLAYHEAD_FFMPEG)
  add_library(playhead_ffmpeg_libraries INTERFACE)
  target_link_libraries(playhead_ffmpeg_libraries INTERFACE PkgConfig::PLAYHEAD_FFMPEG)
  # Its C headers refuse C++ without this, unless <cstdint> happens to come first.
  target_compile_definitions(playhead_ffmpeg_libraries INTERFACE __STDC_CONSTANT_MACROS)
  add_library(FFmpeg::FFmpeg ALIAS playhead_ffmpeg_libraries)
else()
  list(JOIN playhead_ffmpeg_modules ", " playhead_ffmpeg_text)
  playhead_missing(FFmpeg "${playhead_ffmpeg_text} (pkg-config modules)")
endif()

# SoundTouch is found the same way: its CMake files are younger than what systems ship.
if(PkgConfig_FOUND)
  pkg_check_modules(PLAYHEAD_SOUNDTOUCH QUIET IMPORTED_TARGET soundtouch>=2.2)
endif()
if(TARGET PkgConfig::PLAYHEAD_SOUNDTOUCH)
  add_library(SoundTouch::SoundTouch ALIAS PkgConfig::PLAYHEAD_SOUNDTOUCH)
else()
  playhead_missing(SoundTouch "soundtouch>=2.2 (pkg-config module)")
endif()

playhead_find(spdlog spdlog spdlog::spdlog)
playhead_find(tl-expected tl-expected tl::expected)
playhead_find(libpng PNG PNG::PNG)
if(PLAYHEAD_SDL)
  playhead_find(SDL2 SDL2 SDL2::SDL2)
endif()
if(PLAYHEAD_APPS)
  playhead_find(CLI11 CLI11 CLI11::CLI11)
endif()
if(PLAYHEAD_APPS OR PLAYHEAD_TESTS)
  playhead_find(nlohmann-json nlohmann_json nlohmann_json::nlohmann_json)
endif()
if(PLAYHEAD_TESTS)
  playhead_find(Catch2 Catch2 Catch2::Catch2)
endif()

# One message for all that is missing.
get_property(missing GLOBAL PROPERTY playhead_missing)
if(missing)
  set_property(DIRECTORY APPEND PROPERTY
    CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/../packages.txt")
  file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../packages.txt" rows REGEX "^[^#]+\\|")
  foreach(row IN LISTS rows)
    string(REGEX REPLACE " *\\| *" ";" columns "${row}")
    list(POP_FRONT columns dependency for)
    string(STRIP "${dependency}" dependency)
    if(NOT dependency IN_LIST missing)
      continue()
    endif()
    foreach(system debian fedora arch brew vcpkg)
      list(POP_FRONT columns names)
      if(NOT names STREQUAL "-")
        list(APPEND ${system} ${names})
      endif()
    endforeach()
  endforeach()
  foreach(system debian fedora arch brew vcpkg)
    string(REPLACE ";" " " ${system} "${${system}}")
  endforeach()
  get_property(text GLOBAL PROPERTY playhead_missing_text)
  list(JOIN text "\n" text)
  message(FATAL_ERROR
    "Playhead was not configured, because this machine lacks:\n${text}\n"
    "To install what is missing:\n"
    "  Debian, Ubuntu  apt install ${debian}\n"
    "  Fedora          dnf install ${fedora}\n"
    "  Arch            pacman -S ${arch}\n"
    "  Homebrew        brew install ${brew}\n"
    "  vcpkg           vcpkg install ${vcpkg}\n"
    "SDL2 is not needed with -DPLAYHEAD_SDL=OFF, Catch2 not with -DPLAYHEAD_TESTS=OFF.")
endif()
