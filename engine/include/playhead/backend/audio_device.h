// AudioDevice: something that asks for sound at its own pace. The engine fills it from a ring.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "playhead/media_type.h"
#include "playhead/result.h"

namespace playhead {

// When the first frame of a request will be heard.
struct FeedTime {
    HostTime audible_at{};
    // How well that is known: a device that tells its position, a line fitted through callback
    // times, or a guess.
    enum class Quality { exact, fitted, guess } quality = Quality::guess;
};

// The engine's side. Threads: the device's own callback thread, one call at a time. It never locks,
// allocates or logs; what is missing is filled with silence.
class AudioFeed {
public:
    virtual ~AudioFeed() = default;
    // Interleaved 32-bit floats in the format that open() returned; size = frames * channels.
    virtual void render(std::span<float> out, const FeedTime& when) noexcept = 0;
    // The device is gone (unplugged, server died). Any thread, once.
    virtual void lost() noexcept = 0;
};

// Threads: open() and close() on the blocking lane, one at a time; they may block.
class AudioDevice {
public:
    virtual ~AudioDevice() = default;
    // Begins to call the feed at once. The wish is rate and channels; the answer is what the device
    // truly runs at (always f32 interleaved). The feed stays valid until close() has returned.
    virtual Result<AudioFormat> open(const AudioFormat& wanted, AudioFeed& feed) = 0;
    // No call of the feed begins after it returns.
    virtual void close() = 0;
    // From render() to the ear, as far as known. Any thread.
    virtual Duration latency() const = 0;
};

} // namespace playhead
