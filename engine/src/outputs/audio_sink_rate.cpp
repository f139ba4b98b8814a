// The part of AudioSink for rates, for silence in which the clock goes on, and for joining it again.
#include <algorithm>
#include <cmath>
#include <utility>

#include "outputs/audio_sink.h"

namespace playhead {
namespace {

constexpr Duration join_margin = std::chrono::milliseconds{20};

} // namespace

Result<void> AudioSink::try_set_rate(HostTime when, double rate) {
    if (!std::isfinite(rate)) return fail(Errc::unsupported_rate, "A rate is a finite number.");
    const std::scoped_lock lock(mutex_);
    set_rate_locked(when, rate);
    return {};
}

void AudioSink::on_set_rate(HostTime when, double rate) {
    bool running = false;
    {
        const std::scoped_lock lock(mutex_);
        const RenderReport report = render_->report();
        if (state_ == State::paused && in_ring_locked(report) == Duration{}) { // paused in silence
            feeder_.drop_until(clock_.timeline(when, report).media_at(when));
        }
        // One that drives the clock knows already, unless it was attached to its session behind that.
        if (state_ == State::stopped) {
            set_rate_locked(when, rate);
        } else if (!drives_clock_locked()) {
            set_rate_locked(when, rate);
            // The clock has turned already; sound at the old rate would not be where it is.
            if (state_ == State::running && sounds_locked() && !silent_locked()) {
                reseat_locked(when, report);
            }
        }
        running = state_ == State::running;
    }
    if (running) open_device(Attempt::first); // it may have been closed in silence
    if (const auto host = this->host()) host->rate_set({});
    advance();
}

// Whether there is sound at the rate that is asked for.
bool AudioSink::sounds_locked() const {
    if (rate_ == 1.0) return true;
    const auto& stretchers = context_.stretchers;
    return rate_ > 0.0 && stretchers && stretchers->slowest() <= rate_ &&
           rate_ <= stretchers->fastest();
}

// How much programme passes in a second, either way.
double AudioSink::pace_locked() const { return rate_ == 0.0 ? 1.0 : std::abs(rate_); }

// The clock goes on by host time; what is in the ring is not heard any more.
void AudioSink::go_silent_locked(HostTime now, const RenderReport& report) {
    clock_.freewheel(now, report, rate_);
    callbacks_then_ = report.callbacks;
    flow_wait_ = {};
    orders_.playing = false;
    if (ring_) orders_.discard_to = ring_->written();
    order_locked();
}

// What comes next is heard where the clock is by then. The device is known to live: it may begin as soon
// as there is sound.
void AudioSink::reseat_locked(HostTime now, const RenderReport& report) {
    go_silent_locked(now, report);
    --callbacks_then_;
}

void AudioSink::set_rate_locked(HostTime when, double rate) {
    if (std::exchange(rate_, rate) == rate || state_ != State::running) return;
    const RenderReport report = render_->report();
    if (!sounds_locked()) {
        go_silent_locked(when, report);
        close_at_ = when + options_.close_after_pause;
        return;
    }
    close_at_.reset();
    // Sound that is on its way turns the line where it is heard.
    const bool over = feeder_done_ && ring_ && report.taken >= ring_->written();
    if (clock_.freewheels() || over) clock_.freewheel(when, report, rate_);
}

// Sound behind an end. While the device still has some to take it simply follows.
void AudioSink::join_locked(HostTime now, const RenderReport& report) {
    if (ring_ && report.taken < ring_->written() && !clock_.freewheels()) return;
    if (state_ == State::paused) {
        feeder_.drop_until(clock_.timeline(now, report).media_at(now));
    } else if (state_ == State::running && !silent_locked() &&
               (clock_.freewheels() || clock_.on_line(report))) {
        reseat_locked(now, report);
    }
}

bool AudioSink::may_rejoin_locked(const RenderReport& report) const {
    return silent_locked() && sounds_locked() && ring_ && keeper_->is_open() && !failed_ &&
           report.callbacks > callbacks_then_ && waiting_ > Duration{};
}

// The device is back while the clock goes on by host time: what is past is left out, the rest is
// heard when it is due.
void AudioSink::rejoin() {
    {
        const std::scoped_lock lock(mutex_);
        const HostTime now = context_.executor->now();
        const RenderReport report = render_->report();
        const Timeline line = clock_.timeline(now, report);
        feeder_.drop_until(line.media_at(now + report.lead + report.period + join_margin));
        const auto front = feeder_.front_time();
        waiting_ = feeder_.waiting();
        const auto due = front ? line.host_at(*front) : std::nullopt;
        if (!due) return;
        orders_.discard_to = orders_.due_frame = ring_->written();
        orders_.due_at = *due;
        orders_.has_appointment = orders_.may_skip = orders_.playing = orders_.fade_in = true;
        ++orders_.generation;
        clock_.rejoin(orders_.generation);
        callbacks_then_ = report.callbacks;
        quiet_since_ = now;
        order_locked();
    }
    pump();
}

// The clock goes on by host time, and no sound is on its way.
bool AudioSink::silent_locked() const { return clock_.freewheels() && !orders_.playing; }

// Lengths of programme as lengths of host time.
Duration AudioSink::in_host_locked(Duration media) const {
    const double pace = pace_locked();
    return pace == 1.0 ? media
                       : std::chrono::round<Duration>(
                             std::chrono::duration<double, Duration::period>(media) / pace);
}

} // namespace playhead
