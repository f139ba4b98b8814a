#include "outputs/audio_sink.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace playhead {

AudioSink::AudioSink(std::shared_ptr<AudioDevice> device, const AudioOutputOptions& options)
    : device_(std::move(device)),
      options_(options),
      render_(std::make_shared<AudioRender>()),
      keeper_(std::make_shared<DeviceKeeper>(device_, render_)),
      volume_(0.0) {
    set_volume(options.volume);
}

AudioSink::~AudioSink() { shut_down(); }

SinkTraits AudioSink::traits() const {
    SinkTraits traits;
    traits.lead = options_.ahead / 2;
    return traits;
}

Result<MediaType> AudioSink::negotiate(const MediaType& offered) const {
    const auto* format = std::get_if<AudioFormat>(&offered);
    if (format == nullptr || format->rate_hz <= 0 || format->channels <= 0) {
        return fail(Errc::topo_cannot_connect,
                    "An audio output takes sound with a known rate, not " + describe(offered) +
                        ".");
    }
    const std::scoped_lock lock(mutex_);
    offered_ = *format;
    return offered;
}

void AudioSink::attach(const SinkContext& context) {
    const std::scoped_lock lock(mutex_);
    context_ = context;
    open_requests_ = 0;
    state_ = State::stopped;
    awaited_.reset();
    rate_ = 1.0; // the clock tells if it is another
}

void AudioSink::shut_down() {
    feeder_.begin(media_zero);
    std::shared_ptr<Executor> executor;
    {
        const std::scoped_lock lock(mutex_);
        executor = context_.executor;
        if (executor) arm_locked(std::nullopt);
        stop_locked({});
        close_at_.reset();
        markers_.clear();
        watched_.reset();
        context_ = {};
        settled_ = false;
    }
    if (executor) keeper_->want_closed(executor);
}

// ---- samples --------------------------------------------------------------------------------

void AudioSink::process(Sample sample) {
    const auto* block = std::get_if<AudioBlock>(&sample);
    bool backwards = false;
    {
        const std::scoped_lock lock(mutex_);
        open_requests_ = std::max(open_requests_ - 1, 0);
        if (block == nullptr || state_ == State::stopped) return;
        if (block->frames > 0) block_length_ = block->length();
        if (!offered_ && block->buffer) offered_ = block->buffer->format();
        fed_ = asking_ = true;
        if (rate_ < 0.0) { // heard by nobody; it tells how far the pipeline is
            if (block->frames > 0) fed_until_ = std::min(fed_until_, block->pts);
            ended_ = false;
            backwards = true;
        } else if (std::exchange(ended_, false)) {
            joins_ = true;
        }
    }
    if (!backwards) feeder_.push(*block);
    open_device(Attempt::first);
    advance();
}

void AudioSink::place_marker(const Marker& marker) {
    const bool end = marker.kind == Marker::Kind::end_of_segment;
    const bool gap = marker.kind == Marker::Kind::tick;
    if (end || gap) feeder_.end();
    {
        const std::scoped_lock lock(mutex_);
        if (end || (gap && !ended_)) gap_ = gap;
        if (end || gap) ended_ = true;
        MediaTime at = rate_ < 0.0 ? fed_until_ : feeder_.end_time();
        if (state_ == State::paused && !fed_ && context_.executor) { // there is nothing before it
            const HostTime now = context_.executor->now();
            at = clock_.timeline(now, render_->report()).media_at(now);
        }
        markers_.push_back({marker, at});
    }
    advance();
}

void AudioSink::abort_markers(Status status) {
    std::deque<Waiting> markers;
    {
        const std::scoped_lock lock(mutex_);
        markers.swap(markers_);
    }
    const auto host = this->host();
    if (!host) return;
    for (const Waiting& waiting : markers) host->marker_reached(waiting.marker, status);
}

void AudioSink::flush() {
    feeder_.begin(feeder_.end_time());
    joins_ = false;
    {
        const std::scoped_lock lock(mutex_);
        if (ring_) orders_.discard_to = ring_->written();
        orders_.end = std::numeric_limits<std::int64_t>::max();
        if (state_ == State::running) {
            orders_.playing = false;
            reseat_ = true;
        }
        ended_ = feeder_done_ = fed_ = asking_ = false;
        waiting_ = {};
        order_locked();
    }
    abort_markers({Errc::aborted, "The sound before the marker was flushed."});
}

void AudioSink::preroll(MediaTime t) {
    feeder_.begin(t);
    joins_ = false;
    {
        const std::scoped_lock lock(mutex_);
        state_ = State::ready;
        awaited_.reset();
        orders_.playing = false;
        if (ring_) orders_.discard_to = ring_->written();
        orders_.end = std::numeric_limits<std::int64_t>::max();
        order_locked();
        clock_.hold(t);
        fed_until_ = t;
        waiting_ = {};
        ended_ = feeder_done_ = fed_ = prerolled_ = reseat_ = false;
        asking_ = true;
        close_at_.reset();
    }
    open_device(Attempt::again);
    advance();
}

// While running the clock goes on by host time until the new sound is there, and that begins where the
// clock is by then.
void AudioSink::change_over(MediaTime t) {
    bool ready = false;
    bool awaited = false;
    {
        const std::scoped_lock lock(mutex_);
        ready = state_ == State::ready;
        awaited = awaited_.has_value();
    }
    if (ready) { // nothing has been heard yet
        flush();
        preroll(t);
        if (!awaited) return;
        {
            const std::scoped_lock lock(mutex_);
            await_locked(t);
        }
        advance();
        return;
    }
    feeder_.begin(t);
    joins_ = false;
    {
        const std::scoped_lock lock(mutex_);
        const bool runs = state_ == State::running && context_.executor;
        if (runs && sounds_locked()) {
            reseat_locked(context_.executor->now(), render_->report());
        } else if (ring_) {
            orders_.discard_to = ring_->written();
        }
        orders_.end = std::numeric_limits<std::int64_t>::max();
        order_locked();
        fed_until_ = t;
        waiting_ = {};
        ended_ = feeder_done_ = fed_ = reseat_ = false;
        asking_ = true;
    }
    abort_markers(
        {Errc::aborted, "Another stream has taken the place of the one before the marker."});
    open_device(Attempt::first);
    advance();
}

// A device that said no, or went away, is asked again where a start is prepared, not at every sample.
void AudioSink::open_device(Attempt attempt) {
    AudioFormat wish;
    std::shared_ptr<Executor> executor;
    {
        const std::scoped_lock lock(mutex_);
        if (!context_.executor || !offered_ || keeper_->wanted() || !sounds_locked()) return;
        if (failed_ && attempt == Attempt::first) return;
        executor = context_.executor;
        wish = ring_ ? format_ : *offered_;
        wish.sample_format = SampleFormat::f32;
        wish.planar = false;
        settled_ = failed_ = false;
        opening_since_ = executor->now();
        render_->clear_lost();
    }
    const std::weak_ptr<AudioSink> weak = weak_from_this();
    render_->on_lost([weak] {
        const auto self = weak.lock();
        const auto host = self ? self->host() : nullptr;
        if (host)
            host->post([weak] {
                if (const auto sink = weak.lock()) sink->advance();
            });
    });
    keeper_->want_open(executor, wish, [weak](const Result<AudioFormat>& answer) {
        if (const auto self = weak.lock()) self->lay_ring(answer);
    });
}

void AudioSink::lay_ring(const Result<AudioFormat>& answer) {
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        host = context_.host;
        if (answer && context_.executor) {
            const bool other = !ring_ || format_.rate_hz != answer->rate_hz ||
                               format_.channels != answer->channels;
            if (other) {
                const std::int64_t first = ring_ ? ring_->written() : 0;
                ring_ = std::make_shared<SampleRing>(
                    duration_to_frames(options_.ahead, answer->rate_hz), answer->channels, first);
                orders_.discard_to = first;
                order_locked();
                clock_.forget_marks();
                clock_.set_rate_hz(answer->rate_hz);
            }
            format_ = *answer;
            render_->open_ring(ring_, format_.rate_hz, context_.executor);
        }
    }
    if (!host) return;
    host->post([weak = weak_from_this(), answer] {
        if (const auto self = weak.lock()) self->on_device_answer(answer);
    });
}

void AudioSink::on_device_answer(const Result<AudioFormat>& answer) {
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        settled_ = true;
        flow_wait_ = {};
        if (!answer && !failed_) {
            failed_ = true;
            host = context_.host;
        }
    }
    if (host) {
        host->failed({answer.error().code, "The audio device could not be opened (" +
                                               answer.error().message() +
                                               "); the picture goes on without sound. Check the "
                                               "sound system, or choose another audio output."});
    }
    advance();
}

// ---- the clock's changes ----------------------------------------------------------------------

bool AudioSink::drives_clock_locked() const {
    return context_.clock &&
           context_.clock->time_source().get() == static_cast<const ClockTimeSource*>(this);
}

// Led by another source's line the sound is due on that line, and late sound is left out.
void AudioSink::begin_locked(HostTime when, std::optional<MediaTime> at, const Timeline* led_by) {
    awaited_.reset();
    const RenderReport report = render_->report();
    const std::int64_t next = std::max(report.taken, orders_.discard_to);
    ++orders_.generation;
    orders_.playing = true;
    orders_.due_frame = next;
    if (at) {
        clock_.start(orders_.generation, *at);
        orders_.fade_in = *at != media_zero;
        orders_.has_appointment = orders_.may_skip = led_by != nullptr;
        orders_.due_at = when;
    } else {
        const Duration ahead = clock_.media_of(next) - clock_.timeline(when, report).media_at(when);
        clock_.restart(orders_.generation);
        orders_.fade_in = true;
        orders_.has_appointment = fed_; // else there is no telling what comes
        orders_.may_skip = led_by != nullptr;
        orders_.due_at = when + in_host_locked(std::max(ahead, Duration{}));
    }
    if (led_by != nullptr) {
        orders_.due_at = led_by->host_at(at ? *at : clock_.media_of(next)).value_or(when);
    }
    order_locked();
    state_ = State::running;
    asking_ = true;
    reseat_ = false;
    close_at_.reset();
    quiet_since_ = when;
    callbacks_then_ = report.callbacks;
    flow_wait_ = {};
    began_ = when;
    told_rate_ = 0.0;
    if (!sounds_locked()) {
        go_silent_locked(when, report);
        close_at_ = when + options_.close_after_pause;
    } else if (ended_ && feeder_done_ && in_ring_locked(report) == Duration{}) {
        clock_.freewheel(when, report, rate_); // there is no sound to wait for
    }
}

void AudioSink::pause_locked(HostTime when) {
    awaited_.reset();
    clock_.pause(when, render_->report());
    state_ = State::paused;
    orders_.playing = false;
    order_locked();
    close_at_ = when + options_.close_after_pause;
}

void AudioSink::stop_locked(HostTime when) {
    awaited_.reset();
    clock_.stop();
    state_ = State::stopped;
    orders_.playing = false;
    if (ring_) orders_.discard_to = ring_->written();
    order_locked();
    close_at_ = when + options_.close_after_pause;
}

Result<void> AudioSink::try_start(HostTime when, MediaTime at) {
    const std::scoped_lock lock(mutex_);
    begin_locked(when, at);
    return {};
}

Result<void> AudioSink::try_restart(HostTime when) {
    const std::scoped_lock lock(mutex_);
    begin_locked(when, std::nullopt);
    return {};
}

Result<void> AudioSink::try_pause(HostTime when) {
    const std::scoped_lock lock(mutex_);
    pause_locked(when);
    return {};
}

Result<void> AudioSink::try_stop(HostTime when) {
    const std::scoped_lock lock(mutex_);
    stop_locked(when);
    return {};
}

// Whoever reads a clock that stands relies on being told when it goes on. It may have stood for a moment
// only, between two looks of the sink: for a reader that was held up between looking at the time and
// asking, or where a report has moved the line back a little.
Timeline AudioSink::timeline(HostTime now) const {
    std::shared_ptr<StreamSinkHost> host;
    Timeline line;
    {
        const std::scoped_lock lock(mutex_);
        line = clock_.timeline(now, render_->report());
        const bool stands = state_ == State::running && line.rate() == 0.0;
        if (stands && std::exchange(told_rate_, 0.0) != 0.0) host = context_.host;
    }
    if (host) {
        host->post([weak = std::weak_ptr(std::const_pointer_cast<AudioSink>(shared_from_this()))] {
            if (const auto self = weak.lock()) self->advance();
        });
    }
    return line;
}

void AudioSink::watch(std::weak_ptr<TimelineWatcher> watcher) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(watchers_, [](const auto& w) { return w.expired(); });
    watchers_.push_back(std::move(watcher));
}

void AudioSink::on_start(HostTime when, MediaTime at) {
    bool scrubs = false;
    {
        const std::scoped_lock lock(mutex_);
        scrubs = rate_ == 0.0;
        if (scrubs) fed_until_ = at;
        if (!drives_clock_locked()) scrubs ? begin_locked(when, at) : await_locked(at);
    }
    if (scrubs) feeder_.begin(at); // comes without a preroll
    watch_clock();
    open_device(Attempt::first);
    if (const auto host = this->host()) host->started();
    advance();
}

void AudioSink::on_restart(HostTime when) {
    static_cast<void>(when);
    {
        const std::scoped_lock lock(mutex_);
        if (!drives_clock_locked()) await_locked(std::nullopt);
    }
    watch_clock();
    open_device(Attempt::again);
    if (const auto host = this->host()) host->started();
    advance();
}

void AudioSink::on_pause(HostTime when) {
    {
        const std::scoped_lock lock(mutex_);
        if (!drives_clock_locked()) pause_locked(when);
    }
    if (const auto host = this->host()) host->paused();
    advance();
}

void AudioSink::on_stop(HostTime when) {
    {
        const std::scoped_lock lock(mutex_);
        if (!drives_clock_locked()) stop_locked(when);
        waiting_ = {};
        ended_ = feeder_done_ = false;
    }
    feeder_.begin(media_zero);
    abort_markers({});
    if (const auto host = this->host()) host->stopped();
    advance();
}

// ---- volume -----------------------------------------------------------------------------------

void AudioSink::set_gain_locked() { render_->set_gain(mute_ ? 0.0F : static_cast<float>(volume_)); }

void AudioSink::set_volume(double linear) {
    if (!std::isfinite(linear)) return;
    const std::scoped_lock lock(mutex_);
    volume_ = std::max(linear, 0.0);
    set_gain_locked();
}

double AudioSink::volume() const {
    const std::scoped_lock lock(mutex_);
    return volume_;
}

void AudioSink::set_mute(bool mute) {
    const std::scoped_lock lock(mutex_);
    mute_ = mute;
    set_gain_locked();
}

bool AudioSink::mute() const {
    const std::scoped_lock lock(mutex_);
    return mute_;
}

std::shared_ptr<StreamSinkHost> AudioSink::host() const {
    const std::scoped_lock lock(mutex_);
    return context_.host;
}

// ---- the face ---------------------------------------------------------------------------------

class AudioOutputCore {
public:
    AudioOutputCore(std::shared_ptr<AudioDevice> device, const AudioOutputOptions& options)
        : audio(std::make_shared<AudioSink>(std::move(device), options)),
          sink(audio) {}
    const std::shared_ptr<AudioSink> audio;
    const std::shared_ptr<StreamSink> sink;
};

AudioOutput::AudioOutput(std::shared_ptr<AudioDevice> device, AudioOutputOptions options)
    : core_(std::make_shared<AudioOutputCore>(std::move(device), options)) {}
AudioOutput::~AudioOutput() = default;

void AudioOutput::set_volume(double linear) { core_->audio->set_volume(linear); }
double AudioOutput::volume() const { return core_->audio->volume(); }
void AudioOutput::set_mute(bool mute) { core_->audio->set_mute(mute); }
bool AudioOutput::mute() const { return core_->audio->mute(); }
std::uint64_t AudioOutput::underruns() const { return core_->audio->underruns(); }
std::uint64_t AudioOutput::frames_played() const { return core_->audio->frames_played(); }
bool AudioOutput::device_open() const { return core_->audio->device_open(); }
const std::shared_ptr<StreamSink>& AudioOutput::sink() const { return core_->sink; }

} // namespace playhead
