#include "platform/x_errors.h"

#ifdef __linux__
#include <SDL.h>

#include <atomic>
#endif

namespace playhead::sdl {

#ifdef __linux__
namespace {

// XErrorEvent of Xlib.h, which SDL's users need not have installed.
struct XError {
    int type;
    void* display;
    unsigned long resource;
    unsigned long serial;
    unsigned char error_code;
    unsigned char request_code;
    unsigned char minor_code;
};
using Handler = int (*)(void* display, XError* error);
using SetHandler = Handler (*)(Handler);

constexpr unsigned char bad_window = 3;
constexpr unsigned char send_event = 25;

int users = 0;
SetHandler set_handler = nullptr;
std::atomic<Handler> before{nullptr}; // Xlib calls its handler on the thread that reads

int hear(void* display, XError* error) {
    if (error->error_code == bad_window && error->request_code == send_event) {
        return 0;
    }
    const Handler next = before.load();
    return next != nullptr ? next(display, error) : 0;
}

// The library that SDL loads, by the name by which it loads it. It stays loaded.
SetHandler find_set_handler() {
    if (SDL_getenv("DISPLAY") == nullptr) {
        return nullptr;
    }
    void* library = SDL_LoadObject("libX11.so.6");
    return library != nullptr
               ? reinterpret_cast<SetHandler>(SDL_LoadFunction(library, "XSetErrorHandler"))
               : nullptr;
}

} // namespace

XErrors::XErrors() {
    if (users++ == 0) {
        set_handler = find_set_handler();
        if (set_handler != nullptr) {
            before = set_handler(&hear);
        }
    }
}

XErrors::~XErrors() {
    if (--users > 0 || set_handler == nullptr) {
        return;
    }
    // Who came later stays.
    if (const Handler now = set_handler(before); now != &hear) {
        set_handler(now);
    }
}
#else
XErrors::XErrors() = default;
XErrors::~XErrors() = default;
#endif

} // namespace playhead::sdl
