#include "formats.h"

#include <array>
#include <cmath>
#include <cstring>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace playhead::ffmpeg {

namespace {

struct PixelPair {
    PixelFormat ours;
    AVPixelFormat native;
};

constexpr std::array pixel_pairs{
    PixelPair{PixelFormat::i420, AV_PIX_FMT_YUV420P},
    PixelPair{PixelFormat::i422, AV_PIX_FMT_YUV422P},
    PixelPair{PixelFormat::i444, AV_PIX_FMT_YUV444P},
    PixelPair{PixelFormat::nv12, AV_PIX_FMT_NV12},
    PixelPair{PixelFormat::nv21, AV_PIX_FMT_NV21},
    PixelPair{PixelFormat::i420_10le, AV_PIX_FMT_YUV420P10LE},
    PixelPair{PixelFormat::p010le, AV_PIX_FMT_P010LE},
    PixelPair{PixelFormat::gray8, AV_PIX_FMT_GRAY8},
    PixelPair{PixelFormat::rgb24, AV_PIX_FMT_RGB24},
    PixelPair{PixelFormat::bgr24, AV_PIX_FMT_BGR24},
    PixelPair{PixelFormat::rgba, AV_PIX_FMT_RGBA},
    PixelPair{PixelFormat::bgra, AV_PIX_FMT_BGRA},
    PixelPair{PixelFormat::argb, AV_PIX_FMT_ARGB},
    PixelPair{PixelFormat::abgr, AV_PIX_FMT_ABGR},
};

bool is_rgb(AVPixelFormat format) {
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    return description != nullptr &&
           (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}

void set_pixels(VideoFormat& format, AVPixelFormat native, AVColorRange range) {
    const NativePixels pixels = plain(native);
    format.pixel_format = pixel_format(pixels.format);
    const char* name = av_get_pix_fmt_name(pixels.format);
    format.pixel_format_name = name != nullptr ? name : "";
    format.native_pixel_format = pixels.format;
    format.color.full_range =
        pixels.full_range || range == AVCOL_RANGE_JPEG || is_rgb(pixels.format);
}

void set_colour(ColorInfo& color, AVColorSpace matrix, AVColorPrimaries primaries,
                AVColorTransferCharacteristic transfer, AVChromaLocation location) {
    // FFmpeg's numbers are H.273's; a frame that tells nothing keeps what the container told.
    if (matrix != AVCOL_SPC_UNSPECIFIED) {
        color.matrix = matrix;
    }
    if (primaries != AVCOL_PRI_UNSPECIFIED) {
        color.primaries = primaries;
    }
    if (transfer != AVCOL_TRC_UNSPECIFIED) {
        color.transfer = transfer;
    }
    if (location != AVCHROMA_LOC_UNSPECIFIED) {
        color.chroma_location = location;
    }
}

Rational aspect_of(AVRational aspect) {
    return aspect.num > 0 && aspect.den > 0 ? rational(aspect) : Rational{1, 1};
}

} // namespace

NativePixels plain(AVPixelFormat format) {
    switch (format) {
    case AV_PIX_FMT_YUVJ411P: return {AV_PIX_FMT_YUV411P, true};
    case AV_PIX_FMT_YUVJ420P: return {AV_PIX_FMT_YUV420P, true};
    case AV_PIX_FMT_YUVJ422P: return {AV_PIX_FMT_YUV422P, true};
    case AV_PIX_FMT_YUVJ440P: return {AV_PIX_FMT_YUV440P, true};
    case AV_PIX_FMT_YUVJ444P: return {AV_PIX_FMT_YUV444P, true};
    default: return {format, false};
    }
}

PixelFormat pixel_format(AVPixelFormat native) {
    for (const PixelPair& pair : pixel_pairs) {
        if (pair.native == native) {
            return pair.ours;
        }
    }
    return PixelFormat::other;
}

AVPixelFormat native_pixel_format(const VideoFormat& format) {
    if (format.native_pixel_format >= 0) {
        return plain(static_cast<AVPixelFormat>(format.native_pixel_format)).format;
    }
    for (const PixelPair& pair : pixel_pairs) {
        if (pair.ours == format.pixel_format) {
            return pair.native;
        }
    }
    return format.pixel_format_name.empty()
               ? AV_PIX_FMT_NONE
               : plain(av_get_pix_fmt(format.pixel_format_name.c_str())).format;
}

SampleFormat sample_format(AVSampleFormat native) {
    switch (av_get_packed_sample_fmt(native)) {
    case AV_SAMPLE_FMT_U8: return SampleFormat::u8;
    case AV_SAMPLE_FMT_S16: return SampleFormat::s16;
    case AV_SAMPLE_FMT_S32: return SampleFormat::s32;
    case AV_SAMPLE_FMT_S64: return SampleFormat::s64;
    case AV_SAMPLE_FMT_DBL: return SampleFormat::f64;
    default: return SampleFormat::f32;
    }
}

AVSampleFormat native_sample_format(SampleFormat format, bool planar) {
    AVSampleFormat packed = AV_SAMPLE_FMT_FLT;
    switch (format) {
    case SampleFormat::u8: packed = AV_SAMPLE_FMT_U8; break;
    case SampleFormat::s16: packed = AV_SAMPLE_FMT_S16; break;
    case SampleFormat::s32: packed = AV_SAMPLE_FMT_S32; break;
    case SampleFormat::s64: packed = AV_SAMPLE_FMT_S64; break;
    case SampleFormat::f32: packed = AV_SAMPLE_FMT_FLT; break;
    case SampleFormat::f64: packed = AV_SAMPLE_FMT_DBL; break;
    }
    return planar ? av_get_planar_sample_fmt(packed) : packed;
}

std::uint64_t channel_mask(const AVChannelLayout& layout) {
    return layout.order == AV_CHANNEL_ORDER_NATIVE ? layout.u.mask : 0;
}

void make_layout(const AudioFormat& format, AVChannelLayout& out) {
    if (format.channel_mask != 0 && av_channel_layout_from_mask(&out, format.channel_mask) == 0 &&
        out.nb_channels == format.channels) {
        return;
    }
    av_channel_layout_default(&out, format.channels);
}

TimeBase time_base(AVRational base) { return {base.num, base.den}; }
Rational rational(AVRational value) { return {value.num, value.den}; }

VideoFormat video_format(const AVCodecParameters& codec, AVRational aspect, AVRational frame_rate) {
    VideoFormat format;
    set_pixels(format, static_cast<AVPixelFormat>(codec.format), codec.color_range);
    format.width = codec.width;
    format.height = codec.height;
    format.pixel_aspect = aspect_of(aspect);
    if (frame_rate.num > 0 && frame_rate.den > 0) {
        format.frame_rate = rational(frame_rate);
    }
    set_colour(format.color, codec.color_space, codec.color_primaries, codec.color_trc,
               codec.chroma_location);
    return format;
}

AudioFormat audio_format(const AVCodecParameters& codec) {
    const auto native = static_cast<AVSampleFormat>(codec.format);
    return {.sample_format = sample_format(native),
            .planar = av_sample_fmt_is_planar(native) != 0,
            .rate_hz = codec.sample_rate,
            .channels = codec.ch_layout.nb_channels,
            .channel_mask = channel_mask(codec.ch_layout)};
}

AudioFormat audio_format(const AVFrame& frame) {
    const auto native = static_cast<AVSampleFormat>(frame.format);
    return {.sample_format = sample_format(native),
            .planar = av_sample_fmt_is_planar(native) != 0,
            .rate_hz = frame.sample_rate,
            .channels = frame.ch_layout.nb_channels,
            .channel_mask = channel_mask(frame.ch_layout)};
}

void update_from_frame(VideoFormat& format, const AVFrame& frame, bool aspect_is_given) {
    const AVColorRange told = format.color.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_UNSPECIFIED;
    set_pixels(format, static_cast<AVPixelFormat>(frame.format),
               frame.color_range != AVCOL_RANGE_UNSPECIFIED ? frame.color_range : told);
    format.width = frame.width;
    format.height = frame.height;
    if (!aspect_is_given) {
        format.pixel_aspect = aspect_of(frame.sample_aspect_ratio);
    }
    set_colour(format.color, frame.colorspace, frame.color_primaries, frame.color_trc,
               frame.chroma_location);
}

void set_orientation(VideoFormat& format, const std::int32_t* matrix) {
    std::array<std::int32_t, 9> upright{};
    std::memcpy(upright.data(), matrix, sizeof upright);
    const double determinant =
        static_cast<double>(upright[0]) * upright[4] - static_cast<double>(upright[1]) * upright[3];
    format.flip_horizontal = determinant < 0;
    if (format.flip_horizontal) {
        // Mirroring comes first, so it is the first row that carries it.
        upright[0] = -upright[0];
        upright[1] = -upright[1];
    }
    const double counterclockwise = av_display_rotation_get(upright.data());
    if (std::isnan(counterclockwise)) {
        format.flip_horizontal = false;
        return;
    }
    const int quarters = static_cast<int>(std::lround(-counterclockwise / 90.0));
    format.rotation_degrees = ((quarters % 4) + 4) % 4 * 90;
}

} // namespace playhead::ffmpeg
