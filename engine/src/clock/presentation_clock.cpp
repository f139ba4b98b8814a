#include <algorithm>
#include <cmath>
#include <utility>

#include "clock/presentation_clock_impl.h"

namespace playhead {
namespace {

using Change = ClockTimers::Change;

// To every listener in order. Their answers do not count, so nobody is waited for.
template <class Listeners, class Tell>
void tell(const Listeners& listeners, Tell tell_one) {
    for (const auto& listener : listeners) {
        if (listener.where) {
            listener.where([sink = listener.sink, tell_one] { tell_one(*sink); });
        } else {
            tell_one(*listener.sink);
        }
    }
}

// Lets timers hear of a source's turns for as long as the clock has that source.
struct SourceWatch final : TimelineWatcher {
    explicit SourceWatch(std::shared_ptr<ClockTimers> given) : timers(std::move(given)) {}
    void on_turn() override { timers->on_turn(); }
    const std::shared_ptr<ClockTimers> timers;
};

} // namespace

PresentationClock::PresentationClock(std::shared_ptr<const HostClock> host)
    : impl_(std::make_shared<Impl>(std::move(host))) {}

PresentationClock::PresentationClock(std::shared_ptr<const HostClock> host,
                                     std::shared_ptr<Executor> executor)
    : PresentationClock(std::move(host)) {
    const auto read = [weak = std::weak_ptr(impl_)] {
        const auto impl = weak.lock();
        return impl ? std::optional(impl->reading()) : std::nullopt;
    };
    impl_->timers = std::make_shared<ClockTimers>(std::move(executor), read);
}

PresentationClock::~PresentationClock() = default;

// The rate that a new source will run at: the clock's, or 1.0 if it refuses that one.
Result<double> PresentationClock::Impl::rate_for(ClockTimeSource& source, HostTime when) const {
    if (source.try_set_rate(when, now.rate)) {
        return now.rate;
    }
    return source.try_set_rate(when, 1.0).map([] { return 1.0; });
}

Result<void> PresentationClock::set_time_source(std::shared_ptr<ClockTimeSource> source) {
    Impl& impl = *impl_;
    if (impl.now.shut_down) {
        return fail(Errc::shut_down);
    }
    if (source == impl.now.source) {
        return {};
    }
    if (source && source->properties().frequency_hz != ClockProperties{}.frequency_hz) {
        return fail(Errc::clock_not_simple, "a time source counts at 10 MHz");
    }
    const HostTime when = impl.host->now();
    const bool running = impl.now.state == ClockState::running;
    const Timeline line =
        running && !impl.now.source ? impl.orphaned : Impl::line_of(impl.now, when);
    const MediaTime position = line.media_at(when);
    double rate = impl.now.rate;
    if (source) {
        const Result<double> accepted = impl.rate_for(*source, when);
        if (!accepted) {
            return fail(accepted.error());
        }
        if (running) {
            if (Result<void> told = source->try_start(when, position); !told) {
                return told;
            }
        }
        rate = *accepted;
    } else if (running) {
        impl.orphaned = line;
    }
    impl.source_fresh = impl.now.state == ClockState::paused;
    const bool rate_changed = rate != impl.now.rate;
    impl.watcher.reset();
    if (source && impl.timers) {
        impl.watcher = std::make_shared<SourceWatch>(impl.timers);
        source->watch(impl.watcher);
    }
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
    impl.aim_timers(Change::continuous);
    return {};
}

// Running from `at`, whatever it was before.
Result<void> PresentationClock::Impl::seat(MediaTime at) {
    const HostTime when = host->now();
    leave(when);
    if (Result<void> told = now.source->try_start(when, at); !told) {
        return told;
    }
    source_fresh = false;
    change([](Picture& p) {
        p.state = ClockState::running;
        p.held.reset();
    });
    aim_timers(Change::jump);
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
    impl.aim_timers(Change::continuous);
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
    impl.aim_timers(Change::continuous);
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
    impl.leave(when);
    if (Result<void> told = impl.now.source->try_stop(when); !told) {
        return told;
    }
    impl.source_fresh = false;
    impl.change([](Impl::Picture& p) {
        p.state = ClockState::stopped;
        p.held.reset();
    });
    impl.aim_timers(Change::jump);
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
    impl.aim_timers(Change::continuous);
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
    impl.leave(impl.host->now());
    impl.change([=](Impl::Picture& p) { p.held = at; });
    impl.aim_timers(Change::jump);
    return {};
}

Result<void> PresentationClock::cue(MediaTime at) {
    Impl& impl = *impl_;
    if (Result<void> refused = impl.refusal(); !refused) {
        return refused;
    }
    const bool ran = impl.now.state == ClockState::running;
    const HostTime when = impl.host->now();
    impl.leave(when);
    if (ran) {
        if (Result<void> told = impl.now.source->try_pause(when); !told) {
            return told;
        }
    }
    impl.change([=](Impl::Picture& p) {
        p.state = ClockState::paused;
        p.held = at; // so that start_current() seats the source there instead of resuming it
    });
    impl.aim_timers(Change::jump);
    if (ran) {
        tell(impl.listeners, [=](ClockStateSink& sink) { sink.on_pause(when); });
    }
    return {};
}

Result<void> PresentationClock::add_state_sink(std::shared_ptr<ClockStateSink> sink,
                                               ClockNotify where) {
    Impl& impl = *impl_;
    const auto same = [&](const Impl::Listener& listener) { return listener.sink == sink; };
    if (!sink || std::any_of(impl.listeners.begin(), impl.listeners.end(), same)) {
        return fail(Errc::invalid_argument);
    }
    if (impl.now.shut_down) {
        return fail(Errc::shut_down);
    }
    impl.listeners.push_back({std::move(sink), std::move(where)});
    const std::vector<Impl::Listener> added{impl.listeners.back()};
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
    std::erase_if(impl_->listeners, [&](const Impl::Listener& l) { return l.sink == sink; });
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
    std::optional<ClockProperties> properties;
    ClockCharacteristics characteristics = 0;
    if (impl.now.source) {
        properties = impl.now.source->properties();
        characteristics = impl.now.source->characteristics();
    }
    impl.change([&](Impl::Picture& p) {
        p.properties = properties;
        p.characteristics = characteristics;
        p.shut_down = true;
        p.held.reset();
        p.paused_at = position;
        if (p.state == ClockState::running) {
            p.held = position;
        }
        source.swap(p.source);
    });
    impl.watcher.reset();
    impl.listeners.clear();
    if (impl.timers) {
        impl.timers->drop();
    }
}

} // namespace playhead
