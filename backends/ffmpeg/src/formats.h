// FFmpeg's formats, layouts and colours in our terms and back.
#pragma once

#include "handles.h"
#include "playhead/media_type.h"

namespace playhead::ffmpeg {

struct NativePixels {
    AVPixelFormat format = AV_PIX_FMT_NONE; // never one of the "j" formats
    bool full_range = false;
};
// The "j" formats mean their plain twin in full range.
NativePixels plain(AVPixelFormat format);

PixelFormat pixel_format(AVPixelFormat native);
// By the native number if the picture has one, else by name or enumerator. NONE: no such format.
AVPixelFormat native_pixel_format(const VideoFormat& format);

SampleFormat sample_format(AVSampleFormat native);
AVSampleFormat native_sample_format(SampleFormat format, bool planar);

// Mask of a layout, 0 where its order is unknown or not the native one.
std::uint64_t channel_mask(const AVChannelLayout& layout);
// An unknown order becomes the usual layout of that many channels.
void make_layout(const AudioFormat& format, AVChannelLayout& out);

TimeBase time_base(AVRational base);
Rational rational(AVRational value);

// What a stream says before anything is decoded. `aspect` 0: not told.
VideoFormat video_format(const AVCodecParameters& codec, AVRational aspect, AVRational frame_rate);
AudioFormat audio_format(const AVCodecParameters& codec);
AudioFormat audio_format(const AVFrame& frame);

// Fills in what a decoded frame knows better than its container: size, pixel format, colour.
void update_from_frame(VideoFormat& format, const AVFrame& frame, bool aspect_is_given);

// Clockwise turn and mirroring out of a display matrix (9 numbers of 16.16 and 2.30).
void set_orientation(VideoFormat& format, const std::int32_t* matrix);

} // namespace playhead::ffmpeg
