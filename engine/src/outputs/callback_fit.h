// CallbackFit: when the n-th frame that a device asked for is heard, from the times that its
// callbacks tell.
#pragma once

#include <cstdint>

#include "playhead/backend/audio_device.h"

namespace playhead {

// A device plays evenly but calls when the scheduler lets it, so the told times scatter around a line
// whose slope is the sample rate. The line is kept and shifted by a share of each error: a large one
// at first (a running mean), a small one later, and never faster than `slew`, so that a clock on it
// neither jumps nor runs backwards. Errors beyond `outlier` are not believed until several in a row
// agree; then the device has truly paused, and the line is laid anew.
// Times of quality `exact` are taken as they are.
// Threads: one (the device's). Allocates nothing, does not lock.
class CallbackFit {
public:
    static constexpr Duration outlier = std::chrono::milliseconds{50};
    static constexpr int believed_after = 3;
    static constexpr int settled_after = 64;
    static constexpr double slew = 0.005;

    explicit CallbackFit(int rate_hz = 48000) : rate_hz_(rate_hz) {}

    // `frame`: how many frames the device had asked for before this callback. Returns when it is heard.
    HostTime update(std::int64_t frame, const FeedTime& told) noexcept;
    // Until the line is used it may be shifted at any speed.
    void set_in_use(bool in_use) noexcept { in_use_ = in_use; }

private:
    HostTime lay(std::int64_t frame, HostTime heard) noexcept;

    int rate_hz_;
    bool in_use_ = false;
    std::int64_t callbacks_ = 0;
    int outliers_ = 0;
    std::int64_t frame_ = 0;
    HostTime heard_{};
};

} // namespace playhead
