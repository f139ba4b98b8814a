// Screen: the window of the player, if this build and this machine have one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controls.h"
#include "playhead/backend/audio_device.h"
#include "playhead/video_output.h"

namespace playhead::apps {

// Threads: the main thread, but for what wake() gives.
class Screen {
public:
    virtual ~Screen() = default;
    // One turn of the loop (playhead/sdl/window.h): shows what is due, waits, hands out what was
    // pressed.
    virtual void turn(std::optional<HostTime> until,
                      const std::function<void(const Control&)>& act) = 0;
    virtual std::function<void()> wake() const = 0;
    virtual void show() = 0;
    virtual void fit_to(DisplaySize picture) = 0;
    virtual void set_title(const std::string& title) = 0;
    virtual void toggle_full_screen() = 0;
    virtual void keep_awake(bool awake) = 0;
    virtual const std::optional<VideoFrame>& shown() const = 0;
};

// `route`: "", "textures" or "surface". The output must outlive the screen.
Result<std::unique_ptr<Screen>> open_screen(std::shared_ptr<Executor> executor, VideoOutput& video,
                                            const std::string& route);

// The system's sound device; it opens later.
Result<std::shared_ptr<AudioDevice>> system_audio_device(std::shared_ptr<Executor> executor,
                                                         std::optional<Duration> latency);

} // namespace playhead::apps
