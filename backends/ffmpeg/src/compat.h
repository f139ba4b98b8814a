// The one place that knows how FFmpeg 5.1 to 9 differ.
#pragma once

#include <cstdint>

#include "handles.h"

extern "C" {
#include <libavutil/version.h>
}

namespace playhead::ffmpeg::compat {

// AVFrame::duration took the place of pkt_duration in FFmpeg 6.
inline std::int64_t duration_of(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame.duration;
#else
    return frame.pkt_duration;
#endif
}

// Flags took the place of AVFrame::key_frame in FFmpeg 6.1.
inline bool is_key(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return (frame.flags & AV_FRAME_FLAG_KEY) != 0;
#else
    return frame.key_frame != 0;
#endif
}

struct SideData {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    explicit operator bool() const { return data != nullptr; }
};

// Side data moved from the stream to its codec parameters in FFmpeg 6.1.
inline SideData side_data(const AVStream& stream, AVPacketSideDataType type) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 101)
    const AVCodecParameters& codec = *stream.codecpar;
    const AVPacketSideData* found =
        av_packet_side_data_get(codec.coded_side_data, codec.nb_coded_side_data, type);
    return found != nullptr ? SideData{found->data, found->size} : SideData{};
#else
    std::size_t size = 0;
    const std::uint8_t* data = av_stream_get_side_data(&stream, type, &size);
    return {data, size};
#endif
}

} // namespace playhead::ffmpeg::compat
