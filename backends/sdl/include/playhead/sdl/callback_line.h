// CallbackLine: when sound is heard, from nothing but the times at which a device asks for it.
//
//   frames asked for
//     ^        . . : steady: one request as each buffer has been played; some come late, none early
//     |    . .
//     | :        <- burst: at first the device fills its queue as fast as it is answered
//     +-----------> host time
//
// Lateness is never negative, so the truth is the lower edge of the requests; a prompt one comes
// when the device has room for a buffer, which is a known time before that buffer is heard.
#pragma once

#include <cstdint>
#include <optional>

#include "playhead/time.h"

namespace playhead::sdl {

// Threads: one (the device's callback). Never allocates, locks or reads a clock.
class CallbackLine {
public:
    struct Heard {
        HostTime at{};       // when the first frame of this request is heard
        bool fitted = false; // false: still filling, or too few requests to tell
    };

    // `latency`: from a prompt request to the ear.
    CallbackLine(int rate_hz, Duration latency);

    Heard request(HostTime now, std::int64_t frames);

    // The burst is over: from here on the answers of request() hold within a few milliseconds.
    bool settled() const { return phase_ != Phase::filling; }

private:
    enum class Phase { filling, first_block, following };

    void look(double error, double due);
    void close_block();
    double line(double due) const { return offset_ + slope_ * due; }

    int rate_hz_;
    Phase phase_ = Phase::filling;
    std::optional<HostTime> start_;
    std::int64_t frames_ = 0; // asked for so far
    // Nanoseconds from here on; "due" is what the frames asked for so far last.
    double latency_;
    double previous_ = 0; // the last request, since start_
    double offset_ = 0;   // the line: lateness of a prompt request at due 0
    double slope_ = 0;    // how much slower the device runs than it says
    double block_begin_ = 0;
    std::optional<double> least_; // the earliest request of this block, against the line
    double least_due_ = 0;
    int astray_ = 0; // blocks in a row that were far from the line
};

} // namespace playhead::sdl
