// What tests compare: what was told or called, a line each, and stamps in milliseconds.
#pragma once

#include <string>
#include <vector>

namespace playhead::test {

using Lines = std::vector<std::string>;
using Times = std::vector<int>;

} // namespace playhead::test
