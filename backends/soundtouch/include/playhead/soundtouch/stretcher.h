// Faster and slower sound at its own pitch, through SoundTouch (WSOLA: it cuts sound into sequences of
// some 40 to 90 ms and lays them over each other where they fit best).
#pragma once

#include <memory>

#include "playhead/backend/transform.h"

namespace playhead::soundtouch {

inline constexpr double slowest_tempo = 0.25;
inline constexpr double fastest_tempo = 4.0;

// Its stretchers take interleaved f32 of up to 16 channels. The same input gives the same output.
// Over time output is input divided by the tempo, exactly; at any moment a place in the output stands
// for a place in the input that may be some 20 ms off, which is what the method is.
std::shared_ptr<TimeStretcherFactory> make_stretcher_factory();

} // namespace playhead::soundtouch
