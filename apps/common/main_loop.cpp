#include "common/main_loop.h"

#include <utility>

namespace playhead::apps {

MainLoop::MainLoop(const std::shared_ptr<Executor>& executor) : signal_(executor->make_signal()) {}

void MainLoop::post(Task task) {
    {
        const std::scoped_lock lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    wake();
}

void MainLoop::wake() {
    signal_->set();
    std::function<void()> other;
    {
        const std::scoped_lock lock{mutex_};
        other = other_;
    }
    if (other) {
        other();
    }
}

void MainLoop::run_posted() {
    for (;;) {
        Task task;
        {
            const std::scoped_lock lock{mutex_};
            if (tasks_.empty()) {
                return;
            }
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

void MainLoop::also_wake(std::function<void()> other) {
    const std::scoped_lock lock{mutex_};
    other_ = std::move(other);
}

} // namespace playhead::apps
