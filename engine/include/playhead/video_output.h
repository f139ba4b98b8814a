// VideoOutput: the video sink that one pulls from. A window, a game's render loop and a test use the
// same call.
//
//   decode --> process() --> [ frames in time order ] --> frame_due(now) --> who shows it
//
// Frames retire by the clock whether or not someone pulls, so nobody's pulling ever stalls the
// presentation or its end. Of who pulled in the last half second it is expected that he comes again:
// retiring then waits for him, for a quarter of a second at the most.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "playhead/backend/stream_sink.h"

namespace playhead {

struct DueFrame {
    std::optional<VideoFrame> frame; // what should be on screen now; none: nothing yet, or cleared
    bool is_new = false;             // differs from what the last call gave
    std::optional<HostTime> ask_again; // when the next frame is due; none: wait for the wake-up
    MediaTime clock_position{};        // the clock's reading this answer was made for
};

struct VideoOutputOptions {
    int frames_ahead = 3;   // decoded frames waiting; more ride out a slow decoder, and cost memory
    bool allow_drop = true; // frames that come too late are left out (counted), not shown late
};

class VideoOutputCore;

// Threads: frame_due(), wake-up and conversion calls from any thread, one puller at a time; the
// StreamSink part on its strand. frame_due() never blocks: its lock is held for pointer moves only.
// Ownership: frames may be kept as long as one likes; they hold decoder memory.
class VideoOutput {
public:
    explicit VideoOutput(VideoOutputOptions options = {});
    ~VideoOutput();

    DueFrame frame_due(HostTime now);

    // Called (any thread, no lock held) when a call of frame_due() would now answer differently than
    // its ask_again promised: first frame, seek, stop, resume. Must return at once. Empty = none.
    void on_change(std::function<void()> wake);

    // Convert on the work lane, ahead of time, into this format; none = planes as decoded. Takes
    // effect with the next frame; the current one is given again, converted, as soon as it is.
    void convert_to(std::function<std::optional<VideoFormat>(const VideoFormat& decoded)> wish);

    // The puller tells when a frame truly became visible, for the A/V difference and pacing figures.
    void presented(const VideoFrame& frame, HostTime when);
    // Picture minus clock at presentation of the last frame told by presented().
    std::optional<Duration> last_difference() const;
    std::uint64_t frames_shown() const;
    std::uint64_t frames_late() const;

    const std::shared_ptr<StreamSink>& sink() const; // for an OutputNode

private:
    std::shared_ptr<VideoOutputCore> core_;
};

} // namespace playhead
