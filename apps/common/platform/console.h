// What only the system knows of the terminal, the sound library and the command line.
#pragma once

#include <cstddef>
#include <optional>

namespace playhead::apps {

bool is_terminal(int descriptor);
// How many characters a line of that terminal holds; none where that is not known.
std::optional<std::size_t> columns(int descriptor);

// First of all in main(): where standard input, output or the error output is closed, nothing is there,
// and no file that is opened later takes its number.
void keep_standard_streams();

// ALSA's library prints its troubles to stderr; this makes it keep quiet. Nothing where there is no
// such library. Blocks for as long as loading one takes.
void quiet_alsa();
// The same for Wayland's, which is asked where there is no X display.
void quiet_wayland();

} // namespace playhead::apps
