// Show: where a measured picture goes. Nowhere, or into a window.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "playhead/backend/audio_device.h"
#include "playhead/video_output.h"

namespace playhead::bench {

// Threads: the main thread.
class Show {
public:
    virtual ~Show() = default;
    // The frame became visible then.
    using Shown = std::function<void(const VideoFrame&, HostTime)>;
    // Shows what is due. If that is nothing new, waits for a wake-up, the next frame's time or `until`.
    virtual void turn(HostTime until, const Shown& shown) = 0;
    // Ends that wait, or the next one. Any thread.
    virtual std::function<void()> wake() = 0;
    virtual void fit_to(DisplaySize) {}
};

// Takes each frame at its time and throws it away.
std::unique_ptr<Show> show_nowhere(std::shared_ptr<Executor> executor, VideoOutput& video);

// Null, with a note, where there is no display or no SDL in this build.
std::unique_ptr<Show> show_in_window(std::shared_ptr<Executor> executor, VideoOutput& video);
// Null, with a note, without SDL in this build.
std::shared_ptr<AudioDevice> sound_device(const std::shared_ptr<Executor>& executor);

} // namespace playhead::bench
