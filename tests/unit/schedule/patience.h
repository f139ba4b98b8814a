// How tests of real threads wait: for a fact, with a bound that only a hang can reach.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <utility>

#include "playhead/backend/executor.h"

namespace playhead::test {

inline constexpr std::chrono::seconds patience{60};

inline bool comes(const Executor& executor, Signal& signal) {
    return signal.wait(executor.now() + patience);
}

template <class T>
bool comes(const std::future<T>& future) {
    return future.wait_for(patience) == std::future_status::ready;
}

// Calls its function when it is destroyed: as a capture, when the task is gone; as a thread_local, when
// the thread is.
class Farewell {
public:
    Farewell() = default;
    explicit Farewell(std::function<void()> say) : say_(std::move(say)) {}
    Farewell(Farewell&& other) noexcept : say_(std::exchange(other.say_, nullptr)) {}
    Farewell& operator=(Farewell&& other) noexcept {
        say_ = std::exchange(other.say_, nullptr);
        return *this;
    }
    ~Farewell() {
        if (say_) {
            say_();
        }
    }

private:
    std::function<void()> say_;
};

inline void when_this_thread_ends(std::function<void()> say) {
    thread_local Farewell farewell;
    farewell = Farewell(std::move(say));
}

} // namespace playhead::test
