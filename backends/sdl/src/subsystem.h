#pragma once

#include <SDL.h>

#include "playhead/result.h"

namespace playhead::sdl {

// Holds a part of SDL initialised for as long as it lives. SDL counts, and does so without a lock,
// so ours goes round it: the window's part is begun on the main thread, the sound's on another.
// Threads: any. Beginning and ending sound may block for seconds.
class Subsystem {
public:
    static Result<Subsystem> begin(Uint32 flags);
    Subsystem() = default;
    ~Subsystem();
    Subsystem(Subsystem&& other) noexcept;
    Subsystem& operator=(Subsystem&& other) noexcept;

private:
    explicit Subsystem(Uint32 flags) : flags_(flags) {}
    Uint32 flags_ = 0;
};

// The last error of this thread as SDL words it, or "no reason given".
const char* sdl_error();

} // namespace playhead::sdl
