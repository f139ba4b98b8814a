// How long a picture stays, where it does not say so itself.
#pragma once

#include "playhead/backend/sample.h"

namespace playhead {

// `spacing`: between the two pictures before; zero = not known.
inline Duration picture_length(const VideoFrame& frame, Duration spacing) {
    constexpr Duration guess = std::chrono::milliseconds{40};
    if (frame.duration && *frame.duration > Duration{}) return *frame.duration;
    if (spacing > Duration{}) return spacing;
    const Rational rate = frame.picture ? frame.picture->format().frame_rate : Rational{};
    return rate.positive() ? rescale(1, TimeBase{rate.den, rate.num}) : guess;
}

} // namespace playhead
