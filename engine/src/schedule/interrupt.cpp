#include <algorithm>

#include "playhead/backend/byte_source.h"

namespace playhead {

void Interrupt::raise() noexcept {
    raised_.store(true, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    for (Waker* waker : wakers_) {
        waker->wake();
    }
}

void Interrupt::add(Waker& waker) {
    const std::lock_guard lock(mutex_);
    wakers_.push_back(&waker);
    if (raised()) {
        waker.wake(); // it came after raise() had gone round
    }
}

void Interrupt::remove(Waker& waker) {
    const std::lock_guard lock(mutex_);
    std::erase(wakers_, &waker);
}

} // namespace playhead
