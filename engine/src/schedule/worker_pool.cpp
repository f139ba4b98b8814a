#include "schedule/worker_pool.h"

#include <algorithm>
#include <optional>

namespace playhead::schedule {
namespace {

thread_local const WorkerPool* pool_of_this_thread = nullptr;
thread_local int last_words = 0;

} // namespace

LastWords::LastWords() { ++last_words; }
LastWords::~LastWords() { --last_words; }

WorkerPool::WorkerPool(std::shared_ptr<Crew> crew, std::string name, int width)
    : crew_(std::move(crew)),
      name_(std::move(name)),
      width_(width) {}

bool WorkerPool::start() {
    Hand hand;
    {
        const std::lock_guard lock(mutex_);
        if (!workers_.empty()) {
            return true;
        }
        hand.worker = std::make_shared<Worker>();
        hand.worker->number = 1;
        hand.fresh = true;
        workers_.push_back(hand.worker);
        ++coming_;
    }
    return lend(hand);
}

WorkId WorkerPool::post(const WorkOptions& options, Task task) {
    const auto self = shared_from_this(); // the task may let go of the lanes before this returns
    Hand hand;
    WorkId id = 0;
    {
        const std::lock_guard lock(mutex_);
        id = ++last_id_;
        if (ending_) {
            return id;
        }
        order_.add({.id = id,
                    .account = options.account,
                    .deadline = options.deadline,
                    .task = std::move(task)},
                   options.weight);
        if (last_words == 0 || pool_of_this_thread != this) {
            hand = hand_needed_locked();
        }
    }
    lend(hand);
    return id;
}

bool WorkerPool::write_off(WorkId id) {
    Hand hand;
    {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::find_if(workers_.begin(), workers_.end(),
                         [id](const WorkerPtr& worker) { return worker->item == id; });
        if (id == 0 || found == workers_.end()) {
            return false;
        }
        (*found)->orphan = true;
        crew_->make_orphan((*found)->thread);
        workers_.erase(found);
        hand = hand_needed_locked();
    }
    lend(hand);
    return true;
}

std::uint64_t WorkerPool::items() const {
    const std::lock_guard lock(mutex_);
    return items_;
}

std::uint64_t WorkerPool::wakeups() const {
    const std::lock_guard lock(mutex_);
    return wakeups_;
}

void WorkerPool::end() {
    std::vector<Task> unrun;
    const std::lock_guard lock(mutex_);
    ending_ = true;
    unrun = order_.clear();
    for (const WorkerPtr& worker : idle_) {
        worker->awake = true;
        worker->wake.notify_one();
    }
    idle_.clear();
}

// Somebody for the items that nobody is on the way for.
WorkerPool::Hand WorkerPool::hand_needed_locked() {
    if (ending_ || order_.size() <= coming_) {
        return {};
    }
    if (!idle_.empty()) {
        Hand hand{.worker = idle_.back()};
        idle_.pop_back();
        hand.worker->awake = true;
        ++coming_;
        return hand;
    }
    if (workers_.size() >= static_cast<std::size_t>(width_)) {
        return {};
    }
    // The lowest number that is free, for the thread's name.
    int number = 1;
    while (std::any_of(workers_.begin(), workers_.end(),
                       [&](const WorkerPtr& worker) { return worker->number == number; })) {
        ++number;
    }
    Hand hand{.worker = std::make_shared<Worker>(), .fresh = true};
    hand.worker->number = number;
    workers_.push_back(hand.worker);
    ++coming_;
    return hand;
}

bool WorkerPool::lend(const Hand& hand) {
    if (!hand.worker) {
        return true;
    }
    if (!hand.fresh) {
        hand.worker->wake.notify_one();
        return true;
    }
    hand.worker->thread = crew_->reserve();
    if (crew_->start(hand.worker->thread,
                     {.name = name_ + "-" + std::to_string(hand.worker->number)},
                     [self = shared_from_this(), worker = hand.worker] { self->run(worker); })) {
        return true;
    }
    // No thread now; the next item that finds too few hands asks again.
    const std::lock_guard lock(mutex_);
    std::erase(workers_, hand.worker);
    --coming_;
    return false;
}

void WorkerPool::run(const WorkerPtr& worker) {
    pool_of_this_thread = this;
    std::unique_lock lock(mutex_);
    --coming_;
    while (!ending_ && !worker->orphan) {
        if (run_item_locked(lock, worker)) {
            continue;
        }
        worker->awake = false;
        idle_.push_back(worker);
        worker->wake.wait(lock, [&] { return worker->awake; });
        ++wakeups_;
        if (!ending_) {
            --coming_;
        }
    }
    // An orphan may have left an item for itself as its last words.
    const Hand hand = hand_needed_locked();
    lock.unlock();
    lend(hand);
}

// False when there is nothing to run.
bool WorkerPool::run_item_locked(std::unique_lock<std::mutex>& lock, const WorkerPtr& worker) {
    const HostTime begin = std::chrono::steady_clock::now();
    std::optional<WorkOrder::Item> item = order_.take(begin);
    if (!item) {
        return false;
    }
    worker->item = item->id;
    ++items_;
    const Hand hand = hand_needed_locked();
    lock.unlock();
    lend(hand);
    item->task();
    item->task = {};
    const HostTime end = std::chrono::steady_clock::now();
    lock.lock();
    worker->item = 0;
    order_.charge(item->account, end - begin);
    return true;
}

} // namespace playhead::schedule
