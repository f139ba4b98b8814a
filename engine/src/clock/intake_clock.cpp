#include "clock/intake_clock.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace playhead {

namespace {

void add(std::vector<std::weak_ptr<TimelineWatcher>>& watchers,
         std::weak_ptr<TimelineWatcher> one) {
    std::erase_if(watchers, [](const auto& watcher) { return watcher.expired(); });
    watchers.push_back(std::move(one));
}

void tell(const std::vector<std::weak_ptr<TimelineWatcher>>& watchers) {
    for (const auto& weak : watchers) {
        if (const auto watcher = weak.lock()) watcher->on_turn();
    }
}

} // namespace

// ---- one output ---------------------------------------------------------------------------------

template <class Change>
void Intake::change(Change change_it) {
    std::vector<std::weak_ptr<TimelineWatcher>> watchers;
    {
        const std::lock_guard lock{mutex_};
        const auto before = std::pair{taken_, taken_end_};
        change_it();
        if (running_) {
            if (given_) taken_ = given_;
            taken_end_ = given_end_;
        }
        if (before == std::pair{taken_, taken_end_}) return;
        watchers = watchers_;
    }
    tell(watchers);
}

void Intake::took(MediaTime begin, MediaTime end) {
    change([&] {
        given_ = MediaRange{begin, end};
        given_end_ = false;
    });
}

void Intake::ended() {
    change([&] { given_end_ = true; });
}

void Intake::goes_on() {
    change([&] { given_end_ = taken_end_ = false; });
}

void Intake::run() {
    change([&] { running_ = true; });
}

void Intake::wait() {
    change([&] { running_ = false; });
}

void Intake::forget() {
    change([&] {
        given_.reset();
        taken_.reset();
        given_end_ = taken_end_ = false;
    });
}

Intake::Reading Intake::reading(Direction direction) const {
    const std::lock_guard lock{mutex_};
    Reading reading;
    reading.ended = taken_end_;
    if (taken_) reading.reached = direction == Direction::reverse ? taken_->begin : taken_->end;
    return reading;
}

void Intake::watch(std::weak_ptr<TimelineWatcher> watcher) {
    const std::lock_guard lock{mutex_};
    add(watchers_, std::move(watcher));
}

// ---- the clock ----------------------------------------------------------------------------------

std::shared_ptr<IntakeClock> IntakeClock::create(std::vector<std::shared_ptr<Intake>> outputs) {
    const std::shared_ptr<IntakeClock> clock{new IntakeClock{std::move(outputs)}};
    for (const auto& output : clock->outputs_) output->watch(clock);
    return clock;
}

MediaTime IntakeClock::follow_locked() const {
    if (!running_ || rate_ == 0.0) return shown_;
    const bool reverse = rate_ < 0;
    const auto further = [reverse](MediaTime a, MediaTime b) {
        return reverse ? std::min(a, b) : std::max(a, b);
    };
    std::optional<MediaTime> slowest, last;
    bool any_left = false, all_move = true;
    for (const auto& output : outputs_) {
        const auto at = output->reading(reverse ? Direction::reverse : Direction::forward);
        if (at.reached) last = last ? further(*last, *at.reached) : *at.reached;
        if (at.ended) continue;
        any_left = true;
        all_move &= at.reached.has_value();
        if (!at.reached) continue;
        const bool slower = !slowest || further(*slowest, *at.reached) == *slowest;
        if (slower) slowest = at.reached;
    }
    const auto to = any_left ? (all_move ? slowest : std::nullopt) : last;
    if (to) shown_ = further(shown_, *to);
    return shown_;
}

Result<void> IntakeClock::try_start(HostTime, MediaTime at) {
    const std::lock_guard lock{mutex_};
    running_ = true;
    shown_ = told_ = at;
    return {};
}

Result<void> IntakeClock::try_restart(HostTime) {
    const std::lock_guard lock{mutex_};
    running_ = true;
    return {};
}

Result<void> IntakeClock::try_pause(HostTime) {
    const std::lock_guard lock{mutex_};
    follow_locked();
    running_ = false;
    return {};
}

Result<void> IntakeClock::try_stop(HostTime) {
    const std::lock_guard lock{mutex_};
    running_ = false;
    shown_ = told_ = media_zero;
    return {};
}

Result<void> IntakeClock::try_set_rate(HostTime, double rate) {
    if (!std::isfinite(rate)) return fail(Errc::unsupported_rate);
    const std::lock_guard lock{mutex_};
    follow_locked();
    rate_ = rate;
    return {};
}

Timeline IntakeClock::timeline(HostTime now) const {
    const std::lock_guard lock{mutex_};
    return {now, follow_locked(), 0.0};
}

void IntakeClock::watch(std::weak_ptr<TimelineWatcher> watcher) {
    const std::lock_guard lock{mutex_};
    add(watchers_, std::move(watcher));
}

void IntakeClock::on_turn() {
    std::vector<std::weak_ptr<TimelineWatcher>> watchers;
    {
        const std::lock_guard lock{mutex_};
        const MediaTime now = follow_locked();
        if (std::exchange(told_, now) == now) return;
        watchers = watchers_;
    }
    tell(watchers);
}

} // namespace playhead
