#include "outputs/audio_fakes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "outputs/audio_chunk.h"

namespace playhead::test {
namespace {

class PickingStretcher final : public TimeStretcher {
public:
    explicit PickingStretcher(const AudioFormat& format) : format_(format) {}

    void set_tempo(double tempo) override { tempo_ = tempo; }
    Result<std::shared_ptr<const SampleBuffer>> process(const SampleBuffer& in, std::int64_t first,
                                                        std::int64_t frames) override {
        const auto* from = reinterpret_cast<const float*>(in.plane(0)) + first * channels();
        held_.insert(held_.end(), from, from + frames * channels());
        std::vector<float> out;
        while (frames_held() - next_ > sequence) pick(out, sequence);
        return given(std::move(out));
    }
    Result<std::shared_ptr<const SampleBuffer>> drain() override {
        std::vector<float> out;
        pick(out, frames_held() - next_);
        reset();
        return given(std::move(out));
    }
    void reset() override {
        held_.clear();
        next_ = 0.0;
    }
    double held_frames() const override { return frames_held() - next_; }

private:
    static constexpr double sequence = 3000.0; // input frames

    std::int64_t channels() const { return format_.channels; }
    double frames_held() const {
        return static_cast<double>(static_cast<std::int64_t>(held_.size()) / channels());
    }
    void pick(std::vector<float>& out, double input) {
        for (const double end = next_ + input; next_ < end; next_ += tempo_) {
            const auto at = std::min(static_cast<std::int64_t>(next_) * channels(),
                                     static_cast<std::int64_t>(held_.size()) - channels());
            out.insert(out.end(), held_.begin() + at, held_.begin() + at + channels());
        }
        const auto gone = std::min(static_cast<std::int64_t>(next_) * channels(),
                                   static_cast<std::int64_t>(held_.size()));
        held_.erase(held_.begin(), held_.begin() + gone);
        next_ -= static_cast<double>(gone / channels());
    }
    std::shared_ptr<const SampleBuffer> given(std::vector<float> out) const {
        return out.empty() ? nullptr : float_samples(format_, std::move(out));
    }

    const AudioFormat format_;
    double tempo_ = 1.0;
    std::vector<float> held_;
    double next_ = 0.0;
};

class StraightConverter final : public AudioConverter {
public:
    StraightConverter(const AudioFormat& from, const AudioFormat& to) : from_(from), to_(to) {}

    Result<std::shared_ptr<const SampleBuffer>> convert(const SampleBuffer& in, std::int64_t first,
                                                        std::int64_t frames) override {
        const auto* from = reinterpret_cast<const float*>(in.plane(0)) + first * from_.channels;
        in_.insert(in_.end(), from, from + frames * from_.channels);
        return made(total() - delay);
    }
    Result<std::shared_ptr<const SampleBuffer>> drain() override {
        const std::vector<float> last(in_.end() - from_.channels, in_.end());
        const std::int64_t end = total();
        for (int i = 0; i < delay; ++i) in_.insert(in_.end(), last.begin(), last.end());
        return made(end);
    }
    void reset() override {
        in_.clear();
        dropped_ = out_ = 0;
    }
    std::int64_t delay_frames() const override {
        return std::max<std::int64_t>(total() * to_.rate_hz / from_.rate_hz - out_, 0);
    }

private:
    static constexpr int delay = 16;

    std::int64_t total() const {
        return dropped_ + static_cast<std::int64_t>(in_.size()) / from_.channels;
    }
    // Output whose place lies before input frame `end`.
    std::shared_ptr<const SampleBuffer> made(std::int64_t end) {
        std::vector<float> out;
        for (; out_ * from_.rate_hz < end * to_.rate_hz; ++out_) {
            const std::int64_t at = out_ * from_.rate_hz / to_.rate_hz;
            const auto share = static_cast<float>(out_ * from_.rate_hz - at * to_.rate_hz) /
                               static_cast<float>(to_.rate_hz);
            for (int c = 0; c < to_.channels; ++c) {
                const int of = std::min(c, from_.channels - 1);
                const float a = sample(at, of);
                out.push_back(a + (sample(at + 1, of) - a) * share);
            }
        }
        const std::int64_t gone =
            std::clamp<std::int64_t>(out_ * from_.rate_hz / to_.rate_hz - 1 - dropped_, 0,
                                     static_cast<std::int64_t>(in_.size()) / from_.channels - 1);
        in_.erase(in_.begin(), in_.begin() + gone * from_.channels);
        dropped_ += gone;
        if (out.empty()) return nullptr;
        return float_samples(to_, std::move(out));
    }
    float sample(std::int64_t frame, int channel) const {
        const auto last = static_cast<std::int64_t>(in_.size()) / from_.channels - 1;
        const auto at = std::clamp<std::int64_t>(frame - dropped_, 0, last);
        return in_[static_cast<std::size_t>(at * from_.channels + channel)];
    }

    const AudioFormat from_, to_;
    std::vector<float> in_;
    std::int64_t dropped_ = 0; // of the input, before in_
    std::int64_t out_ = 0;
};

} // namespace

Result<std::unique_ptr<TimeStretcher>> PickingStretchers::create(const AudioFormat& format) {
    ++created;
    return std::make_unique<PickingStretcher>(format);
}

Result<std::unique_ptr<AudioConverter>> StraightConverters::audio(const AudioFormat& from,
                                                                  const AudioFormat& to) {
    return std::make_unique<StraightConverter>(from, to);
}

AudioFormat float_format(int rate_hz, int channels) {
    AudioFormat format;
    format.rate_hz = rate_hz;
    format.channels = channels;
    return format;
}

std::shared_ptr<const SampleBuffer> float_samples(const AudioFormat& format,
                                                  std::vector<float> samples) {
    return std::make_shared<FloatSamples>(format, std::move(samples));
}

std::function<std::optional<Sample>()> sine_blocks(double hz, MediaTime begin, std::int64_t frames,
                                                   int rate_hz, int channels) {
    return [=, at = std::int64_t{0}]() mutable -> std::optional<Sample> {
        constexpr std::int64_t block_frames = 1000;
        const std::int64_t n = std::min(block_frames, frames - at);
        if (n <= 0) return std::nullopt;
        const double start = std::chrono::duration<double>(begin - media_zero).count();
        std::vector<float> samples;
        for (std::int64_t i = at; i < at + n; ++i) {
            const double t = start + static_cast<double>(i) / rate_hz;
            const auto value = static_cast<float>(0.5 * std::sin(2.0 * std::numbers::pi * hz * t));
            samples.insert(samples.end(), static_cast<std::size_t>(channels), value);
        }
        AudioBlock block;
        block.buffer = float_samples(float_format(rate_hz, channels), std::move(samples));
        block.frames = n;
        block.pts = begin + frames_to_duration(at, rate_hz);
        at += n;
        return Sample{std::move(block)};
    };
}

} // namespace playhead::test
