// Mutex and CallMutex: the only locks of the engine outside its scheduler. Taken by std::lock_guard and
// its kin.
#pragma once

#include <mutex>

namespace playhead {

// What several threads share lies under one, for a few instructions at a time. Nothing of an
// application, a backend, a codec or a device is called with one held: that is why no call of the engine
// waits for what is not its own.
class Mutex {
public:
    void lock();
    void unlock() noexcept;

    // How many the calling thread holds: 0 in whatever the engine calls that is not its own.
    static int held_here() noexcept;

private:
    std::mutex mutex_;
};

// Held while a function of the application runs, so that whoever takes the function away waits until it
// has returned, or is in it.
class CallMutex {
public:
    void lock() { mutex_.lock(); }
    void unlock() { mutex_.unlock(); }

private:
    std::recursive_mutex mutex_;
};

} // namespace playhead
