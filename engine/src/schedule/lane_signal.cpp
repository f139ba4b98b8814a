#include "schedule/lane_signal.h"

#include <cassert>
#include <utility>

namespace playhead::schedule {

void SignalBook::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (LaneSignal* signal : signals_) {
        signal->end();
    }
}

void SignalBook::enter(LaneSignal& signal) {
    const std::lock_guard lock(mutex_);
    if (ended_) {
        signal.end();
    }
    signals_.insert(&signal);
}

void SignalBook::leave(LaneSignal& signal) {
    const std::lock_guard lock(mutex_);
    signals_.erase(&signal);
}

LaneSignal::LaneSignal(std::shared_ptr<SignalBook> book, std::shared_ptr<const SerialLane> control)
    : book_(std::move(book)),
      control_(std::move(control)) {
    book_->enter(*this);
}

LaneSignal::~LaneSignal() { book_->leave(*this); }

void LaneSignal::set() noexcept {
    const std::lock_guard lock(mutex_);
    set_ = true;
    if (waiters_ > 0) {
        changed_.notify_one();
    }
}

bool LaneSignal::wait(std::optional<HostTime> deadline) {
    assert(!control_->here() && "the control lane never waits");
    std::unique_lock lock(mutex_);
    const auto changed = [this] { return set_ || ended_; };
    ++waiters_;
    if (deadline) {
        changed_.wait_until(lock, *deadline, changed);
    } else {
        changed_.wait(lock, changed);
    }
    --waiters_;
    if (ended_) {
        return false;
    }
    return std::exchange(set_, false);
}

void LaneSignal::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

} // namespace playhead::schedule
