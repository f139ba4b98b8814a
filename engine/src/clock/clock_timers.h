// ClockTimers: what waits for a presentation clock to come to a time.
//
// There is at most one host timer, for whichever comes next by the line as it is; whatever may
// change the line aims it anew.
// Threads: set, cancel, leave, changed, on_turn and drop from any thread. Aiming is a task of the
// control lane, and asks the clock for its line without a lock held.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/mutex.h"
#include "playhead/clock.h"

namespace playhead {

class ClockTimers final : public TimelineWatcher, public std::enable_shared_from_this<ClockTimers> {
public:
    struct Reading {
        HostTime when{};
        Timeline line;
        bool stopped = true; // or never started
        double rate = 1.0;   // the clock's own: a line that stands still goes somewhere too
    };
    // Whether the time shown goes on where it was, or is put somewhere.
    enum class Change { continuous, jump };

    ClockTimers(std::shared_ptr<Executor> executor, std::function<std::optional<Reading>()> read);
    ~ClockTimers() override;

    Result<ClockTimerId> set(MediaTime at, Task callback, std::shared_ptr<TaskQueue> where);
    void cancel(ClockTimerId id);

    bool waiting() const { return waiting_.load(std::memory_order_acquire); }
    // The clock goes elsewhere from this position: what it came to until then is due, even if its
    // host timer is late.
    void leave(MediaTime position);
    void changed(Change how);
    void on_turn() override { changed(Change::continuous); }
    // Nothing fires any more, and nothing is taken. The callbacks are destroyed where they would
    // have run.
    void drop();

private:
    struct Waiting {
        ClockTimerId id = 0;
        MediaTime at{};
        Task callback;
        std::shared_ptr<TaskQueue> where;
        bool fresh = true;  // not looked at yet
        bool ahead = false; // where the clock was going when it was looked at last
        bool due = false;
    };

    void aim();
    std::vector<Waiting> take_due_locked(const Reading& reading);
    void arm_locked(const Reading& reading);
    void disarm_locked();
    void hand_out(Waiting timer);

    const std::shared_ptr<Executor> executor_;
    const std::function<std::optional<Reading>()> read_;

    std::atomic<bool> waiting_{false};
    Mutex mutex_;
    std::vector<Waiting> timers_;
    ClockTimerId last_id_ = 0;
    bool down_ = false;
    bool aiming_ = false; // a task to aim is on its way
    bool jumped_ = false; // since the last aim
    bool forward_ = true; // as of the last aim
    TimerId armed_ = 0;
    HostTime armed_for_{};
};

} // namespace playhead
