// What only the system knows of the terminal, the sound library and the command line.
#pragma once

namespace playhead::apps {

bool is_terminal(int descriptor);

// ALSA's library prints its troubles to stderr; this makes it keep quiet. Nothing where there is no
// such library. Blocks for as long as loading one takes.
void quiet_alsa();

} // namespace playhead::apps
