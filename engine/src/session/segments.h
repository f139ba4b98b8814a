// What a session asks of the sequencer that feeds it.
#pragma once

#include <memory>

#include "playhead/command.h"
#include "playhead/result.h"
#include "playhead/topology.h"

namespace playhead {

// One segment as the session needs it.
struct SegmentChoice {
    SegmentId segment = 0;  // 0: of no sequence
    bool last = true;
    std::shared_ptr<const Topology> topology;
};

// Threads: control lane.
class SegmentProvider {
public:
    virtual ~SegmentProvider() = default;
    // The segment that a start asks for, `entries` from the one that plays (0: `segment` itself).
    // Errors: not_found.
    virtual Result<SegmentChoice> choose(SegmentId segment, std::int32_t entries) = 0;
};

}  // namespace playhead
