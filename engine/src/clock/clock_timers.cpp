#include "clock/clock_timers.h"

#include <algorithm>
#include <utility>

namespace playhead {
namespace {

// Whether a clock that shows `now` has come to `t`, by the way it goes.
bool reached(MediaTime now, MediaTime t, bool forward) { return forward ? now >= t : now <= t; }

} // namespace

ClockTimers::ClockTimers(std::shared_ptr<Executor> executor,
                         std::function<std::optional<Reading>()> read)
    : executor_(std::move(executor)),
      read_(std::move(read)) {}

ClockTimers::~ClockTimers() { disarm_locked(); }

Result<ClockTimerId> ClockTimers::set(MediaTime at, Task callback,
                                      std::shared_ptr<TaskQueue> where) {
    ClockTimerId id = 0;
    {
        const std::lock_guard lock{mutex_};
        if (down_) {
            return fail(Errc::shut_down, "the clock was shut down");
        }
        id = ++last_id_;
        Waiting timer;
        timer.id = id;
        timer.at = at;
        timer.callback = std::move(callback);
        timer.where = std::move(where);
        timers_.push_back(std::move(timer));
        waiting_.store(true, std::memory_order_release);
    }
    changed(Change::continuous);
    return id;
}

void ClockTimers::cancel(ClockTimerId id) {
    std::optional<Waiting> gone; // destroyed without the lock
    {
        const std::lock_guard lock{mutex_};
        const auto found = std::find_if(timers_.begin(), timers_.end(),
                                        [id](const Waiting& timer) { return timer.id == id; });
        if (found == timers_.end()) {
            return;
        }
        gone = std::move(*found);
        timers_.erase(found);
        if (timers_.empty()) {
            waiting_.store(false, std::memory_order_release);
            disarm_locked();
            return;
        }
    }
    changed(Change::continuous);
}

void ClockTimers::leave(MediaTime position) {
    const std::lock_guard lock{mutex_};
    for (Waiting& timer : timers_) {
        timer.due = timer.due || (timer.ahead && reached(position, timer.at, forward_));
    }
}

void ClockTimers::changed(Change how) {
    if (!waiting()) {
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        jumped_ = jumped_ || how == Change::jump;
        if (std::exchange(aiming_, true)) {
            return;
        }
    }
    executor_->post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->aim();
        }
    });
}

void ClockTimers::aim() {
    std::vector<Waiting> due;
    {
        const std::lock_guard lock{mutex_};
        aiming_ = false; // from here on a change is seen by the next one
    }
    const std::optional<Reading> reading = read_();
    if (!reading) {
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        due = take_due_locked(*reading);
        arm_locked(*reading);
        waiting_.store(!timers_.empty(), std::memory_order_release);
    }
    for (Waiting& timer : due) {
        hand_out(std::move(timer));
    }
}

// In the order in which the clock came to them.
std::vector<ClockTimers::Waiting> ClockTimers::take_due_locked(const Reading& reading) {
    const bool was_forward = forward_;
    if (reading.rate != 0.0) {
        forward_ = reading.rate > 0.0;
    }
    const bool jumped = std::exchange(jumped_, false) && !reading.stopped;
    const MediaTime now = reading.line.media_at(reading.when);
    for (Waiting& timer : timers_) {
        if (reading.stopped) {
            timer.ahead = false;
            continue;
        }
        // A clock that turns round comes to nothing by that: what lies behind it now waits until it
        // turns again or is put elsewhere.
        timer.due = timer.due || (timer.ahead && reached(now, timer.at, was_forward)) ||
                    ((jumped || timer.fresh) && reached(now, timer.at, forward_));
        timer.fresh = false;
        timer.ahead = !reached(now, timer.at, forward_);
    }
    const auto first_due = std::stable_partition(timers_.begin(), timers_.end(),
                                                 [](const Waiting& timer) { return !timer.due; });
    std::vector<Waiting> due{std::make_move_iterator(first_due),
                             std::make_move_iterator(timers_.end())};
    timers_.erase(first_due, timers_.end());
    std::stable_sort(due.begin(), due.end(), [was_forward](const Waiting& a, const Waiting& b) {
        return was_forward ? a.at < b.at : a.at > b.at;
    });
    return due;
}

void ClockTimers::arm_locked(const Reading& reading) {
    std::optional<HostTime> next;
    for (const Waiting& timer : timers_) {
        const auto when = timer.ahead ? reading.line.host_at(timer.at) : std::optional<HostTime>{};
        // A line beyond the end of time is never walked to its end.
        if (when && *when != HostTime::max() && *when > reading.when) {
            next = next ? std::min(*next, *when) : *when;
        }
    }
    if (next && armed_ != 0 && armed_for_ == *next) {
        return;
    }
    disarm_locked();
    if (!next) {
        return;
    }
    armed_for_ = *next;
    armed_ = executor_->at(*next, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            {
                const std::lock_guard lock{self->mutex_};
                self->armed_ = 0;
            }
            self->aim();
        }
    });
}

void ClockTimers::disarm_locked() {
    if (armed_ != 0) {
        executor_->cancel(std::exchange(armed_, 0));
    }
}

void ClockTimers::hand_out(Waiting timer) {
    TaskQueue& queue = timer.where ? *timer.where : executor_->events();
    queue.post(std::move(timer.callback));
}

void ClockTimers::drop() {
    std::vector<Waiting> gone;
    {
        const std::lock_guard lock{mutex_};
        down_ = true;
        gone.swap(timers_);
        waiting_.store(false, std::memory_order_release);
        disarm_locked();
    }
    for (Waiting& timer : gone) {
        timer.callback = [unused = std::move(timer.callback)] {};
        hand_out(std::move(timer));
    }
}

} // namespace playhead
