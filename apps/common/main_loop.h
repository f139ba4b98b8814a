// MainLoop: what other threads want done on the main thread, and how they wake it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "playhead/backend/executor.h"

namespace playhead::apps {

// Threads: post() and wake() any; the rest the main thread. Tasks run in the order they were posted.
class MainLoop final : public TaskQueue {
public:
    explicit MainLoop(const std::shared_ptr<Executor>& executor);

    void post(Task task) override;
    void wake();

    void run_posted();
    // For a program without a window: until wake(), post() or `until`.
    void wait(std::optional<HostTime> until) { signal_->wait(until); }
    // Called by wake() besides: how a window's loop is woken. Must return at once; empty = nothing.
    void also_wake(std::function<void()> other);

private:
    const std::unique_ptr<Signal> signal_;
    std::mutex mutex_; // guards what follows
    std::deque<Task> tasks_;
    std::function<void()> other_;
};

} // namespace playhead::apps
