// What a Pipeline consists of. For its own files only.
#pragma once

#include "pipeline/pipeline.h"

namespace playhead {

// Lives as long as the pipeline, also when it is switched off.
struct Pipeline::Branch {
    BranchPlan plan;
    std::shared_ptr<PacketQueue> queue;
    std::shared_ptr<SinkPort> port;
    std::shared_ptr<DecodeStage> stage;
    std::shared_ptr<QualityWatch> quality;  // may be null
    MediaType type;                         // of what was handed out last
    std::shared_ptr<SinkPort> stuck_port;  // left behind inside a call of the sink
    std::shared_ptr<SinkPort> lent;  // the port is with a pipeline that follows; ends are still heard
    Epoch epoch = 0;         // the pipeline's, or a later one: its stream was switched since
    bool dead = false;       // its sink is lost, or it is switched off: the rest plays on
    bool off = false;        // it is switched off
    bool portless = false;   // gets its port at the next start
    bool acked = false;
    bool scrubbing = false;  // owes its picture
    std::optional<MediaTime> scrubbed;
    std::optional<MediaRange> last;  // interval of the last sample
    std::optional<DecodeOrder> order;  // of the latest start
    bool delivered = false;
    bool rendered = false;
};

// A reader and the branches it feeds.
struct Pipeline::Feed {
    std::shared_ptr<ReaderHandle> handle;
    std::vector<Branch*> branches;
    int buffering = 0;  // intervals that its source has told of
    bool reading = false;  // not everything that is wanted has been read
};

// A stream that is to take the place of another: its reader is on the way to the position.
struct Pipeline::Switching {
    BranchPlan plan;
    std::shared_ptr<PacketQueue> queue;
    std::shared_ptr<Feed> feed;
    Epoch epoch = 0;
};

}  // namespace playhead
