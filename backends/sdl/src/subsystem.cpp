#include "subsystem.h"

#include <mutex>
#include <string_view>
#include <utility>

namespace playhead::sdl {
namespace {

// Never destroyed, so that a thread that outlives main may still use it.
std::mutex& init_mutex() {
    static std::mutex& mutex = *new std::mutex;
    return mutex;
}

} // namespace

Result<Subsystem> Subsystem::begin(Uint32 flags) {
    const std::scoped_lock lock{init_mutex()};
    if (SDL_InitSubSystem(flags) != 0) {
        return fail(Errc::cannot_open, sdl_error());
    }
    // Without a display SDL may go on with a driver that shows nothing.
    const char* driver = (flags & SDL_INIT_VIDEO) != 0 ? SDL_GetCurrentVideoDriver() : nullptr;
    if (driver != nullptr && SDL_getenv("SDL_VIDEODRIVER") == nullptr &&
        (std::string_view(driver) == "offscreen" || std::string_view(driver) == "dummy")) {
        SDL_QuitSubSystem(flags);
        return fail(Errc::cannot_open, "No available video device");
    }
    return Subsystem{flags};
}

Subsystem::~Subsystem() {
    if (flags_ != 0) {
        const std::scoped_lock lock{init_mutex()};
        SDL_QuitSubSystem(flags_);
    }
}

Subsystem::Subsystem(Subsystem&& other) noexcept : flags_(std::exchange(other.flags_, 0)) {}

Subsystem& Subsystem::operator=(Subsystem&& other) noexcept {
    std::swap(flags_, other.flags_);
    return *this;
}

const char* sdl_error() {
    const char* text = SDL_GetError();
    return text != nullptr && *text != '\0' ? text : "no reason given";
}

} // namespace playhead::sdl
