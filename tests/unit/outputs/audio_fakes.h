// Stand-ins of the audio tests: a stretcher whose every output frame is an input frame that can be
// told, a resampler that holds frames back, and sines cut into blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/sample.h"
#include "playhead/backend/transform.h"

namespace playhead::test {

// Output frame n is input frame n * tempo; gives sound only in sequences of many frames, as real ones
// do. Range 0.25 to 4.
class PickingStretchers final : public TimeStretcherFactory {
public:
    double slowest() const override { return 0.25; }
    double fastest() const override { return 4.0; }
    Result<std::unique_ptr<TimeStretcher>> create(const AudioFormat& format) override;
    int created = 0;
};

// Straight lines between samples; holds back half a filter, like a real resampler. Mono and stereo.
class StraightConverters final : public ConverterFactory {
public:
    Result<std::unique_ptr<AudioConverter>> audio(const AudioFormat& from,
                                                  const AudioFormat& to) override;
    std::unique_ptr<VideoConverter> video() override { return nullptr; }
};

AudioFormat float_format(int rate_hz, int channels);
std::shared_ptr<const SampleBuffer> float_samples(const AudioFormat& format,
                                                  std::vector<float> samples);

// `frames` of a sine of half amplitude at `begin` on the programme's line, whose phase is 0 at 0.
std::function<std::optional<Sample>()> sine_blocks(double hz, MediaTime begin, std::int64_t frames,
                                                   int rate_hz, int channels);

} // namespace playhead::test
