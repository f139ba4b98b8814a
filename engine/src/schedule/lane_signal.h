// The Signal of the lanes, and the book that ends all waits at once.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "playhead/backend/executor.h"
#include "schedule/serial_lane.h"

namespace playhead::schedule {

class LaneSignal;

// Threads: all calls from any thread.
class SignalBook {
public:
    void end(); // every wait, now and later, returns false

private:
    friend class LaneSignal;
    void enter(LaneSignal& signal);
    void leave(LaneSignal& signal);

    std::mutex mutex_;
    std::unordered_set<LaneSignal*> signals_;
    bool ended_ = false;
};

// The lock is taken by set() too and is never held for more than a few instructions: whoever sees
// the set has seen set() leave, so it may destroy the signal at once.
class LaneSignal final : public Signal {
public:
    LaneSignal(std::shared_ptr<SignalBook> book, std::shared_ptr<const SerialLane> control);
    ~LaneSignal() override;

    void set() noexcept override;
    bool wait(std::optional<HostTime> deadline) override;
    void end();

private:
    const std::shared_ptr<SignalBook> book_;
    const std::shared_ptr<const SerialLane> control_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiters_ = 0;
    bool set_ = false;
    bool ended_ = false;
};

} // namespace playhead::schedule
