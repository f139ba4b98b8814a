#include "playhead/soundtouch/stretcher.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include <SoundTouch.h>

namespace playhead::soundtouch {
namespace {

static_assert(std::is_same_v<::soundtouch::SAMPLETYPE, float>,
              "SoundTouch must be built for floating point samples");

constexpr int most_channels = SOUNDTOUCH_MAX_CHANNELS;
constexpr std::int64_t pushing_frames = 512;

class FloatBuffer final : public SampleBuffer {
public:
    FloatBuffer(const AudioFormat& format, std::vector<float> samples)
        : samples_(std::move(samples)) {
        format_ = format;
        frames_ = static_cast<std::int64_t>(samples_.size()) / format.channels;
    }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(samples_.data());
    }

private:
    std::vector<float> samples_;
};

// The library speaks in exceptions and in frames of unsigned int.
class Stretcher final : public TimeStretcher {
public:
    explicit Stretcher(const AudioFormat& format) : format_(format) {
        touch_.setSampleRate(static_cast<unsigned>(format.rate_hz));
        touch_.setChannels(static_cast<unsigned>(format.channels));
        touch_.setSetting(SETTING_USE_AA_FILTER, 0); // only for changes of pitch
        touch_.setTempo(tempo_);
    }

    void set_tempo(double tempo) override {
        tempo_ = std::clamp(tempo, slowest_tempo, fastest_tempo);
        touch_.setTempo(tempo_);
    }

    Result<std::shared_ptr<const SampleBuffer>>
    process(const SampleBuffer& in, std::int64_t first_frame, std::int64_t frames) override {
        const AudioFormat& format = in.format();
        if (format.sample_format != SampleFormat::f32 || (format.planar && format.channels > 1) ||
            format.rate_hz != format_.rate_hz || format.channels != format_.channels) {
            return fail(Errc::invalid_argument, "Sound of another format than the stretcher's.");
        }
        const auto* samples =
            reinterpret_cast<const float*>(in.plane(0)) + first_frame * format_.channels;
        return guarded([&] {
            touch_.putSamples(samples, static_cast<unsigned>(frames));
            held_ += static_cast<double>(frames);
            return taken(static_cast<std::int64_t>(touch_.numSamples()));
        });
    }

    Result<std::shared_ptr<const SampleBuffer>> drain() override {
        auto rest = guarded([&]() -> std::shared_ptr<const SampleBuffer> {
            const std::int64_t owed = std::llround(std::max(held_, 0.0) / tempo_);
            if (owed == 0) return nullptr;
            // Silence pushes out what is left; what stands for the silence is cut off.
            const std::vector<float> silence(
                static_cast<std::size_t>(pushing_frames * format_.channels), 0.0F);
            while (static_cast<std::int64_t>(touch_.numSamples()) < owed) {
                touch_.putSamples(silence.data(), static_cast<unsigned>(pushing_frames));
            }
            return taken(owed);
        });
        reset();
        return rest;
    }

    void reset() override {
        touch_.clear();
        held_ = 0.0;
    }

    double held_frames() const override { return held_; }

private:
    template <class Work>
    Result<std::shared_ptr<const SampleBuffer>> guarded(Work work) {
        try {
            return work();
        } catch (const std::bad_alloc&) {
            return fail(Errc::out_of_memory, "No memory to stretch sound.");
        } catch (const std::exception& error) {
            return fail(Errc::internal, std::string{"SoundTouch: "} + error.what());
        }
    }

    std::shared_ptr<const SampleBuffer> taken(std::int64_t frames) {
        if (frames <= 0) return nullptr;
        std::vector<float> out(static_cast<std::size_t>(frames * format_.channels));
        const auto got = touch_.receiveSamples(out.data(), static_cast<unsigned>(frames));
        out.resize(static_cast<std::size_t>(got) * static_cast<std::size_t>(format_.channels));
        held_ -= static_cast<double>(got) * tempo_;
        return std::make_shared<FloatBuffer>(format_, std::move(out));
    }

    const AudioFormat format_;
    ::soundtouch::SoundTouch touch_;
    double tempo_ = 1.0;
    double held_ = 0.0;
};

class Factory final : public TimeStretcherFactory {
public:
    double slowest() const override { return slowest_tempo; }
    double fastest() const override { return fastest_tempo; }

    Result<std::unique_ptr<TimeStretcher>> create(const AudioFormat& format) override {
        const bool fits = format.sample_format == SampleFormat::f32 &&
                          (!format.planar || format.channels == 1) && format.rate_hz > 0 &&
                          format.channels >= 1 && format.channels <= most_channels;
        if (!fits) {
            return fail(Errc::unsupported_rate,
                        "SoundTouch takes interleaved floats of up to 16 channels, not " +
                            describe(MediaType{format}) + ".");
        }
        return std::make_unique<Stretcher>(format);
    }
};

} // namespace

std::shared_ptr<TimeStretcherFactory> make_stretcher_factory() {
    return std::make_shared<Factory>();
}

} // namespace playhead::soundtouch
