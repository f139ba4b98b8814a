// The stretcher over SoundTouch: length, pitch, loudness, and the same again.
#include <cmath>
#include <numbers>
#include <vector>

#include "playhead/soundtouch/stretcher.h"
#include "support/catch.h"
#include "support/floats.h"

using namespace playhead;
using namespace playhead::test;

namespace {

constexpr int rate = 48000;
constexpr double pi = std::numbers::pi;

AudioFormat floats(int channels, int rate_hz = rate) {
    AudioFormat format;
    format.rate_hz = rate_hz;
    format.channels = channels;
    return format;
}

// A sine of half amplitude; the right channel is its negative.
Floats sine(double hz, std::int64_t frames, int channels = 2) {
    std::vector<float> samples;
    for (std::int64_t i = 0; i < frames; ++i) {
        const auto value =
            static_cast<float>(0.5 * std::sin(2.0 * pi * hz * static_cast<double>(i) / rate));
        for (int c = 0; c < channels; ++c) samples.push_back(c == 1 ? -value : value);
    }
    return {floats(channels), std::move(samples)};
}

void append(std::vector<float>& to, const Result<std::shared_ptr<const SampleBuffer>>& part) {
    REQUIRE(part.has_value());
    if (!*part) return;
    const auto* from = reinterpret_cast<const float*>((*part)->plane(0));
    to.insert(to.end(), from, from + (*part)->frames() * (*part)->format().channels);
}

std::vector<float> stretched(TimeStretcher& stretcher, const SampleBuffer& in,
                             std::int64_t step = 1024) {
    std::vector<float> out;
    for (std::int64_t at = 0; at < in.frames(); at += step) {
        append(out, stretcher.process(in, at, std::min(step, in.frames() - at)));
    }
    append(out, stretcher.drain());
    return out;
}

std::unique_ptr<TimeStretcher> stretcher(double tempo, int channels = 2) {
    auto made = soundtouch::make_stretcher_factory()->create(floats(channels));
    REQUIRE(made.has_value());
    (*made)->set_tempo(tempo);
    return std::move(*made);
}

// Frequency by crossings of zero upwards in the middle half, and the amplitude there by its power.
struct Tone {
    double hz = 0.0;
    double amplitude = 0.0;
};
Tone tone_of(const std::vector<float>& samples, int channels) {
    const std::size_t frames = samples.size() / static_cast<std::size_t>(channels);
    const auto left = [&](std::size_t i) {
        return static_cast<double>(samples[i * static_cast<std::size_t>(channels)]);
    };
    double first = -1.0;
    double last = 0.0;
    int periods = -1;
    double power = 0.0;
    for (std::size_t i = frames / 4; i < frames * 3 / 4; ++i) {
        power += left(i) * left(i);
        if (!(left(i) < 0.0 && left(i + 1) >= 0.0)) continue;
        last = static_cast<double>(i) + left(i) / (left(i) - left(i + 1));
        if (first < 0.0) first = last;
        ++periods;
    }
    return {periods * rate / (last - first),
            std::sqrt(2.0 * power / static_cast<double>(frames * 3 / 4 - frames / 4))};
}

} // namespace

TEST_CASE("stretched sound keeps its pitch and loudness and has the length of its tempo",
          "[backends][soundtouch]") {
    const double tempo = GENERATE(0.25, 0.5, 0.75, 1.5, 2.0, 4.0);
    const double hz = GENERATE(440.0, 1000.0);
    const Floats in = sine(hz, 4 * rate + 77);
    const auto kept = stretcher(tempo);
    const auto out = stretched(*kept, in);
    INFO("tempo " << tempo << ", " << hz << " Hz");
    // To the frame, once drained.
    const auto length = static_cast<double>(out.size() / 2);
    CHECK(std::abs(length - static_cast<double>(in.frames()) / tempo) <= 1.0);
    const Tone tone = tone_of(out, 2);
    CHECK(tone.hz == Approx(hz).epsilon(0.005));
    CHECK(std::abs(20.0 * std::log10(tone.amplitude / 0.5)) <= 1.0);
    for (std::size_t i = 0; i < out.size(); i += 2) REQUIRE(out[i] == -out[i + 1]);
}

TEST_CASE("stretching gives the same for the same, again and after a reset",
          "[backends][soundtouch]") {
    const Floats in = sine(440.0, rate);
    const auto one = stretcher(1.37);
    const auto first = stretched(*one, in);
    CHECK(stretched(*one, in) == first);
    REQUIRE(one->process(in, 0, 5000).has_value());
    one->reset();
    CHECK(one->held_frames() == 0.0);
    CHECK(stretched(*one, in) == first);
    CHECK(stretched(*stretcher(1.37), in) == first);
    // However it is cut.
    CHECK(stretched(*stretcher(1.37), in, 333) == first);
}

TEST_CASE("a stretcher says what it holds, also across changes of tempo",
          "[backends][soundtouch]") {
    const Floats in = sine(440.0, 10 * rate);
    const auto one = stretcher(0.5);
    double stands_for = 0.0; // input frames
    double tempo = 0.5;
    std::int64_t given = 0;
    for (const double next : {0.5, 2.0, 0.25, 4.0, 1.5}) {
        tempo = next;
        one->set_tempo(tempo);
        for (int i = 0; i < 40; ++i, given += 1200) {
            std::vector<float> out;
            append(out, one->process(in, given, 1200));
            stands_for += static_cast<double>(out.size() / 2) * tempo;
            REQUIRE(one->held_frames() ==
                    Approx(static_cast<double>(given + 1200) - stands_for).margin(1e-3));
            // 150 ms at most, whatever the tempo: it is not let grow.
            REQUIRE(std::abs(one->held_frames()) <= 0.25 * rate);
        }
    }
    std::vector<float> rest;
    append(rest, one->drain());
    CHECK(static_cast<double>(rest.size() / 2) * tempo ==
          Approx(static_cast<double>(given) - stands_for).margin(tempo));
}

TEST_CASE("the first stretched sample is the first that was given", "[backends][soundtouch]") {
    const double tempo = GENERATE(0.5, 1.5, 4.0);
    const Floats in = sine(440.0, rate);
    const auto one = stretcher(tempo);
    const auto out = stretched(*one, in);
    const auto* from = reinterpret_cast<const float*>(in.plane(0));
    for (std::size_t i = 0; i < 400; ++i) {
        REQUIRE(std::abs(out[i] - from[i]) <= 1e-3F);
    }
}

TEST_CASE("formats that cannot be stretched are refused with a reason", "[backends][soundtouch]") {
    const auto factory = soundtouch::make_stretcher_factory();
    CHECK(factory->slowest() == 0.25);
    CHECK(factory->fastest() == 4.0);
    AudioFormat planar = floats(2);
    planar.planar = true;
    AudioFormat integers = floats(2);
    integers.sample_format = SampleFormat::s16;
    for (const AudioFormat& format : {planar, integers, floats(1000), floats(0), floats(2, 0)}) {
        const auto made = factory->create(format);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error() == Errc::unsupported_rate);
        CHECK_FALSE(made.error().message().empty());
    }
    const auto one = stretcher(2.0, 2);
    CHECK_FALSE(one->process(sine(440.0, 100, 1), 0, 100).has_value());
    CHECK(factory->create(floats(6)).has_value());
}
