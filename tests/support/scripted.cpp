#include "support/scripted.h"

#include <algorithm>

namespace playhead::test {

std::string milliseconds(MediaTime t) {
    return std::to_string(t.time_since_epoch() / std::chrono::milliseconds{1});
}

void Journal::note(std::string line) {
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
}

std::vector<std::string> Journal::lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
}

std::vector<std::string> Journal::take() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
}

int Journal::count(const std::string& line) const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(lines_.begin(), lines_.end(), line));
}

void Gate::close(bool interruptible) {
    std::lock_guard lock(mutex_);
    closed_ = true;
    interruptible_ = interruptible;
}

void Gate::open() {
    std::vector<std::shared_ptr<Signal>> waiting;
    {
        std::lock_guard lock(mutex_);
        closed_ = false;
        waiting.swap(waiting_);
    }
    for (auto& signal : waiting) signal->set();
}

bool Gate::pass(Executor& executor, Interrupt* interrupt) {
    struct Wake final : Interrupt::Waker {
        explicit Wake(Signal& s) : signal(s) {}
        void wake() noexcept override { signal.set(); }
        Signal& signal;
    };
    const std::shared_ptr<Signal> signal = executor.make_signal();
    bool heed = false;
    {
        std::lock_guard lock(mutex_);
        if (!closed_) return true;
        heed = interruptible_ && interrupt;
    }
    Wake wake{*signal};
    if (heed) interrupt->add(wake);
    bool through = false;
    for (;;) {
        {
            std::lock_guard lock(mutex_);
            if (!closed_) {
                through = true;
            } else if (std::count(waiting_.begin(), waiting_.end(), signal) == 0) {
                waiting_.push_back(signal); // also when it was opened and closed again meanwhile
            }
        }
        if (through || (heed && interrupt->raised())) break;
        if (!signal->wait()) break;
    }
    if (heed) interrupt->remove(wake);
    return through;
}

void ScriptedFaults::add(const std::shared_ptr<SourceHost>& host) {
    std::lock_guard lock(mutex_);
    hosts_.push_back(host);
}

void ScriptedFaults::tell(const SourceNews& news) {
    std::vector<std::weak_ptr<SourceHost>> hosts;
    {
        std::lock_guard lock(mutex_);
        hosts = hosts_;
    }
    for (const auto& weak : hosts) {
        if (const auto host = weak.lock()) host->tell(news);
    }
}

} // namespace playhead::test
