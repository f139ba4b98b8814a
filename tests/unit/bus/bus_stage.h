// What the tests of the bus share: an executor of either kind, ways for handlers to wait for the
// test, and task queues that make it hard for the bus.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "playhead/bus.h"
#include "playhead/headless/simulation.h"
#include "playhead/lanes.h"

namespace playhead::test {

// Either the lanes or a simulation; tests that say `GENERATE(real, simulated)` hold for both.
enum class Kind { real, simulated };
constexpr Kind real = Kind::real;
constexpr Kind simulated = Kind::simulated;

inline std::shared_ptr<Executor> make_executor(Kind kind) {
    if (kind == Kind::simulated) {
        return headless::Simulation::create();
    }
    LanesOptions options;
    options.workers = 4;
    return make_lanes(options);
}

// Passed once, by one waiter. In the simulation a wait that cannot end says so instead of hanging.
class Latch {
public:
    explicit Latch(Executor& executor) : signal_(executor.make_signal()) {}
    void open() { signal_->set(); }
    bool wait() { return signal_->wait(); }
    // Lets the executor's time pass while others run.
    void linger(Executor& executor, Duration length) { signal_->wait(executor.now() + length); }

private:
    std::unique_ptr<Signal> signal_;
};

// Every task at once, on a thread of its own.
class Overlapping final : public TaskQueue {
public:
    explicit Overlapping(std::weak_ptr<Executor> executor) : executor_(std::move(executor)) {}
    void post(Task task) override {
        if (const auto executor = executor_.lock()) {
            executor->start_blocking("handler", std::move(task));
        }
    }

private:
    const std::weak_ptr<Executor> executor_;
};

// Tasks run when the test says so.
class ByHand final : public TaskQueue {
public:
    void post(Task task) override { tasks.push_back(std::move(task)); }
    void run_all() {
        while (!tasks.empty()) {
            std::vector<Task> now;
            now.swap(tasks);
            for (Task& task : now) {
                task();
            }
        }
    }
    std::vector<Task> tasks;
};

// What a handler saw, to be looked at on the test's thread.
class Seen {
public:
    void add(const Event& event) {
        const std::lock_guard lock{mutex_};
        events_.push_back(event);
    }
    std::vector<Event> all() const {
        const std::lock_guard lock{mutex_};
        return events_;
    }
    std::vector<std::uint64_t> kinds() const {
        std::vector<std::uint64_t> result;
        for (const Event& event : all()) {
            result.push_back(event.as<UserEvent>()->kind);
        }
        return result;
    }
    std::size_t count() const { return all().size(); }

private:
    mutable std::mutex mutex_;
    std::vector<Event> events_;
};

inline Event user(std::uint64_t kind, SessionId session = 1) {
    Event event;
    event.session = session;
    event.body = UserEvent{kind, {}};
    return event;
}

} // namespace playhead::test
