#include "clock/presentation_clock_impl.h"

// What anybody may call from any thread: questions, and timers.

namespace playhead {

ClockState PresentationClock::state() const { return impl_->picture().state; }

Result<MediaTime> PresentationClock::time() const {
    return correlated_time().map([](const CorrelatedTime& pair) { return pair.media; });
}

Result<CorrelatedTime> PresentationClock::correlated_time() const {
    const Impl::Picture p = impl_->picture();
    if (!p.source && !p.properties) {
        return fail(Errc::no_time_source);
    }
    const HostTime when = impl_->host->now();
    return CorrelatedTime{Impl::line_of(p, when).media_at(when), when};
}

Result<ClockProperties> PresentationClock::properties() const {
    const Impl::Picture p = impl_->picture();
    if (!p.source && !p.properties) {
        return fail(Errc::no_time_source);
    }
    return p.source ? p.source->properties() : *p.properties;
}

Result<ClockCharacteristics> PresentationClock::characteristics() const {
    const Impl::Picture p = impl_->picture();
    if (!p.source && !p.properties) {
        return fail(Errc::no_time_source);
    }
    return p.source ? p.source->characteristics() : p.characteristics;
}

Result<ShutdownStatus> PresentationClock::shutdown_status() const {
    if (!impl_->picture().shut_down) {
        return fail(Errc::invalid_request, "the clock was not shut down");
    }
    return ShutdownStatus::completed;
}

double PresentationClock::rate() const { return impl_->picture().rate; }

Timeline PresentationClock::timeline() const {
    const Impl::Picture p = impl_->picture();
    return Impl::line_of(p, impl_->host->now());
}

std::shared_ptr<ClockTimeSource> PresentationClock::time_source() const {
    return impl_->picture().source;
}

Result<ClockTimer> PresentationClock::set_timer(MediaTime at, Task callback,
                                                std::shared_ptr<TaskQueue> where) const {
    if (!impl_->timers) {
        return fail(Errc::not_initialized, "this clock was made without an executor");
    }
    if (!callback) {
        return fail(Errc::invalid_argument, "a timer without a callback");
    }
    const auto id = impl_->timers->set(at, std::move(callback), std::move(where));
    if (!id) {
        return fail(id.error());
    }
    ClockTimer timer{*id, {}};
    const ClockState now = state();
    if (now == ClockState::stopped || now == ClockState::invalid) {
        timer.note = Status{Errc::clock_stopped, "the timer waits for the clock to be started"};
    }
    return timer;
}

Result<ClockTimer> PresentationClock::set_timer(Duration from_now, Task callback,
                                                std::shared_ptr<TaskQueue> where) const {
    const MediaTime shown = timeline().media_at(impl_->host->now());
    // As a line does it that runs at +1 or -1: what lies beyond the end of time is the end of time.
    const Timeline line{HostTime{}, shown, rate() < 0 ? -1.0 : 1.0};
    return set_timer(line.media_at(HostTime{from_now}), std::move(callback), std::move(where));
}

void PresentationClock::cancel_timer(ClockTimerId id) const {
    if (impl_->timers) {
        impl_->timers->cancel(id);
    }
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
