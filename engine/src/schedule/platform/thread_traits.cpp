#include "schedule/platform/thread_traits.h"

#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#elif defined(__APPLE__)
#include <pthread.h>
#include <pthread/qos.h>
#elif defined(__linux__)
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace playhead::schedule {

#if defined(_WIN32)

void name_this_thread(const std::string& name) noexcept {
    wchar_t wide[64] = {};
    const int length = MultiByteToWideChar(CP_UTF8, 0, name.c_str(), -1, wide, 64);
    if (length > 0) {
        SetThreadDescription(GetCurrentThread(), wide);
    }
}

void set_this_threads_priority(ThreadPriority priority) noexcept {
    SetThreadPriority(GetCurrentThread(), priority == ThreadPriority::timely
                                              ? THREAD_PRIORITY_ABOVE_NORMAL
                                              : THREAD_PRIORITY_NORMAL);
}

#elif defined(__APPLE__)

void name_this_thread(const std::string& name) noexcept { pthread_setname_np(name.c_str()); }

void set_this_threads_priority(ThreadPriority priority) noexcept {
    pthread_set_qos_class_self_np(priority == ThreadPriority::timely ? QOS_CLASS_USER_INTERACTIVE
                                                                     : QOS_CLASS_USER_INITIATED,
                                  0);
}

#elif defined(__linux__)

void name_this_thread(const std::string& name) noexcept {
    constexpr std::size_t kept = 15;
    char cut[kept + 1] = {};
    name.copy(cut, kept);
    pthread_setname_np(pthread_self(), cut);
}

void set_this_threads_priority(ThreadPriority priority) noexcept {
    if (priority == ThreadPriority::timely) {
        // On Linux the nice value belongs to the thread. Without the right to lower it nothing
        // changes.
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), -5);
    }
}

#else

void name_this_thread(const std::string&) noexcept {}
void set_this_threads_priority(ThreadPriority) noexcept {}

#endif

} // namespace playhead::schedule
