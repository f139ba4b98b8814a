#include "screen.h"

#if PLAYHEAD_WITH_SDL
#include "common/platform/console.h"
#include "playhead/sdl/audio_device.h"
#include "playhead/sdl/window.h"

namespace playhead::apps {
namespace {

std::optional<Control> control_of(const SDL_Event& event) {
    switch (event.type) {
    case SDL_QUIT: return Control{Action::quit, 0};
    case SDL_KEYDOWN:
        if ((event.key.keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI)) != 0) {
            return std::nullopt; // the desktop's, not ours
        }
        return control_for(event.key.keysym.sym, event.key.repeat != 0);
    case SDL_MOUSEBUTTONDOWN:
        if (event.button.button == SDL_BUTTON_LEFT && event.button.clicks == 2) {
            return Control{Action::full_screen, 0};
        }
        return std::nullopt;
    default: return std::nullopt;
    }
}

class SdlScreen final : public Screen {
public:
    explicit SdlScreen(std::unique_ptr<sdl::Window> window) : window_(std::move(window)) {}

    void turn(std::optional<HostTime> until,
              const std::function<void(const Control&)>& act) override {
        window_->turn(until, [&act](const SDL_Event& event) {
            if (const auto control = control_of(event)) {
                act(*control);
            }
        });
    }
    std::function<void()> wake() const override { return window_->wake(); }
    void show() override { window_->show(); }
    void fit_to(DisplaySize picture) override { window_->fit_to(picture); }
    void set_title(const std::string& title) override { window_->set_title(title); }
    void toggle_full_screen() override { window_->toggle_full_screen(); }
    void keep_awake(bool awake) override { window_->keep_awake(awake); }
    const std::optional<VideoFrame>& shown() const override { return window_->shown(); }

private:
    const std::unique_ptr<sdl::Window> window_;
};

// Made when the engine opens the device, on a thread that may wait for libraries to load.
class QuietAudioDevice final : public AudioDevice {
public:
    explicit QuietAudioDevice(std::shared_ptr<AudioDevice> device) : device_(std::move(device)) {}
    Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) override {
        quiet_alsa();
        return device_->open(wanted, feed);
    }
    void close() override { device_->close(); }
    Duration latency() const override { return device_->latency(); }

private:
    const std::shared_ptr<AudioDevice> device_;
};

} // namespace

Result<std::unique_ptr<Screen>> open_screen(std::shared_ptr<Executor> executor, VideoOutput& video,
                                            const std::string& route) {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); // ours end the program in good order
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0"); // a window, not a game
    SDL_SetHint(SDL_HINT_APP_NAME, "playhead");
    quiet_wayland();
    sdl::WindowOptions options;
    options.route = route == "textures"  ? sdl::Route::textures
                    : route == "surface" ? sdl::Route::surface
                                         : sdl::Route::automatic;
    auto window = sdl::Window::create(std::move(executor), video, options);
    if (!window) {
        return fail(window.error());
    }
    return std::make_unique<SdlScreen>(std::move(*window));
}

Result<std::shared_ptr<AudioDevice>> system_audio_device(std::shared_ptr<Executor> executor,
                                                         std::optional<Duration> latency) {
    sdl::AudioDeviceOptions options;
    options.latency = latency;
    return std::make_shared<QuietAudioDevice>(sdl::make_audio_device(std::move(executor), options));
}

} // namespace playhead::apps
#endif
