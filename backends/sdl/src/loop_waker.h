#pragma once

#include <SDL.h>

#include <atomic>
#include <mutex>

namespace playhead::sdl {

// Puts one event into SDL's queue however often it is called until that one was taken.
// Threads: wake() any; the rest the main thread.
class LoopWaker {
public:
    LoopWaker() : type_(SDL_RegisterEvents(1)) {}

    void wake() {
        if (pending_.exchange(true)) {
            return;
        }
        const std::scoped_lock lock{mutex_};
        SDL_Event event{};
        event.type = type_;
        if (closed_ || SDL_PushEvent(&event) < 0) {
            pending_.store(false);
        }
    }

    // True if the event was this one's: from now on wake() pushes again.
    bool taken(const SDL_Event& event) {
        if (event.type != type_) {
            return false;
        }
        pending_.store(false);
        return true;
    }

    // Before the window goes. SDL wakes its loop by a message to the window; one that is under way on
    // another thread when the window is destroyed ends the process (X11: BadWindow).
    void close() {
        const std::scoped_lock lock{mutex_};
        closed_ = true;
    }

private:
    const Uint32 type_;
    std::atomic<bool> pending_{false};
    std::mutex mutex_; // held while an event is pushed
    bool closed_ = false;
};

} // namespace playhead::sdl
