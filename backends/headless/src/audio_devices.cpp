#include "playhead/headless/audio_devices.h"

#include <algorithm>
#include <utility>

#include "playhead/headless/random.h"

namespace playhead::headless {
namespace {

// A machine that slept is not made to play what it missed.
constexpr Duration longest_catching_up = std::chrono::seconds{1};

} // namespace

// Threads: `mutex` guards everything and is held while the feed is called, so that close() knows that
// no call is under way.
struct NullAudioDevice::Core : std::enable_shared_from_this<Core> {
    Core(std::shared_ptr<Executor> e, AudioDeviceOptions o)
        : executor(std::move(e)),
          options(std::move(o)),
          random(options.seed) {}

    // Times of calls, in frames since the opening.
    HostTime due() const { return opened + frames_to_duration(frames, format.rate_hz); }

    void arm() {
        timer = executor->at(due(), [weak = weak_from_this(), turn = openings] {
            if (const auto self = weak.lock()) self->run(turn);
        });
    }

    bool silent(HostTime now) const {
        const Duration since = now - *first_opened;
        return options.silent_from && since >= *options.silent_from &&
               !(options.silent_until && since >= *options.silent_until);
    }

    void run(int turn) {
        const std::scoped_lock lock(mutex);
        if (feed == nullptr || turn != openings) return;
        const HostTime now = executor->now();
        if (now - due() > longest_catching_up) {
            opened = now;
            frames = 0;
        }
        while (feed != nullptr && due() <= now) {
            if (options.lost_at && now - *first_opened >= *options.lost_at) {
                feed->lost();
                feed = nullptr;
                return;
            }
            if (!silent(now)) call();
            frames += per_call;
        }
        arm();
    }

    void call() {
        const HostTime heard = due() + options.latency;
        FeedTime told{heard, options.quality};
        if (options.jitter > Duration{}) {
            told.audible_at += Duration{static_cast<Duration::rep>(
                (random.unit() * 2.0 - 1.0) * static_cast<double>(options.jitter.count()))};
        }
        feed->render(buffer, told);
        if (owner != nullptr) owner->took(buffer, format.channels, heard);
    }

    const std::shared_ptr<Executor> executor;
    const AudioDeviceOptions options;
    mutable std::mutex mutex;
    Random random;
    NullAudioDevice* owner = nullptr;
    AudioFeed* feed = nullptr;
    AudioFormat format;
    std::optional<HostTime> first_opened;
    HostTime opened{};
    std::int64_t frames = 0;
    std::int64_t per_call = 0;
    std::vector<float> buffer;
    int openings = 0;
    int refusals = 0;
    TimerId timer = 0;
};

NullAudioDevice::NullAudioDevice(std::shared_ptr<Executor> executor, AudioDeviceOptions options)
    : core_(std::make_shared<Core>(std::move(executor), std::move(options))) {
    core_->owner = this;
}

NullAudioDevice::~NullAudioDevice() {
    close();
    const std::scoped_lock lock(core_->mutex);
    core_->owner = nullptr;
}

Result<AudioFormat> NullAudioDevice::open(const AudioFormat& wanted, AudioFeed& feed) {
    {
        const std::scoped_lock lock(core_->mutex);
        if (!core_->first_opened) core_->first_opened = core_->executor->now();
        if (core_->feed != nullptr)
            return fail(Errc::invalid_request, "The device is open already.");
    }
    if (core_->options.open_takes > Duration{}) {
        const auto signal = core_->executor->make_signal();
        static_cast<void>(signal->wait(core_->executor->now() + core_->options.open_takes));
    }
    const std::scoped_lock lock(core_->mutex);
    if (core_->options.open_error && core_->refusals < core_->options.open_errors) {
        ++core_->refusals;
        return fail(*core_->options.open_error);
    }
    AudioFormat& format = core_->format;
    format = wanted;
    format.sample_format = SampleFormat::f32;
    format.planar = false;
    format.rate_hz = core_->options.rate_hz.value_or(wanted.rate_hz);
    format.channels = core_->options.channels.value_or(wanted.channels);
    if (format.channels != wanted.channels) format.channel_mask = 0;
    if (format.rate_hz <= 0 || format.channels <= 0) {
        return fail(Errc::invalid_argument,
                    "A sound device needs a rate and a number of channels.");
    }
    core_->per_call =
        std::max<std::int64_t>(duration_to_frames(core_->options.period, format.rate_hz), 1);
    core_->buffer.assign(static_cast<std::size_t>(core_->per_call * format.channels), 0.0F);
    core_->opened = core_->executor->now();
    core_->frames = 0;
    core_->feed = &feed;
    ++core_->openings;
    core_->arm();
    return format;
}

void NullAudioDevice::close() {
    const std::scoped_lock lock(core_->mutex);
    if (core_->timer != 0) core_->executor->cancel(core_->timer);
    core_->timer = 0;
    core_->feed = nullptr;
}

Duration NullAudioDevice::latency() const { return core_->options.latency; }

int NullAudioDevice::times_opened() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->openings;
}

bool NullAudioDevice::is_open() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->feed != nullptr;
}

void NullAudioDevice::took(std::span<const float> samples, int channels, HostTime heard) {
    static_cast<void>(samples);
    static_cast<void>(channels);
    static_cast<void>(heard);
}

CaptureAudioDevice::~CaptureAudioDevice() { close(); }

Result<AudioFormat> CaptureAudioDevice::open(const AudioFormat& wanted, AudioFeed& feed) {
    auto format = NullAudioDevice::open(wanted, feed);
    const std::scoped_lock lock(mutex_);
    if (format) rate_hz_ = format->rate_hz;
    return format;
}

void CaptureAudioDevice::took(std::span<const float> samples, int channels, HostTime heard) {
    const std::scoped_lock lock(mutex_);
    stretches_.push_back({heard, rate_hz_, channels, {samples.begin(), samples.end()}});
}

std::vector<CaptureAudioDevice::Stretch> CaptureAudioDevice::stretches() const {
    const std::scoped_lock lock(mutex_);
    return stretches_;
}

std::vector<float> CaptureAudioDevice::samples() const {
    const std::scoped_lock lock(mutex_);
    std::vector<float> all;
    for (const Stretch& stretch : stretches_) {
        all.insert(all.end(), stretch.samples.begin(), stretch.samples.end());
    }
    return all;
}

HostTime CaptureAudioDevice::heard_at(std::int64_t index) const {
    const std::scoped_lock lock(mutex_);
    for (const Stretch& stretch : stretches_) {
        const std::int64_t frames =
            static_cast<std::int64_t>(stretch.samples.size()) / stretch.channels;
        if (index < frames) return stretch.heard + frames_to_duration(index, stretch.rate_hz);
        index -= frames;
    }
    return HostTime::max();
}

void CaptureAudioDevice::forget() {
    const std::scoped_lock lock(mutex_);
    stretches_.clear();
}

} // namespace playhead::headless
