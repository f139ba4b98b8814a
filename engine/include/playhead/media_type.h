// What flows: formats of pictures and sound, and the description of a stream.
//
// Colour fields carry the code points of ITU-T H.273, so that a backend casts and never guesses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "playhead/time.h"

namespace playhead {

enum class StreamKind { video, audio, subtitle, data, attachment };
std::string_view to_string(StreamKind kind);
// Its samples come now and then: nothing waits for the next one, nor for its end.
constexpr bool is_sparse(StreamKind kind) {
    return kind != StreamKind::video && kind != StreamKind::audio;
}

struct Rational {
    std::int64_t num = 0;
    std::int64_t den = 1;
    bool positive() const { return num > 0 && den > 0; }
    double value() const {
        return den == 0 ? 0.0 : static_cast<double>(num) / static_cast<double>(den);
    }
    friend bool operator==(const Rational&, const Rational&) = default;
};

// Layouts that sinks can ask for by name. Everything else a decoder gives is `other`: its planes can
// be hashed, stored and converted all the same, since every picture says where its rows lie.
enum class PixelFormat {
    other,
    i420, // planar 4:2:0, 8 bit
    i422, // planar 4:2:2, 8 bit
    i444, // planar 4:4:4, 8 bit
    nv12, // 4:2:0, interleaved chroma
    nv21,
    i420_10le, // planar 4:2:0, 10 bit in 16, little endian
    p010le,
    gray8,
    rgb24,
    bgr24,
    rgba, // bytes in memory order
    bgra,
    argb,
    abgr,
};
std::string_view to_string(PixelFormat format);

struct ColorInfo {
    int matrix =
        2; // H.273 MatrixCoefficients; 2 = unspecified, 1 = BT.709, 5/6 = BT.601, 9 = BT.2020
    int primaries = 2; // H.273 ColourPrimaries
    int transfer = 2;  // H.273 TransferCharacteristics
    bool full_range = false;
    int chroma_location = 0; // H.273 chroma_sample_loc_type + 1; 0 = unspecified
    friend bool operator==(const ColorInfo&, const ColorInfo&) = default;
};

struct VideoFormat {
    PixelFormat pixel_format = PixelFormat::other;
    std::string pixel_format_name; // the decoder's own name: "yuv420p10le"
    int native_pixel_format = -1;  // the backend's own number, for its converters only
    int width = 0;                 // coded pixels, before aspect and rotation
    int height = 0;
    Rational pixel_aspect{1, 1};
    Rational frame_rate{0, 1}; // nominal; 0 = not told
    ColorInfo color;
    int rotation_degrees = 0;     // turn clockwise by this to show it upright: 0, 90, 180, 270
    bool flip_horizontal = false; // mirror left to right, before turning
    friend bool operator==(const VideoFormat&, const VideoFormat&) = default;
};

// What a matrix of `unspecified` means for a picture of this height: BT.601 below 720 lines, BT.709
// from there (the rule that players share; RGB has none).
int effective_matrix(const VideoFormat& format);

// Size in square pixels after aspect and rotation: what a window should show.
struct DisplaySize {
    int width = 0;
    int height = 0;
    friend bool operator==(const DisplaySize&, const DisplaySize&) = default;
};
DisplaySize display_size(const VideoFormat& format);

enum class SampleFormat { u8, s16, s32, s64, f32, f64 };
int bytes_per_sample(SampleFormat format);
std::string_view to_string(SampleFormat format);

struct AudioFormat {
    SampleFormat sample_format = SampleFormat::f32;
    bool planar = false;
    int rate_hz = 0;
    int channels = 0;
    std::uint64_t channel_mask = 0; // WAVEFORMATEXTENSIBLE order; 0 = unknown order
    friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};

struct SubtitleFormat {
    bool bitmap = false;
    friend bool operator==(const SubtitleFormat&, const SubtitleFormat&) = default;
};

using MediaType = std::variant<std::monostate, VideoFormat, AudioFormat, SubtitleFormat>;
std::string
describe(const MediaType& type); // "video 1920x1080 yuv420p", "audio 48000 Hz stereo f32p"

// What a backend's decoder needs from its demuxer. Opaque to the engine.
class CodecConfig {
public:
    virtual ~CodecConfig() = default;
};

struct Disposition {
    bool is_default = false;
    bool forced = false;
    bool attached_picture = false; // a cover: one still picture, not a video to time
    bool hearing_impaired = false;
    bool visual_impaired = false;
};

using StreamIndex = int; // position in Presentation::streams

struct StreamInfo {
    StreamIndex index = 0;
    StreamKind kind = StreamKind::data;
    std::string codec; // "h264"
    std::string profile;
    std::string language; // as the container tells it, "eng"; empty if not told
    std::string title;
    Disposition disposition;
    MediaType type;
    std::optional<MediaTime> start; // on the presentation's line
    std::optional<Duration> duration;
    bool decodable = true; // this build has a decoder for it
    std::shared_ptr<const CodecConfig> config;
};

} // namespace playhead
