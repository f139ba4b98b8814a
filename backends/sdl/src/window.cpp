#include "playhead/sdl/window.h"

#include <algorithm>

#include "loop_waker.h"
#include "painter.h"
#include "platform/graphics.h"
#include "platform/x_errors.h"
#include "subsystem.h"

namespace playhead::sdl {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// SDL waits in whole milliseconds and comes back a little late; the rest is waited for exactly.
constexpr Duration imprecision = microseconds{300};
// Drawing begins that much earlier at the most, so that it is done when the frame is due.
constexpr Duration longest_head_start = milliseconds{5};

struct CloseWindow {
    void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
};
using OpenedWindow = std::unique_ptr<SDL_Window, CloseWindow>;

OpenedWindow open_window(const WindowOptions& options) {
    constexpr Uint32 flags = SDL_WINDOW_HIDDEN | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    return OpenedWindow{SDL_CreateWindow(options.title.c_str(), SDL_WINDOWPOS_CENTERED,
                                         SDL_WINDOWPOS_CENTERED, options.size.width,
                                         options.size.height, flags)};
}

} // namespace

struct Window::Impl {
    Impl(std::shared_ptr<Executor> executor_, VideoOutput& video_)
        : executor(std::move(executor_)),
          video(video_),
          rest(executor->make_signal()) {}

    ~Impl() {
        video.on_change({});
        video.convert_to({});
        if (waker) waker->close();
    }

    void take_events(std::optional<SDL_Event> first, const EventHandler& handle);
    void take(const SDL_Event& event, const EventHandler& handle);
    void handle_window(const SDL_WindowEvent& event);
    void follow_size();
    std::optional<HostTime> draw_due();
    void draw();
    std::optional<SDL_Event> wait(std::optional<HostTime> until);

    const std::shared_ptr<Executor> executor;
    VideoOutput& video;
    const std::unique_ptr<Signal> rest; // nobody sets it: waits to a deadline finer than SDL can
    XErrors x_errors;                   // outlives what makes them
    Subsystem display;
    std::shared_ptr<LoopWaker> waker;
    OpenedWindow window;
    std::unique_ptr<Painter> painter;

    std::optional<VideoFrame> due;   // what the output says should be seen
    std::optional<VideoFrame> shown; // what can be seen
    DisplaySize size;                // the one the painter's wish was made for
    DisplaySize given;               // by fit_to(): another one was chosen by the user
    bool fresh = false;              // `due` was not drawn yet
    bool stale = true;               // the screen no longer shows what was drawn
    bool minimised = false;
    Duration head_start{};
};

Window::Window(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Window::~Window() = default;

Result<std::unique_ptr<Window>> Window::create(std::shared_ptr<Executor> executor,
                                               VideoOutput& video, WindowOptions options) {
    auto impl = std::make_unique<Impl>(std::move(executor), video);
    auto display = Subsystem::begin(SDL_INIT_VIDEO);
    if (!display) {
        return fail(display.error());
    }
    impl->display = std::move(*display);
    impl->window = open_window(options);
    if (!impl->window) {
        return fail(Errc::cannot_open, sdl_error());
    }
    const bool textures = options.route == Route::textures;
    if (textures || (options.route == Route::automatic && may_have_gpu())) {
        if (auto painter = make_texture_painter(impl->window.get(), textures)) {
            impl->painter = std::move(*painter);
        } else if (textures) {
            return fail(painter.error());
        } else {
            // What the renderer left behind would make the surface slow.
            impl->window = open_window(options);
        }
    }
    if (!impl->painter) {
        auto painter = make_surface_painter(impl->window.get());
        if (!painter) {
            return fail(painter.error());
        }
        impl->painter = std::move(*painter);
    }
    impl->given = options.size;
    impl->waker = std::make_shared<LoopWaker>();
    impl->follow_size();
    video.on_change([waker = impl->waker] { waker->wake(); });
    return std::unique_ptr<Window>{new Window{std::move(impl)}};
}

void Window::turn(std::optional<HostTime> until, const EventHandler& handle) {
    impl_->follow_size();
    const std::optional<HostTime> next = impl_->draw_due();
    if (next && (!until || *next < *until)) {
        until = next;
    }
    impl_->take_events(impl_->wait(until), handle);
}

std::function<void()> Window::wake() const {
    return [waker = impl_->waker] { waker->wake(); };
}

void Window::show() { SDL_ShowWindow(impl_->window.get()); }

void Window::fit_to(DisplaySize picture) {
    SDL_Window* window = impl_->window.get();
    DisplaySize now;
    SDL_GetWindowSize(window, &now.width, &now.height);
    const Uint32 flags = SDL_GetWindowFlags(window);
    const bool chosen = (flags & (SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_MAXIMIZED)) != 0 ||
                        now != impl_->given;
    if (chosen || picture.width <= 0 || picture.height <= 0) {
        return;
    }
    constexpr int least_width = 160; // for tiny pictures: something to hold the window by
    if (picture.width < least_width) {
        picture.height = picture.height * least_width / picture.width;
        picture.width = least_width;
    }
    SDL_Rect screen{};
    if (SDL_GetDisplayUsableBounds(std::max(0, SDL_GetWindowDisplayIndex(window)), &screen) == 0 &&
        (picture.width > screen.w || picture.height > screen.h)) {
        const Area area = fit(picture, {screen.w, screen.h});
        picture = {area.width, area.height};
    }
    SDL_SetWindowSize(window, picture.width, picture.height);
    SDL_SetWindowPosition(window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
    impl_->given = picture;
}

void Window::set_title(const std::string& title) {
    SDL_SetWindowTitle(impl_->window.get(), title.c_str());
}

void Window::toggle_full_screen() {
    SDL_Window* window = impl_->window.get();
    const bool full = (SDL_GetWindowFlags(window) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
    SDL_SetWindowFullscreen(window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    SDL_ShowCursor(full ? SDL_ENABLE : SDL_DISABLE);
}

void Window::keep_awake(bool awake) {
    if (awake) {
        SDL_DisableScreenSaver();
    } else {
        SDL_EnableScreenSaver();
    }
}

const std::optional<VideoFrame>& Window::shown() const { return impl_->shown; }
const char* Window::route() const { return impl_->painter->name(); }

void Window::Impl::follow_size() {
    const DisplaySize now = painter->size();
    if (now == size) {
        return;
    }
    const bool first = size == DisplaySize{};
    size = now;
    stale = true;
    if (first || painter->wish_follows_size()) {
        video.convert_to(painter->wish(size));
    }
}

// Draws if there is something new to see; when to come again, if not before the next event.
std::optional<HostTime> Window::Impl::draw_due() {
    const HostTime now = executor->now();
    DueFrame answer = video.frame_due(now + head_start);
    if (answer.is_new) {
        due = std::move(answer.frame);
        fresh = true;
    }
    if (minimised) {
        return std::nullopt; // frames retire by themselves; nobody sees them
    }
    if (fresh || stale) {
        draw();
        const Duration took = executor->now() - now;
        head_start = std::clamp((head_start * 7 + took) / 8, Duration{}, longest_head_start);
    }
    if (answer.ask_again) {
        return *answer.ask_again - head_start;
    }
    return std::nullopt;
}

void Window::Impl::draw() {
    if (!painter->draw(due ? &*due : nullptr, fresh)) {
        return; // on_change will tell when it has been converted
    }
    shown = due;
    if (fresh && due) {
        video.presented(*due, executor->now());
    }
    fresh = false;
    stale = false;
}

std::optional<SDL_Event> Window::Impl::wait(std::optional<HostTime> until) {
    SDL_Event event;
    if (!until) {
        return SDL_WaitEvent(&event) != 0 ? std::optional{event} : std::nullopt;
    }
    const Duration left = *until - executor->now();
    const auto whole = std::chrono::duration_cast<milliseconds>(left - imprecision).count();
    if (whole > 0) {
        constexpr Duration::rep day = 86'400'000;
        if (SDL_WaitEventTimeout(&event, static_cast<int>(std::min(whole, day))) != 0) {
            return event;
        }
    }
    rest->wait(until);
    return std::nullopt;
}

void Window::Impl::take_events(std::optional<SDL_Event> first, const EventHandler& handle) {
    if (first) {
        take(*first, handle);
    }
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0) {
        take(event, handle);
    }
}

void Window::Impl::take(const SDL_Event& event, const EventHandler& handle) {
    if (waker->taken(event)) {
        return;
    }
    if (event.type == SDL_WINDOWEVENT && event.window.windowID == SDL_GetWindowID(window.get())) {
        handle_window(event.window);
    } else if (event.type == SDL_RENDER_TARGETS_RESET || event.type == SDL_RENDER_DEVICE_RESET) {
        painter->forget();
        stale = true;
    }
    handle(event);
}

void Window::Impl::handle_window(const SDL_WindowEvent& event) {
    switch (event.event) {
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        if (painter->wish_follows_size()) {
            painter->forget();
        }
        stale = true;
        break;
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN: minimised = true; break;
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_MAXIMIZED:
        minimised = false;
        stale = true;
        break;
    default: break;
    }
    if (event.event == SDL_WINDOWEVENT_SHOWN) {
        minimised = false;
    }
}

} // namespace playhead::sdl
