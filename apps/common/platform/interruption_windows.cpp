#ifdef _WIN32
#include <windows.h>

#include <atomic>
#include <mutex>

#include "common/interruption.h"

namespace playhead::apps {

struct Interruption::Watch {
    std::function<void()> asked;
};

namespace {

std::mutex& watch_mutex() {
    static std::mutex& mutex = *new std::mutex;
    return mutex;
}
std::function<void()>* watched = nullptr; // guarded by the mutex
std::atomic<bool> asked_before{false};

// The system calls this on a thread of its own.
BOOL WINAPI on_control(DWORD) {
    if (asked_before.exchange(true)) {
        ::ExitProcess(exit_interrupted);
    }
    const std::scoped_lock lock{watch_mutex()};
    if (watched != nullptr) {
        (*watched)();
    }
    return TRUE;
}

} // namespace

Interruption::Interruption(Executor&, std::function<void()> asked)
    : watch_(std::make_shared<Watch>(Watch{std::move(asked)})) {
    const std::scoped_lock lock{watch_mutex()};
    watched = &watch_->asked;
    asked_before.store(false);
    ::SetConsoleCtrlHandler(on_control, TRUE);
}

Interruption::~Interruption() {
    ::SetConsoleCtrlHandler(on_control, FALSE);
    const std::scoped_lock lock{watch_mutex()};
    watched = nullptr;
}

} // namespace playhead::apps
#endif
