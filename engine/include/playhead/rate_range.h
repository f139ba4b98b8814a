// RateRange: how fast one part of a pipeline can go.
#pragma once

namespace playhead {

// What a source, a transform or a sink can do: forward from slowest to fastest, reverse likewise with
// the sign turned. A value; 1.0 alone is what those can that know nothing of rates.
struct RateRange {
    double slowest = 0.0;
    double fastest = 1.0e6;
    bool reverse = true;

    static constexpr RateRange only_one() { return {1.0, 1.0, false}; }
};

} // namespace playhead
