// Executor and HostClock: all that may run code or read time.
//
// The engine starts no thread, reads no clock and blocks on nothing but through these interfaces.
// Two pairs exist: the lanes with the steady clock (playhead/lanes.h), and the simulated pair
// (playhead/headless/simulation.h), which runs one thing at a time in virtual time from a seed.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "playhead/time.h"

namespace playhead {

// A piece of work to run once: like std::function<void()>, but it may own things that only move.
class Task {
public:
    Task() = default;
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Task> && std::invocable<F&>)
    Task(F&& f) : body_(std::make_unique<Model<std::decay_t<F>>>(std::forward<F>(f))) {}

    explicit operator bool() const { return body_ != nullptr; }
    void operator()() { body_->run(); }

private:
    struct Concept {
        virtual ~Concept() = default;
        virtual void run() = 0;
    };
    template <class F>
    struct Model final : Concept {
        explicit Model(F&& given) : f(std::move(given)) {}
        explicit Model(const F& given) : f(given) {}
        void run() override { f(); }
        F f;
    };
    std::unique_ptr<Concept> body_;
};

class HostClock {
public:
    virtual ~HostClock() = default;
    virtual HostTime now() const noexcept = 0;
};

// Anything that runs tasks later, on a thread of its own: what a subscriber names for its handlers.
// post() never runs the task inside itself and never blocks. Tasks posted to one TaskQueue may
// overlap unless it says otherwise.
class TaskQueue {
public:
    virtual ~TaskQueue() = default;
    virtual void post(Task task) = 0;
};

// The one thing that code may block on: an auto-reset event (a binary semaphore).
// set() is async-callback safe: it takes no lock that may be held for long and allocates nothing.
class Signal {
public:
    virtual ~Signal() = default;
    virtual void set() noexcept = 0;
    // Waits until set, then takes the set back and returns true; false once the deadline has passed,
    // or when the executor ends (check your own stop flag). No deadline: wait for ever.
    // Never called on the control lane.
    virtual bool wait(std::optional<HostTime> deadline = std::nullopt) = 0;
};

using TimerId = std::uint64_t; // 0 is never given
using WorkId = std::uint64_t;  // 0 is never given

struct WorkOptions {
    // When the result is needed. Effective deadline = max(deadline, now); nothing = untimed, takes
    // what is left. Preroll and seek work says now.
    std::optional<HostTime> deadline;
    // Who pays: ties go to the account with the least service so far. 0 = nobody.
    std::uint64_t account = 0;
    // Service is divided by this: a higher weight gets more of the pool.
    double weight = 1.0;
};

struct ExecutorStatistics {
    int threads = 0;  // alive now, orphans included
    int workers = 0;  // width of the work pool
    int blocking = 0; // blocking-lane threads alive
    int orphans = 0;  // written-off workers and abandoned blocking threads still alive
    std::uint64_t control_tasks = 0;
    std::uint64_t work_items = 0;
};

class Executor : public HostClock {
public:
    // Control lane: one thread, first in, first out. Its tasks never block and never run codec,
    // device, file or user code.
    virtual void post(Task task) = 0;
    virtual bool on_control_lane() const noexcept = 0;

    // Runs the task on the control lane at `due` (at once if past). cancel() from the control lane
    // guarantees that the task does not start afterwards; from elsewhere it may be on its way.
    virtual TimerId at(HostTime due, Task task) = 0;
    virtual void cancel(TimerId id) = 0;

    // Work lane: the pool, by effective deadline. Items may overlap; use a WorkStrand for order.
    virtual WorkId post_work(WorkOptions options, Task task) = 0;
    // If that item is running now: count its worker as an orphan, start another in its place, and
    // return true. The orphan's thread ends when the item returns.
    virtual bool write_off(WorkId id) = 0;

    // Blocking lane: a thread of its own until the task returns. Nobody waits for it without a
    // bound. The name is for debuggers and traces (15 characters are kept). The returned id can be
    // given to abandon(): from then on the thread counts as an orphan. 0 when the system gives no
    // thread: the task was destroyed unrun.
    virtual WorkId start_blocking(std::string name, Task task) = 0;
    virtual void abandon(WorkId id) = 0;

    // The default home of event handlers: serial, one thread, started at its first task; never the
    // control lane. User code runs here.
    virtual TaskQueue& events() = 0;

    virtual std::unique_ptr<Signal> make_signal() = 0;

    virtual ExecutorStatistics statistics() const = 0;

    // True where decoders must run single-threaded and nothing may depend on real time.
    virtual bool simulated() const noexcept = 0;
};

} // namespace playhead
