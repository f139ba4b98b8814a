// What a Pipeline consists of. For its own files only.
#pragma once

#include <algorithm>

#include "pipeline/pipeline.h"

namespace playhead {

// A stream up to where it goes to its outputs.
struct Pipeline::Trunk {
    DecoderRecipe recipe;
    std::shared_ptr<TeePlan> tee; // null: one output
    std::vector<Branch*> outputs; // that it still feeds, or did when they were lost; never none
    std::shared_ptr<PacketQueue> queue;
    std::shared_ptr<DecodeStage> stage;
    std::shared_ptr<QualityWatch> quality; // may be null
    Epoch epoch = 0;                // the pipeline's, or a later one: its stream was switched since
    std::optional<MediaRange> last; // interval of the last sample
    std::optional<DecodeOrder> order; // of the latest start
    bool delivered = false;

    // What holds for the stream is in the plan of each.
    const BranchPlan& plan() const;
    bool dead() const; // all its outputs are
    template <class Wanted>
    bool any(Wanted wanted) const {
        return std::any_of(outputs.begin(), outputs.end(), wanted);
    }
};

// One output and the way to it. Lives as long as the pipeline, also when it is switched off.
struct Pipeline::Branch {
    BranchPlan plan;
    std::shared_ptr<Trunk> trunk;
    std::shared_ptr<SinkPort> port;
    MediaType type;                       // of what was handed out last
    std::shared_ptr<SinkPort> stuck_port; // left behind inside a call of the sink
    std::shared_ptr<SinkPort>
        lent;              // the port is with a pipeline that follows; ends are still heard
    bool dead = false;     // its sink is lost, or it is switched off: the rest plays on
    bool off = false;      // it is switched off
    bool portless = false; // gets its port at the next start
    bool acked = false;
    bool scrubbing = false; // owes its picture
    std::optional<MediaTime> scrubbed;
    bool rendered = false;
};

inline const BranchPlan& Pipeline::Trunk::plan() const { return outputs.front()->plan; }
inline bool Pipeline::Trunk::dead() const {
    return !any([](const Branch* branch) { return !branch->dead; });
}

// A reader and the streams that it reads.
struct Pipeline::Feed {
    std::shared_ptr<ReaderHandle> handle;
    std::vector<Trunk*> trunks;
    int buffering = 0;    // intervals that its source has told of
    bool reading = false; // not everything that is wanted has been read
};

// A stream that is to take the place of another: its reader is on the way to the position.
struct Pipeline::Switching {
    BranchPlan plan;
    std::shared_ptr<PacketQueue> queue;
    std::shared_ptr<Feed> feed;
    Epoch epoch = 0;
};

} // namespace playhead
