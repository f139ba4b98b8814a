// What a session asks of the sequencer that feeds it.
#pragma once

#include <memory>

#include "playhead/command.h"
#include "playhead/result.h"
#include "playhead/topology.h"

namespace playhead {

// Threads: control lane.
class SegmentProvider {
public:
    virtual ~SegmentProvider() = default;
    // The topology that a start asks for: `entries` from the segment that plays, or (0) this one.
    // Errors: not_found.
    virtual Result<std::shared_ptr<const Topology>> choose(SegmentId segment,
                                                           std::int32_t entries) = 0;
    // The one that has this time of the whole as its own, and where that is in it; 0: none.
    virtual StartSegment place(MediaTime of_the_whole) const = 0;
    // The segment plays, or will, and nothing is queued behind it.
    virtual void wants_next(SegmentId behind) = 0;
};

} // namespace playhead
