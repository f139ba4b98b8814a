// Encodes and multiplexes a clip.
#pragma once

#include <string>

#include "clip_options.h"

namespace playhead::clip {

// What went wrong, in a sentence; empty: it is written.
std::string write_clip(const ClipOptions& options);

} // namespace playhead::clip
