// Time: two lines that cannot be mixed by mistake, and exact conversion of stream ticks.
//
// Units: nanoseconds everywhere in C++. Raw numbers that cross a C call end in their unit
// (_us, _hz, _frames, _bytes). A time that is not known is an empty optional, never a magic value.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace playhead {

using Duration = std::chrono::nanoseconds; // a length on either line

// Where in the programme: a pseudo-clock without now(). Zero is the start of the presentation.
struct MediaLine {
    using rep = Duration::rep;
    using period = Duration::period;
    using duration = Duration;
    using time_point = std::chrono::time_point<MediaLine, Duration>;
};
using MediaTime = MediaLine::time_point;

// When, on this machine (or in the simulation). Only a HostClock tells it.
using HostTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

inline constexpr MediaTime media_zero{};
constexpr MediaTime media_at(Duration since_start) { return MediaTime{since_start}; }

// Seconds per tick, as a fraction: 1/90000 for a transport stream. Both are positive.
struct TimeBase {
    std::int64_t num = 1;
    std::int64_t den = 1;
    friend bool operator==(const TimeBase&, const TimeBase&) = default;
};

enum class Rounding { down, nearest, up }; // nearest: halves go away from zero

// Ticks of a base to nanoseconds and back, through 128 bits so that nothing overflows on the way; a
// result beyond 64 bits saturates.
Duration rescale(std::int64_t ticks, TimeBase base, Rounding rounding = Rounding::nearest);
std::int64_t rescale(Duration length, TimeBase base, Rounding rounding = Rounding::nearest);

// How long n audio frames last, and how many whole frames fit, at rate_hz (> 0).
Duration frames_to_duration(std::int64_t frames, int rate_hz);
std::int64_t duration_to_frames(Duration length, int rate_hz,
                                Rounding rounding = Rounding::nearest);

// A half-open stretch of programme.
struct MediaRange {
    MediaTime begin{};
    MediaTime end{};
    constexpr bool contains(MediaTime t) const { return begin <= t && t < end; }
    friend bool operator==(const MediaRange&, const MediaRange&) = default;
};

// "1:02:03.004" or "2:03.004"; negative times carry a sign.
std::string format_time(Duration t);

} // namespace playhead
