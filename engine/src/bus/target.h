// EventTarget: who hears of events: a subscription or a queue.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "gate.h"
#include "playhead/backend/mutex.h"
#include "playhead/bus.h"

namespace playhead {

using SharedEvent = std::shared_ptr<const Event>;

// Threads: any. accept() is called with the bus's lock held, so in the order of the events; nothing
// below calls the application's code with a lock held, nor destroys with one held what it gave.
class EventTarget {
public:
    EventTarget(EventFilter filter, std::shared_ptr<Mutex> gates, std::weak_ptr<Executor> executor);
    virtual ~EventTarget() = default;
    EventTarget(const EventTarget&) = delete;
    EventTarget& operator=(const EventTarget&) = delete;

    // Runs the filter.
    bool matches(const Event& event);
    virtual void accept(const SharedEvent& event) = 0;
    // What follows accept(), after the lock.
    virtual void wake() = 0;
    // Whether a silenced session's events stay away from it.
    virtual bool runs_handlers() const = 0;
    // Drops what waits of that session. Called with the bus's lock held: what is dropped is returned
    // and destroyed after it.
    virtual std::vector<SharedEvent> silence(SessionId session) = 0;
    // The bus is gone: nothing more will come.
    virtual void bus_ended() = 0;

    // Lets no more of the application's code run, and waits for what runs (see Gate).
    void close();

protected:
    Gate& gate() { return gate_; }
    // Destroys the application's functions once the gate is closed and nobody inside any more.
    void release_if_vacated();
    virtual void release() { filter_ = nullptr; }

    const std::weak_ptr<Executor> executor_;

private:
    EventFilter filter_;
    Gate gate_;
};

// A strand over a TaskQueue: one task for each event, and a task that finds the handler running
// leaves its turn to be posted again when the handler returns.
class SubscriptionTarget : public EventTarget,
                           public std::enable_shared_from_this<SubscriptionTarget> {
public:
    SubscriptionTarget(EventFilter filter, EventHandler handler, std::shared_ptr<TaskQueue> where,
                       std::shared_ptr<Mutex> gates, std::weak_ptr<Executor> executor);

    void accept(const SharedEvent& event) override;
    void wake() override;
    bool runs_handlers() const override { return true; }
    std::vector<SharedEvent> silence(SessionId session) override;
    void bus_ended() override {}

    // Nothing that waits begins any more; waits for a handler that runs.
    void end();

private:
    void run_one();
    void release() override;

    EventHandler handler_;
    const std::shared_ptr<TaskQueue> where_;

    Mutex mutex_;
    std::deque<SharedEvent> waiting_;
    std::size_t owed_ = 0; // tasks that came while the handler ran
    bool running_ = false;
};

// Threads: several may wait at once; each event goes to one of them.
class QueueTarget : public EventTarget {
public:
    using EventTarget::EventTarget;

    void accept(const SharedEvent& event) override;
    void wake() override;
    bool runs_handlers() const override { return false; }
    std::vector<SharedEvent> silence(SessionId) override { return {}; }
    void bus_ended() override;

    Result<Event> try_next();
    Result<Event> next(std::optional<Duration> timeout);
    void end();

private:
    // The next event; an error if there will be none; nothing if one may come.
    std::optional<Result<SharedEvent>> take_locked();
    void wake_all();

    Mutex mutex_;
    std::deque<SharedEvent> queued_;
    std::vector<std::shared_ptr<Signal>> waiters_;
    bool shut_down_ = false;
    bool bus_ended_ = false; // what is queued can still be had
};

} // namespace playhead
