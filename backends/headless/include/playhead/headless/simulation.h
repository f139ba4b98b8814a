// Simulation: the executor of tests. One thing runs at a time, in virtual time, in an order drawn
// from a seed; so a run of one seed is the same every time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "playhead/backend/executor.h"

namespace playhead::headless {

// One decision of the scheduler: which task went on, and when.
struct TraceStep {
    enum class Lane { control, timer, work, events, blocking };
    std::uint64_t index = 0;    // 1, 2, 3 ...
    std::uint64_t sequence = 0; // of the task, in the order in which tasks were given
    Lane lane = Lane::control;
    bool resumed = false; // goes on after a wait; else it begins
    HostTime at{};
};
const char* to_string(TraceStep::Lane lane);

struct SimulationOptions {
    std::uint64_t seed = 1;
    HostTime start_time{std::chrono::hours(1)};
    int workers = 2;
    // Called before each step, on a thread of the simulation. It must not wait.
    std::function<void(const TraceStep&)> trace = nullptr;
    // So many steps without time passing count as going round in circles.
    std::uint64_t steps_per_instant = 50'000'000;
};

// What may run next is drawn by seed from: the head of the control lane, the timer that is due first,
// an item of the work lane while a virtual worker is idle (by effective deadline; among equals drawn),
// the head of the event queue, each blocking task that may begin or go on, and each task whose wait is
// over. Only when there is nothing of these does time pass: it jumps to the next timer or deadline.
// Tasks take no virtual time, other than what they wait or sleep.
//
// A task may wait (Signal, virtual_sleep) on every lane but the control lane. Its thread then stays
// with it and another goes on with the rest; which thread runs what has no influence on the order.
// Application threads drive: things happen only while one of them is in a run function or waits on a
// Signal. A wait without a deadline that nothing can ever end returns false instead of hanging;
// describe() then tells who waits for what.
//
// Threads: run functions from application threads; a second one may drive at the same time or post, at
// the price of determinism. End: destroying it, on any thread, ends it.
class Simulation final : public Executor {
public:
    static std::shared_ptr<Simulation> create(SimulationOptions options = {});
    ~Simulation() override;

    // Runs all that is ready; no time passes. Like the next ones, false if it went round in circles
    // (steps_per_instant) or the simulation ended.
    bool settle();
    // Until nothing is left that could ever happen by itself: no task, no timer, no deadline.
    bool run_until_idle();
    // Through all that happens up to `time` and at it; then it is `time`.
    bool run_until(HostTime time);
    bool run_for(Duration length);
    // Until the condition holds, which is looked at before each step on a thread of the simulation;
    // it must not wait. False if the deadline passes or nothing can happen any more.
    bool run_until(const std::function<bool()>& condition,
                   std::optional<HostTime> deadline = std::nullopt);

    // Lets virtual time pass: in a task for its own lane only, elsewhere like run_for(). False when the
    // simulation ends.
    bool virtual_sleep(Duration length);

    // Nothing begins any more, waits return false, and what waited runs to its end, one after another.
    // Tasks that have not begun are destroyed. Tasks that hold the simulation keep it alive: call this
    // where some may be left.
    void end();

    std::string describe() const;           // who waits for what
    std::uint64_t steps() const;            // decisions so far
    std::uint64_t trace_hash() const;       // over all steps: equal for equal runs
    std::uint64_t context_switches() const; // how often the baton went to another thread

    HostTime now() const noexcept override;
    void post(Task task) override;
    bool on_control_lane() const noexcept override;
    TimerId at(HostTime due, Task task) override;
    void cancel(TimerId id) override;
    WorkId post_work(WorkOptions options, Task task) override;
    bool write_off(WorkId id) override;
    WorkId start_blocking(std::string name, Task task) override;
    void abandon(WorkId id) override;
    TaskQueue& events() override;
    std::unique_ptr<Signal> make_signal() override;
    ExecutorStatistics statistics() const override; // as the lanes would count: virtual threads
    bool simulated() const noexcept override { return true; }

    class Core;

private:
    explicit Simulation(SimulationOptions options);

    const std::shared_ptr<Core> core_;
};

} // namespace playhead::headless
