// Window: shows the frames of a VideoOutput, each at its time, and is the loop of a program that has
// a window.
//
//   while (!done) {
//       do_what_was_posted();
//       window->turn(next_thing_of_mine, handle_key);   // waits, draws
//   }
#pragma once

#include <SDL.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "playhead/backend/executor.h"
#include "playhead/result.h"
#include "playhead/video_output.h"

namespace playhead::sdl {

// How frames get to the screen. `automatic`: textures on a graphics processor, the window's own
// surface where the renderer would be a software one (a quarter of the cost there).
enum class Route { automatic, textures, surface };

struct WindowOptions {
    std::string title = "playhead";
    DisplaySize size{640, 360}; // until fit_to()
    Route route = Route::automatic;
};

// Threads: the main thread, but for what wake() gives. The executor tells the time.
// Errors: create() says why there is no display.
// Ownership: the output must outlive the window.
// A waiting window makes no wake-ups: without a frame due it blocks in the display's connection.
class Window {
public:
    // Hidden until show().
    static Result<std::unique_ptr<Window>> create(std::shared_ptr<Executor> executor,
                                                  VideoOutput& video, WindowOptions options = {});
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    using EventHandler = std::function<void(const SDL_Event&)>;

    // One turn of the loop: draws the frame that is due, waits for the first of an event, wake(), the
    // next frame's time and `until` (none: no limit), hands the events out. Returns after each.
    void turn(std::optional<HostTime> until, const EventHandler& handle);

    // Ends the wait of turn(), or of the next one. The function may be called on any thread and for
    // as long as anybody likes; it never blocks.
    std::function<void()> wake() const;

    void show();
    // Takes the picture's size, made smaller to fit the screen, unless the user has chosen one.
    void fit_to(DisplaySize picture);
    void set_title(const std::string& title);
    void toggle_full_screen();
    // No screen saver while playing.
    void keep_awake(bool awake);

    const std::optional<VideoFrame>& shown() const; // what is on the screen
    const char* route() const;                      // "textures", "window surface"

private:
    struct Impl;
    explicit Window(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace playhead::sdl
