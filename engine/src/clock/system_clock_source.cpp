#include <cmath>

#include "playhead/clock.h"

namespace playhead {

Result<void> SystemClockSource::try_start(HostTime when, MediaTime at) {
    const std::lock_guard lock{mutex_};
    state_ = ClockState::running;
    line_ = Timeline{when, at, rate_};
    return {};
}

Result<void> SystemClockSource::try_restart(HostTime when) {
    const std::lock_guard lock{mutex_};
    if (state_ != ClockState::paused) {
        return fail(Errc::invalid_request);
    }
    state_ = ClockState::running;
    line_ = Timeline{when, line_.media_anchor(), rate_};
    return {};
}

Result<void> SystemClockSource::try_pause(HostTime when) {
    const std::lock_guard lock{mutex_};
    if (state_ == ClockState::stopped || state_ == ClockState::paused) {
        return fail(Errc::invalid_request);
    }
    state_ = ClockState::paused;
    line_ = Timeline{when, line_.media_at(when), 0.0};
    return {};
}

Result<void> SystemClockSource::try_stop(HostTime when) {
    const std::lock_guard lock{mutex_};
    if (state_ == ClockState::invalid) {
        return {};
    }
    state_ = ClockState::stopped;
    line_ = Timeline{when, media_zero, 0.0};
    return {};
}

Result<void> SystemClockSource::try_set_rate(HostTime when, double rate) {
    if (!std::isfinite(rate)) {
        return fail(Errc::unsupported_rate);
    }
    const std::lock_guard lock{mutex_};
    rate_ = rate;
    if (state_ == ClockState::running) {
        line_ = Timeline{when, line_.media_at(when), rate};
    }
    return {};
}

Timeline SystemClockSource::timeline(HostTime) const {
    const std::lock_guard lock{mutex_};
    return line_;
}

ClockCharacteristics SystemClockSource::characteristics() const {
    return static_cast<unsigned>(ClockCharacteristic::frequency_10mhz) |
           static_cast<unsigned>(ClockCharacteristic::is_system_clock);
}

ClockState SystemClockSource::state() const {
    const std::lock_guard lock{mutex_};
    return state_;
}

} // namespace playhead
