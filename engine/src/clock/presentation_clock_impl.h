// PresentationClock::Impl: what its commands (presentation_clock.cpp) and its queries
// (presentation_clock_queries.cpp) share.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "clock/clock_timers.h"
#include "playhead/backend/mutex.h"
#include "playhead/clock.h"

namespace playhead {

// What queries read is under the mutex; only commands write it, so commands read it freely. Neither
// time source nor sinks are called with the mutex held.
struct PresentationClock::Impl {
    struct Listener {
        std::shared_ptr<ClockStateSink> sink;
        ClockNotify where;
    };

    explicit Impl(std::shared_ptr<const HostClock> clock) : host(std::move(clock)) {}

    // One consistent picture of the clock, from which every query is answered.
    struct Picture {
        ClockState state = ClockState::invalid;
        std::shared_ptr<ClockTimeSource> source;
        std::optional<MediaTime> held;
        MediaTime paused_at{};
        double rate = 1.0;
        // After shut_down(): what it was, and what it said of itself if there was a source.
        bool shut_down = false;
        std::optional<ClockProperties> properties;
        ClockCharacteristics characteristics = 0;
    };

    Picture picture() const {
        const std::lock_guard lock{mutex};
        return now;
    }

    template <class Change>
    void change(Change change_it) {
        const std::lock_guard lock{mutex};
        change_it(now);
    }

    Result<void> refusal() const {
        if (now.shut_down) {
            return fail(Errc::shut_down);
        }
        if (!now.source) {
            return fail(Errc::no_time_source);
        }
        return {};
    }

    static Timeline line_of(const Picture& p, HostTime when) {
        switch (p.state) {
        case ClockState::running:
            if (p.held) {
                return {when, *p.held, 0.0};
            }
            // Without a source only while it changes hands: then nobody asks for more than a point.
            return p.source ? p.source->timeline(when) : Timeline{when, p.paused_at, 0.0};
        case ClockState::paused: return {when, p.held.value_or(p.paused_at), 0.0};
        case ClockState::invalid:
        case ClockState::stopped: break;
        }
        return {when, media_zero, 0.0};
    }

    Result<void> seat(MediaTime at);
    Result<double> rate_for(ClockTimeSource& source, HostTime when) const;

    // What timers go by.
    ClockTimers::Reading reading() const {
        const Picture p = picture();
        const HostTime when = host->now();
        return {when, line_of(p, when),
                p.state == ClockState::invalid || p.state == ClockState::stopped, p.rate};
    }
    // Around a command: where it takes the clock away from, and that it did so.
    void leave(HostTime when) {
        if (timers && timers->waiting() && now.state == ClockState::running) {
            timers->leave(line_of(now, when).media_at(when));
        }
    }
    void aim_timers(ClockTimers::Change how) {
        if (timers) {
            timers->changed(how);
        }
    }

    const std::shared_ptr<const HostClock> host;
    std::shared_ptr<ClockTimers> timers; // none without an executor; set before anybody can ask
    mutable Mutex mutex;
    Picture now;

    // Commands only.
    std::vector<Listener> listeners;
    Timeline orphaned;         // how the clock goes on while it runs without a source
    bool source_fresh = false; // the source has not been told of the run that is paused
    std::shared_ptr<TimelineWatcher> watcher; // of the source; a new one for each
};

} // namespace playhead
