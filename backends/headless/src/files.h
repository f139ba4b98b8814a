// Writing files, with errors that name the file and what to do. Names are UTF-8.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "playhead/result.h"

namespace playhead::headless {

std::filesystem::path path_of(const std::string& utf8);
// Emptied if it exists. `what` is to be written there: "the sound".
Result<std::ofstream> open_for_writing(const std::string& path, const std::string& what);
// After a write that failed, with errno still set.
Error write_error(const std::string& path);

} // namespace playhead::headless
