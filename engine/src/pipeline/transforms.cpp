#include "pipeline/transforms.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "media/sample_type.h"

namespace playhead {
namespace {

class MadeBy final : public TransformFactory {
public:
    explicit MadeBy(MakeTransform make) : make_(std::move(make)) {}
    Result<std::unique_ptr<Transform>> create() override { return make_(); }

private:
    const MakeTransform make_;
};

class Mapping final : public Transform {
public:
    explicit Mapping(MapSample map) : map_(std::move(map)) {}
    Result<MediaType> set_input(const MediaType& type) override { return type; }
    Result<void> process(Sample in, std::vector<Sample>& out) override {
        auto mapped = map_(std::move(in));
        if (!mapped) return fail(mapped.error());
        out.push_back(std::move(*mapped));
        return {};
    }

private:
    const MapSample map_;
};

class VideoConversion final : public Transform {
public:
    VideoConversion(std::shared_ptr<ConverterFactory> converters, VideoFormat to)
        : converters_(std::move(converters)),
          to_(std::move(to)) {}

    Result<MediaType> set_input(const MediaType& type) override {
        if (!std::holds_alternative<VideoFormat>(type)) {
            return fail(Errc::topo_cannot_connect, "pictures are not made of " + describe(type));
        }
        if (!converter_ && converters_) converter_ = converters_->video();
        if (!converter_) {
            return fail(Errc::topo_cannot_connect, "the engine has no converter for " +
                                                       describe(type) + " to " + describe(to_));
        }
        return MediaType{to_};
    }
    Result<void> process(Sample in, std::vector<Sample>& out) override {
        auto& frame = std::get<VideoFrame>(in);
        auto made = converter_->convert(*frame.picture, to_);
        if (!made) return fail(made.error());
        frame.picture = std::move(*made);
        out.push_back(std::move(in));
        return {};
    }

private:
    const std::shared_ptr<ConverterFactory> converters_;
    const VideoFormat to_;
    std::unique_ptr<VideoConverter> converter_;
};

// Output frames are counted from where the sound began, so that rounding does not add up.
class AudioConversion final : public Transform {
public:
    AudioConversion(std::shared_ptr<ConverterFactory> converters, AudioFormat to)
        : converters_(std::move(converters)),
          to_(to) {}

    Result<MediaType> set_input(const MediaType& type) override {
        const auto* from = std::get_if<AudioFormat>(&type);
        if (from == nullptr) {
            return fail(Errc::topo_cannot_connect, "sound is not made of " + describe(type));
        }
        if (!converters_) {
            return fail(Errc::topo_cannot_connect, "the engine has no converter for " +
                                                       describe(type) + " to " + describe(to_));
        }
        next_ = *from; // what the one before holds comes out first
        if (converter_) return MediaType{to_};
        auto made = converters_->audio(*from, to_);
        if (!made) return fail(made.error());
        converter_ = std::move(*made);
        from_ = *from;
        return MediaType{to_};
    }
    Result<void> process(Sample in, std::vector<Sample>& out) override {
        auto& block = std::get<AudioBlock>(in);
        const bool continues = began_ && block.pts - end_ <= joined && end_ - block.pts <= joined;
        if (!continues || !(from_ == next_)) {
            if (auto ok = drain(out); !ok) return ok;
        }
        if (!(from_ == next_)) {
            auto made = converters_->audio(next_, to_);
            if (!made) return fail(made.error());
            converter_ = std::move(*made);
            from_ = next_;
        }
        if (!began_) {
            began_ = end_ = block.pts;
            given_ = 0;
        }
        auto converted = converter_->convert(*block.buffer, block.first_frame, block.frames);
        if (!converted) return fail(converted.error());
        end_ += block.length();
        give(*converted, std::numeric_limits<std::int64_t>::max(), out);
        return {};
    }
    Result<void> drain(std::vector<Sample>& out) override {
        if (!began_) return {};
        auto rest = converter_->drain();
        converter_->reset();
        if (!rest) {
            began_.reset();
            return fail(rest.error());
        }
        give(*rest, duration_to_frames(end_ - *began_, to_.rate_hz) - given_, out);
        began_.reset();
        return {};
    }
    void flush() override {
        if (converter_) converter_->reset();
        began_.reset();
    }

private:
    static constexpr Duration joined = std::chrono::milliseconds{2};

    void give(const std::shared_ptr<const SampleBuffer>& buffer, std::int64_t most,
              std::vector<Sample>& out) {
        const std::int64_t frames = std::min(buffer ? buffer->frames() : 0, most);
        if (frames <= 0) return;
        AudioBlock block;
        block.buffer = buffer;
        block.frames = frames;
        block.pts = *began_ + frames_to_duration(given_, to_.rate_hz);
        given_ += frames;
        out.push_back(std::move(block));
    }

    const std::shared_ptr<ConverterFactory> converters_;
    const AudioFormat to_;
    std::unique_ptr<AudioConverter> converter_;
    AudioFormat from_;               // the converter's
    AudioFormat next_;               // of what comes in next
    std::optional<MediaTime> began_; // where the frames are counted from
    MediaTime end_{};                // of what came in
    std::int64_t given_ = 0;
};

} // namespace

std::shared_ptr<TransformFactory> transform_factory(MakeTransform make) {
    return std::make_shared<MadeBy>(std::move(make));
}

std::shared_ptr<TransformFactory> map_samples(MapSample map) {
    return transform_factory([map = std::move(map)]() -> Result<std::unique_ptr<Transform>> {
        return std::unique_ptr<Transform>(std::make_unique<Mapping>(map));
    });
}

std::unique_ptr<Transform> make_converter(std::shared_ptr<ConverterFactory> converters,
                                          MediaType to) {
    if (const auto* audio = std::get_if<AudioFormat>(&to)) {
        return std::make_unique<AudioConversion>(std::move(converters), *audio);
    }
    return std::make_unique<VideoConversion>(std::move(converters), std::get<VideoFormat>(to));
}

Result<std::vector<std::unique_ptr<Transform>>>
make_all(const std::vector<TransformRecipe>& recipes) {
    std::vector<std::unique_ptr<Transform>> made;
    for (const auto& recipe : recipes) {
        auto transform = recipe();
        if (!transform) return fail(transform.error());
        if (!*transform) return fail(Errc::topo_unsupported, "a transform's factory gave nothing");
        made.push_back(std::move(*transform));
    }
    return made;
}

// ---- one behind the other --------------------------------------------------------------------

TransformChain::TransformChain(std::vector<std::unique_ptr<Transform>> transforms) {
    for (auto& transform : transforms) steps_.emplace_back().transform = std::move(transform);
}

Result<void> TransformChain::pass(Sample sample, std::vector<Sample>& out) {
    return pass_from(0, std::move(sample), out);
}

Result<void> TransformChain::pass_from(std::size_t first, Sample sample, std::vector<Sample>& out) {
    std::vector<Sample> samples;
    samples.push_back(std::move(sample));
    for (std::size_t i = first; i < steps_.size() && !samples.empty(); ++i) {
        Step& step = steps_[i];
        std::vector<Sample> made;
        for (auto& in : samples) {
            if (type_of(in).index() == 0) continue; // nothing in it
            if (!is_of_type(in, step.input)) {
                auto type = type_of(in);
                if (auto given = step.transform->set_input(type); !given) {
                    return fail(Errc::topo_cannot_connect, given.error().message());
                }
                step.input = std::move(type);
            }
            if (auto ok = step.transform->process(std::move(in), made); !ok) return ok;
        }
        samples = std::move(made);
    }
    for (auto& made : samples) out.push_back(std::move(made));
    return {};
}

Result<void> TransformChain::drain(std::vector<Sample>& out) {
    Result<void> result;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        std::vector<Sample> rest;
        if (auto ok = steps_[i].transform->drain(rest); !ok) result = ok;
        for (auto& sample : rest) {
            if (auto ok = pass_from(i + 1, std::move(sample), out); !ok) result = ok;
        }
    }
    return result;
}

void TransformChain::flush() {
    for (auto& step : steps_) step.transform->flush();
}

// ---- the decoder -----------------------------------------------------------------------------

TransformedDecoder::TransformedDecoder(std::unique_ptr<Decoder> decoder, TransformChain transforms)
    : decoder_(std::move(decoder)),
      transforms_(std::move(transforms)) {}

DecodeOutcome TransformedDecoder::receive() {
    for (;;) {
        if (given_ < ready_.size()) return std::move(ready_[given_++]);
        ready_.clear();
        given_ = 0;
        if (drained_) return EndOfStream{};
        auto outcome = decoder_->receive();
        if (auto* sample = std::get_if<Sample>(&outcome)) {
            if (auto ok = transforms_.pass(std::move(*sample), ready_); !ok) return ok.error();
        } else if (std::holds_alternative<EndOfStream>(outcome)) {
            drained_ = true;
            if (auto ok = transforms_.drain(ready_); !ok) return ok.error();
        } else {
            return outcome;
        }
    }
}

void TransformedDecoder::flush() {
    decoder_->flush();
    transforms_.flush();
    ready_.clear();
    given_ = 0;
    drained_ = false;
}

} // namespace playhead
