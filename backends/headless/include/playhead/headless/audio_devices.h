// Audio devices without a sound card: one that keeps time, one that remembers, both with faults to
// order.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "playhead/backend/audio_device.h"
#include "playhead/backend/executor.h"

namespace playhead::headless {

// How a device behaves. In a simulation all of it is exact to the nanosecond.
struct AudioDeviceOptions {
    // What it runs at; nothing = whatever is wanted.
    std::optional<int> rate_hz;
    std::optional<int> channels;
    Duration period = std::chrono::milliseconds{20};  // one call of the feed asks for so much
    Duration latency = std::chrono::milliseconds{40}; // from a call until its first frame is heard
    FeedTime::Quality quality = FeedTime::Quality::exact;
    // What it tells is wrong by up to this, either way, though it plays evenly (quality not exact).
    Duration jitter{};
    std::uint64_t seed = 1;

    // Faults, at times after the first open() began.
    Duration open_takes{};
    std::optional<Status> open_error;
    int open_errors = 1'000'000;          // so many times, then it opens
    std::optional<Duration> silent_from;  // stops to call, tells nobody
    std::optional<Duration> silent_until; // and calls again
    std::optional<Duration> lost_at;      // says that it is gone, and calls no more
};

// Calls its feed by the executor's timers and throws the sound away.
// Threads: open() and close() block no longer than they are told to; the feed is called on the
// executor's timers (it is wait-free, and so may be). Times never drift: the n-th call comes at
// opening + n periods, however late a timer is.
class NullAudioDevice : public AudioDevice {
public:
    explicit NullAudioDevice(std::shared_ptr<Executor> executor, AudioDeviceOptions options = {});
    ~NullAudioDevice() override;

    Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) override;
    void close() override;
    Duration latency() const override;

    int times_opened() const;
    bool is_open() const;

protected:
    // On the timer, after the feed has filled it. `heard` is the truth, whatever the feed was told.
    virtual void took(std::span<const float> samples, int channels, HostTime heard);

private:
    struct Core;
    const std::shared_ptr<Core> core_;
};

// Remembers everything with the time at which it is heard.
class CaptureAudioDevice final : public NullAudioDevice {
public:
    struct Stretch {
        HostTime heard{}; // of the first frame
        int rate_hz = 0;
        int channels = 0;
        std::vector<float> samples; // interleaved
    };

    using NullAudioDevice::NullAudioDevice;
    ~CaptureAudioDevice() override; // no call of took() comes after it

    Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) override;

    // One stretch for each call of the feed. Threads: any.
    std::vector<Stretch> stretches() const;
    // Everything, one after another, pauses of the device left out.
    std::vector<float> samples() const;
    // When frame `index` of that was heard.
    HostTime heard_at(std::int64_t index) const;
    void forget();

private:
    void took(std::span<const float> samples, int channels, HostTime heard) override;

    mutable std::mutex mutex_;
    int rate_hz_ = 0;
    std::vector<Stretch> stretches_;
};

} // namespace playhead::headless
