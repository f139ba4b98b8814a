// Floats: sound as a test has it, interleaved.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "playhead/backend/sample.h"

namespace playhead::test {

// The format is one of interleaved floats.
class Floats final : public SampleBuffer {
public:
    Floats(const AudioFormat& format, std::vector<float> samples) : samples_(std::move(samples)) {
        format_ = format;
        frames_ = static_cast<std::int64_t>(samples_.size()) / format.channels;
    }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(samples_.data());
    }

private:
    const std::vector<float> samples_;
};

} // namespace playhead::test
