// SinkStrands: one strand for each sink, whichever pipelines it serves one after another. What an old
// pipeline still asked of it is done before what a new one asks.
#pragma once

#include <map>
#include <memory>

#include "playhead/backend/stream_sink.h"
#include "playhead/backend/work_strand.h"

namespace playhead {

// Threads: control lane.
class SinkStrands {
public:
    std::shared_ptr<WorkStrand> of(const std::shared_ptr<StreamSink>& sink,
                                   const std::shared_ptr<Executor>& executor,
                                   std::uint64_t account) {
        std::erase_if(strands_, [](const auto& entry) { return entry.second.expired(); });
        auto& known = strands_[sink.get()];
        auto strand = known.lock();
        if (!strand) known = strand = std::make_shared<WorkStrand>(executor, account);
        successors_.erase(sink.get());
        return strand;
    }
    // The sink is stuck in a call: whoever uses it next gets another strand, which begins when that call
    // has come back.
    void leave_behind(const StreamSink* sink) {
        auto& known = strands_[sink];
        if (const auto stuck = known.lock()) {
            successors_[sink] = std::make_shared<WorkStrand>(WorkStrand::behind(*stuck));
            known = successors_[sink];
        }
    }

private:
    // Looked up, never walked in order.
    std::map<const StreamSink*, std::weak_ptr<WorkStrand>> strands_;
    std::map<const StreamSink*, std::shared_ptr<WorkStrand>> successors_; // that nobody uses yet
};

} // namespace playhead
