// What a person should know and a script should not read: one line on stderr.
#pragma once

#include <string_view>

namespace playhead::bench {

void note(std::string_view text);

// A line of results on stdout, there at once, also for who reads a pipe.
void print(std::string_view line);

} // namespace playhead::bench
