// RateSupport: at which rates a presentation can be played (media-session.md section 5.1, after Media
// Foundation's IMFRateSupport).
#pragma once

#include "playhead/command.h"
#include "playhead/rate_range.h"
#include "playhead/result.h"

namespace playhead {

// The rates that every part of a pipeline can do.
// Threads: a value.
class RateSupport {
public:
    struct Answer {
        Status status;        // ok, reverse_unsupported, thinning_unsupported or unsupported_rate
        double nearest = 1.0; // the nearest rate that can be played; the rate itself if ok
    };

    RateSupport() : RateSupport(RateRange::only_one(), RateRange::only_one()) {}
    // `all`: every picture is shown; `thinned`: key frames only, which goes further.
    RateSupport(RateRange all, RateRange thinned) : all_(all), thinned_(thinned) {}
    // Both must do it now.
    void restrict_to(const RateRange& range);

    // Negative in reverse. Lower bounds and upper bounds, no promises: 0 may be the slowest where rate
    // 0 itself cannot be played. Errors: reverse_unsupported, thinning_unsupported.
    Result<double> slowest(Direction direction, Thinning thinning) const;
    Result<double> fastest(Direction direction, Thinning thinning) const;
    Answer is_supported(Thinning thinning, double rate) const;

private:
    const RateRange& range(Thinning thinning) const {
        return thinning == Thinning::none ? all_ : thinned_;
    }
    RateRange all_;
    RateRange thinned_;
};

} // namespace playhead
