#include "playhead/timeline.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace playhead {
namespace {

using Count = Duration::rep;
constexpr Count most = std::numeric_limits<Count>::max();
constexpr Count least = std::numeric_limits<Count>::min();

Count plus(Count a, Count b) {
    if (b > 0 && a > most - b) {
        return most;
    }
    if (b < 0 && a < least - b) {
        return least;
    }
    return a + b;
}

Count minus(Count a, Count b) {
    if (b < 0 && a > most + b) {
        return most;
    }
    if (b > 0 && a < least + b) {
        return least;
    }
    return a - b;
}

Count from_double(double value) {
    // 2^63 is the first double beyond; the comparison also catches what is not a number.
    constexpr double beyond = 9223372036854775808.0;
    if (!(value < beyond)) {
        return most;
    }
    return value < -beyond ? least : static_cast<Count>(value);
}

Count times(Count length, double rate) {
    if (rate == 1.0) {
        return length;
    }
    return rate == -1.0 ? minus(0, length)
                        : from_double(std::round(static_cast<double>(length) * rate));
}

} // namespace

MediaTime Timeline::media_at(HostTime host) const {
    if (rate_ == 0.0) {
        return media_;
    }
    const Count passed = minus(host.time_since_epoch().count(), host_.time_since_epoch().count());
    return MediaTime{Duration{plus(media_.time_since_epoch().count(), times(passed, rate_))}};
}

std::optional<HostTime> Timeline::host_at(MediaTime t) const {
    if (rate_ == 0.0) {
        return std::nullopt;
    }
    const Count way = minus(t.time_since_epoch().count(), media_.time_since_epoch().count());
    const Count start = host_.time_since_epoch().count();
    if (rate_ == 1.0 || rate_ == -1.0) {
        return HostTime{Duration{plus(start, times(way, rate_))}};
    }
    // The first nanosecond at which media_at() says t or later (reverse: or earlier): who waits for
    // it must not wake to a time that rounds to just before. The quotient is near it; media_at()
    // decides.
    const auto reached = [&](Count host) {
        const MediaTime there = media_at(HostTime{Duration{host}});
        return rate_ > 0 ? there >= t : there <= t;
    };
    Count late = plus(start, from_double(static_cast<double>(way) / rate_));
    Count early = late;
    for (Count step = 1; late < most && !reached(late); step = plus(step, step)) {
        early = late;
        late = plus(late, step);
    }
    for (Count step = 1; early > least && reached(early); step = plus(step, step)) {
        late = early;
        early = minus(early, step);
    }
    // Not reached at one, reached at the other, save at the ends of time.
    while (early < late && late - 1 > early) {
        const Count middle = std::midpoint(early, late);
        (reached(middle) ? late : early) = middle;
    }
    return HostTime{Duration{late}};
}

} // namespace playhead
