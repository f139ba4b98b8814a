#include "common/platform/console.h"

#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#endif
#ifdef __linux__
#include <dlfcn.h>

#include <cstdarg>
#endif

namespace playhead::apps {

#ifdef _WIN32
bool is_terminal(int descriptor) { return ::_isatty(descriptor) != 0; }
std::optional<std::size_t> columns(int) { return std::nullopt; }
#else
bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }
std::optional<std::size_t> columns(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return std::nullopt;
    }
    return size.ws_col;
}
#endif

#ifdef _WIN32
void keep_standard_streams() {}
#else
void keep_standard_streams() {
    for (;;) {
        const int lowest = ::open("/dev/null", O_RDWR); // the lowest number that is free
        if (lowest < 0) return;
        if (lowest > STDERR_FILENO) {
            ::close(lowest);
            return;
        }
    }
}
#endif

#ifdef __linux__
namespace {

// A handler is set in the library that SDL will use: it loads it by the same name. The library stays
// loaded: the handler must not outlive it, nor the other way round.
template <class SetHandler, class Handler>
void quiet(const char* library, const char* set_handler, Handler handler) {
    void* loaded = ::dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    void* set = loaded != nullptr ? ::dlsym(loaded, set_handler) : nullptr;
    if (set != nullptr) {
        reinterpret_cast<SetHandler>(set)(handler);
    }
}

// snd_lib_error_handler_t
using AlsaHandler = void (*)(const char*, int, const char*, int, const char*, ...);
void say_nothing(const char*, int, const char*, int, const char*, ...) {}

// wl_log_func_t
using WaylandHandler = void (*)(const char*, std::va_list);
void say_nothing_of_it(const char*, std::va_list) {}

} // namespace

void quiet_alsa() {
    quiet<int (*)(AlsaHandler)>("libasound.so.2", "snd_lib_error_set_handler", &say_nothing);
}
void quiet_wayland() {
    quiet<void (*)(WaylandHandler)>("libwayland-client.so.0", "wl_log_set_handler_client",
                                    &say_nothing_of_it);
}
#else
void quiet_alsa() {}
void quiet_wayland() {}
#endif

} // namespace playhead::apps
