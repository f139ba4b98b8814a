// PresentationClock: what time it is in the programme. media-session.md section 4.
//
//            start              pause            stop
//  invalid   running            invalid_request  stopped
//  stopped   running            invalid_request  state_already_set
//  running   running (re-seat)  paused           stopped
//  paused    running            state_already_set stopped
//
// While stopped it shows 0, while paused the value at the pause. Without a time source every call
// but state() answers no_time_source.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "playhead/backend/executor.h"
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
    virtual void on_restart(HostTime when) = 0;  // start(current) from paused
    virtual void on_pause(HostTime when) = 0;
    virtual void on_stop(HostTime when) = 0;
    virtual void on_set_rate(HostTime when, double rate) = 0;
};

// Told when a time source's line takes a turn that its last answer did not promise: a device begins
// to be heard, runs dry, comes back. Whoever plans by the line asks for it again.
class TimelineWatcher {
public:
    virtual ~TimelineWatcher() = default;
    virtual void on_turn() = 0;  // any thread; returns at once
};

// Supplies the time while the clock runs. It is told of changes first, synchronously, and may veto:
// its error is the caller's error and nothing changes.
// Threads: the try_ calls on the clock's caller (the control lane for a session's clock), so they
// return at once; media_at() from any thread.
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
};

struct CorrelatedTime {
    MediaTime media{};
    HostTime host{};
};

// Where state sinks are told: posted in order, results ignored. Empty = called directly.
using ClockNotify = std::function<void(Task)>;

// Threads: commands from one thread at a time (a session's clock: the control lane); queries from
// any thread. Queries take a lock that is held for a few instructions only.
class PresentationClock {
public:
    explicit PresentationClock(std::shared_ptr<const HostClock> host);
    ~PresentationClock();

    ClockState state() const;
    Result<MediaTime> time() const;
    Result<CorrelatedTime> correlated_time() const;
    double rate() const;
    // The line now: rate 0 while paused, held or stopped. For whoever plans ahead (pacing).
    Timeline timeline() const;

    // Null is allowed and means none. Setting one starts nothing. A clock that runs hands its
    // position over without a jump.
    void set_time_source(std::shared_ptr<ClockTimeSource> source);
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
    Result<void> remove_state_sink(const std::shared_ptr<ClockStateSink>& sink);  // unknown: ok

    void shut_down();  // idempotent; the object still answers time()

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
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
    ClockState state() const;

private:
    mutable std::mutex mutex_;
    ClockState state_ = ClockState::invalid;
    Timeline line_;
    double rate_ = 1.0;
};

}  // namespace playhead
