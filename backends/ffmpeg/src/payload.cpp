#include "payload.h"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

namespace playhead::ffmpeg {

FramePicture::FramePicture(FrameHandle frame, const VideoFormat& format)
    : frame_(std::move(frame)) {
    format_ = format;
    const auto native = static_cast<AVPixelFormat>(frame_->format);
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(native);
    const int planes = av_pix_fmt_count_planes(native);
    const bool palette = description != nullptr && (description->flags & AV_PIX_FMT_FLAG_PAL) != 0;
    for (int i = 0; i < planes && i < 4; ++i) {
        Plane& plane = planes_[static_cast<std::size_t>(i)];
        plane.data = reinterpret_cast<const std::byte*>(frame_->data[i]);
        plane.stride_bytes = frame_->linesize[i];
        plane.row_bytes = av_image_get_linesize(native, frame_->width, i);
        const bool chroma = i == 1 || i == 2;
        const int shift = chroma ? description->log2_chroma_h : 0;
        plane.rows = -((-frame_->height) >> shift);
    }
    plane_count_ = planes;
    if (palette) {
        constexpr int palette_bytes = 1024;
        planes_[1] = {reinterpret_cast<const std::byte*>(frame_->data[1]), palette_bytes,
                      palette_bytes, 1};
        plane_count_ = 2;
    }
}

} // namespace playhead::ffmpeg
