#include "playhead/rate_support.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace playhead {

namespace {

void narrow(RateRange& range, const RateRange& by) {
    range.slowest = std::max(range.slowest, by.slowest);
    range.fastest = std::min(range.fastest, by.fastest);
    range.reverse = range.reverse && by.reverse;
}

bool one_only(const RateRange& range) { return range.slowest == 1.0 && range.fastest == 1.0; }

} // namespace

void RateSupport::restrict_to(const RateRange& range) {
    narrow(all_, range);
    narrow(thinned_, range);
}

Result<double> RateSupport::slowest(Direction direction, Thinning thinning) const {
    const RateRange& r = range(thinning);
    if (thinning != Thinning::none && one_only(r)) return fail(Errc::thinning_unsupported);
    if (direction == Direction::forward) return r.slowest;
    if (!r.reverse) return fail(Errc::reverse_unsupported);
    return -r.slowest;
}

Result<double> RateSupport::fastest(Direction direction, Thinning thinning) const {
    const RateRange& r = range(thinning);
    if (thinning != Thinning::none && one_only(r)) return fail(Errc::thinning_unsupported);
    if (direction == Direction::forward) return r.fastest;
    if (!r.reverse) return fail(Errc::reverse_unsupported);
    return -r.fastest;
}

RateSupport::Answer RateSupport::is_supported(Thinning thinning, double rate) const {
    const RateRange& r = range(thinning);
    if (!std::isfinite(rate)) return {{Errc::unsupported_rate, "a rate is a finite number"}, 1.0};
    if (thinning != Thinning::none && one_only(r)) {
        return {{Errc::thinning_unsupported, "this cannot be thinned to key frames"}, 1.0};
    }
    if (rate < 0 && !r.reverse) {
        return {{Errc::reverse_unsupported, "this plays forward only"}, r.slowest};
    }
    const double size = std::clamp(std::abs(rate), r.slowest, r.fastest);
    const double nearest = rate < 0 ? -size : size;
    if (nearest == rate) return {{}, rate};
    return {{Errc::unsupported_rate,
             "the nearest rate that can be played is " + std::to_string(nearest)},
            nearest};
}

} // namespace playhead
