#include "playhead/media_type.h"

#include <limits>

#include "playhead/backend/sample.h"
#include "playhead/presentation.h"
#include "support/catch.h"

using namespace playhead;

namespace {

VideoFormat picture(int width, int height, Rational aspect = {1, 1}, int rotation = 0) {
    VideoFormat format;
    format.width = width;
    format.height = height;
    format.pixel_aspect = aspect;
    format.rotation_degrees = rotation;
    return format;
}

StreamInfo stream(StreamIndex index, StreamKind kind) {
    StreamInfo info;
    info.index = index;
    info.kind = kind;
    return info;
}

class TwoPlanes final : public Picture {
public:
    TwoPlanes() {
        plane_count_ = 2;
        planes_[0] = {nullptr, 2048, 1920, 1080};
        planes_[1] = {nullptr, -2048, 1920, 540};
        planes_[2] = {nullptr, 1, 1000, 1000}; // beyond the count
    }
};

} // namespace

TEST_CASE("a window shows square pixels, stretched and turned, never shrunk", "[media][format]") {
    CHECK(display_size(picture(1920, 1080)) == DisplaySize{1920, 1080});
    CHECK(display_size(picture(720, 576, {16, 15})) == DisplaySize{768, 576});
    CHECK(display_size(picture(720, 576, {64, 45})) == DisplaySize{1024, 576});
    CHECK(display_size(picture(720, 480, {8, 9})) == DisplaySize{720, 540});
    CHECK(display_size(picture(1440, 1080, {4, 3})) == DisplaySize{1920, 1080});
    CHECK(display_size(picture(1920, 1080, {1, 1}, 90)) == DisplaySize{1080, 1920});
    CHECK(display_size(picture(1920, 1080, {1, 1}, 180)) == DisplaySize{1920, 1080});
    CHECK(display_size(picture(720, 576, {16, 15}, 270)) == DisplaySize{576, 768});
    CHECK(display_size(picture(720, 576, {16, 15}, -90)) == DisplaySize{576, 768});
}

TEST_CASE("an aspect that is not told, or absurd, does no harm", "[media][format]") {
    constexpr int most = std::numeric_limits<int>::max();
    CHECK(display_size(picture(640, 480, {0, 1})) == DisplaySize{640, 480});
    CHECK(display_size(picture(640, 480, {1, 0})) == DisplaySize{640, 480});
    CHECK(display_size(picture(640, 480, {-4, 3})) == DisplaySize{640, 480});
    CHECK(display_size(picture(640, 480, {std::numeric_limits<std::int64_t>::max(), 1})) ==
          DisplaySize{most, 480});
    CHECK(display_size(picture(640, 480, {1, std::numeric_limits<std::int64_t>::max()})) ==
          DisplaySize{640, most});
    CHECK(display_size(picture(0, 480)) == DisplaySize{0, 0});
    CHECK(display_size(picture(-5, 480)) == DisplaySize{0, 0});
}

TEST_CASE("an unspecified matrix is guessed by height, a told one is kept", "[media][format]") {
    CHECK(effective_matrix(picture(720, 576)) == 6);
    CHECK(effective_matrix(picture(1279, 719)) == 6);
    CHECK(effective_matrix(picture(1280, 720)) == 1);
    CHECK(effective_matrix(picture(3840, 2160)) == 1);
    VideoFormat told = picture(640, 480);
    told.color.matrix = 9;
    CHECK(effective_matrix(told) == 9);
    VideoFormat rgb = picture(1920, 1080);
    rgb.pixel_format = PixelFormat::bgra;
    CHECK(effective_matrix(rgb) == 0);
}

TEST_CASE("formats read as people name them", "[media][format]") {
    VideoFormat video = picture(1920, 1080);
    video.pixel_format = PixelFormat::i420;
    CHECK(describe(video) == "video 1920x1080 i420");
    video.pixel_format_name = "yuv420p";
    CHECK(describe(video) == "video 1920x1080 yuv420p");
    AudioFormat audio{SampleFormat::f32, true, 48000, 2, 3};
    CHECK(describe(audio) == "audio 48000 Hz stereo f32p");
    audio = {SampleFormat::s16, false, 44100, 1, 0};
    CHECK(describe(audio) == "audio 44100 Hz mono s16");
    audio = {SampleFormat::s32, false, 48000, 6, 0x60f};
    CHECK(describe(audio) == "audio 48000 Hz 5.1 s32");
    audio = {SampleFormat::s32, false, 48000, 6, 0};
    CHECK(describe(audio) == "audio 48000 Hz 6 channels s32");
    CHECK(describe(SubtitleFormat{true}) == "subtitle bitmap");
    CHECK(describe(MediaType{}) == "any");
}

TEST_CASE("samples have the size of their format", "[media][format]") {
    CHECK(bytes_per_sample(SampleFormat::u8) == 1);
    CHECK(bytes_per_sample(SampleFormat::s16) == 2);
    CHECK(bytes_per_sample(SampleFormat::s32) == 4);
    CHECK(bytes_per_sample(SampleFormat::s64) == 8);
    CHECK(bytes_per_sample(SampleFormat::f32) == 4);
    CHECK(bytes_per_sample(SampleFormat::f64) == 8);
}

TEST_CASE("a picture's size is what can be seen of it, without padding", "[media][sample]") {
    CHECK(TwoPlanes{}.size_bytes() == 1920U * 1080 + 1920U * 540);
}

TEST_CASE("a block's length comes from its count of frames", "[media][sample]") {
    struct Silence final : SampleBuffer {
        Silence() {
            format_ = {SampleFormat::s16, false, 44100, 2, 3};
            frames_ = 1024;
        }
        const std::byte* plane(int) const override { return nullptr; }
    };
    AudioBlock block;
    CHECK(block.length() == Duration::zero());
    block.buffer = std::make_shared<Silence>();
    block.first_frame = 24;
    block.frames = 441;
    CHECK(block.length() == std::chrono::milliseconds{10});
}

TEST_CASE("of several programs the streams are those of one", "[media][presentation]") {
    Presentation channels;
    channels.streams = {stream(0, StreamKind::audio), stream(1, StreamKind::video),
                        stream(2, StreamKind::audio), stream(3, StreamKind::video),
                        stream(4, StreamKind::audio), stream(5, StreamKind::audio)};
    CHECK(channels.best_program() == nullptr);
    channels.programs = {{10, "radio", {0}}, {20, "film", {1, 2}}, {30, "news", {3, 4, 5}}};
    channels.streams[0].disposition.is_default = true;
    channels.streams[5].disposition.is_default = true;
    CHECK(channels.best_program() == &channels.programs[1]); // the first with pictures
    CHECK(channels.best(StreamKind::video) == &channels.streams[1]);
    CHECK(channels.best(StreamKind::audio) == &channels.streams[2]);
    channels.program = 30;
    CHECK(channels.best(StreamKind::video) == &channels.streams[3]);
    CHECK(channels.best(StreamKind::audio) == &channels.streams[5]);
    channels.program = 10;
    CHECK(channels.best(StreamKind::video) == nullptr);
    CHECK(channels.best(StreamKind::audio) == &channels.streams[0]);
    channels.program.reset();
    channels.streams[1].decodable = channels.streams[3].decodable = false;
    CHECK(channels.best_program() == &channels.programs[0]); // then the first with sound
}

TEST_CASE("the stream to take is decodable, the default one first, never a cover",
          "[media][presentation]") {
    Presentation film;
    CHECK(film.best(StreamKind::video) == nullptr);
    film.streams = {stream(0, StreamKind::video), stream(1, StreamKind::audio),
                    stream(2, StreamKind::video), stream(3, StreamKind::audio),
                    stream(4, StreamKind::audio)};
    film.streams[0].disposition.attached_picture = true;
    film.streams[0].disposition.is_default = true;
    film.streams[1].decodable = false;
    film.streams[1].disposition.is_default = true;
    CHECK(film.best(StreamKind::video) == &film.streams[2]);
    CHECK(film.best(StreamKind::audio) == &film.streams[3]);
    CHECK(film.best(StreamKind::subtitle) == nullptr);
    CHECK(film.cover() == &film.streams[0]);

    film.streams[3].disposition.visual_impaired = true;
    CHECK(film.best(StreamKind::audio) == &film.streams[4]);
    film.streams[3].disposition.is_default = true;
    CHECK(film.best(StreamKind::audio) == &film.streams[3]);
    film.streams[0].disposition.attached_picture = false;
    CHECK(film.cover() == nullptr);
}
