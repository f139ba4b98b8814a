#include "clip_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "clip_picture.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace playhead::clip {

namespace {

// Bad news, as a sentence.
struct Trouble {
    std::string text;
};

void check(int code, const std::string& what) {
    if (code < 0) {
        std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
        av_strerror(code, text.data(), text.size());
        throw Trouble{what + " failed: " + text.data()};
    }
}

struct Freed {
    void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
    void operator()(AVFrame* p) const { av_frame_free(&p); }
    void operator()(AVPacket* p) const { av_packet_free(&p); }
    void operator()(SwsContext* p) const { sws_freeContext(p); }
    void operator()(AVFormatContext* p) const {
        if (p->pb != nullptr && (p->oformat->flags & AVFMT_NOFILE) == 0) {
            avio_closep(&p->pb);
        }
        avformat_free_context(p);
    }
};
template <class T>
using Owned = std::unique_ptr<T, Freed>;

const AVCodec* encoder(const std::string& name) {
    const AVCodec* found = avcodec_find_encoder_by_name(name.c_str());
    if (found == nullptr) {
        if (const AVCodecDescriptor* codec = avcodec_descriptor_get_by_name(name.c_str())) {
            found = avcodec_find_encoder(codec->id);
        }
    }
    if (found == nullptr) {
        throw Trouble{"this FFmpeg has no encoder '" + name + "'"};
    }
    return found;
}

// The first of the formats that the encoder takes. Which it takes is asked of each FFmpeg in another
// way, but trying works in all.
template <class Format, class Prepare>
Owned<AVCodecContext> open_encoder(const AVCodec* codec, std::initializer_list<Format> formats,
                                   Prepare prepare) {
    const int level = av_log_get_level();
    int code = AVERROR(EINVAL);
    for (const Format format : formats) {
        Owned<AVCodecContext> context(avcodec_alloc_context3(codec));
        prepare(*context, format);
        context->flags |= AV_CODEC_FLAG_BITEXACT;
        context->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
        av_log_set_level(AV_LOG_QUIET);
        code = avcodec_open2(context.get(), codec, nullptr);
        av_log_set_level(level);
        if (code >= 0) {
            return context;
        }
    }
    check(code, std::string("opening the encoder '") + codec->name + "'");
    return nullptr;
}

// Packets in the order asked for.
class Muxer {
public:
    explicit Muxer(const ClipOptions& options) : options_(options) {
        AVFormatContext* raw = nullptr;
        check(avformat_alloc_output_context2(&raw, nullptr, nullptr, options.file.c_str()),
              "choosing a container for '" + options.file + "'");
        output_.reset(raw);
        raw->flags |= AVFMT_FLAG_BITEXACT;
    }

    bool wants_global_header() const { return (output_->oformat->flags & AVFMT_GLOBALHEADER) != 0; }

    // What is added from here on belongs to this program.
    void begin_program(int number) {
        if (av_new_program(output_.get(), number) == nullptr) {
            throw Trouble{"no memory"};
        }
        program_ = number;
    }

    AVStream* add(const AVCodecContext& codec) {
        AVStream* stream = avformat_new_stream(output_.get(), nullptr);
        if (stream == nullptr) {
            throw Trouble{"no memory"};
        }
        check(avcodec_parameters_from_context(stream->codecpar, &codec), "describing a stream");
        stream->time_base = codec.time_base;
        stream->avg_frame_rate = codec.framerate;
        if (program_ > 0) {
            av_program_add_stream_index(output_.get(), program_,
                                        static_cast<unsigned>(stream->index));
        }
        return stream;
    }

    void begin() {
        const std::string what = "writing '" + options_.file + "'";
        check(avio_open(&output_->pb, options_.file.c_str(), AVIO_FLAG_WRITE), what);
        output_->output_ts_offset = std::llround(options_.start_s * AV_TIME_BASE);
        check(avformat_write_header(output_.get(), nullptr), what);
    }

    void write(const AVPacket& packet, const AVCodecContext& codec, AVStream& stream) {
        Owned<AVPacket> copy(av_packet_clone(&packet));
        copy->stream_index = stream.index;
        const std::int64_t dts = copy->dts;
        av_packet_rescale_ts(copy.get(), codec.time_base, stream.time_base);
        if (options_.interleave == Interleave::good) {
            check(av_interleaved_write_frame(output_.get(), copy.get()), "writing a packet");
            return;
        }
        const bool audio = codec.codec_type == AVMEDIA_TYPE_AUDIO;
        const double at = static_cast<double>(dts) * av_q2d(codec.time_base);
        held_.push_back({static_cast<int>(std::floor(at / options_.interleave_chunk_s)),
                         audio == (options_.interleave == Interleave::audio_first) ? 0 : 1,
                         std::move(copy)});
    }

    void end() {
        std::stable_sort(held_.begin(), held_.end(), [](const Held& a, const Held& b) {
            return a.chunk != b.chunk ? a.chunk < b.chunk : a.rank < b.rank;
        });
        for (const Held& held : held_) {
            check(av_write_frame(output_.get(), held.packet.get()), "writing a packet");
        }
        check(av_write_trailer(output_.get()), "finishing '" + options_.file + "'");
    }

private:
    struct Held {
        int chunk;
        int rank;
        Owned<AVPacket> packet;
    };
    const ClipOptions& options_;
    Owned<AVFormatContext> output_;
    std::vector<Held> held_;
    int program_ = 0;
};

// What picture and sound share: an encoder, its stream, and how far it has come.
class Track {
public:
    Track(Muxer& muxer, Owned<AVCodecContext> codec)
        : muxer_(muxer),
          codec_(std::move(codec)),
          stream_(muxer.add(*codec_)) {}
    virtual ~Track() = default;

    virtual bool next() = 0; // false: that was all
    double time() const { return static_cast<double>(position_) * av_q2d(codec_->time_base); }

    void encode(const AVFrame* frame) {
        check(avcodec_send_frame(codec_.get(), frame), "encoding");
        const Owned<AVPacket> packet(av_packet_alloc());
        for (;;) {
            const int code = avcodec_receive_packet(codec_.get(), packet.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
                return;
            }
            check(code, "encoding");
            if (packet->duration == 0 && codec_->codec_type == AVMEDIA_TYPE_VIDEO) {
                packet->duration = 1;
            }
            muxer_.write(*packet, *codec_, *stream_);
            av_packet_unref(packet.get());
        }
    }

protected:
    AVCodecContext& codec() { return *codec_; }
    std::int64_t position_ = 0;

private:
    Muxer& muxer_;
    Owned<AVCodecContext> codec_;
    AVStream* stream_;
};

Owned<AVCodecContext> open_video(const ClipOptions& options, bool global_header) {
    return open_encoder(
        encoder(options.video),
        {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P,
         AV_PIX_FMT_RGB24, AV_PIX_FMT_BGR0, AV_PIX_FMT_RGBA, AV_PIX_FMT_GRAY8},
        [&](AVCodecContext& codec, AVPixelFormat format) {
            codec.width = options.width;
            codec.height = options.height;
            codec.pix_fmt = format;
            codec.framerate = {options.fps_num, options.fps_den};
            codec.time_base = {options.fps_den, options.fps_num};
            codec.gop_size = options.gop;
            codec.max_b_frames = options.bframes;
            codec.colorspace = options.height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
            codec.color_range = format == AV_PIX_FMT_YUVJ420P ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
            codec.bit_rate = std::int64_t{options.width} * options.height * options.fps_num /
                             options.fps_den / 8;
            switch (codec.codec_id) { // those that take a quality instead
            case AV_CODEC_ID_MPEG1VIDEO:
            case AV_CODEC_ID_MPEG2VIDEO:
            case AV_CODEC_ID_MPEG4:
            case AV_CODEC_ID_MJPEG:
                codec.flags |= AV_CODEC_FLAG_QSCALE;
                codec.global_quality = 3 * FF_QP2LAMBDA;
                break;
            default: break;
            }
            if (global_header) {
                codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
            }
        });
}

class VideoTrack final : public Track {
public:
    VideoTrack(Muxer& muxer, const ClipOptions& options)
        : Track(muxer, open_video(options, muxer.wants_global_header())),
          painter_(options),
          frames_(options.frames()),
          frame_(av_frame_alloc()) {
        frame_->format = codec().pix_fmt;
        frame_->width = options.width;
        frame_->height = options.height;
        frame_->colorspace = codec().colorspace;
        frame_->color_range = codec().color_range;
        check(av_frame_get_buffer(frame_.get(), 0), "making a picture");
        scaler_.reset(sws_getContext(options.width, options.height, AV_PIX_FMT_RGB24, options.width,
                                     options.height, codec().pix_fmt,
                                     SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr, nullptr));
        if (!scaler_) {
            throw Trouble{"no conversion to the encoder's pictures"};
        }
        const int* matrix =
            sws_getCoefficients(options.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601);
        sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix,
                                 codec().color_range == AVCOL_RANGE_JPEG, 0, 1 << 16, 1 << 16);
    }

    bool next() override {
        if (position_ >= frames_) {
            return false;
        }
        check(av_frame_make_writable(frame_.get()), "making a picture");
        const std::uint8_t* rgb = painter_.paint(position_).data();
        const int stride = frame_->width * 3;
        sws_scale(scaler_.get(), &rgb, &stride, 0, frame_->height, frame_->data, frame_->linesize);
        frame_->pts = position_++;
        encode(frame_.get());
        return true;
    }

private:
    PicturePainter painter_;
    std::int64_t frames_;
    Owned<AVFrame> frame_;
    Owned<SwsContext> scaler_;
};

Owned<AVCodecContext> open_audio(const ClipOptions& options, bool global_header) {
    return open_encoder(encoder(options.audio),
                        {AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_S16P,
                         AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_S32, AV_SAMPLE_FMT_U8},
                        [&](AVCodecContext& codec, AVSampleFormat format) {
                            codec.sample_fmt = format;
                            codec.sample_rate = options.rate_hz;
                            codec.time_base = {1, options.rate_hz};
                            codec.bit_rate = std::int64_t{64'000} * options.channels;
                            av_channel_layout_default(&codec.ch_layout, options.channels);
                            if (global_header) {
                                codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
                            }
                        });
}

class AudioTrack final : public Track {
public:
    AudioTrack(Muxer& muxer, const ClipOptions& options, int tone_khz)
        : Track(muxer, open_audio(options, muxer.wants_global_header())),
          tone_hz_(tone_khz * 1000),
          rate_hz_(options.rate_hz),
          samples_(std::llround(options.seconds * options.rate_hz)) {}

    bool next() override {
        if (position_ >= samples_) {
            return false;
        }
        const int most = codec().frame_size > 0 ? codec().frame_size : 1024;
        const Owned<AVFrame> frame(av_frame_alloc());
        frame->format = codec().sample_fmt;
        frame->sample_rate = codec().sample_rate;
        frame->nb_samples = static_cast<int>(std::min<std::int64_t>(most, samples_ - position_));
        check(av_channel_layout_copy(&frame->ch_layout, &codec().ch_layout), "describing sound");
        check(av_frame_get_buffer(frame.get(), 0), "making sound");
        for (int i = 0; i < frame->nb_samples; ++i) {
            const double value = sample(position_ + i);
            for (int channel = 0; channel < frame->ch_layout.nb_channels; ++channel) {
                put(*frame, channel, i, value);
            }
        }
        frame->pts = position_;
        position_ += frame->nb_samples;
        encode(frame.get());
        return true;
    }

private:
    // A tone for the first tenth of each second, its ends rounded over 2 ms.
    double sample(std::int64_t n) const {
        const std::int64_t rate = rate_hz_;
        const double in_second = static_cast<double>(n % rate) / static_cast<double>(rate);
        if (in_second >= beep_seconds) {
            return 0;
        }
        constexpr double ramp = 0.002;
        const double edge = std::min({in_second / ramp, (beep_seconds - in_second) / ramp, 1.0});
        constexpr double turn = 6.283185307179586;
        return 0.5 * edge * std::sin(turn * tone_hz_ * in_second);
    }
    static void put(AVFrame& frame, int channel, int i, double value) {
        const auto format = static_cast<AVSampleFormat>(frame.format);
        const bool planar = av_sample_fmt_is_planar(format) != 0;
        const int index = planar ? i : i * frame.ch_layout.nb_channels + channel;
        std::uint8_t* at = frame.extended_data[planar ? channel : 0] +
                           static_cast<std::ptrdiff_t>(index) * av_get_bytes_per_sample(format);
        const auto store = [at](auto number) { std::memcpy(at, &number, sizeof number); };
        switch (av_get_packed_sample_fmt(format)) {
        case AV_SAMPLE_FMT_FLT: store(static_cast<float>(value)); break;
        case AV_SAMPLE_FMT_S16: store(static_cast<std::int16_t>(std::lround(value * 32767))); break;
        case AV_SAMPLE_FMT_S32:
            store(static_cast<std::int32_t>(std::llround(value * 2147483647)));
            break;
        case AV_SAMPLE_FMT_U8:
            store(static_cast<std::uint8_t>(128 + std::lround(value * 127)));
            break;
        default: break;
        }
    }

    int tone_hz_;
    std::int64_t rate_hz_;
    std::int64_t samples_;
};

} // namespace

std::string write_clip(const ClipOptions& options) {
    try {
        Muxer muxer(options);
        std::vector<std::unique_ptr<Track>> tracks;
        int tone_khz = 0;
        for (int program = 1; program <= options.programs; ++program) {
            if (options.programs > 1) {
                muxer.begin_program(program);
            }
            if (options.video != "none") {
                tracks.push_back(std::make_unique<VideoTrack>(muxer, options));
            }
            for (int sound = 0; options.audio != "none" && sound < options.sounds; ++sound) {
                tracks.push_back(std::make_unique<AudioTrack>(muxer, options, ++tone_khz));
            }
        }
        muxer.begin();
        while (!tracks.empty()) {
            auto behind =
                std::min_element(tracks.begin(), tracks.end(), [](const auto& a, const auto& b) {
                    return a->time() < b->time();
                });
            if (!(*behind)->next()) {
                (*behind)->encode(nullptr);
                tracks.erase(behind);
            }
        }
        muxer.end();
        return {};
    } catch (const Trouble& trouble) {
        return trouble.text;
    }
}

} // namespace playhead::clip
