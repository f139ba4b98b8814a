// SubtitleOutput: tells which subtitles are to be seen, each time that changes.
//
//   decode --> process() --> [ cues in time order ] --> show(those of now)
//
// It draws nothing: whoever shows the picture puts them over it, or prints them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "playhead/backend/stream_sink.h"

namespace playhead {

class SubtitleOutputCore;

// Threads: `show` is called on the work lane, one call after another; it returns soon, and may keep the
// cues as long as it likes. None is running, and none comes, once the output has been destroyed.
class SubtitleOutput {
public:
    // In the order in which they began; empty: the screen is clear. Called when one begins or is over,
    // after a seek, and with nothing after a stop. None come in reverse, nor after a seek at rate 0.
    using Show = std::function<void(const std::vector<SubtitleCue>& now)>;

    explicit SubtitleOutput(Show show);
    ~SubtitleOutput();
    SubtitleOutput(const SubtitleOutput&) = delete;
    SubtitleOutput& operator=(const SubtitleOutput&) = delete;

    const std::shared_ptr<StreamSink>& sink() const; // for an OutputNode

private:
    std::shared_ptr<SubtitleOutputCore> core_;
};

} // namespace playhead
