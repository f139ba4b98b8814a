// What comes next in the simulation: candidates, the draw, and the passing of time.
#include <algorithm>
#include <utility>

#include "simulation_core.h"

namespace playhead::headless {

using Until = Simulation::Core::Drive::Until;

// Called by the holder of the baton. Comes back with something to do; with nothing only at the end.
Simulation::Core::Decision Simulation::Core::next(Lock& lock, Slot& me) {
    for (;;) {
        if (ending_) {
            finish_drivers([](const Core&, const Driver&) { return true; }, false);
            return {.resume = parked_.empty() ? nullptr : parked_.front()};
        }
        serve_drivers(lock);
        if (ending_) {
            continue;
        }
        if (drivers_.empty()) {
            paused_ = &me;
            me.wake.wait(lock, [&] { return paused_ != &me; });
        } else if (candidates() == 0) {
            pass_time();
        } else if (steps_at_instant_ >= options_.steps_per_instant) {
            steps_at_instant_ = 0;
            finish_drivers([](const Core&, const Driver&) { return true; }, false);
        } else {
            Decision decision = choose();
            record(lock, decision);
            return decision;
        }
    }
}

// Lets go of the drivers that have what they came for.
void Simulation::Core::serve_drivers(Lock& lock) {
    for (std::size_t i = 0; i < drivers_.size();) {
        Driver& driver = *drivers_[i];
        bool done = false;
        if (driver.wish.until == Until::signal) {
            done = std::exchange(driver.wish.signal->set_, false);
        } else if (driver.wish.until == Until::condition) {
            lock.unlock();
            done = (*driver.wish.condition)();
            lock.lock();
        }
        if (!done) {
            ++i;
            continue;
        }
        drivers_.erase(drivers_.begin() + static_cast<std::ptrdiff_t>(i));
        finish_driver(driver, true);
    }
}

void Simulation::Core::finish_driver(Driver& driver, bool result) {
    driver.done = true;
    driver.result = result;
    driver.wake.notify_one();
    ++switches_;
}

void Simulation::Core::finish_drivers(bool (*which)(const Core&, const Driver&), bool result) {
    std::erase_if(drivers_, [&](Driver* driver) {
        if (!which(*this, *driver)) {
            return false;
        }
        finish_driver(*driver, result);
        return true;
    });
}

bool Simulation::Core::timer_is_due() const {
    return !timers_.empty() && timers_.begin()->first.first <= now();
}

bool Simulation::Core::work_is_ready() const {
    return !work_.empty() && busy_workers_ < options_.workers;
}

bool Simulation::Core::event_is_ready() const { return !events_.empty() && !events_busy_; }

std::size_t Simulation::Core::candidates() const {
    return (control_.empty() ? 0U : 1U) + (timer_is_due() ? 1U : 0U) + (work_is_ready() ? 1U : 0U) +
           (event_is_ready() ? 1U : 0U) + blocking_.size() + ready_.size();
}

// Draws one of the candidates, of which there is at least one, and takes it out of its queue.
Simulation::Core::Decision Simulation::Core::choose() {
    std::size_t chosen = random_.below(static_cast<std::uint32_t>(candidates()));
    // Whether the draw fell on this one; else what is left of it is for the others.
    const auto is = [&chosen](bool candidate) { return candidate && chosen-- == 0; };

    if (is(!control_.empty())) {
        Queued queued = std::move(control_.front());
        control_.pop_front();
        ++control_tasks_;
        return {.job = job_of(Lane::control, std::move(queued))};
    }
    if (is(timer_is_due())) {
        const auto timer = timers_.begin();
        Queued queued = std::move(timer->second);
        timer_due_.erase(timer->first.second);
        timers_.erase(timer);
        ++control_tasks_;
        return {.job = job_of(Lane::timer, std::move(queued))};
    }
    if (is(work_is_ready())) {
        SimulatedWork::Item item = work_.take(now(), random_);
        ++busy_workers_;
        ++work_items_;
        Decision decision{.job = job_of(Lane::work, {item.sequence, std::move(item.task)})};
        decision.job->id = item.id;
        return decision;
    }
    if (is(event_is_ready())) {
        Queued queued = std::move(events_.front());
        events_.pop_front();
        events_busy_ = true;
        return {.job = job_of(Lane::events, std::move(queued))};
    }
    if (chosen < blocking_.size()) {
        const auto place = blocking_.begin() + static_cast<std::ptrdiff_t>(chosen);
        Decision decision{.job = std::move(*place)};
        blocking_.erase(place);
        return decision;
    }
    const auto place = ready_.begin() + static_cast<std::ptrdiff_t>(chosen - blocking_.size());
    Decision decision{.resume = *place};
    ready_.erase(place);
    return decision;
}

Simulation::Core::Job Simulation::Core::job_of(Lane lane, Queued queued) {
    Job job;
    job.lane = lane;
    job.sequence = queued.sequence;
    job.task = std::move(queued.task);
    return job;
}

// Nothing is ready at this instant: those who came for no more leave, and it becomes the next instant
// at which something is.
void Simulation::Core::pass_time() {
    finish_drivers([](const Core&, const Driver& d) { return d.wish.until == Until::settled; },
                   true);
    finish_drivers(
        [](const Core& core, const Driver& d) {
            return d.wish.until == Until::time && *d.wish.deadline <= core.now();
        },
        true);
    finish_drivers(
        [](const Core& core, const Driver& d) {
            return d.wish.deadline && *d.wish.deadline <= core.now();
        },
        false);

    std::optional<HostTime> next;
    const auto consider = [&next](std::optional<HostTime> time) {
        if (time && (!next || *time < *next)) {
            next = time;
        }
    };
    if (!timers_.empty()) {
        consider(timers_.begin()->first.first);
    }
    for (const Slot* slot : parked_) {
        consider(slot->deadline);
    }
    if (!next) {
        finish_drivers([](const Core&, const Driver& d) { return d.wish.until == Until::idle; },
                       true);
    }
    for (const Driver* driver : drivers_) {
        consider(driver->wish.deadline);
    }
    if (drivers_.empty()) {
        return;
    }
    if (!next) {
        finish_drivers([](const Core&, const Driver&) { return true; }, false);
        return;
    }
    now_.store(next->time_since_epoch().count());
    steps_at_instant_ = 0;
    for (Slot* slot : parked_) {
        if (!slot->ready && slot->deadline && *slot->deadline <= *next) {
            slot->ready = true;
            ready_.push_back(slot);
        }
    }
}

void Simulation::Core::record(Lock& lock, const Decision& decision) {
    const Job& job = decision.job ? *decision.job : *decision.resume->job;
    ++steps_at_instant_;
    const TraceStep step{.index = ++steps_,
                         .sequence = job.sequence,
                         .lane = job.lane,
                         .resumed = decision.resume != nullptr,
                         .at = now()};
    for (const std::uint64_t part :
         {step.sequence, static_cast<std::uint64_t>(step.lane) * 2 + (step.resumed ? 1U : 0U),
          static_cast<std::uint64_t>(step.at.time_since_epoch().count())}) {
        hash_ = Random(hash_ ^ part).next();
    }
    if (options_.trace) {
        lock.unlock();
        options_.trace(step);
        lock.lock();
    }
}

} // namespace playhead::headless
