// The engine's own conversions as steps behind a decoder.
#include <numeric>

#include "pipeline/transforms.h"
#include "playhead/headless/synthetic.h"
#include "support/catch.h"
#include "support/floats.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const SampleBuffer> silence(const AudioFormat& format, std::int64_t frames) {
    return std::make_shared<Floats>(
        format, std::vector<float>(static_cast<std::size_t>(frames * format.channels)));
}

// Twice as many frames, of which it always holds 16 back; a drain gives those and seven more.
struct Doubling final : AudioConverter {
    explicit Doubling(const AudioFormat& to) : format(to) {}
    Result<std::shared_ptr<const SampleBuffer>> convert(const SampleBuffer&, std::int64_t,
                                                        std::int64_t frames) override {
        const std::int64_t given = held + 2 * frames - 16;
        held = 16;
        return silence(format, given);
    }
    Result<std::shared_ptr<const SampleBuffer>> drain() override {
        return silence(format, std::exchange(held, 0) + 7);
    }
    void reset() override { held = 0; }
    std::int64_t delay_frames() const override { return held; }

    const AudioFormat format;
    std::int64_t held = 0;
};

struct Doublings final : ConverterFactory {
    Result<std::unique_ptr<AudioConverter>> audio(const AudioFormat&,
                                                  const AudioFormat& to) override {
        ++made;
        return std::unique_ptr<AudioConverter>(std::make_unique<Doubling>(to));
    }
    std::unique_ptr<VideoConverter> video() override { return nullptr; }
    int made = 0;
};

AudioFormat mono(int rate_hz) {
    AudioFormat format;
    format.rate_hz = rate_hz;
    format.channels = 1;
    return format;
}

Sample block(MediaTime pts, std::int64_t frames, int rate_hz = 24000) {
    AudioBlock made;
    made.buffer = silence(mono(rate_hz), frames);
    made.frames = frames;
    made.pts = pts;
    return made;
}

struct Bench {
    std::shared_ptr<Doublings> factory = std::make_shared<Doublings>();
    std::unique_ptr<Transform> converter = make_converter(factory, MediaType{mono(48000)});
    std::vector<Sample> out;

    void set(int rate_hz) { REQUIRE(converter->set_input(MediaType{mono(rate_hz)})); }
    std::int64_t frames() const {
        return std::accumulate(
            out.begin(), out.end(), std::int64_t{0},
            [](auto sum, const auto& s) { return sum + std::get<AudioBlock>(s).frames; });
    }
    MediaTime pts(std::size_t i) const { return std::get<AudioBlock>(out.at(i)).pts; }
};

} // namespace

TEST_CASE("converted sound has as many frames as its length is worth", "[pipeline]") {
    Bench bench;
    bench.set(24000);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(bench.converter->process(block(media_zero + i * 20ms, 480), bench.out));
    }
    REQUIRE(bench.converter->drain(bench.out));
    CHECK(bench.frames() == 3 * 960); // not the seven that the converter made up
    CHECK(bench.pts(0) == media_zero);
    CHECK(bench.pts(1) == media_zero + frames_to_duration(960 - 16, 48000));
    CHECK(bench.pts(2) == media_zero + frames_to_duration(2 * 960 - 16, 48000));
}

TEST_CASE("where the sound jumps, what was held comes first and the count begins anew",
          "[pipeline]") {
    Bench bench;
    bench.set(24000);
    REQUIRE(bench.converter->process(block(media_zero, 480), bench.out));
    REQUIRE(bench.converter->process(block(media_zero + 1s, 480), bench.out));
    REQUIRE(bench.out.size() == 3);
    CHECK(std::get<AudioBlock>(bench.out[1]).frames == 16);
    CHECK(bench.pts(1) == media_zero + frames_to_duration(960 - 16, 48000));
    CHECK(bench.pts(2) == media_zero + 1s);
    CHECK(bench.factory->made == 1);
}

TEST_CASE("where the format changes another converter goes on", "[pipeline]") {
    Bench bench;
    bench.set(24000);
    REQUIRE(bench.converter->process(block(media_zero, 480), bench.out));
    bench.set(12000);
    REQUIRE(bench.converter->process(block(media_zero + 20ms, 240, 12000), bench.out));
    CHECK(bench.factory->made == 2);
    REQUIRE(bench.out.size() == 3);
    CHECK(bench.pts(2) == media_zero + 20ms);
}

TEST_CASE("after a flush nothing of before comes out", "[pipeline]") {
    Bench bench;
    bench.set(24000);
    REQUIRE(bench.converter->process(block(media_zero + 5s, 480), bench.out));
    bench.out.clear();
    bench.converter->flush();
    REQUIRE(bench.converter->drain(bench.out));
    CHECK(bench.out.empty());
    REQUIRE(bench.converter->process(block(media_zero + 1s, 480), bench.out));
    REQUIRE(bench.out.size() == 1);
    CHECK(bench.pts(0) == media_zero + 1s);
    CHECK(std::get<AudioBlock>(bench.out[0]).frames == 960 - 16);
}

TEST_CASE("a converter says what it cannot do when it is asked, not later", "[pipeline]") {
    const auto sound = make_converter(nullptr, MediaType{mono(48000)});
    CHECK(sound->set_input(MediaType{mono(24000)}).error() == Errc::topo_cannot_connect);
    const auto factory = std::make_shared<Doublings>(); // none for pictures
    const auto pictures = make_converter(factory, MediaType{VideoFormat{}});
    CHECK(pictures->set_input(MediaType{VideoFormat{}}).error() == Errc::topo_cannot_connect);
    CHECK(pictures->set_input(MediaType{mono(24000)}).error() == Errc::topo_cannot_connect);
    const auto other = make_converter(factory, MediaType{mono(48000)});
    CHECK(other->set_input(MediaType{VideoFormat{}}).error() == Errc::topo_cannot_connect);
}
