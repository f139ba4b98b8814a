// AudioChunk: a stretch of a buffer on its way from the blocks to the ring, and a buffer of our own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "playhead/backend/sample.h"

namespace playhead {

struct AudioChunk {
    std::shared_ptr<const SampleBuffer> buffer;
    std::int64_t first = 0;
    std::int64_t frames = 0;

    AudioChunk() = default;
    AudioChunk(std::shared_ptr<const SampleBuffer> b, std::int64_t f, std::int64_t n)
        : buffer(std::move(b)),
          first(f),
          frames(n) {}
    // All of it; null: nothing.
    explicit AudioChunk(std::shared_ptr<const SampleBuffer> all) : buffer(std::move(all)) {
        frames = buffer ? buffer->frames() : 0;
    }

    bool empty() const { return frames <= 0; }
    void skip(std::int64_t n) {
        first += n;
        frames -= n;
    }
    // Of interleaved floats.
    std::span<const float> floats() const {
        const auto* samples = reinterpret_cast<const float*>(buffer->plane(0));
        const auto channels = buffer->format().channels;
        return {samples + first * channels, static_cast<std::size_t>(frames * channels)};
    }
};

// Interleaved floats in memory. Threads: an immutable value once it is shared.
class FloatSamples final : public SampleBuffer {
public:
    FloatSamples(const AudioFormat& format, std::vector<float> samples)
        : samples_(std::move(samples)) {
        format_ = format;
        frames_ = static_cast<std::int64_t>(samples_.size()) / format.channels;
    }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(samples_.data());
    }

private:
    std::vector<float> samples_;
};

} // namespace playhead
