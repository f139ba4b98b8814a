// The simulation's threads: who holds the baton, and how it passes on.
#include <algorithm>
#include <cassert>
#include <utility>

#include "simulation_core.h"

namespace playhead::headless {
namespace {

// How long end() waits for tasks that do not come back although nothing in the simulation blocks them.
constexpr Duration end_bound = std::chrono::seconds(10);

} // namespace

Simulation::Core::Slot*& Simulation::Core::slot_here() {
    thread_local Slot* slot = nullptr;
    return slot;
}

// The calling thread's, if it is one of this simulation.
Simulation::Core::Slot* Simulation::Core::own_slot() const {
    Slot* const slot = slot_here();
    return slot != nullptr && slot->core == this ? slot : nullptr;
}

bool Simulation::Core::drive(const Drive& wish) {
    assert(own_slot() == nullptr && "a task cannot drive the simulation that runs it");
    const auto self = shared_from_this(); // a task may let go of the simulation
    Lock lock(mutex_);
    if (ending_) {
        return false;
    }
    Driver driver;
    driver.wish = wish;
    drivers_.push_back(&driver);
    ++switches_;
    if (paused_ != nullptr) {
        std::exchange(paused_, nullptr)->wake.notify_one();
    } else if (slots_.empty()) {
        add_thread().baton = true;
    }
    driver.wake.wait(lock, [&] { return driver.done; });
    return driver.result;
}

bool Simulation::Core::wait(CoreSignal* signal, std::optional<HostTime> deadline) {
    Slot* const me = own_slot();
    assert(!on_control_lane() && "the control lane never waits");
    assert((me == nullptr || me->job) && "a condition or hook must not wait");
    Lock lock(mutex_);
    for (;;) {
        if (ending_) {
            return false;
        }
        if (signal != nullptr && std::exchange(signal->set_, false)) {
            return true;
        }
        if (deadline && *deadline <= now()) {
            return false;
        }
        if (me == nullptr) {
            lock.unlock();
            return drive({.until = Drive::Until::signal, .deadline = deadline, .signal = signal});
        }
        park(lock, *me, signal, deadline);
    }
}

bool Simulation::Core::sleep(Duration length) {
    const HostTime until = now() + length;
    if (own_slot() == nullptr) {
        return drive({.until = Drive::Until::time, .deadline = until});
    }
    wait(nullptr, until);
    const Lock lock(mutex_);
    return !ending_;
}

// The set stays until a waiter takes it; sets before that are one, as with any binary semaphore.
void Simulation::Core::set(CoreSignal& signal) {
    const Lock lock(mutex_);
    signal.set_ = true;
    const auto waiter = std::find_if(parked_.begin(), parked_.end(), [&](const Slot* slot) {
        return slot->signal == &signal && !slot->ready;
    });
    if (waiter != parked_.end()) {
        (*waiter)->ready = true;
        ready_.push_back(*waiter);
    }
}

void Simulation::Core::end() {
    std::deque<Queued> control;
    std::deque<Queued> events;
    std::map<TimerKey, Queued> timers;
    SimulatedWork work;
    std::vector<Job> blocking;
    {
        const Lock lock(mutex_);
        ending_ = true;
        control.swap(control_);
        events.swap(events_);
        timers.swap(timers_);
        timer_due_.clear();
        std::swap(work, work_);
        blocking.swap(blocking_);
    }
    control.clear();
    events.clear();
    timers.clear();
    work = {};
    blocking.clear();

    Lock lock(mutex_);
    if (paused_ != nullptr) {
        std::exchange(paused_, nullptr)->wake.notify_one();
    }
    if (own_slot() != nullptr) {
        return; // this thread's task has to come back first; the rest ends by itself
    }
    const bool all = finished_.wait_for(lock, end_bound, [this] { return live_threads_ == 0; });
    std::vector<std::thread> threads;
    threads.swap(threads_);
    lock.unlock();
    for (std::thread& thread : threads) {
        if (all) {
            thread.join();
        } else {
            thread.detach();
        }
    }
}

Simulation::Core::~Core() {
    for (std::thread& thread : threads_) {
        thread.detach(); // each is past its last use of the core, or this is it
    }
}

Simulation::Core::Slot& Simulation::Core::add_thread() {
    Slot& slot = *slots_.emplace_back(std::make_unique<Slot>());
    slot.core = this;
    ++live_threads_;
    threads_.emplace_back([self = shared_from_this(), &slot] { self->thread_main(slot); });
    return slot;
}

void Simulation::Core::thread_main(Slot& me) {
    slot_here() = &me;
    Lock lock(mutex_);
    while (await_baton(lock, me)) {
        hold_baton(lock, me);
    }
    slot_here() = nullptr;
    --live_threads_;
    finished_.notify_all();
}

// False when there is no baton any more.
bool Simulation::Core::await_baton(Lock& lock, Slot& me) {
    me.wake.wait(lock, [&] { return me.baton || drained_; });
    return std::exchange(me.baton, false);
}

// Outside of any task, until the baton goes to another thread.
void Simulation::Core::hold_baton(Lock& lock, Slot& me) {
    for (;;) {
        Decision decision;
        if (handed_) {
            decision.job = std::exchange(handed_, std::nullopt);
        } else {
            decision = next(lock, me);
        }
        if (decision.job) {
            run_job(lock, me, std::move(*decision.job));
        } else if (decision.resume != nullptr) {
            spares_.push_back(&me);
            give(*decision.resume);
            return;
        } else {
            drained_ = true;
            for (const auto& slot : slots_) {
                slot->wake.notify_one();
            }
            return;
        }
    }
}

void Simulation::Core::run_job(Lock& lock, Slot& me, Job job) {
    me.job = std::move(job);
    lock.unlock();
    me.job->task();
    me.job->task = {};
    lock.lock();
    switch (me.job->lane) {
    case Lane::control:
    case Lane::timer: break;
    case Lane::work: (me.job->orphan ? orphan_workers_ : busy_workers_) -= 1; break;
    case Lane::events: events_busy_ = false; break;
    case Lane::blocking:
        --blocking_alive_;
        orphan_readers_ -= me.job->orphan ? 1 : 0;
        break;
    }
    me.job.reset();
}

// Inside a task that waits: somebody else goes on, until it is this task's turn again.
void Simulation::Core::park(Lock& lock, Slot& me, CoreSignal* signal,
                            std::optional<HostTime> deadline) {
    me.ready = false;
    me.signal = signal;
    me.deadline = deadline;
    parked_.push_back(&me);
    Decision decision = next(lock, me);
    if (decision.resume != &me) {
        if (decision.resume != nullptr) {
            give(*decision.resume);
        } else {
            give_to_spare(std::move(*decision.job));
        }
        await_baton(lock, me);
    }
    std::erase(parked_, &me);
    std::erase(ready_, &me); // the end of the simulation does not draw
}

void Simulation::Core::give(Slot& to) {
    ++switches_;
    to.baton = true;
    to.wake.notify_one();
}

void Simulation::Core::give_to_spare(Job job) {
    handed_ = std::move(job);
    if (spares_.empty()) {
        spares_.push_back(&add_thread());
    }
    Slot& spare = *spares_.back();
    spares_.pop_back();
    give(spare);
}

} // namespace playhead::headless
