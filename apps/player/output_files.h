// OutputFiles: what the command line has written to files, and that nothing is lost by it.
#pragma once

#include <optional>
#include <string>

#include "options.h"

namespace playhead::apps {

// What is wrong, if a file that is to be played would be written over, or one file be written twice.
// Two lists of hashes may share one (--vo and --ao=framecrc).
std::optional<std::string> overwriting(const Options& options);

// Whether both name the same place to write to, however each is spelt.
bool same_output(const std::string& a, const std::string& b);

} // namespace playhead::apps
