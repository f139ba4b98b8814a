// Converters: sound by count and level, pictures by colour.
#include <array>
#include <cmath>
#include <vector>

#include "clip_code_reading.h"
#include "ffmpeg_support.h"
#include "playhead/ffmpeg/backend.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

class FloatSamples final : public SampleBuffer {
public:
    FloatSamples(int rate_hz, int channels, std::uint64_t mask, std::int64_t frames)
        : values_(static_cast<std::size_t>(frames * channels)) {
        format_ = {SampleFormat::f32, false, rate_hz, channels, mask};
        frames_ = frames;
    }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(values_.data());
    }
    float& at(std::int64_t frame, int channel) {
        return values_[static_cast<std::size_t>(frame * format_.channels + channel)];
    }

private:
    std::vector<float> values_;
};

class OwnPicture final : public Picture {
public:
    OwnPicture(PixelFormat pixels, int width, int height, std::vector<std::uint8_t> levels) {
        format_.pixel_format = pixels;
        format_.width = width;
        format_.height = height;
        plane_count_ = 3;
        for (std::size_t i = 0; i < 3; ++i) {
            const int shift = i > 0 ? 1 : 0;
            const int row = (width + shift) >> shift;
            const int rows = (height + shift) >> shift;
            bytes_[i].assign(static_cast<std::size_t>(row * rows), levels[i]);
            planes_[i] = {reinterpret_cast<const std::byte*>(bytes_[i].data()), row, row, rows};
        }
    }
    VideoFormat& edit() { return format_; }

private:
    std::array<std::vector<std::uint8_t>, 3> bytes_;
};

std::array<int, 3> as_rgb(const Picture& picture) {
    const auto converter = ffmpeg::make_converter_factory()->video();
    VideoFormat wanted = picture.format();
    wanted.pixel_format = PixelFormat::rgb24;
    wanted.native_pixel_format = -1;
    wanted.pixel_format_name.clear();
    const auto made = converter->convert(picture, wanted);
    REQUIRE(made);
    CHECK((*made)->format().pixel_format == PixelFormat::rgb24);
    const std::byte* pixel = (*made)->plane(0).data + (*made)->plane(0).stride_bytes * 4 + 3 * 5;
    return {std::to_integer<int>(pixel[0]), std::to_integer<int>(pixel[1]),
            std::to_integer<int>(pixel[2])};
}

bool near(std::array<int, 3> got, std::array<int, 3> wanted) {
    UNSCOPED_INFO(got[0] << ' ' << got[1] << ' ' << got[2]);
    for (std::size_t i = 0; i < 3; ++i) {
        if (std::abs(got[i] - wanted[i]) > 2) {
            return false;
        }
    }
    return true;
}

} // namespace

TEST_CASE("resampling gives the right number of frames and a tone its pitch", "[ffmpeg][convert]") {
    const AudioFormat to{SampleFormat::f32, false, 48000, 1, 0};
    FloatSamples block(44100, 1, 0, 441);
    auto converter = ffmpeg::make_converter_factory()->audio(block.format(), to);
    REQUIRE(converter);
    std::vector<float> out;
    const auto take = [&](const std::shared_ptr<const SampleBuffer>& buffer) {
        const auto* values = reinterpret_cast<const float*>(buffer->plane(0));
        out.insert(out.end(), values, values + buffer->frames());
    };
    for (int i = 0; i < 100; ++i) { // a second in pieces
        for (int n = 0; n < 441; ++n) {
            block.at(n, 0) =
                static_cast<float>(std::sin((i * 441 + n) * 6.283185307 * 441 / 44100));
        }
        const auto piece = (*converter)->convert(block, 0, 441);
        REQUIRE(piece);
        take(*piece);
        const auto owed =
            static_cast<std::int64_t>((i + 1) * 480) - static_cast<std::int64_t>(out.size());
        CHECK(std::abs((*converter)->delay_frames() - owed) <= 1);
    }
    const auto rest = (*converter)->drain();
    REQUIRE(rest);
    REQUIRE(*rest);
    take(*rest);
    CHECK(std::abs(static_cast<int>(out.size()) - 48000) <= 1);
    int rises = 0;
    for (std::size_t i = 1; i < out.size(); ++i) {
        rises += out[i - 1] < 0 && out[i] >= 0 ? 1 : 0;
    }
    CHECK(std::abs(rises - 441) <= 1);
}

TEST_CASE("surround folds into stereo with its fronts as loud as they were", "[ffmpeg][convert]") {
    constexpr std::uint64_t surround = 0x3f; // FL FR FC LFE BL BR
    for (const SampleFormat kind : {SampleFormat::f32, SampleFormat::s16}) {
        FloatSamples in(48000, 6, surround, 64);
        for (int n = 0; n < 64; ++n) {
            in.at(n, 0) = 0.4F;
            in.at(n, 2) = 0.2F;
        }
        auto converter =
            ffmpeg::make_converter_factory()->audio(in.format(), {kind, false, 48000, 2, 3});
        REQUIRE(converter);
        const auto out = (*converter)->convert(in, 0, 64);
        REQUIRE(out);
        REQUIRE((*out)->frames() == 64);
        double left = 0;
        double right = 0;
        if (kind == SampleFormat::f32) {
            const auto* values = reinterpret_cast<const float*>((*out)->plane(0));
            left = values[64];
            right = values[65];
        } else {
            const auto* values = reinterpret_cast<const std::int16_t*>((*out)->plane(0));
            left = values[64] / 32768.0;
            right = values[65] / 32768.0;
        }
        CHECK(left == Approx(0.4 + 0.2 * 0.7071).margin(0.001));
        CHECK(right == Approx(0.2 * 0.7071).margin(0.001));
    }
}

TEST_CASE("a part of a block is converted, the rest left alone", "[ffmpeg][convert]") {
    FloatSamples in(48000, 2, 3, 10);
    in.at(4, 1) = 0.5F;
    auto converter = ffmpeg::make_converter_factory()->audio(
        in.format(), {SampleFormat::s16, true, 48000, 2, 3});
    REQUIRE(converter);
    const auto out = (*converter)->convert(in, 4, 3);
    REQUIRE(out);
    REQUIRE((*out)->frames() == 3);
    CHECK(reinterpret_cast<const std::int16_t*>((*out)->plane(1))[0] == 16384);
    CHECK(reinterpret_cast<const std::int16_t*>((*out)->plane(0))[0] == 0);
    const auto rest = (*converter)->drain();
    REQUIRE(rest);
    CHECK((*rest == nullptr || (*rest)->frames() == 0));
}

TEST_CASE("colours keep to their matrix and range", "[ffmpeg][convert]") {
    OwnPicture white(PixelFormat::i420, 64, 48, {235, 128, 128});
    CHECK(near(as_rgb(white), {255, 255, 255}));
    OwnPicture grey(PixelFormat::i420, 64, 48, {235, 128, 128});
    grey.edit().color.full_range = true;
    CHECK(near(as_rgb(grey), {235, 235, 235}));

    // Full red in limited range, as each matrix writes it.
    OwnPicture red_601(PixelFormat::i420, 64, 48, {81, 90, 240});
    red_601.edit().color.matrix = 6;
    CHECK(near(as_rgb(red_601), {255, 0, 0}));
    OwnPicture red_709(PixelFormat::i420, 64, 48, {63, 102, 240});
    red_709.edit().color.matrix = 1;
    CHECK(near(as_rgb(red_709), {255, 0, 0}));
    // Not told: by the number of lines.
    OwnPicture small(PixelFormat::i420, 64, 48, {81, 90, 240});
    CHECK(near(as_rgb(small), {255, 0, 0}));
    OwnPicture large(PixelFormat::i420, 64, 720, {63, 102, 240});
    CHECK(near(as_rgb(large), {255, 0, 0}));
}

TEST_CASE("a picture that needs no conversion is copied bit by bit", "[ffmpeg][convert]") {
    const OwnPicture picture(PixelFormat::i420, 63, 47, {17, 129, 131});
    const auto converter = ffmpeg::make_converter_factory()->video();
    const auto made = converter->convert(picture, picture.format());
    REQUIRE(made);
    CHECK(picture_hash(**made) == picture_hash(picture));
    // And a matrix or range that differs is not passed over.
    VideoFormat full = picture.format();
    full.color.full_range = true;
    const auto stretched = converter->convert(picture, full);
    REQUIRE(stretched);
    CHECK(std::to_integer<int>((*stretched)->plane(0).data[0]) < 4);
}

TEST_CASE("a clip's frames carry their number through encoding, decoding and scaling",
          "[ffmpeg][convert]") {
    const Scratch scratch;
    const auto path = scratch.clip("c.mkv", {"--seconds", "2", "--bframes", "2"});
    const auto numbers = read_numbers(path, 320, 180);
    REQUIRE(numbers.size() == 60);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        REQUIRE(numbers[i].frame);
        CHECK(*numbers[i].frame == i);
        CHECK(numbers[i].flash == (i % 30 < 3));
    }
}
