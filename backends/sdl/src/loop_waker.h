#pragma once

#include <SDL.h>

#include <atomic>
#include <memory>

namespace playhead::sdl {

// Puts one event into SDL's queue however often it is called until that one was taken.
// Threads: wake() any; taken() the main thread.
class LoopWaker {
public:
    LoopWaker() : type_(SDL_RegisterEvents(1)) {}

    void wake() {
        if (!pending_.exchange(true)) {
            SDL_Event event{};
            event.type = type_;
            if (SDL_PushEvent(&event) < 0) {
                pending_.store(false);
            }
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

private:
    const Uint32 type_;
    std::atomic<bool> pending_{false};
};

} // namespace playhead::sdl
