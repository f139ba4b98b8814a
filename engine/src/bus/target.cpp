#include "target.h"

#include <algorithm>
#include <utility>

namespace playhead {

EventTarget::EventTarget(EventFilter filter, std::shared_ptr<Mutex> gates,
                         std::weak_ptr<Executor> executor)
    : executor_(executor),
      filter_(std::move(filter)),
      gate_(std::move(gates), std::move(executor)) {}

bool EventTarget::matches(const Event& event) {
    bool wanted = false;
    {
        const Visit visit{gate_};
        wanted = visit && (!filter_ || filter_(event));
    }
    release_if_vacated();
    return wanted;
}

void EventTarget::close() {
    gate_.close();
    release_if_vacated();
}

void EventTarget::release_if_vacated() {
    if (gate_.vacated()) {
        release();
    }
}

SubscriptionTarget::SubscriptionTarget(EventFilter filter, EventHandler handler,
                                       std::shared_ptr<TaskQueue> where,
                                       std::shared_ptr<Mutex> gates,
                                       std::weak_ptr<Executor> executor)
    : EventTarget(std::move(filter), std::move(gates), std::move(executor)),
      handler_(std::move(handler)),
      where_(std::move(where)) {}

void SubscriptionTarget::accept(const SharedEvent& event) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(event);
}

void SubscriptionTarget::wake() {
    // Weak: a task queue may end with tasks that it never ran, and this holds the task queue.
    Task task = [target = weak_from_this()] {
        if (const std::shared_ptr<SubscriptionTarget> self = target.lock()) {
            self->run_one();
        }
    };
    if (where_) {
        where_->post(std::move(task));
    } else if (const std::shared_ptr<Executor> executor = executor_.lock()) {
        executor->events().post(std::move(task));
    }
}

void SubscriptionTarget::run_one() {
    SharedEvent event;
    {
        const std::lock_guard lock{mutex_};
        if (running_) {
            ++owed_;
            return;
        }
        if (waiting_.empty()) {
            return;
        }
        event = std::move(waiting_.front());
        waiting_.pop_front();
        running_ = true;
    }
    if (const Visit visit{gate()}; visit) {
        handler_(*event);
    }
    event.reset();
    bool again = false;
    {
        const std::lock_guard lock{mutex_};
        running_ = false;
        if (owed_ > 0) {
            --owed_;
            again = true;
        }
    }
    release_if_vacated();
    if (again) {
        wake();
    }
}

std::vector<SharedEvent> SubscriptionTarget::silence(SessionId session) {
    std::vector<SharedEvent> dropped;
    const std::lock_guard lock{mutex_};
    const auto kept =
        std::stable_partition(waiting_.begin(), waiting_.end(),
                              [&](const SharedEvent& e) { return e->session != session; });
    std::move(kept, waiting_.end(), std::back_inserter(dropped));
    waiting_.erase(kept, waiting_.end());
    return dropped;
}

void SubscriptionTarget::end() {
    std::deque<SharedEvent> dropped;
    {
        const std::lock_guard lock{mutex_};
        dropped.swap(waiting_);
    }
    close();
}

void SubscriptionTarget::release() {
    EventTarget::release();
    handler_ = nullptr;
}

void QueueTarget::accept(const SharedEvent& event) {
    const std::lock_guard lock{mutex_};
    if (!shut_down_) {
        queued_.push_back(event);
    }
}

void QueueTarget::wake() {
    std::shared_ptr<Signal> waiter;
    {
        const std::lock_guard lock{mutex_};
        if (!waiters_.empty()) {
            waiter = std::move(waiters_.front());
            waiters_.erase(waiters_.begin());
        }
    }
    if (waiter) {
        waiter->set();
    }
}

void QueueTarget::wake_all() {
    std::vector<std::shared_ptr<Signal>> waiters;
    {
        const std::lock_guard lock{mutex_};
        waiters.swap(waiters_);
    }
    for (const std::shared_ptr<Signal>& waiter : waiters) {
        waiter->set();
    }
}

void QueueTarget::bus_ended() {
    {
        const std::lock_guard lock{mutex_};
        bus_ended_ = true;
    }
    wake_all();
}

void QueueTarget::end() {
    std::deque<SharedEvent> dropped;
    {
        const std::lock_guard lock{mutex_};
        shut_down_ = true;
        dropped.swap(queued_);
    }
    wake_all();
    close();
}

std::optional<Result<SharedEvent>> QueueTarget::take_locked() {
    if (!queued_.empty()) {
        SharedEvent event = std::move(queued_.front());
        queued_.pop_front();
        return Result<SharedEvent>{std::move(event)};
    }
    if (shut_down_ || bus_ended_) {
        return Result<SharedEvent>{fail(Errc::shut_down)};
    }
    return std::nullopt;
}

Result<Event> QueueTarget::try_next() {
    std::unique_lock lock{mutex_};
    const std::optional<Result<SharedEvent>> taken = take_locked();
    lock.unlock(); // copying and destroying an event runs what the application put into it
    if (!taken) {
        return fail(Errc::no_events);
    }
    return taken->map([](const SharedEvent& event) { return *event; });
}

Result<Event> QueueTarget::next(std::optional<Duration> timeout) {
    std::shared_ptr<Signal> signal;
    std::optional<HostTime> deadline;
    bool give_up = false;
    for (;;) {
        std::optional<Result<SharedEvent>> taken;
        {
            const std::lock_guard lock{mutex_};
            std::erase(waiters_, signal);
            taken = take_locked();
            if (!taken && signal && !give_up) {
                waiters_.push_back(signal);
            }
        }
        if (taken) {
            return taken->map([](const SharedEvent& event) { return *event; });
        }
        if (give_up) {
            return fail(deadline && !executor_.expired() ? Errc::timed_out : Errc::shut_down);
        }
        if (!signal) {
            // Not held while waiting: the end of the executor must be able to end the wait.
            const std::shared_ptr<Executor> executor = executor_.lock();
            if (!executor) {
                return fail(Errc::shut_down);
            }
            const HostTime now = executor->now();
            if (timeout && *timeout < HostTime::max() - now) {
                deadline = now + *timeout;
            }
            signal = executor->make_signal();
            continue;
        }
        give_up = !signal->wait(deadline);
    }
}

} // namespace playhead
