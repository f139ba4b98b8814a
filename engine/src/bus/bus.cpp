#include "playhead/bus.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "target.h"

namespace playhead {

struct Subscription::Core final : SubscriptionTarget {
    using SubscriptionTarget::SubscriptionTarget;
    std::function<void()> leave; // takes it off the bus's list
};

struct EventQueue::Core final : QueueTarget {
    using QueueTarget::QueueTarget;
    std::function<void()> leave;
};

struct Bus::Core {
    using Targets = std::vector<std::shared_ptr<EventTarget>>;

    explicit Core(std::shared_ptr<Executor> e) : executor(std::move(e)) {}

    ~Core() {
        for (const std::shared_ptr<EventTarget>& target : *targets) {
            target->bus_ended();
        }
    }

    void join(std::shared_ptr<EventTarget> target) {
        const std::lock_guard lock{mutex};
        auto changed = std::make_shared<Targets>(*targets);
        changed->push_back(std::move(target));
        targets = std::move(changed);
    }

    void leave(const EventTarget* target) {
        std::shared_ptr<const Targets> old; // its last reference goes after the lock
        const std::lock_guard lock{mutex};
        auto changed = std::make_shared<Targets>(*targets);
        std::erase_if(*changed, [&](const auto& t) { return t.get() == target; });
        old = std::exchange(targets, std::move(changed));
    }

    std::shared_ptr<const Targets> all() const {
        const std::lock_guard lock{mutex};
        return targets;
    }

    const std::shared_ptr<Executor> executor;
    const std::shared_ptr<Mutex> gates = std::make_shared<Mutex>();
    mutable Mutex mutex;
    // A list is never changed, only replaced, so that publishing can walk it without the lock.
    std::shared_ptr<const Targets> targets = std::make_shared<Targets>();
    std::unordered_set<SessionId> silenced;
    std::uint64_t sequence = 0;
};

Bus::Bus(std::shared_ptr<Executor> executor) : core_(std::make_shared<Core>(std::move(executor))) {}

Subscription Bus::subscribe(EventFilter filter, EventHandler handler,
                            std::shared_ptr<TaskQueue> where) {
    auto target = std::make_shared<Subscription::Core>(
        std::move(filter), std::move(handler), std::move(where), core_->gates, core_->executor);
    target->leave = [bus = std::weak_ptr<Core>{core_}, raw = target.get()] {
        if (const std::shared_ptr<Core> core = bus.lock()) {
            core->leave(raw);
        }
    };
    core_->join(target);
    Subscription subscription;
    subscription.core_ = std::move(target);
    return subscription;
}

EventQueue Bus::queue(EventFilter filter) {
    auto target =
        std::make_shared<EventQueue::Core>(std::move(filter), core_->gates, core_->executor);
    target->leave = [bus = std::weak_ptr<Core>{core_}, raw = target.get()] {
        if (const std::shared_ptr<Core> core = bus.lock()) {
            core->leave(raw);
        }
    };
    core_->join(target);
    EventQueue queue;
    queue.core_ = std::move(target);
    return queue;
}

void Bus::publish(Event event) {
    const std::shared_ptr<Core> core = core_; // a filter may destroy this handle
    const auto stamped = std::make_shared<Event>(std::move(event));
    const std::shared_ptr<const Core::Targets> targets = core->all();
    std::vector<EventTarget*> matching;
    for (const std::shared_ptr<EventTarget>& target : *targets) {
        if (target->matches(*stamped)) {
            matching.push_back(target.get());
        }
    }
    {
        const std::lock_guard lock{core->mutex};
        stamped->sequence = ++core->sequence;
        stamped->host_time = core->executor->now();
        if (core->silenced.count(stamped->session) != 0) {
            std::erase_if(matching, [](const EventTarget* t) { return t->runs_handlers(); });
        }
        for (EventTarget* target : matching) {
            target->accept(stamped);
        }
    }
    for (EventTarget* target : matching) {
        target->wake();
    }
}

void Bus::silence(SessionId session) {
    std::vector<SharedEvent> dropped; // destroyed after the lock
    const std::lock_guard lock{core_->mutex};
    core_->silenced.insert(session);
    for (const std::shared_ptr<EventTarget>& target : *core_->targets) {
        std::vector<SharedEvent> events = target->silence(session);
        std::move(events.begin(), events.end(), std::back_inserter(dropped));
    }
}

EventFilter of_session(SessionId session) {
    return [session](const Event& event) { return event.session == session; };
}

Subscription::~Subscription() { reset(); }

Subscription::Subscription(Subscription&& other) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
    if (this != &other) {
        reset();
        core_ = std::move(other.core_);
    }
    return *this;
}

void Subscription::reset() {
    // Off the handle first: the handler may be destroying it.
    if (const std::shared_ptr<Core> core = std::exchange(core_, nullptr)) {
        core->leave();
        core->end();
    }
}

EventQueue::~EventQueue() { shut_down(); }

EventQueue::EventQueue(EventQueue&& other) noexcept = default;

EventQueue& EventQueue::operator=(EventQueue&& other) noexcept {
    if (this != &other) {
        shut_down();
        core_ = std::move(other.core_);
    }
    return *this;
}

Result<Event> EventQueue::try_next() {
    const std::shared_ptr<Core> core = core_;
    return core ? core->try_next() : fail(Errc::shut_down);
}

Result<Event> EventQueue::next() {
    const std::shared_ptr<Core> core = core_;
    return core ? core->next(std::nullopt) : fail(Errc::shut_down);
}

Result<Event> EventQueue::next_for(Duration timeout) {
    const std::shared_ptr<Core> core = core_;
    return core ? core->next(timeout) : fail(Errc::shut_down);
}

void EventQueue::shut_down() {
    if (const std::shared_ptr<Core> core = core_) {
        core->leave();
        core->end();
    }
}

} // namespace playhead
