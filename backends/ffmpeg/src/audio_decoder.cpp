#include <algorithm>
#include <chrono>

#include "codec.h"

namespace playhead::ffmpeg {

namespace {

// The position of sound: counted, and held to the stamps only where they say that something is
// missing. Container stamps are rounded (to a millisecond in Matroska), counts are not.
class Counter {
public:
    // `guessed`: the stamps rest on lengths of packets that the demuxer had to guess.
    explicit Counter(bool guessed) : guessed_(guessed) {}

    MediaTime place(const AVFrame& frame) {
        if (frame.sample_rate != rate_hz_) {
            start(frame, at_end());
        }
        longest_ = std::max(longest_, frame.nb_samples);
        if (frame.best_effort_timestamp != AV_NOPTS_VALUE) {
            const MediaTime told = media_at(Duration{frame.best_effort_timestamp});
            const Duration off = told - at_end();
            if (!anchored_ || off > tolerance() || off < -tolerance()) {
                base_ = told;
                frames_ = 0;
                anchored_ = true;
            }
        }
        const MediaTime at = at_end();
        frames_ += frame.nb_samples;
        return at;
    }
    void reset() { *this = Counter{guessed_}; }

private:
    void start(const AVFrame& frame, MediaTime at) {
        base_ = at;
        frames_ = 0;
        rate_hz_ = frame.sample_rate;
        longest_ = 0;
    }
    MediaTime at_end() const {
        return rate_hz_ > 0 ? base_ + frames_to_duration(frames_, rate_hz_) : base_;
    }
    // A third of a block: a lost one is noticed, rounding never. Vorbis blocks are of two lengths, and
    // where those change libavformat may be wrong by half a long one until the next page.
    Duration tolerance() const {
        if (guessed_) {
            return std::max<Duration>(frames_to_duration(longest_, rate_hz_),
                                      std::chrono::milliseconds{20});
        }
        return std::clamp<Duration>(frames_to_duration(longest_, rate_hz_) / 3,
                                    std::chrono::milliseconds{5}, std::chrono::milliseconds{20});
    }

    bool guessed_;
    MediaTime base_{};
    std::int64_t frames_ = 0;
    int rate_hz_ = 0;
    int longest_ = 0;
    bool anchored_ = false;
};

class AudioDecoder final : public Decoder {
public:
    AudioDecoder(Codec codec, std::optional<MediaTime> end)
        : codec_(std::move(codec)),
          end_(end),
          counter_(codec_.context().codec_id == AV_CODEC_ID_VORBIS) {}

    Result<SendOutcome> send(const Packet& packet) override { return codec_.send(packet); }
    void drain() override { codec_.drain(); }
    void set_followed(bool followed) override { followed_ = followed; }
    void flush() override {
        codec_.flush();
        counter_.reset();
    }

    DecodeOutcome receive() override {
        for (;;) {
            auto outcome = codec_.receive();
            if (auto* frame = std::get_if<FrameHandle>(&outcome)) {
                mend_rate(**frame);
                if ((*frame)->nb_samples > 0 && (*frame)->sample_rate > 0) {
                    AudioBlock block = to_sample(std::move(*frame));
                    if (block.frames > 0) {
                        return Sample{std::move(block)};
                    }
                }
                continue;
            }
            if (auto* error = std::get_if<Error>(&outcome)) {
                return std::move(*error);
            }
            if (std::holds_alternative<NotYet>(outcome)) {
                return NotYet{};
            }
            return EndOfStream{};
        }
    }

private:
    // libavcodec's MPEG audio decoders learn a frame's rate after they have made the frame, so the
    // first one behind a change claims the rate before it.
    void mend_rate(AVFrame& frame) const {
        const AVCodecContext& context = codec_.context();
        const bool late = context.codec_id == AV_CODEC_ID_MP1 ||
                          context.codec_id == AV_CODEC_ID_MP2 ||
                          context.codec_id == AV_CODEC_ID_MP3;
        if (late && context.sample_rate > 0) {
            frame.sample_rate = context.sample_rate;
        }
    }
    AudioBlock to_sample(FrameHandle frame) {
        AudioBlock out;
        out.pts = counter_.place(*frame);
        out.frames = frame->nb_samples;
        if (end_ && followed_) {
            const std::int64_t left = duration_to_frames(*end_ - out.pts, frame->sample_rate);
            out.frames = std::clamp<std::int64_t>(left, 0, out.frames);
        }
        out.corrupt = (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0;
        out.buffer = std::make_shared<FrameSamples>(std::move(frame));
        return out;
    }

    Codec codec_;
    const std::optional<MediaTime> end_; // of the sound; the rest fills up the last block
    bool followed_ = true;
    Counter counter_;
};

} // namespace

Result<std::unique_ptr<Decoder>> make_audio_decoder(const StreamInfo& stream, Codec codec) {
    const auto* config = dynamic_cast<const StreamConfig*>(stream.config.get());
    return std::make_unique<AudioDecoder>(std::move(codec),
                                          config != nullptr ? config->sound_end : std::nullopt);
}

} // namespace playhead::ffmpeg
