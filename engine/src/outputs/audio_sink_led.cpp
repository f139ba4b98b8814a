// The part of AudioSink that follows a clock which something else drives.
#include <utility>

#include "outputs/audio_sink.h"

namespace playhead {
namespace {

constexpr Duration apart = std::chrono::milliseconds{40}; // from the clock: nobody hears less

} // namespace

void AudioSink::await_locked(std::optional<MediaTime> at) {
    awaited_ = Awaited{at};
    close_at_.reset();
    if (!at) return;
    state_ = State::ready;
    orders_.playing = false;
    order_locked();
    clock_.hold(*at);
}

void AudioSink::watch_clock() {
    std::shared_ptr<ClockTimeSource> source;
    {
        const std::scoped_lock lock(mutex_);
        if (!context_.clock || drives_clock_locked()) return;
        source = context_.clock->time_source();
        if (!source || watched_.lock() == source) return;
        watched_ = source;
    }
    source->watch(weak_from_this());
}

void AudioSink::on_turn() {
    if (const auto host = this->host())
        host->post([weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->advance();
        });
}

void AudioSink::follow_clock() {
    std::shared_ptr<const PresentationClock> clock;
    {
        const std::scoped_lock lock(mutex_);
        const bool led = awaited_ || (state_ == State::running && rate_ != 0.0);
        if (!context_.executor || !led || drives_clock_locked()) return;
        clock = context_.clock;
    }
    if (!clock) return;
    const Timeline line = clock->timeline(); // asks another's sink: not with the lock
    const std::scoped_lock lock(mutex_);
    if (!context_.executor) return;
    const HostTime now = context_.executor->now();
    if (awaited_) {
        if (line.rate() != 0.0) begin_locked(now, awaited_->at, &line);
        return;
    }
    if (state_ != State::running) return;
    if (clock_.freewheels()) { // no sound of its own to be told by
        clock_.ride(now, line);
        return;
    }
    const Timeline own = clock_.timeline(now, render_->report());
    const Duration off = own.media_at(now) - line.media_at(now);
    const bool far = own.rate() != 0.0 && (off > apart || off < -apart);
    if (line.rate() != 0.0 && !far) return;
    pause_locked(now);
    await_locked(std::nullopt);
    if (line.rate() != 0.0) begin_locked(now, std::nullopt, &line);
}

} // namespace playhead
