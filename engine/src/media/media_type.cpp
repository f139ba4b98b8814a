#include "playhead/media_type.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace playhead {
namespace {

bool is_rgb(PixelFormat format) {
    switch (format) {
    case PixelFormat::rgb24:
    case PixelFormat::bgr24:
    case PixelFormat::rgba:
    case PixelFormat::bgra:
    case PixelFormat::argb:
    case PixelFormat::abgr: return true;
    default: return false;
    }
}

// length * num / den to the nearest whole number, within int.
int scaled(int length, std::int64_t num, std::int64_t den) {
    // As a double: an aspect may be any pair of 64-bit numbers, a length has 31 bits.
    const double exact =
        static_cast<double>(length) * static_cast<double>(num) / static_cast<double>(den);
    constexpr int most = std::numeric_limits<int>::max();
    return exact >= static_cast<double>(most) ? most : std::max(1, static_cast<int>(exact + 0.5));
}

std::string channel_name(const AudioFormat& format) {
    // Masks in WAVEFORMATEXTENSIBLE order; 5.1 comes with side or with back speakers.
    constexpr std::uint64_t back_5_1 = 0x3f;
    constexpr std::uint64_t side_5_1 = 0x60f;
    constexpr std::uint64_t full_7_1 = 0x63f;
    if (format.channels == 1) {
        return "mono";
    }
    if (format.channels == 2) {
        return "stereo";
    }
    if (format.channel_mask == back_5_1 || format.channel_mask == side_5_1) {
        return "5.1";
    }
    if (format.channel_mask == full_7_1) {
        return "7.1";
    }
    return std::to_string(format.channels) + " channels";
}

struct Describe {
    std::string operator()(std::monostate) const { return "any"; }
    std::string operator()(const VideoFormat& v) const {
        const std::string pixels = v.pixel_format_name.empty()
                                       ? std::string{to_string(v.pixel_format)}
                                       : v.pixel_format_name;
        return "video " + std::to_string(v.width) + "x" + std::to_string(v.height) + " " + pixels;
    }
    std::string operator()(const AudioFormat& a) const {
        return "audio " + std::to_string(a.rate_hz) + " Hz " + channel_name(a) + " " +
               std::string{to_string(a.sample_format)} + (a.planar ? "p" : "");
    }
    std::string operator()(const SubtitleFormat& s) const {
        return s.bitmap ? "subtitle bitmap" : "subtitle text";
    }
};

} // namespace

std::string_view to_string(StreamKind kind) {
    switch (kind) {
    case StreamKind::video: return "video";
    case StreamKind::audio: return "audio";
    case StreamKind::subtitle: return "subtitle";
    case StreamKind::data: return "data";
    case StreamKind::attachment: return "attachment";
    }
    return "unknown";
}

std::string_view to_string(PixelFormat format) {
    switch (format) {
    case PixelFormat::other: return "other";
    case PixelFormat::i420: return "i420";
    case PixelFormat::i422: return "i422";
    case PixelFormat::i444: return "i444";
    case PixelFormat::nv12: return "nv12";
    case PixelFormat::nv21: return "nv21";
    case PixelFormat::i420_10le: return "i420_10le";
    case PixelFormat::p010le: return "p010le";
    case PixelFormat::gray8: return "gray8";
    case PixelFormat::rgb24: return "rgb24";
    case PixelFormat::bgr24: return "bgr24";
    case PixelFormat::rgba: return "rgba";
    case PixelFormat::bgra: return "bgra";
    case PixelFormat::argb: return "argb";
    case PixelFormat::abgr: return "abgr";
    }
    return "unknown";
}

std::string_view to_string(SampleFormat format) {
    switch (format) {
    case SampleFormat::u8: return "u8";
    case SampleFormat::s16: return "s16";
    case SampleFormat::s32: return "s32";
    case SampleFormat::s64: return "s64";
    case SampleFormat::f32: return "f32";
    case SampleFormat::f64: return "f64";
    }
    return "unknown";
}

int bytes_per_sample(SampleFormat format) {
    switch (format) {
    case SampleFormat::u8: return 1;
    case SampleFormat::s16: return 2;
    case SampleFormat::s32:
    case SampleFormat::f32: return 4;
    case SampleFormat::s64:
    case SampleFormat::f64: return 8;
    }
    return 0;
}

int effective_matrix(const VideoFormat& format) {
    constexpr int identity = 0;
    constexpr int bt709 = 1;
    constexpr int unspecified = 2;
    constexpr int bt601 = 6;
    if (is_rgb(format.pixel_format)) {
        return identity;
    }
    if (format.color.matrix != unspecified) {
        return format.color.matrix;
    }
    return format.height < 720 ? bt601 : bt709;
}

DisplaySize display_size(const VideoFormat& format) {
    DisplaySize size{std::max(format.width, 0), std::max(format.height, 0)};
    if (size.width == 0 || size.height == 0) {
        return {};
    }
    if (format.pixel_aspect.positive()) {
        // Stretched, never shrunk: no line of the picture gets lost.
        const Rational aspect = format.pixel_aspect;
        if (aspect.num > aspect.den) {
            size.width = scaled(size.width, aspect.num, aspect.den);
        } else if (aspect.num < aspect.den) {
            size.height = scaled(size.height, aspect.den, aspect.num);
        }
    }
    if (format.rotation_degrees % 180 == 90 || format.rotation_degrees % 180 == -90) {
        std::swap(size.width, size.height);
    }
    return size;
}

std::string describe(const MediaType& type) { return std::visit(Describe{}, type); }

} // namespace playhead
