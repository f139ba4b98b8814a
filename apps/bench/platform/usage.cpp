#include "platform/usage.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/resource.h>
#endif

namespace playhead::bench {

#ifdef _WIN32

Usage usage_so_far() {
    FILETIME created, exited, kernel, user;
    Usage usage;
    if (GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user) != 0) {
        const auto ticks = [](const FILETIME& t) {
            return static_cast<std::int64_t>(t.dwHighDateTime) << 32 | t.dwLowDateTime;
        };
        usage.cpu = Duration{(ticks(kernel) + ticks(user)) * 100};
    }
    return usage;
}

#else

Usage usage_so_far() {
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    const auto length = [](const timeval& t) -> Duration {
        return std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec};
    };
    return {length(now.ru_utime) + length(now.ru_stime),
            static_cast<std::uint64_t>(now.ru_nvcsw) + static_cast<std::uint64_t>(now.ru_nivcsw)};
}

#endif

} // namespace playhead::bench
