#include "gate.h"

#include <algorithm>
#include <utility>

namespace playhead {
namespace {

thread_local GateThread this_thread;

} // namespace

bool GateThread::inside(const Visit* visit) const {
    for (const Visit* own = innermost; own != nullptr; own = own->outer_) {
        if (own == visit) {
            return true;
        }
    }
    return false;
}

bool GateThread::inside(const Gate* gate) const {
    for (const Visit* own = innermost; own != nullptr; own = own->outer_) {
        if (&own->gate_ == gate) {
            return true;
        }
    }
    return false;
}

Visit::Visit(Gate& gate) : gate_(gate), thread_(this_thread), outer_(thread_.innermost) {
    const std::lock_guard lock{*gate_.mutex_};
    if (gate_.closed_) {
        return;
    }
    gate_.inside_.push_back(this);
    entered_ = true;
    thread_.innermost = this;
}

Visit::~Visit() {
    if (!entered_) {
        return;
    }
    thread_.innermost = outer_;
    std::vector<std::shared_ptr<Signal>> waiters;
    {
        const std::lock_guard lock{*gate_.mutex_};
        std::erase(gate_.inside_, static_cast<const Visit*>(this));
        if (gate_.closed_) {
            waiters = gate_.waiters_; // each looks for itself whether it need wait on
        }
    }
    for (const std::shared_ptr<Signal>& waiter : waiters) {
        waiter->set();
    }
}

Gate::Gate(std::shared_ptr<Mutex> mutex, std::weak_ptr<Executor> executor)
    : mutex_(std::move(mutex)),
      executor_(std::move(executor)) {}

// Others are inside, and none of them waits for this thread.
bool Gate::must_wait(const GateThread& me) const {
    constexpr std::size_t longest_chain = 64; // of handlers that wait for each other
    const bool others = std::any_of(inside_.begin(), inside_.end(),
                                    [&](const Visit* visit) { return !me.inside(visit); });
    return others && !waits_for(me, longest_chain);
}

// Whether someone inside waits, directly or through others, for a call that `me` is inside of.
bool Gate::waits_for(const GateThread& me, std::size_t depth) const {
    if (depth == 0) {
        return true;
    }
    return std::any_of(inside_.begin(), inside_.end(), [&](const Visit* visit) {
        if (&visit->thread_ == &me) {
            return false;
        }
        for (const GateThread::Wait* wait = visit->thread_.waits; wait; wait = wait->outer) {
            if (me.inside(wait->gate) || wait->gate->waits_for(me, depth - 1)) {
                return true;
            }
        }
        return false;
    });
}

void Gate::close() {
    GateThread& me = this_thread;
    std::shared_ptr<Signal> signal;
    std::unique_lock lock{*mutex_};
    closed_ = true;
    while (must_wait(me)) {
        if (!signal) {
            lock.unlock();
            {
                // Not held while waiting: the end of the executor is what ends a wait for a handler
                // that never returns.
                const std::shared_ptr<Executor> executor = executor_.lock();
                if (!executor || executor->on_control_lane()) {
                    return;
                }
                signal = executor->make_signal();
            }
            lock.lock();
            continue;
        }
        waiters_.push_back(signal);
        const GateThread::Wait wait{this, me.waits};
        me.waits = &wait;
        lock.unlock();
        const bool woken = signal->wait();
        lock.lock();
        me.waits = wait.outer;
        std::erase(waiters_, signal);
        if (!woken) {
            return;
        }
    }
}

bool Gate::vacated() {
    const std::lock_guard lock{*mutex_};
    if (!closed_ || !inside_.empty() || vacated_) {
        return false;
    }
    vacated_ = true;
    return true;
}

} // namespace playhead
