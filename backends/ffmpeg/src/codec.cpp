#include "codec.h"

#include "error.h"
#include "playhead/ffmpeg/backend.h"

namespace playhead::ffmpeg {

Result<Codec> Codec::open(const StreamInfo& stream, const DecoderContext& context) {
    const std::string what = stream.codec + " " + std::string(to_string(stream.kind)) +
                             " of stream " + std::to_string(stream.index);
    const auto* config = dynamic_cast<const StreamConfig*>(stream.config.get());
    if (config == nullptr || !config->codec) {
        return fail(Errc::invalid_argument, "the " + what + " does not come from this backend");
    }
    const AVCodec* decoder = avcodec_find_decoder(config->codec->codec_id);
    if (decoder == nullptr) {
        return fail(Errc::topo_codec_not_found, "this build has no decoder for the " + what);
    }
    OpenedCodec codec(avcodec_alloc_context3(decoder));
    if (!codec || avcodec_parameters_to_context(codec.get(), config->codec.get()) < 0) {
        return fail(Errc::out_of_memory, "no memory for a decoder of the " + what);
    }
    codec->pkt_timebase = nanoseconds;
    codec->framerate = config->frame_rate;
    codec->thread_count = stream.kind == StreamKind::video ? context.threads : 1;
    if (config->pixel_limit > 0) {
        codec->max_pixels = config->pixel_limit;
    }
    if (context.bit_exact) {
        codec->flags |= AV_CODEC_FLAG_BITEXACT;
        codec->idct_algo = FF_IDCT_SIMPLE;
    }
    if (const int code = avcodec_open2(codec.get(), decoder, nullptr); code < 0) {
        return fail(ffmpeg_error(code, "starting the decoder of the " + what));
    }
    return Codec(std::move(codec), what);
}

Error Codec::failure(int code) const { return ffmpeg_error(code, "decoding the " + what_); }

Result<SendOutcome> Codec::send(const Packet& packet) {
    const auto* data = static_cast<const AvPacketData*>(packet.data.get());
    if (data == nullptr || data->packet().size == 0) {
        return SendOutcome::accepted; // an empty packet would mean the end
    }
    const int code = avcodec_send_packet(codec_.get(), &data->packet());
    if (code == AVERROR(EAGAIN)) {
        return SendOutcome::full;
    }
    if (code < 0) {
        return fail(failure(code));
    }
    return SendOutcome::accepted;
}

void Codec::drain() { avcodec_send_packet(codec_.get(), nullptr); }

std::variant<FrameHandle, NotYet, EndOfStream, Error> Codec::receive() {
    FrameHandle frame = std::move(spare_);
    if (!frame) {
        frame.reset(av_frame_alloc());
        if (!frame) {
            return failure(AVERROR(ENOMEM));
        }
    }
    const int code = avcodec_receive_frame(codec_.get(), frame.get());
    if (code == 0) {
        return frame;
    }
    spare_ = std::move(frame);
    if (code == AVERROR(EAGAIN)) {
        return NotYet{};
    }
    if (code == AVERROR_EOF) {
        return EndOfStream{};
    }
    return failure(code);
}

void Codec::flush() {
    avcodec_flush_buffers(codec_.get());
    // FFmpeg 7's HEVC decoder still gives the finished frames of before the flush.
    FrameHandle stale(av_frame_alloc());
    while (stale && avcodec_receive_frame(codec_.get(), stale.get()) >= 0) {
        av_frame_unref(stale.get());
    }
}

namespace {

class Factory final : public DecoderFactory {
public:
    Result<std::unique_ptr<Decoder>> create(const StreamInfo& stream,
                                            const DecoderContext& context) override {
        if (stream.kind != StreamKind::subtitle && is_sparse(stream.kind)) {
            return fail(Errc::topo_codec_not_found,
                        "there is no decoder for " + std::string(to_string(stream.kind)) +
                            " streams (stream " + std::to_string(stream.index) + ", " +
                            stream.codec + ")");
        }
        auto codec = Codec::open(stream, context);
        if (!codec) {
            return fail(std::move(codec.error()));
        }
        switch (stream.kind) {
        case StreamKind::video: return make_video_decoder(stream, std::move(*codec));
        case StreamKind::audio: return make_audio_decoder(stream, std::move(*codec));
        default: return make_subtitle_decoder(stream, std::move(*codec));
        }
    }
};

} // namespace

std::shared_ptr<DecoderFactory> make_decoder_factory() { return std::make_shared<Factory>(); }

} // namespace playhead::ffmpeg
