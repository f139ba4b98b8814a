// What this backend puts behind the engine's opaque types: packets, pictures, sound, stream setup.
#pragma once

#include <optional>

#include "formats.h"
#include "handles.h"
#include "playhead/backend/sample.h"

namespace playhead::ffmpeg {

// Stamps of packets are nanoseconds on the presentation's line, so a decoder works in those.
inline constexpr AVRational nanoseconds{1, 1'000'000'000};

class AvPacketData final : public PacketData {
public:
    explicit AvPacketData(PacketHandle packet) : packet_(std::move(packet)) {
        size_bytes_ = static_cast<std::size_t>(packet_->size);
    }
    const AVPacket& packet() const { return *packet_; }

private:
    PacketHandle packet_;
};

// What a decoder needs from its demuxer.
// Threads: immutable once made.
class StreamConfig final : public CodecConfig {
public:
    CodecParameters codec;
    AVRational frame_rate{0, 1};
    bool aspect_is_given = false; // by the container, which then overrules the frames
    std::int64_t pixel_limit = 0;
    std::optional<MediaTime> sound_end; // what is decoded beyond it is the encoder's filling
};

// A decoded frame, its planes where the decoder left them.
// Ownership: the one holder of its AVFrame; shared under our own count.
class FramePicture final : public Picture {
public:
    FramePicture(FrameHandle frame, const VideoFormat& format);

private:
    FrameHandle frame_;
};

class FrameSamples final : public SampleBuffer {
public:
    explicit FrameSamples(FrameHandle frame) : frame_(std::move(frame)) {
        format_ = audio_format(*frame_);
        frames_ = frame_->nb_samples;
    }
    const std::byte* plane(int i) const override {
        return reinterpret_cast<const std::byte*>(frame_->extended_data[i]);
    }

private:
    FrameHandle frame_;
};

} // namespace playhead::ffmpeg
