// What the scripted source and decoder hand out, which say of what stream they are.
#pragma once

#include <vector>

#include "playhead/backend/sample.h"
#include "support/foreign.h"

namespace playhead::test {

struct ScriptedPacket final : PacketData {
    explicit ScriptedPacket(std::size_t bytes) { size_bytes_ = bytes; }
    ~ScriptedPacket() override { foreign(); }
};
struct ScriptedPicture final : Picture {
    ScriptedPicture(int width, StreamIndex of) : stream(of) {
        format_.width = width;
        format_.height = 16;
    }
    ~ScriptedPicture() override { foreign(); }
    const StreamIndex stream;
};
struct ScriptedBuffer final : SampleBuffer {
    ScriptedBuffer(int rate_hz, int channels, StreamIndex of)
        : stream(of),
          data_(static_cast<std::size_t>(rate_hz / 50 * channels)) {
        format_.rate_hz = rate_hz;
        format_.channels = channels;
        frames_ = rate_hz / 50;
    }
    ~ScriptedBuffer() override { foreign(); }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(data_.data());
    }
    const StreamIndex stream;
    std::vector<float> data_;
};

} // namespace playhead::test
