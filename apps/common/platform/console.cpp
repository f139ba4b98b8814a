#include "common/platform/console.h"

#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif
#ifdef __linux__
#include <dlfcn.h>
#endif

namespace playhead::apps {

#ifdef _WIN32
bool is_terminal(int descriptor) { return ::_isatty(descriptor) != 0; }
#else
bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }
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

// snd_lib_error_handler_t
void say_nothing(const char*, int, const char*, int, const char*, ...) {}

} // namespace

void quiet_alsa() {
    // SDL loads the library by this name too, so the handler is set in the one that it will use. The
    // handle is kept: the handler must not outlive the library, nor the other way round.
    void* library = ::dlopen("libasound.so.2", RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) {
        return;
    }
    using Handler = void (*)(const char*, int, const char*, int, const char*, ...);
    using SetHandler = int (*)(Handler);
    if (const auto set =
            reinterpret_cast<SetHandler>(::dlsym(library, "snd_lib_error_set_handler"))) {
        set(&say_nothing);
    }
}
#else
void quiet_alsa() {}
#endif

} // namespace playhead::apps
