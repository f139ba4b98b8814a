#include "schedule/serial_lane.h"

#include <utility>

namespace playhead::schedule {
namespace {

thread_local const SerialLane* lane_of_this_thread = nullptr;

} // namespace

SerialLane::SerialLane(std::shared_ptr<Crew> crew, Crew::Role role)
    : crew_(std::move(crew)),
      role_(std::move(role)) {}

bool SerialLane::start() {
    {
        const std::lock_guard lock(mutex_);
        if (started_ || ending_) {
            return started_;
        }
        started_ = true;
    }
    if (crew_->start(crew_->reserve(), role_, [self = shared_from_this()] { self->run(); })) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    started_ = false; // the next post tries again
    return false;
}

void SerialLane::post(Task task) {
    const auto self = shared_from_this(); // the task may let go of the lanes before this returns
    bool wake = false;
    bool begin = false;
    {
        const std::lock_guard lock(mutex_);
        if (ending_) {
            return;
        }
        posted_.push_back(std::move(task));
        wake = wake_locked(HostTime::min());
        begin = !started_;
    }
    if (wake) {
        wake_.notify_one();
    }
    if (begin) {
        start();
    }
}

TimerId SerialLane::at(HostTime due, Task task) {
    const auto self = shared_from_this();
    bool wake = false;
    TimerId id = 0;
    {
        const std::lock_guard lock(mutex_);
        id = ++last_timer_;
        if (ending_) {
            return id;
        }
        timers_.emplace(TimerKey{due, id}, std::move(task));
        due_.emplace(id, due);
        wake = wake_locked(due);
    }
    if (wake) {
        wake_.notify_one();
    }
    return id;
}

void SerialLane::cancel(TimerId id) {
    Task dropped; // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    const auto found = due_.find(id);
    if (found == due_.end()) {
        return;
    }
    const auto timer = timers_.find(TimerKey{found->second, id});
    dropped = std::move(timer->second);
    timers_.erase(timer);
    due_.erase(found);
}

bool SerialLane::here() const noexcept { return lane_of_this_thread == this; }

void SerialLane::end() {
    std::deque<Task> posted;
    std::map<TimerKey, Task> timers;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        posted.swap(posted_);
        timers.swap(timers_);
        due_.clear();
        idle_ = false;
    }
    wake_.notify_one();
}

std::uint64_t SerialLane::tasks() const {
    const std::lock_guard lock(mutex_);
    return tasks_;
}

std::uint64_t SerialLane::wakeups() const {
    const std::lock_guard lock(mutex_);
    return wakeups_;
}

// Whether the thread waits past `by` and has not been told yet.
bool SerialLane::wake_locked(HostTime by) {
    if (!idle_ || by >= wakes_at_) {
        return false;
    }
    idle_ = false;
    return true;
}

void SerialLane::run() {
    lane_of_this_thread = this;
    for (;;) {
        Task task;
        {
            std::unique_lock lock(mutex_);
            task = next_locked(lock);
            if (!task) {
                return;
            }
            ++tasks_;
        }
        task();
    }
}

// Waits for something to do; an empty task when the lane ends.
Task SerialLane::next_locked(std::unique_lock<std::mutex>& lock) {
    while (!ending_) {
        const bool timer_due =
            !timers_.empty() && timers_.begin()->first.first <= std::chrono::steady_clock::now();
        if (timer_due && (timers_turn_ || posted_.empty())) {
            timers_turn_ = false;
            const auto timer = timers_.begin();
            Task task = std::move(timer->second);
            due_.erase(timer->first.second);
            timers_.erase(timer);
            return task;
        }
        timers_turn_ = true;
        if (!posted_.empty()) {
            Task task = std::move(posted_.front());
            posted_.pop_front();
            return task;
        }
        idle_ = true;
        if (timers_.empty()) {
            wakes_at_ = HostTime::max();
            wake_.wait(lock, [this] { return !idle_; });
        } else {
            wakes_at_ = timers_.begin()->first.first;
            wake_.wait_until(lock, wakes_at_, [this] { return !idle_; });
        }
        idle_ = false;
        ++wakeups_;
    }
    return {};
}

} // namespace playhead::schedule
