#include "notes.h"
#include "show.h"

#include <atomic>

#if PLAYHEAD_WITH_SDL
#include "common/platform/console.h"
#include "playhead/sdl/audio_device.h"
#include "playhead/sdl/window.h"
#endif

namespace playhead::bench {

#if PLAYHEAD_WITH_SDL
namespace {

class InWindow final : public Show {
public:
    InWindow(std::shared_ptr<Executor> executor, VideoOutput& video,
             std::unique_ptr<sdl::Window> window)
        : executor_(std::move(executor)),
          video_(video),
          window_(std::move(window)) {
        window_->show();
    }

    void turn(HostTime until, const Shown& shown) override {
        // The window draws before it waits: with nothing to wait for it is back when the picture
        // can be seen, which is the time to take. That turn may swallow a wake-up.
        if (turn_once(executor_->now(), shown) || rung_->exchange(false)) return;
        turn_once(until, shown);
    }

    std::function<void()> wake() override {
        return [rung = rung_, wake = window_->wake()] {
            rung->store(true);
            wake();
        };
    }
    void fit_to(DisplaySize picture) override { window_->fit_to(picture); }

private:
    bool turn_once(HostTime until, const Shown& shown) {
        const std::uint64_t before = video_.frames_shown();
        window_->turn(until, [](const SDL_Event&) {});
        if (video_.frames_shown() == before || !window_->shown()) return false;
        shown(*window_->shown(), executor_->now());
        return true;
    }

    const std::shared_ptr<Executor> executor_;
    VideoOutput& video_;
    const std::unique_ptr<sdl::Window> window_;
    const std::shared_ptr<std::atomic<bool>> rung_ = std::make_shared<std::atomic<bool>>(false);
};

} // namespace

std::unique_ptr<Show> show_in_window(std::shared_ptr<Executor> executor, VideoOutput& video) {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    apps::quiet_wayland();
    auto window = sdl::Window::create(executor, video, {});
    if (!window) {
        note("no window (" + window.error().message() + "): the picture goes nowhere");
        return nullptr;
    }
    note(std::string{"pictures are drawn through: "} + (*window)->route());
    return std::make_unique<InWindow>(std::move(executor), video, std::move(*window));
}

std::shared_ptr<AudioDevice> sound_device(const std::shared_ptr<Executor>& executor) {
    apps::quiet_alsa();
    return sdl::make_audio_device(executor);
}

#else

std::unique_ptr<Show> show_in_window(std::shared_ptr<Executor>, VideoOutput&) {
    note("this build has no SDL: the picture goes nowhere");
    return nullptr;
}

std::shared_ptr<AudioDevice> sound_device(const std::shared_ptr<Executor>&) {
    note("this build has no SDL: the sound goes nowhere");
    return nullptr;
}

#endif

} // namespace playhead::bench
