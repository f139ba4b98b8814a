// Packet, AudioBlock, VideoFrame, SubtitleCue: what travels through a pipeline. Payloads are immutable and
// shared under our own reference count; they may outlive the session and the engine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "playhead/media_type.h"

namespace playhead {

// Raised by seek, stop and flush. Queues and sink ports refuse items of an older one.
using Epoch = std::uint64_t;

// One plane as decoded. Rows may be padded: stride_bytes >= row_bytes; it may be negative for
// pictures stored bottom up.
struct Plane {
    const std::byte* data = nullptr;
    std::ptrdiff_t stride_bytes = 0;
    int row_bytes = 0;
    int rows = 0;
};

class Picture {
public:
    virtual ~Picture() = default;
    const VideoFormat& format() const { return format_; }
    int plane_count() const { return plane_count_; }
    const Plane& plane(int i) const { return planes_[static_cast<std::size_t>(i)]; }
    std::size_t size_bytes() const; // visible bytes: the sum of row_bytes * rows

protected:
    VideoFormat format_;
    std::array<Plane, 4> planes_{};
    int plane_count_ = 0;
};

class SampleBuffer {
public:
    virtual ~SampleBuffer() = default;
    const AudioFormat& format() const { return format_; }
    std::int64_t frames() const { return frames_; }
    // Interleaved: one plane with everything. Planar: one per channel.
    int plane_count() const { return format_.planar ? format_.channels : 1; }
    virtual const std::byte* plane(int i) const = 0;

protected:
    AudioFormat format_;
    std::int64_t frames_ = 0;
};

// A compressed piece as the demuxer gave it. Opaque to the engine but for its size.
class PacketData {
public:
    virtual ~PacketData() = default;
    std::size_t size_bytes() const { return size_bytes_; }

protected:
    std::size_t size_bytes_ = 0;
};

struct Packet {
    StreamIndex stream = 0;
    std::shared_ptr<const PacketData> data;
    std::optional<MediaTime> pts;
    std::optional<MediaTime> dts;
    std::optional<Duration> duration;
    bool key = false;
    Epoch epoch = 0;
};

struct VideoFrame {
    std::shared_ptr<const Picture> picture;
    MediaTime pts{};
    std::optional<Duration> duration;
    bool key = false;
    bool corrupt = false;     // the decoder concealed damage
    bool provisional = false; // a preview of a seek still under way
    Epoch epoch = 0;
    bool thinned = false; // of those that are thinned to key frames
};

// `frames` starting at `first_frame` of the buffer are to be played: trimming never copies.
struct AudioBlock {
    std::shared_ptr<const SampleBuffer> buffer;
    std::int64_t first_frame = 0;
    std::int64_t frames = 0;
    MediaTime pts{}; // of the first frame to be played; from sample counts, never summed durations
    bool corrupt = false;
    Epoch epoch = 0;

    Duration length() const {
        return buffer ? frames_to_duration(frames, buffer->format().rate_hz) : Duration{};
    }
};

// A picture that a subtitle lays over the film's.
struct SubtitleImage {
    std::shared_ptr<const Picture> picture; // rgba; its alpha is not multiplied in
    int x = 0;                              // of its upper left corner on the canvas
    int y = 0;
};

// What one subtitle shows; with nothing in it, it clears the screen.
struct SubtitleContent {
    std::string text; // UTF-8, without mark-up; lines are parted by '\n'
    // The same with its mark-up: ASS events as Matroska stores them ("ReadOrder,Layer,Style,Name,
    // MarginL,MarginR,MarginV,Effect,Text").
    std::vector<std::string> events;
    std::vector<SubtitleImage> images; // of a stream of bitmaps, instead
    int canvas_width = 0;              // on which they are placed; 0: that of the film's picture
    int canvas_height = 0;
    bool empty() const { return text.empty() && events.empty() && images.empty(); }
};

struct SubtitleCue {
    std::shared_ptr<const SubtitleContent> content;
    MediaTime pts{};
    std::optional<Duration> duration; // none: until the next one
    bool until_next = false;          // over when the next one begins, if that is sooner
    Epoch epoch = 0;
};

using Sample = std::variant<AudioBlock, VideoFrame, SubtitleCue>;

// End of stream and "not yet" are values, not errors or nulls.
struct EndOfStream {};
struct NotYet {};

} // namespace playhead
