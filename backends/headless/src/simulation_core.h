// What the simulation is made of: its queues, its threads and the baton.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "playhead/headless/random.h"
#include "playhead/headless/simulation.h"
#include "simulated_work.h"

namespace playhead::headless {

using Lock = std::unique_lock<std::mutex>;
using Lane = TraceStep::Lane;

// The baton is held by one thread of the simulation. It decides what comes next and runs it on its
// own stack. A task that waits keeps its thread, which decides once more: if the next is a task, that
// goes with the baton to a spare thread; if it is a task whose wait is over, the baton goes to its
// thread. A thread that gave the baton away from outside a task becomes a spare.
//
//          next() --> task:   run it here         (in a wait: hand it to a spare)
//            |   `--> resume: give the baton to that thread
//            `--> nobody drives: pause, holding the baton, until somebody does
//
// Threads: the mutex guards everything; it is released while tasks, conditions and hooks run. The
// threads hold the core.
class Simulation::Core final : public TaskQueue, public std::enable_shared_from_this<Core> {
public:
    class CoreSignal;
    // A driver's reason to come back.
    struct Drive {
        enum class Until { settled, idle, time, condition, signal } until = Until::settled;
        std::optional<HostTime> deadline = std::nullopt;
        const std::function<bool()>* condition = nullptr;
        CoreSignal* signal = nullptr;
    };

    explicit Core(SimulationOptions options);
    ~Core() override;
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    bool drive(const Drive& wish);
    bool sleep(Duration length);
    bool wait(CoreSignal* signal, std::optional<HostTime> deadline);
    void set(CoreSignal& signal);
    void end();

    HostTime now() const noexcept { return HostTime{Duration{now_.load()}}; }
    void post(Task task) override; // as the event queue
    void post_control(Task task);
    bool on_control_lane() const noexcept;
    TimerId at(HostTime due, Task task);
    void cancel(TimerId id);
    WorkId post_work(const WorkOptions& options, Task task);
    bool write_off(WorkId id);
    WorkId start_blocking(std::string name, Task task);
    void abandon(WorkId id);
    std::unique_ptr<Signal> make_signal();
    ExecutorStatistics statistics() const;

    std::string describe() const;
    std::uint64_t steps() const;
    std::uint64_t trace_hash() const;
    std::uint64_t context_switches() const;

private:
    // A task that has begun.
    struct Job {
        Lane lane = Lane::control;
        std::uint64_t sequence = 0;
        WorkId id = 0; // work and blocking lanes
        std::string name;
        bool orphan = false;
        Task task;
    };
    // A thread of the simulation.
    struct Slot {
        Core* core = nullptr;
        std::condition_variable wake;
        bool baton = false;
        std::optional<Job> job;
        // While its job waits:
        bool ready = false; // the wait is over
        CoreSignal* signal = nullptr;
        std::optional<HostTime> deadline;
    };
    struct Driver {
        Drive wish;
        std::condition_variable wake;
        bool done = false;
        bool result = false;
    };
    // What comes next: a job to begin, a thread to give the baton to, or neither: the end.
    struct Decision {
        std::optional<Job> job = std::nullopt;
        Slot* resume = nullptr;
    };
    struct Queued {
        std::uint64_t sequence = 0;
        Task task;
    };
    using TimerKey = std::pair<HostTime, TimerId>;

    static Slot*& slot_here();
    Slot* own_slot() const;

    // The baton (simulation_baton.cpp).
    Slot& add_thread();
    void thread_main(Slot& me);
    bool await_baton(Lock& lock, Slot& me);
    void hold_baton(Lock& lock, Slot& me);
    void run_job(Lock& lock, Slot& me, Job job);
    void park(Lock& lock, Slot& me, CoreSignal* signal, std::optional<HostTime> deadline);
    void give(Slot& to);
    void give_to_spare(Job job);

    // Decisions (simulation_decisions.cpp).
    Decision next(Lock& lock, Slot& me);
    void serve_drivers(Lock& lock);
    void finish_driver(Driver& driver, bool result);
    void finish_drivers(bool (*which)(const Core&, const Driver&), bool result);
    bool timer_is_due() const;
    bool work_is_ready() const;
    bool event_is_ready() const;
    std::size_t candidates() const;
    Decision choose();
    static Job job_of(Lane lane, Queued queued);
    void pass_time();
    void record(Lock& lock, const Decision& decision);

    const SimulationOptions options_;
    mutable std::mutex mutex_;
    std::atomic<Duration::rep> now_;
    Random random_;

    std::deque<Queued> control_;
    std::map<TimerKey, Queued> timers_;
    std::unordered_map<TimerId, HostTime> timer_due_;
    SimulatedWork work_;
    std::deque<Queued> events_;
    std::vector<Job> blocking_; // not yet begun

    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<std::thread> threads_;
    std::vector<Slot*> spares_;
    std::vector<Slot*> parked_; // in the order in which they began to wait
    std::vector<Slot*> ready_;  // of these, those whose wait is over, in that order
    Slot* paused_ = nullptr;    // holds the baton while nobody drives
    std::optional<Job> handed_; // to the spare that gets the baton
    std::vector<Driver*> drivers_;

    bool events_busy_ = false;
    bool events_used_ = false;
    bool ending_ = false;
    bool drained_ = false;
    std::condition_variable finished_;
    std::size_t live_threads_ = 0;

    std::uint64_t last_sequence_ = 0;
    TimerId last_timer_ = 0;
    WorkId last_work_ = 0;
    std::uint64_t last_signal_ = 0;
    int busy_workers_ = 0;
    int blocking_alive_ = 0;
    int orphan_workers_ = 0;
    int orphan_readers_ = 0;
    std::uint64_t control_tasks_ = 0;
    std::uint64_t work_items_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t steps_at_instant_ = 0;
    std::uint64_t hash_ = 0;
    std::uint64_t switches_ = 0;
};

// Threads: any; the core's mutex guards set_.
class Simulation::Core::CoreSignal final : public Signal {
public:
    CoreSignal(std::shared_ptr<Core> core, std::uint64_t number)
        : core_(std::move(core)),
          number_(number) {}
    void set() noexcept override { core_->set(*this); }
    bool wait(std::optional<HostTime> deadline) override { return core_->wait(this, deadline); }

private:
    friend class Core;
    const std::shared_ptr<Core> core_;
    const std::uint64_t number_;
    bool set_ = false;
};

} // namespace playhead::headless
