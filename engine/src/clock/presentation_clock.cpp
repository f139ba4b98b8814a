#include <algorithm>
#include <cmath>
#include <utility>

#include "playhead/clock.h"

namespace playhead {
namespace {

struct Listener {
    std::shared_ptr<ClockStateSink> sink;
    ClockNotify where;
};

// To every listener in order. Their answers do not count, so nobody is waited for.
template <class Tell>
void tell(const std::vector<Listener>& listeners, Tell tell_one) {
    for (const Listener& listener : listeners) {
        if (listener.where) {
            listener.where([sink = listener.sink, tell_one] { tell_one(*sink); });
        } else {
            tell_one(*listener.sink);
        }
    }
}

} // namespace

// What queries read is under the mutex; only commands write it, so commands read it freely. Neither
// time source nor sinks are called with the mutex held.
struct PresentationClock::Impl {
    explicit Impl(std::shared_ptr<const HostClock> clock) : host(std::move(clock)) {}

    // One consistent picture of the clock, from which every query is answered.
    struct Picture {
        ClockState state = ClockState::invalid;
        std::shared_ptr<ClockTimeSource> source;
        std::optional<MediaTime> held;
        MediaTime paused_at{};
        double rate = 1.0;
        // After shut_down(): the last answer, and whether there was one.
        bool shut_down = false;
        bool answers = false;
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
    std::optional<double> rate_for(ClockTimeSource& source, HostTime when) const;

    const std::shared_ptr<const HostClock> host;
    mutable std::mutex mutex;
    Picture now;

    // Commands only.
    std::vector<Listener> listeners;
    Timeline orphaned;         // how the clock goes on while it runs without a source
    bool source_fresh = false; // the source has not been told of the run that is paused
};

PresentationClock::PresentationClock(std::shared_ptr<const HostClock> host)
    : impl_(std::make_unique<Impl>(std::move(host))) {}

PresentationClock::~PresentationClock() = default;

ClockState PresentationClock::state() const { return impl_->picture().state; }

Result<MediaTime> PresentationClock::time() const {
    return correlated_time().map([](const CorrelatedTime& pair) { return pair.media; });
}

Result<CorrelatedTime> PresentationClock::correlated_time() const {
    const Impl::Picture p = impl_->picture();
    if (!p.source && !p.answers) {
        return fail(Errc::no_time_source);
    }
    const HostTime when = impl_->host->now();
    return CorrelatedTime{Impl::line_of(p, when).media_at(when), when};
}

double PresentationClock::rate() const { return impl_->picture().rate; }

Timeline PresentationClock::timeline() const {
    const Impl::Picture p = impl_->picture();
    return Impl::line_of(p, impl_->host->now());
}

std::shared_ptr<ClockTimeSource> PresentationClock::time_source() const {
    return impl_->picture().source;
}

// The rate that a new source will run at: the clock's, or 1.0 if it refuses that one.
std::optional<double> PresentationClock::Impl::rate_for(ClockTimeSource& source,
                                                        HostTime when) const {
    if (source.try_set_rate(when, now.rate)) {
        return now.rate;
    }
    if (now.rate != 1.0 && source.try_set_rate(when, 1.0)) {
        return 1.0;
    }
    return std::nullopt;
}

void PresentationClock::set_time_source(std::shared_ptr<ClockTimeSource> source) {
    Impl& impl = *impl_;
    if (impl.now.shut_down || source == impl.now.source) {
        return;
    }
    const HostTime when = impl.host->now();
    const bool running = impl.now.state == ClockState::running;
    const Timeline line =
        running && !impl.now.source ? impl.orphaned : Impl::line_of(impl.now, when);
    const MediaTime position = line.media_at(when);
    double rate = impl.now.rate;
    if (source) {
        const std::optional<double> accepted = impl.rate_for(*source, when);
        if (!accepted || (running && !source->try_start(when, position))) {
            return;
        }
        rate = *accepted;
    } else if (running) {
        impl.orphaned = line;
    }
    impl.source_fresh = impl.now.state == ClockState::paused;
    const bool rate_changed = rate != impl.now.rate;
    // The old one goes after the lock: its last reference may be this one.
    std::shared_ptr<ClockTimeSource> old = std::move(source);
    impl.change([&](Impl::Picture& p) {
        std::swap(p.source, old);
        p.rate = rate;
        if (running) {
            p.paused_at = position;
        }
    });
    if (rate_changed) {
        tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_set_rate(when, rate); });
    }
}

// Running from `at`, whatever it was before.
Result<void> PresentationClock::Impl::seat(MediaTime at) {
    const HostTime when = host->now();
    if (Result<void> told = now.source->try_start(when, at); !told) {
        return told;
    }
    source_fresh = false;
    change([](Picture& p) {
        p.state = ClockState::running;
        p.held.reset();
    });
    tell(listeners, [=](ClockStateSink& sink) { sink.on_start(when, at); });
    return {};
}

Result<void> PresentationClock::start(MediaTime at) {
    if (Result<void> refused = impl_->refusal(); !refused) {
        return refused;
    }
    return impl_->seat(at);
}

Result<void> PresentationClock::start_current() {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    if (impl.now.held) {
        return impl.seat(*impl.now.held);
    }
    if (impl.now.state == ClockState::running) {
        return {};
    }
    if (impl.now.state != ClockState::paused) {
        return impl.seat(media_zero);
    }
    const HostTime when = impl.host->now();
    ClockTimeSource& source = *impl.now.source;
    // A source that was not there at the pause knows nothing to resume.
    if (Result<void> told = impl.source_fresh ? source.try_start(when, impl.now.paused_at)
                                              : source.try_restart(when);
        !told) {
        return told;
    }
    impl.source_fresh = false;
    impl.change([](Impl::Picture& p) { p.state = ClockState::running; });
    tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_restart(when); });
    return {};
}

Result<void> PresentationClock::pause() {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    if (impl.now.state == ClockState::paused) {
        return fail(Errc::state_already_set);
    }
    if (impl.now.state != ClockState::running) {
        return fail(Errc::invalid_request);
    }
    const HostTime when = impl.host->now();
    if (Result<void> told = impl.now.source->try_pause(when); !told) {
        return told;
    }
    // Asked after it was told: where the source froze is where it will go on.
    const MediaTime position = impl.now.source->timeline(when).media_at(when);
    impl.change([&](Impl::Picture& p) {
        p.state = ClockState::paused;
        p.paused_at = position;
    });
    tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_pause(when); });
    return {};
}

Result<void> PresentationClock::stop() {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    if (impl.now.state == ClockState::stopped) {
        return fail(Errc::state_already_set);
    }
    const HostTime when = impl.host->now();
    if (Result<void> told = impl.now.source->try_stop(when); !told) {
        return told;
    }
    impl.source_fresh = false;
    impl.change([](Impl::Picture& p) {
        p.state = ClockState::stopped;
        p.held.reset();
    });
    tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_stop(when); });
    return {};
}

Result<void> PresentationClock::set_rate(double rate) {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    if (!std::isfinite(rate)) {
        return fail(Errc::unsupported_rate);
    }
    if (rate == impl.now.rate) {
        return {};
    }
    const HostTime when = impl.host->now();
    if (Result<void> told = impl.now.source->try_set_rate(when, rate); !told) {
        return told;
    }
    impl.change([=](Impl::Picture& p) { p.rate = rate; });
    tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_set_rate(when, rate); });
    return {};
}

Result<void> PresentationClock::hold(MediaTime at) {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    if (impl.now.state != ClockState::running && impl.now.state != ClockState::paused) {
        return fail(Errc::invalid_request);
    }
    impl.change([=](Impl::Picture& p) { p.held = at; });
    return {};
}

Result<void> PresentationClock::cue(MediaTime at) {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    const bool ran = impl.now.state == ClockState::running;
    const HostTime when = impl.host->now();
    if (ran) {
        if (Result<void> told = impl.now.source->try_pause(when); !told) {
            return told;
        }
    }
    impl.change([=](Impl::Picture& p) {
        p.state = ClockState::paused;
        p.held = at; // so that start_current() seats the source there instead of resuming it
    });
    if (ran) {
        tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_pause(when); });
    }
    return {};
}

Result<void> PresentationClock::add_state_sink(std::shared_ptr<ClockStateSink> sink,
                                               ClockNotify where) {
    Impl& impl = *impl_;
    const auto same = [&](const Listener& listener) { return listener.sink == sink; };
    if (!sink || std::any_of(impl.listeners.begin(), impl.listeners.end(), same)) {
        return fail(Errc::invalid_argument);
    }
    if (impl.now.shut_down) {
        return fail(Errc::shut_down);
    }
    impl.listeners.push_back({std::move(sink), std::move(where)});
    const std::vector<Listener> added{impl.listeners.back()};
    const HostTime when = impl.host->now();
    if (const double rate = impl.now.rate; rate != 1.0) {
        tell(added, [=](ClockStateSink& late) { late.on_set_rate(when, rate); });
    }
    switch (impl.now.state) {
    case ClockState::running: {
        const MediaTime at = Impl::line_of(impl.now, when).media_at(when);
        tell(added, [=](ClockStateSink& late) { late.on_start(when, at); });
        break;
    }
    case ClockState::paused: tell(added, [=](ClockStateSink& late) { late.on_pause(when); }); break;
    case ClockState::stopped: tell(added, [=](ClockStateSink& late) { late.on_stop(when); }); break;
    case ClockState::invalid: break;
    }
    return {};
}

Result<void> PresentationClock::remove_state_sink(const std::shared_ptr<ClockStateSink>& sink) {
    std::erase_if(impl_->listeners, [&](const Listener& l) { return l.sink == sink; });
    return {};
}

void PresentationClock::shut_down() {
    Impl& impl = *impl_;
    if (impl.now.shut_down) {
        return;
    }
    const HostTime when = impl.host->now();
    const MediaTime position = Impl::line_of(impl.now, when).media_at(when);
    std::shared_ptr<ClockTimeSource> source;
    impl.change([&](Impl::Picture& p) {
        p.answers = p.source != nullptr;
        p.shut_down = true;
        p.held.reset();
        p.paused_at = position;
        if (p.state == ClockState::running) {
            p.held = position;
        }
        source.swap(p.source);
    });
    impl.listeners.clear();
}

std::string_view to_string(ClockState state) {
    switch (state) {
    case ClockState::invalid: return "invalid";
    case ClockState::running: return "running";
    case ClockState::stopped: return "stopped";
    case ClockState::paused: return "paused";
    }
    return "unknown";
}

} // namespace playhead
