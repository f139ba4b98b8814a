#include "playhead/backend/work_strand.h"

#include <deque>
#include <mutex>
#include <utility>

#include "schedule/worker_pool.h"

namespace playhead {

// At most one item of the pool is under way for a strand; it takes one task and asks for the next
// item as its last words. Items refer to the core weakly: a strand that is gone leaves nothing
// behind.
struct WorkStrand::Core : std::enable_shared_from_this<WorkStrand::Core> {
    struct Waiting {
        Task task;
        bool once = false;
    };

    Core(std::shared_ptr<Executor> lanes, std::uint64_t payer)
        : executor(std::move(lanes)),
          account(payer) {}

    void post(Task task, bool once);
    // Whether a task is running; its item is written off if `leave_behind`.
    bool close(bool leave_behind);
    void run_one();
    void release();
    void ask_locked();

    const std::shared_ptr<Executor> executor;
    const std::uint64_t account;

    // Held while an item is asked for, so that run_one() cannot begin before its id is noted.
    mutable std::mutex mutex;
    std::deque<Waiting> waiting;
    std::optional<HostTime> deadline;
    WorkId item = 0;
    bool once_waits = false;
    bool asked = false;
    bool running = false;
    bool closed = false;
    bool held = false;          // until the one that it is the heir of has come back
    std::shared_ptr<Core> heir; // begins when the running task has ended
};

namespace {

thread_local const void* strand_of_this_thread = nullptr;

} // namespace

void WorkStrand::Core::post(Task task, bool once) {
    const std::lock_guard lock(mutex);
    if (closed || (once && once_waits)) {
        return;
    }
    once_waits = once_waits || once;
    waiting.push_back({std::move(task), once});
    if (!asked && !held) {
        ask_locked();
    }
}

void WorkStrand::Core::ask_locked() {
    asked = true;
    item =
        executor->post_work({.deadline = deadline, .account = account}, [weak = weak_from_this()] {
            if (const auto core = weak.lock()) {
                core->run_one();
            }
        });
}

void WorkStrand::Core::run_one() {
    Waiting next;
    {
        const std::lock_guard lock(mutex);
        if (closed) {
            return;
        }
        next = std::move(waiting.front());
        waiting.pop_front();
        once_waits = once_waits && !next.once;
        running = true;
    }
    const void* const before = std::exchange(strand_of_this_thread, this);
    next.task();
    next.task = {};
    strand_of_this_thread = before;

    std::shared_ptr<Core> next_one;
    {
        const std::lock_guard lock(mutex);
        running = false;
        asked = false;
        next_one = std::exchange(heir, nullptr);
        if (!closed && !waiting.empty()) {
            const schedule::LastWords last_words;
            ask_locked();
        }
    }
    if (next_one) {
        next_one->release();
    }
}

void WorkStrand::Core::release() {
    const std::lock_guard lock(mutex);
    held = false;
    if (!closed && !asked && !waiting.empty()) {
        ask_locked();
    }
}

bool WorkStrand::Core::close(bool leave_behind) {
    std::deque<Waiting> dropped; // destroyed after the lock is released
    const std::lock_guard lock(mutex);
    closed = true;
    dropped.swap(waiting);
    if (!leave_behind || !running || strand_of_this_thread == this) {
        return false;
    }
    return executor->write_off(item);
}

WorkStrand::WorkStrand(std::shared_ptr<Executor> executor, std::uint64_t account)
    : core_(std::make_shared<Core>(std::move(executor), account)) {}

WorkStrand::~WorkStrand() {
    if (core_) {
        core_->close(false);
    }
}

WorkStrand::WorkStrand(WorkStrand&&) noexcept = default;

WorkStrand& WorkStrand::operator=(WorkStrand&& other) noexcept {
    if (this != &other) {
        if (core_) {
            core_->close(false);
        }
        core_ = std::move(other.core_);
    }
    return *this;
}

void WorkStrand::post(Task task) { core_->post(std::move(task), false); }

void WorkStrand::post_once(Task task) { core_->post(std::move(task), true); }

void WorkStrand::set_deadline(std::optional<HostTime> deadline) {
    const std::lock_guard lock(core_->mutex);
    core_->deadline = deadline;
}

bool WorkStrand::busy() const {
    const std::lock_guard lock(core_->mutex);
    return core_->running;
}

WorkStrand WorkStrand::behind(WorkStrand& stuck) {
    WorkStrand next(stuck.core_->executor, stuck.core_->account);
    const std::lock_guard lock(stuck.core_->mutex);
    if (stuck.core_->running) {
        next.core_->held = true;
        stuck.core_->heir = next.core_;
    }
    return next;
}

bool WorkStrand::detach() { return core_->close(true); }

} // namespace playhead
