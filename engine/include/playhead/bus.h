// Bus: where everything that happens is told. One per engine.
//
//   publish --> [ total order, sequence numbers ] --> queues (pull)      try_next, next_for
//                                                 --> subscriptions      handler on its executor
//
// Order: all events of one session reach every queue and every subscription in sequence order. A
// handler never overlaps itself. A slow handler delays only itself, and those that share its thread:
// its events wait in memory. Handlers may call anything, also destroy the session or the engine they
// hear of; they must not throw.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "playhead/backend/executor.h"
#include "playhead/event.h"
#include "playhead/result.h"

namespace playhead {

// Empty = everything. Runs on the thread that publishes (the control lane, mostly), before the event
// has its sequence number and host time: pure, and quick. No lock is held.
using EventFilter = std::function<bool(const Event&)>;
EventFilter of_session(SessionId session);

using EventHandler = std::function<void(const Event&)>;

// Ends when reset or destroyed. reset() waits for a handler that runs now on another thread, but
// not when called from that handler, nor where that one waits for the caller's (two handlers that
// reset each other), nor on the control lane; afterwards no handler begins.
class Subscription {
public:
    Subscription() = default;
    ~Subscription();
    Subscription(Subscription&&) noexcept;
    Subscription& operator=(Subscription&&) noexcept;
    void reset();
    explicit operator bool() const { return core_ != nullptr; }

private:
    friend class Bus;
    struct Core;
    std::shared_ptr<Core> core_;
};

// A queue of one's own to pull from. Threads: any.
class EventQueue {
public:
    EventQueue() = default;
    ~EventQueue();
    EventQueue(EventQueue&&) noexcept;
    EventQueue& operator=(EventQueue&&) noexcept;

    Result<Event> try_next();                 // no_events; shut_down
    Result<Event> next();                     // waits; shut_down
    Result<Event> next_for(Duration timeout); // waits; timed_out, shut_down
    // Ends it: waiters and later calls get shut_down, what is queued is dropped. When the last handle
    // of the bus goes instead, what is queued can still be had before they do.
    void shut_down();

private:
    friend class Bus;
    struct Core;
    std::shared_ptr<Core> core_;
};

// Threads: any, for all calls. A cheap handle on a shared core; copies speak of the same bus.
class Bus {
public:
    explicit Bus(std::shared_ptr<Executor> executor);

    // `where` null: the engine's event thread.
    Subscription subscribe(EventFilter filter, EventHandler handler,
                           std::shared_ptr<TaskQueue> where = nullptr);
    EventQueue queue(EventFilter filter = {});

    // Stamps sequence and host time, then hands the event out: when it returns, every matching queue
    // holds it and every matching subscription's task is posted. Runs no handler.
    void publish(Event event);

    // No handler of that session begins after this returns (one that runs may finish).
    void silence(SessionId session);

private:
    struct Core;
    std::shared_ptr<Core> core_;
};

} // namespace playhead
