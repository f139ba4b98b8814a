// Statistics: one struct per session.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "playhead/media_type.h"
#include "playhead/quality.h"

namespace playhead {

// Of one output. Behind a tee `delivered`, `late`, `samples` and part of `stale` are the output's own, the
// rest is the stream's and told at each of its outputs.
struct StreamStatistics {
    StreamIndex stream = -1;
    StreamKind kind = StreamKind::data;
    std::uint64_t packets = 0;
    std::uint64_t decoded = 0;      // frames, or blocks
    std::uint64_t delivered = 0;    // to the sink
    std::uint64_t late = 0;         // dropped: past their time
    std::uint64_t before_start = 0; // dropped: before the position of a start
    std::uint64_t stale = 0;        // dropped: of an old epoch
    std::uint64_t errors = 0;       // packets that would not decode
    std::uint64_t underruns = 0;    // audio: how often the device got silence for want of data
    std::uint64_t samples = 0;      // audio frames delivered
    std::size_t queued_packets = 0;
    std::size_t queued_bytes = 0;
    Duration queued_time{}; // how long what is queued lasts; not in reverse
    Duration decode_time{};
    DropMode drop_mode = DropMode::none;
    std::uint64_t quality_changes = 0; // of the drop mode, in either direction
    // Video: the picture shown last became visible so long after its time by the clock. None: none
    // was, or who shows them does not tell.
    std::optional<Duration> difference;
};

struct SessionStatistics {
    std::vector<StreamStatistics> streams;
    // Picture minus sound, of the frame shown last: positive = the picture is late. None where either
    // is lacking. What is heard is what the clock shows, in which the device's latency is accounted for.
    std::optional<Duration> av_difference;
};

} // namespace playhead
