#include "playhead/backend/mutex.h"

namespace playhead {
namespace {
thread_local int held = 0;
} // namespace

void Mutex::lock() {
    mutex_.lock();
    ++held;
}

void Mutex::unlock() noexcept {
    --held;
    mutex_.unlock();
}

int Mutex::held_here() noexcept { return held; }

} // namespace playhead
