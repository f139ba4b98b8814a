// The executor's calls, and what the simulation tells of itself.
#include "simulation_core.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace playhead::headless {

Simulation::Core::Core(SimulationOptions options)
    : options_(std::move(options)),
      now_(options_.start_time.time_since_epoch().count()),
      random_(options_.seed) {}

void Simulation::Core::post_control(Task task) {
    const Lock lock(mutex_);
    if (!ending_) {
        control_.push_back({++last_sequence_, std::move(task)});
    }
}

void Simulation::Core::post(Task task) {
    const Lock lock(mutex_);
    if (!ending_) {
        events_.push_back({++last_sequence_, std::move(task)});
        events_used_ = true;
    }
}

bool Simulation::Core::on_control_lane() const noexcept {
    const Slot* const slot = own_slot();
    return slot != nullptr && slot->job &&
           (slot->job->lane == Lane::control || slot->job->lane == Lane::timer);
}

TimerId Simulation::Core::at(HostTime due, Task task) {
    const Lock lock(mutex_);
    const TimerId id = ++last_timer_;
    if (!ending_) {
        timers_.emplace(TimerKey{due, id}, Queued{++last_sequence_, std::move(task)});
        timer_due_.emplace(id, due);
    }
    return id;
}

void Simulation::Core::cancel(TimerId id) {
    Queued dropped; // destroyed after the lock is released
    const Lock lock(mutex_);
    const auto found = timer_due_.find(id);
    if (found == timer_due_.end()) {
        return;
    }
    const auto timer = timers_.find(TimerKey{found->second, id});
    dropped = std::move(timer->second);
    timers_.erase(timer);
    timer_due_.erase(found);
}

WorkId Simulation::Core::post_work(const WorkOptions& options, Task task) {
    const Lock lock(mutex_);
    const WorkId id = ++last_work_;
    if (!ending_) {
        work_.add(options.deadline, {++last_sequence_, id, std::move(task)});
    }
    return id;
}

bool Simulation::Core::write_off(WorkId id) {
    const Lock lock(mutex_);
    for (const auto& slot : slots_) {
        if (slot->job && slot->job->lane == Lane::work && slot->job->id == id &&
            !slot->job->orphan) {
            slot->job->orphan = true;
            --busy_workers_;
            ++orphan_workers_;
            return true;
        }
    }
    return false;
}

WorkId Simulation::Core::start_blocking(std::string name, Task task) {
    const Lock lock(mutex_);
    const WorkId id = ++last_work_;
    if (!ending_) {
        Job job = job_of(Lane::blocking, {++last_sequence_, std::move(task)});
        job.id = id;
        job.name = std::move(name);
        blocking_.push_back(std::move(job));
        ++blocking_alive_;
    }
    return id;
}

void Simulation::Core::abandon(WorkId id) {
    const Lock lock(mutex_);
    const auto mark = [&](Job& job) {
        if (job.lane == Lane::blocking && job.id == id && !job.orphan) {
            job.orphan = true;
            ++orphan_readers_;
        }
    };
    std::for_each(blocking_.begin(), blocking_.end(), mark);
    for (const auto& slot : slots_) {
        if (slot->job) {
            mark(*slot->job);
        }
    }
}

std::unique_ptr<Signal> Simulation::Core::make_signal() {
    const Lock lock(mutex_);
    return std::make_unique<CoreSignal>(shared_from_this(), ++last_signal_);
}

ExecutorStatistics Simulation::Core::statistics() const {
    const Lock lock(mutex_);
    return {.threads =
                1 + options_.workers + orphan_workers_ + blocking_alive_ + (events_used_ ? 1 : 0),
            .workers = options_.workers,
            .blocking = blocking_alive_,
            .orphans = orphan_workers_ + orphan_readers_,
            .control_tasks = control_tasks_,
            .work_items = work_items_};
}

std::uint64_t Simulation::Core::steps() const {
    const Lock lock(mutex_);
    return steps_;
}

std::uint64_t Simulation::Core::trace_hash() const {
    const Lock lock(mutex_);
    return hash_;
}

std::uint64_t Simulation::Core::context_switches() const {
    const Lock lock(mutex_);
    return switches_;
}

std::string Simulation::Core::describe() const {
    const Lock lock(mutex_);
    std::ostringstream out;
    const auto since_start = [this](HostTime time) {
        return std::chrono::duration<double>(time - options_.start_time).count();
    };
    out << "seed " << options_.seed << ", " << since_start(now()) << " s after the start, step "
        << steps_ << (ending_ ? ", ended" : "") << '\n'
        << "queued: control " << control_.size() << ", work " << work_.size() << " ("
        << busy_workers_ << " of " << options_.workers << " workers busy), events "
        << events_.size() << (events_busy_ ? " (busy)" : "") << ", blocking " << blocking_.size()
        << ", timers " << timers_.size() << '\n';
    if (!timers_.empty()) {
        out << "next timer at " << since_start(timers_.begin()->first.first) << " s\n";
    }
    if (steps_at_instant_ > 0) {
        out << steps_at_instant_ << " steps at this instant\n";
    }
    const auto wait_of = [&](const CoreSignal* signal, std::optional<HostTime> deadline) {
        if (signal != nullptr) {
            out << " waits for signal " << signal->number_;
            if (deadline) {
                out << " until " << since_start(*deadline) << " s";
            }
        } else if (deadline) {
            out << " sleeps until " << since_start(*deadline) << " s";
        }
    };
    for (const auto& slot : slots_) {
        if (!slot->job) {
            continue;
        }
        out << to_string(slot->job->lane) << " task " << slot->job->sequence;
        if (!slot->job->name.empty()) {
            out << " (" << slot->job->name << ')';
        }
        if (std::find(parked_.begin(), parked_.end(), slot.get()) == parked_.end()) {
            out << " runs";
        } else {
            wait_of(slot->signal, slot->deadline);
        }
        out << (slot->job->orphan ? ", an orphan\n" : "\n");
    }
    for (const Driver* driver : drivers_) {
        out << "a driver";
        wait_of(driver->wish.signal, driver->wish.deadline);
        out << '\n';
    }
    return out.str();
}

} // namespace playhead::headless
