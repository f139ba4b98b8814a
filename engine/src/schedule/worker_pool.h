// WorkerPool: the work lane.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "playhead/backend/executor.h"
#include "schedule/crew.h"
#include "schedule/work_order.h"

namespace playhead::schedule {

// While one of these lives on a worker of a pool, what the same thread posts to that pool is meant
// for the worker itself, which is about to come back: nobody is woken for it.
class LastWords {
public:
    LastWords();
    ~LastWords();
    LastWords(const LastWords&) = delete;
    LastWords& operator=(const LastWords&) = delete;
};

// Workers are started when there is more work than hands, up to the width, and then sleep each on
// its own. A worker that comes back takes the next item itself; another is woken only for items
// that nobody is on the way for. The most recently idle is woken first, so the others may sleep
// long. Threads: all calls from any thread. The workers hold the pool.
class WorkerPool final : public std::enable_shared_from_this<WorkerPool> {
public:
    WorkerPool(std::shared_ptr<Crew> crew, std::string name, int width);

    // Starts the first worker. False when the system gives no thread.
    bool start();

    WorkId post(const WorkOptions& options, Task task);
    bool write_off(WorkId id);
    int width() const { return width_; }
    std::uint64_t items() const;
    std::uint64_t wakeups() const; // how often a worker came back from sleep

    // Nothing begins any more. Whatever has not begun is destroyed.
    void end();

private:
    struct Worker {
        ThreadId thread = 0;
        int number = 0;
        WorkId item = 0; // that it runs now
        bool awake = true;
        bool orphan = false;
        std::condition_variable wake;
    };
    using WorkerPtr = std::shared_ptr<Worker>;
    // A worker to wake or to start once the lock is released; none = nothing to do.
    struct Hand {
        WorkerPtr worker;
        bool fresh = false;
    };

    void run(const WorkerPtr& worker);
    bool run_item_locked(std::unique_lock<std::mutex>& lock, const WorkerPtr& worker);
    Hand hand_needed_locked();
    bool lend(const Hand& hand);

    const std::shared_ptr<Crew> crew_;
    const std::string name_;
    const int width_;

    mutable std::mutex mutex_;
    WorkOrder order_;
    std::vector<WorkerPtr> workers_; // orphans are no longer here
    std::vector<WorkerPtr> idle_;    // asleep; the last went to sleep last
    std::size_t coming_ = 0;         // woken or started, and not yet looking for an item
    WorkId last_id_ = 0;
    std::uint64_t items_ = 0;
    std::uint64_t wakeups_ = 0;
    bool ending_ = false;
};

} // namespace playhead::schedule
