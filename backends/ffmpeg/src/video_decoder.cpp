#include "codec.h"
#include "compat.h"

extern "C" {
#include <libavutil/display.h>
}

namespace playhead::ffmpeg {

namespace {

class VideoDecoder final : public Decoder {
public:
    VideoDecoder(const StreamInfo& stream, Codec codec)
        : codec_(std::move(codec)),
          format_(std::get<VideoFormat>(stream.type)),
          aspect_is_given_(static_cast<const StreamConfig&>(*stream.config).aspect_is_given) {}

    Result<SendOutcome> send(const Packet& packet) override { return codec_.send(packet); }
    void drain() override { codec_.drain(); }
    void flush() override {
        codec_.flush();
        next_.reset();
    }

    void set_skip(SkipLevel level) override {
        AVCodecContext& codec = codec_.context();
        // Only where nothing else is made from the picture, so that an error does not spread and
        // the frames behind an exact seek's target are the true ones.
        codec.skip_loop_filter =
            level >= SkipLevel::loop_filter ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
        codec.skip_frame = level >= SkipLevel::non_key         ? AVDISCARD_NONKEY
                           : level >= SkipLevel::non_reference ? AVDISCARD_NONREF
                                                               : AVDISCARD_DEFAULT;
    }

    DecodeOutcome receive() override {
        auto outcome = codec_.receive();
        if (auto* frame = std::get_if<FrameHandle>(&outcome)) {
            return Sample{to_sample(std::move(*frame))};
        }
        if (auto* error = std::get_if<Error>(&outcome)) {
            return std::move(*error);
        }
        if (std::holds_alternative<NotYet>(outcome)) {
            return NotYet{};
        }
        return EndOfStream{};
    }

private:
    VideoFrame to_sample(FrameHandle frame) {
        VideoFrame out;
        VideoFormat format = format_;
        update_from_frame(format, *frame, aspect_is_given_);
        if (format.rotation_degrees == 0 && !format.flip_horizontal) {
            const AVFrameSideData* matrix =
                av_frame_get_side_data(frame.get(), AV_FRAME_DATA_DISPLAYMATRIX);
            if (matrix != nullptr && matrix->size >= 9 * sizeof(std::int32_t)) {
                set_orientation(format, reinterpret_cast<const std::int32_t*>(matrix->data));
            }
        }
        out.duration = length_of(*frame);
        out.pts = frame->best_effort_timestamp != AV_NOPTS_VALUE
                      ? media_at(Duration{frame->best_effort_timestamp})
                      : next_.value_or(media_zero);
        next_ = out.pts + out.duration.value_or(Duration{});
        out.key = compat::is_key(*frame);
        out.corrupt = (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0;
        out.picture = std::make_shared<FramePicture>(std::move(frame), format);
        return out;
    }

    std::optional<Duration> length_of(const AVFrame& frame) const {
        if (const std::int64_t told = compat::duration_of(frame); told > 0) {
            return Duration{told};
        }
        if (!format_.frame_rate.positive()) {
            return std::nullopt;
        }
        // Fields that are shown again: each is half a frame.
        return rescale(2 + frame.repeat_pict,
                       TimeBase{format_.frame_rate.den, format_.frame_rate.num * 2});
    }

    Codec codec_;
    const VideoFormat format_;
    const bool aspect_is_given_;
    std::optional<MediaTime> next_; // for frames without a stamp
};

} // namespace

Result<std::unique_ptr<Decoder>> make_video_decoder(const StreamInfo& stream, Codec codec) {
    return std::make_unique<VideoDecoder>(stream, std::move(codec));
}

} // namespace playhead::ffmpeg
