#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "common/interruption.h"

namespace playhead::apps {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr char asked_mark = 'a';
constexpr char done_mark = 'd';

// What the handler may touch.
std::atomic<int> handler_pipe{-1};
std::atomic<bool> asked_before{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
    const int saved = errno;
    if (asked_before.exchange(true)) {
        ::_exit(exit_interrupted);
    }
    const ssize_t ignored = ::write(handler_pipe.load(), &asked_mark, 1);
    static_cast<void>(ignored);
    errno = saved;
}

void handle_signals(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    for (const int signal : signals) {
        ::sigaction(signal, &action, nullptr);
    }
}

} // namespace

// The pipe from the handler to the thread that may do more than a handler may.
struct Interruption::Watch {
    int read_end = -1;
    int write_end = -1;

    ~Watch() {
        for (const int end : {read_end, write_end}) {
            if (end >= 0) {
                ::close(end);
            }
        }
    }
};

Interruption::Interruption(Executor& executor, std::function<void()> asked)
    : watch_(std::make_shared<Watch>()) {
    // A reader that went away is an error of the write, not the end of the program.
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    if (::pipe(ends) != 0) {
        return;
    }
    watch_->read_end = ends[0];
    watch_->write_end = ends[1];
    for (const int end : ends) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    executor.start_blocking("signals", [watch = watch_, asked = std::move(asked)] {
        char mark = done_mark;
        for (;;) {
            const ssize_t got = ::read(watch->read_end, &mark, 1);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got != 1 || mark != asked_mark) {
                return;
            }
            asked();
        }
    });
    asked_before.store(false);
    handler_pipe.store(watch_->write_end);
    handle_signals(on_signal);
}

Interruption::~Interruption() {
    if (watch_->write_end >= 0) {
        handle_signals(SIG_DFL);
        const ssize_t ignored = ::write(watch_->write_end, &done_mark, 1);
        static_cast<void>(ignored);
    }
}

} // namespace playhead::apps
#endif
