// SerialLane: one thread that runs tasks in the order given, and timers. The control lane is one,
// the default home of event handlers another.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "playhead/backend/executor.h"
#include "schedule/crew.h"

namespace playhead::schedule {

// Posts are first in, first out; timers go by their time, and neither keeps the other waiting for
// longer than one task. The thread sleeps until the next post or timer and wakes for nothing else.
// Threads: all calls from any thread. The lane's thread holds the lane.
class SerialLane final : public TaskQueue, public std::enable_shared_from_this<SerialLane> {
public:
    SerialLane(std::shared_ptr<Crew> crew, Crew::Role role);

    // Starts the thread now rather than with the first task. False when the system gives none.
    bool start();

    void post(Task task) override;
    TimerId at(HostTime due, Task task);
    void cancel(TimerId id);
    bool here() const noexcept; // whether the calling thread is this lane's

    // Nothing begins any more. Whatever has not begun is destroyed.
    void end();

    std::uint64_t tasks() const;
    std::uint64_t wakeups() const; // how often the thread came back from sleep

private:
    using TimerKey = std::pair<HostTime, TimerId>;

    void run();
    Task next_locked(std::unique_lock<std::mutex>& lock);
    bool wake_locked(HostTime by);

    const std::shared_ptr<Crew> crew_;
    const Crew::Role role_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Task> posted_;
    std::map<TimerKey, Task> timers_;
    std::unordered_map<TimerId, HostTime> due_;
    TimerId last_timer_ = 0;
    HostTime wakes_at_{}; // while idle_: when the next timer is due
    bool idle_ = false;   // waits for that, or to be told otherwise
    bool timers_turn_ = true;
    bool started_ = false;
    bool ending_ = false;
    std::uint64_t tasks_ = 0;
    std::uint64_t wakeups_ = 0;
};

} // namespace playhead::schedule
