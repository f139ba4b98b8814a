// PresentationClock: what time it is in the programme. media-session.md section 4.
//
//            start              pause            stop
//  invalid   running            invalid_request  stopped
//  stopped   running            invalid_request  state_already_set
//  running   running (re-seat)  paused           stopped
//  paused    running            state_already_set stopped
//
// While stopped it shows 0, while paused the value at the pause. Without a time source every call
// but state(), rate(), continuity_key(), timers and sinks answers no_time_source.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/executor.h"
#include "playhead/backend/mutex.h"
#include "playhead/result.h"
#include "playhead/timeline.h"

namespace playhead {

enum class ClockState { invalid, running, stopped, paused };
std::string_view to_string(ClockState state);

// Told of every change of the clock, with the host time of the change.
class ClockStateSink {
public:
    virtual ~ClockStateSink() = default;
    virtual void on_start(HostTime when, MediaTime at) = 0;
    virtual void on_restart(HostTime when) = 0; // start(current) from paused
    virtual void on_pause(HostTime when) = 0;
    virtual void on_stop(HostTime when) = 0;
    virtual void on_set_rate(HostTime when, double rate) = 0;
};

// Told when a time source's line takes a turn that its last answer did not promise: a device begins
// to be heard, runs dry, comes back. Whoever plans by the line asks for it again.
class TimelineWatcher {
public:
    virtual ~TimelineWatcher() = default;
    virtual void on_turn() = 0; // any thread; returns at once
};

// How good a clock is. Of the system time source these are Media Foundation's figures.
struct ClockProperties {
    // How finely it counts. Only a clock of 10 MHz is simple enough to be a time source; whatever it
    // counts in, times are carried in nanoseconds.
    std::uint64_t frequency_hz = 10'000'000;
    // How often it is set by its device; 0 = it correlates whenever it is asked.
    std::uint64_t correlation_rate_hz = 0;
    Duration jitter = std::chrono::nanoseconds{100}; // one of its ticks
    std::optional<double> tolerance_ppm;             // none: not known
    friend bool operator==(const ClockProperties&, const ClockProperties&) = default;
};

// The values are Media Foundation's.
enum class ClockCharacteristic : unsigned {
    frequency_10mhz = 0x2,
    always_running = 0x4,
    is_system_clock = 0x8,
};
using ClockCharacteristics = unsigned; // a set of ClockCharacteristic
constexpr bool has(ClockCharacteristics set, ClockCharacteristic c) {
    return (set & static_cast<unsigned>(c)) != 0;
}

// Supplies the time while the clock runs. It is told of changes first, synchronously, and may veto:
// its error is the caller's error and nothing changes.
// Threads: the try_ calls on the clock's caller (the control lane for a session's clock), so they
// return at once; timeline() from any thread.
class ClockTimeSource {
public:
    virtual ~ClockTimeSource() = default;
    virtual Result<void> try_start(HostTime when, MediaTime at) = 0;
    virtual Result<void> try_restart(HostTime when) = 0;
    virtual Result<void> try_pause(HostTime when) = 0;
    virtual Result<void> try_stop(HostTime when) = 0;
    virtual Result<void> try_set_rate(HostTime when, double rate) = 0;
    // The line it follows now. An audio device holds its line at the start position until the first
    // frame sounds, and goes on by host time once its sound has ended.
    virtual Timeline timeline(HostTime now) const = 0;
    // Any thread. A source whose line turns at the try_ calls only has nothing to tell.
    virtual void watch(std::weak_ptr<TimelineWatcher> watcher) { (void)watcher; }
    virtual ClockProperties properties() const { return {}; }
    virtual ClockCharacteristics characteristics() const {
        return static_cast<unsigned>(ClockCharacteristic::frequency_10mhz);
    }
};

struct CorrelatedTime {
    MediaTime media{};
    HostTime host{};
};

// Where state sinks are told: posted in order, results ignored. Empty = called directly.
using ClockNotify = std::function<void(Task)>;

using ClockTimerId = std::uint64_t; // 0 is never given

struct ClockTimer {
    ClockTimerId id = 0;
    // Errc::clock_stopped: the timer was taken, and waits for the clock to be started. Else ok.
    Status note;
};

// Before shut_down() there is none to tell: invalid_request.
enum class ShutdownStatus { completed };

// Threads: commands from one thread at a time (a session's clock: the control lane); queries and
// timers, which are all that is const, from any thread. Queries take a lock that is held for a few
// instructions only.
class PresentationClock {
public:
    // Of a host clock alone: without timers.
    explicit PresentationClock(std::shared_ptr<const HostClock> host);
    template <std::derived_from<Executor> E>
    explicit PresentationClock(const std::shared_ptr<E>& executor)
        : PresentationClock(executor, std::shared_ptr<Executor>(executor)) {}
    ~PresentationClock();
    PresentationClock(const PresentationClock&) = delete;
    PresentationClock& operator=(const PresentationClock&) = delete;

    ClockState state() const;
    Result<MediaTime> time() const;
    // The time and the host time taken together.
    Result<CorrelatedTime> correlated_time() const;
    // Of the time source.
    Result<ClockProperties> properties() const;
    Result<ClockCharacteristics> characteristics() const;
    // 0 for as long as times can be compared with each other, so always.
    std::uint32_t continuity_key() const { return 0; }
    Result<ShutdownStatus> shutdown_status() const;
    double rate() const;
    // The line now: rate 0 while paused, held or stopped. For whoever plans ahead (pacing).
    Timeline timeline() const;

    // Runs the callback once, when the clock comes to a time: it runs over it, or a start, hold or
    // cue puts it there or beyond, in the direction of its rate. One that is there already fires at
    // once. Whatever the clock does meanwhile, a timer waits for the presentation time it was set
    // for; a stopped clock fires none, a clock that stands has no host timer running.
    // Threads: any. The callback runs on `where`, by default the executor's event thread.
    // Errors: shut_down; invalid_argument for an empty callback; not_initialized for a clock that
    // was made of a host clock alone.
    // Ownership: shut_down() and the end of the clock let go of the callbacks that wait.
    Result<ClockTimer> set_timer(MediaTime at, Task callback,
                                 std::shared_ptr<TaskQueue> where = {}) const;
    // So much presentation time from what the clock shows now, in the direction of its rate.
    Result<ClockTimer> set_timer(Duration from_now, Task callback,
                                 std::shared_ptr<TaskQueue> where = {}) const;
    // Best effort: a callback on its way still runs. An id that is not waiting is fine.
    void cancel_timer(ClockTimerId id) const;

    // Null is allowed and means none. Setting one starts nothing. A clock that runs hands its
    // position over without a jump.
    // Errors, and the old source stays: clock_not_simple; shut_down; what the source itself says to
    // the rate or the start.
    Result<void> set_time_source(std::shared_ptr<ClockTimeSource> source);
    std::shared_ptr<ClockTimeSource> time_source() const;

    Result<void> start(MediaTime at);
    Result<void> start_current();
    Result<void> pause();
    Result<void> stop();
    Result<void> set_rate(double rate);
    // Freezes at t without a change of state, running or paused: what a seek shows until its first
    // frame is there. The next start() ends it. Neither sinks nor time source are told.
    Result<void> hold(MediaTime at);
    // Paused at t, from any state: where a seek that stays paused ends. A time source or sinks that
    // ran are told of the pause; start_current() goes on from t.
    Result<void> cue(MediaTime at);

    // Null or already there: invalid_argument. A sink added later is told the current state.
    Result<void> add_state_sink(std::shared_ptr<ClockStateSink> sink, ClockNotify where = {});
    Result<void> remove_state_sink(const std::shared_ptr<ClockStateSink>& sink); // unknown: ok

    void shut_down(); // idempotent; the object still answers time()

private:
    struct Impl;
    PresentationClock(std::shared_ptr<const HostClock> host, std::shared_ptr<Executor> executor);
    const std::shared_ptr<Impl> impl_;
};

// time = o + r * (now - s); pause freezes, restart goes on from there, a rate change keeps the time
// continuous. Stricter than the clock as a state machine (section 4): stop from invalid stays
// invalid, restart only from paused, pause from stopped or paused is invalid_request.
class SystemClockSource final : public ClockTimeSource {
public:
    Result<void> try_start(HostTime when, MediaTime at) override;
    Result<void> try_restart(HostTime when) override;
    Result<void> try_pause(HostTime when) override;
    Result<void> try_stop(HostTime when) override;
    Result<void> try_set_rate(HostTime when, double rate) override;
    Timeline timeline(HostTime now) const override;
    ClockCharacteristics characteristics() const override;
    ClockState state() const;

private:
    mutable Mutex mutex_;
    ClockState state_ = ClockState::invalid;
    Timeline line_;
    double rate_ = 1.0;
};

} // namespace playhead
