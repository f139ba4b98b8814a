#include <algorithm>

#include "playhead/headless/faulty.h"
#include "synthetic_media.h"

namespace playhead::headless {
namespace {

class SyntheticSource final : public MediaSource {
public:
    SyntheticSource(const SyntheticOptions& options, std::string locator) : options_(options) {
        presentation_.locator = std::move(locator);
        presentation_.container = "synthetic";
        presentation_.seekable = options.seekable;
        const auto config = std::make_shared<SyntheticConfig>(options);
        Duration end{};
        if (options.video) {
            StreamInfo stream = add(StreamKind::video, "synthetic_video", config);
            stream.type = synthetic_video_format(options);
            stream.start = picture_time(options, 0);
            stream.duration = picture_time(options, picture_count(options)) - *stream.start;
            end = std::max(end, picture_time(options, picture_count(options)).time_since_epoch());
            video_ = stream.index;
            presentation_.streams.push_back(std::move(stream));
        }
        if (options.audio) {
            StreamInfo stream = add(StreamKind::audio, "synthetic_audio", config);
            stream.type = synthetic_audio_format(options);
            stream.start = block_time(options, 0);
            stream.duration = frames_to_duration(audio_frame_count(options), options.rate_hz);
            end = std::max(end, (*stream.start + *stream.duration).time_since_epoch());
            audio_ = stream.index;
            presentation_.streams.push_back(std::move(stream));
        }
        if (options.known_duration) presentation_.duration = end;
    }

    const Presentation& presentation() const override { return presentation_; }

    void select(std::span<const StreamIndex> streams) override {
        const auto selected = [&](StreamIndex s) {
            return s >= 0 && std::find(streams.begin(), streams.end(), s) != streams.end();
        };
        video_on_ = selected(video_);
        audio_on_ = selected(audio_);
    }

    Result<void> seek(MediaTime t) override {
        if (!options_.seekable && t != media_zero) {
            return fail(Errc::not_seekable, "'" + presentation_.locator + "' cannot seek.");
        }
        MediaTime from = t;
        const std::int64_t pictures = picture_count(options_);
        if (video_ >= 0 && pictures > 0) {
            const TimeBase base{options_.frame_rate.den, options_.frame_rate.num};
            std::int64_t number = std::clamp<std::int64_t>(
                rescale(t - picture_time(options_, 0), base, Rounding::down), 0, pictures - 1);
            while (number + 1 < pictures && picture_time(options_, number + 1) <= t) ++number;
            const std::int64_t gop = std::max(options_.gop, 1);
            next_picture_ = number / gop * gop;
            if (video_on_) from = std::min(from, picture_time(options_, next_picture_));
        }
        const Duration into = from - block_time(options_, 0);
        next_block_ = std::clamp<std::int64_t>(
            duration_to_frames(into, options_.rate_hz, Rounding::down) / options_.block_frames, 0,
            block_count(options_));
        return {};
    }

    ReadOutcome read() override {
        for (;;) {
            const bool video = video_ >= 0 && next_picture_ < picture_count(options_);
            const bool audio = audio_ >= 0 && next_block_ < block_count(options_);
            if (!video && !audio) return EndOfStream{};
            const bool take_video = video && (!audio || picture_place() <= block_place());
            auto packet = take_video ? picture_packet() : block_packet();
            if (packet) return std::move(*packet);
        }
    }

private:
    StreamInfo add(StreamKind kind, const char* codec,
                   const std::shared_ptr<const CodecConfig>& config) const {
        StreamInfo stream;
        stream.index = static_cast<StreamIndex>(presentation_.streams.size());
        stream.kind = kind;
        stream.codec = codec;
        stream.disposition.is_default = true;
        stream.config = config;
        return stream;
    }

    // Where in the file the next ones lie, told as times.
    MediaTime picture_place() const { return picture_time(options_, next_picture_); }
    MediaTime block_place() const {
        return block_time(options_, next_block_) + options_.audio_behind;
    }

    bool missing(MediaTime t) const {
        return options_.gap && options_.gap->from <= t && t < options_.gap->to;
    }

    std::optional<Packet> picture_packet() {
        const std::int64_t place = next_picture_++;
        const std::int64_t number = picture_decoded_at(options_, place);
        const MediaTime pts = picture_time(options_, number);
        if (!video_on_ || missing(pts)) return std::nullopt;
        Packet packet;
        packet.stream = video_;
        packet.pts = pts;
        packet.dts = picture_time(options_, place - (options_.b_frames > 0 ? 1 : 0));
        packet.duration = picture_length(options_);
        packet.key = number % std::max(options_.gop, 1) == 0;
        packet.data = std::make_shared<SyntheticPacket>(
            number, true, is_reference(options_, number), packet.key ? 4000U : 500U);
        return packet;
    }

    std::optional<Packet> block_packet() {
        const std::int64_t block = next_block_++;
        const MediaTime pts = block_time(options_, block);
        if (!audio_on_ || missing(pts)) return std::nullopt;
        Packet packet;
        packet.stream = audio_;
        packet.pts = packet.dts = pts;
        packet.duration = frames_to_duration(block_length(options_, block), options_.rate_hz);
        packet.key = true;
        packet.data = std::make_shared<SyntheticPacket>(block, false, true, 300U);
        return packet;
    }

    const SyntheticOptions options_;
    Presentation presentation_;
    StreamIndex video_ = -1;
    StreamIndex audio_ = -1;
    bool video_on_ = true;
    bool audio_on_ = true;
    std::int64_t next_picture_ = 0; // in the order of decoding
    std::int64_t next_block_ = 0;
    Counted counted_;
};

class SyntheticSources final : public SourceFactory {
public:
    Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                              const SourceContext& context) override {
        auto options = parse_synthetic(request.locator);
        if (!options) return fail(options.error());
        return faulty(std::make_shared<Plain>(*options), options->faults)->open(request, context);
    }

private:
    class Plain final : public SourceFactory {
    public:
        explicit Plain(SyntheticOptions options) : options_(std::move(options)) {}
        Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                                  const SourceContext&) override {
            const SourceLimits& limits = request.options.limits;
            if (options_.width > limits.width || options_.height > limits.height) {
                return fail(Errc::limit_exceeded,
                            "'" + request.locator + "' has pictures larger than the limit.");
            }
            if (!options_.video && !options_.audio) {
                return fail(Errc::no_streams,
                            "'" + request.locator + "' has neither pictures nor sound.");
            }
            return std::make_unique<SyntheticSource>(options_, request.locator);
        }

    private:
        SyntheticOptions options_;
    };
};

} // namespace

std::shared_ptr<SourceFactory> synthetic_sources() { return std::make_shared<SyntheticSources>(); }

} // namespace playhead::headless
