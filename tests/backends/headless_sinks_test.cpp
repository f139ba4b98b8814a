#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <png.h>

#include "playhead/backend/work_strand.h"
#include "playhead/headless/simulation.h"
#include "playhead/headless/sinks.h"
#include "playhead/headless/synthetic.h"
#include "support/catch.h"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/adler32.h>
}

using namespace playhead;
using namespace std::chrono_literals;
using headless::HashLines;

namespace {

// A folder of its own for a test's files, gone with it.
class Folder {
public:
    Folder() {
        static int made = 0;
        path_ = std::filesystem::path(PLAYHEAD_BINARY_DIR) /
                ("headless-" +
                 std::to_string(
                     std::hash<std::string>{}(Catch::getResultCapture().getCurrentTestName())) +
                 "-" + std::to_string(++made));
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Pipeline final : public StreamSinkHost, public std::enable_shared_from_this<Pipeline> {
public:
    void request(int n) override { open += n; }
    void prerolled() override { said.emplace_back("prerolled"); }
    void started() override { said.emplace_back("started"); }
    void paused() override { said.emplace_back("paused"); }
    void stopped() override { said.emplace_back("stopped"); }
    void rate_set(Status) override {}
    void marker_reached(const Marker&, Status status) override {
        said.push_back("marker " + status.word());
    }
    void scrub_complete(std::optional<MediaTime> rendered) override {
        said.push_back(rendered ? "scrubbed " + std::to_string(rendered->time_since_epoch() / 1ms)
                                : "scrubbed none");
    }
    void failed(Status status) override { failures.push_back(std::move(status)); }
    void post(Task task) override { task(); }
    void dropped(int, const char*) override {}

    int open = 0;
    std::vector<std::string> said;
    std::vector<Status> failures;
};

struct Stage {
    explicit Stage(std::shared_ptr<StreamSink> s) : sink(std::move(s)) {
        sink->attach({simulation, pipeline, clock, headless::synthetic_converters()});
    }
    void play(const std::vector<Sample>& samples) {
        sink->preroll(media_zero);
        sink->on_start(simulation->now(), media_zero);
        give(samples);
        sink->place_marker({Marker::Kind::end_of_segment, {}, 1});
    }
    void give(const std::vector<Sample>& samples) {
        for (const Sample& sample : samples) {
            REQUIRE(pipeline->open > 0);
            --pipeline->open;
            sink->process(sample);
        }
    }

    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<Pipeline> pipeline = std::make_shared<Pipeline>();
    std::shared_ptr<PresentationClock> clock = std::make_shared<PresentationClock>(simulation);
    std::shared_ptr<StreamSink> sink;
};

std::vector<Sample> pictures(std::int64_t n, int width = 62, int height = 47) {
    headless::SyntheticOptions options;
    options.width = width;
    options.height = height;
    std::vector<Sample> all;
    for (std::int64_t i = 0; i < n; ++i) {
        VideoFrame frame;
        frame.picture = headless::numbered_picture(i, headless::synthetic_video_format(options));
        frame.pts = media_at(i * 40ms);
        frame.duration = 40ms;
        all.emplace_back(std::move(frame));
    }
    return all;
}

std::vector<Sample> blocks(std::int64_t n) {
    std::vector<Sample> all;
    for (std::int64_t i = 0; i < n; ++i) {
        AudioBlock block;
        block.buffer = headless::ramp_buffer(i * 1024, 1024, headless::synthetic_audio_format());
        block.frames = 1024;
        block.pts = media_zero + frames_to_duration(i * 1024, 48000);
        all.emplace_back(std::move(block));
    }
    return all;
}

// What FFmpeg's own framecrc muxer makes of the same bytes, without the header.
std::vector<std::string> ffmpeg_lines(AVMediaType type, AVRational base,
                                      const std::vector<std::vector<std::uint8_t>>& packets,
                                      std::int64_t step) {
    AVFormatContext* context = nullptr;
    REQUIRE(avformat_alloc_output_context2(&context, nullptr, "framecrc", nullptr) >= 0);
    AVStream* stream = avformat_new_stream(context, nullptr);
    stream->codecpar->codec_type = type;
    stream->codecpar->codec_id =
        type == AVMEDIA_TYPE_VIDEO ? AV_CODEC_ID_RAWVIDEO : AV_CODEC_ID_PCM_F32LE;
    stream->codecpar->width = 62;
    stream->codecpar->height = 47;
    stream->codecpar->sample_rate = 48000;
    stream->time_base = base;
    REQUIRE(avio_open_dyn_buf(&context->pb) >= 0);
    REQUIRE(avformat_write_header(context, nullptr) >= 0);
    std::int64_t pts = 0;
    for (const auto& bytes : packets) {
        AVPacket* packet = av_packet_alloc();
        REQUIRE(av_new_packet(packet, static_cast<int>(bytes.size())) >= 0);
        std::memcpy(packet->data, bytes.data(), bytes.size());
        packet->pts = packet->dts = pts;
        packet->duration = step;
        pts += step;
        REQUIRE(av_write_frame(context, packet) >= 0);
        av_packet_free(&packet);
    }
    av_write_trailer(context);
    std::uint8_t* text = nullptr;
    const int size = avio_close_dyn_buf(context->pb, &text);
    std::vector<std::string> lines;
    std::string all(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = all.find('\n', at);
        if (all[at] != '#') lines.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    av_free(text);
    avformat_free_context(context);
    return lines;
}

std::vector<std::string> without_header(std::vector<std::string> lines) {
    std::erase_if(lines, [](const std::string& line) { return line.starts_with('#'); });
    return lines;
}

} // namespace

TEST_CASE("the hash is FFmpeg's for every length", "[headless][sinks]") {
    std::vector<std::uint8_t> bytes(20000);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    for (const std::size_t size : {0U, 1U, 15U, 5551U, 5552U, 5553U, 20000U}) {
        CHECK(headless::adler32(0, reinterpret_cast<const std::byte*>(bytes.data()), size) ==
              av_adler32_update(0, bytes.data(), size));
    }
}

TEST_CASE("captured pictures give the lines of ffmpeg -f framecrc", "[headless][sinks]") {
    auto lines = HashLines::in_memory();
    headless::CaptureVideoSink capture(lines);
    Stage stage(capture.sink());
    stage.play(pictures(5));
    CHECK(capture.frames() == 5);
    CHECK(stage.pipeline->said == std::vector<std::string>{"started", "marker ok"});

    std::vector<std::vector<std::uint8_t>> packets;
    for (const Sample& sample : pictures(5)) {
        const Picture& picture = *std::get<VideoFrame>(sample).picture;
        std::vector<std::uint8_t> bytes;
        for (int p = 0; p < picture.plane_count(); ++p) {
            const Plane& plane = picture.plane(p);
            for (int row = 0; row < plane.rows; ++row) {
                const auto* from =
                    reinterpret_cast<const std::uint8_t*>(plane.data + row * plane.stride_bytes);
                bytes.insert(bytes.end(), from, from + plane.row_bytes);
            }
        }
        packets.push_back(std::move(bytes));
    }
    CHECK(without_header(lines->lines()) == ffmpeg_lines(AVMEDIA_TYPE_VIDEO, {1, 25}, packets, 1));
    CHECK(lines->lines().at(0) == "#tb 0: 1/25");
    CHECK(lines->lines().at(3) == "#dimensions 0: 62x47");
    REQUIRE(capture.hashes().size() == 5);
    CHECK(capture.hashes()[2].pts == media_at(80ms));
    CHECK(capture.hashes()[0].adler32 != capture.hashes()[1].adler32);
}

TEST_CASE("padding between rows is not hashed", "[headless][sinks]") {
    class Padded final : public Picture {
    public:
        explicit Padded(int stride) : bytes(static_cast<std::size_t>(stride) * 4, std::byte{0xee}) {
            format_.width = 8;
            format_.height = 4;
            plane_count_ = 1;
            planes_[0] = {bytes.data(), stride, 8, 4};
            for (int i = 0; i < 32; ++i)
                bytes[static_cast<std::size_t>(i / 8 * stride + i % 8)] = static_cast<std::byte>(i);
        }
        std::vector<std::byte> bytes;
    };
    CHECK(headless::adler32(Padded(8)) == headless::adler32(Padded(32)));
}

TEST_CASE("captured sound gives the lines of ffmpeg -f framecrc -c:a pcm_f32le",
          "[headless][sinks]") {
    auto lines = HashLines::in_memory();
    headless::CaptureAudioSink capture(lines);
    Stage stage(capture.sink());
    stage.play(blocks(4));
    CHECK(capture.samples() == 4096);
    std::vector<std::vector<std::uint8_t>> packets;
    for (const Sample& sample : blocks(4)) {
        const auto* from =
            reinterpret_cast<const std::uint8_t*>(std::get<AudioBlock>(sample).buffer->plane(0));
        packets.emplace_back(from, from + 1024 * 2 * 4);
    }
    CHECK(without_header(lines->lines()) ==
          ffmpeg_lines(AVMEDIA_TYPE_AUDIO, {1, 48000}, packets, 1024));
}

TEST_CASE("several sinks share one file of hash lines", "[headless][sinks]") {
    Folder folder;
    auto lines = HashLines::to_file(folder.file("both.txt"));
    REQUIRE(lines);
    headless::CaptureVideoSink video(*lines, 0);
    headless::CaptureAudioSink audio(*lines, 1);
    Stage(video.sink()).play(pictures(2));
    Stage(audio.sink()).play(blocks(2));
    const std::string text = content(folder.file("both.txt"));
    CHECK(text.find("#dimensions 0: 62x47\n") != std::string::npos);
    CHECK(text.find("#sample_rate 1: 48000\n") != std::string::npos);
    CHECK(text.find("\n1,       1024,       1024,     1024,     8192, 0x") != std::string::npos);
}

TEST_CASE("files that cannot be written are refused at once, by name", "[headless][sinks]") {
    const std::string nowhere = "/nonexistent-folder/file";
    const auto lines = HashLines::to_file(nowhere);
    REQUIRE_FALSE(lines);
    CHECK(lines.error().text.find(nowhere) != std::string::npos);
    const auto wav = headless::WavSink::create(nowhere);
    REQUIRE_FALSE(wav);
    CHECK(wav.error().text.find(nowhere) != std::string::npos);
    Folder folder;
    std::ofstream(folder.file("taken")) << "a file";
    const auto png = headless::PngSink::create(folder.file("taken"));
    REQUIRE_FALSE(png);
    CHECK(png.error().text.find("taken") != std::string::npos);
}

TEST_CASE("a full disk fails the sink once, with the file's name", "[headless][sinks]") {
    if (!std::filesystem::exists("/dev/full")) return;
    auto lines = HashLines::to_file("/dev/full");
    REQUIRE(lines);
    headless::CaptureVideoSink capture(*lines);
    Stage stage(capture.sink());
    stage.play(pictures(4));
    REQUIRE(stage.pipeline->failures.size() == 1);
    CHECK(stage.pipeline->failures[0].text.find("/dev/full") != std::string::npos);

    auto wav = headless::WavSink::create("/dev/full");
    REQUIRE(wav);
    Stage sound((*wav)->sink());
    sound.play(blocks(3));
    CHECK(sound.pipeline->failures.size() == 1);
}

TEST_CASE("what a flush drops before the start was never taken", "[headless][sinks]") {
    headless::NullVideoSink null;
    Stage stage(null.sink());
    stage.sink->preroll(media_zero);
    stage.give(pictures(2));
    CHECK(stage.pipeline->said == std::vector<std::string>{"prerolled"});
    stage.sink->flush();
    stage.sink->preroll(media_zero);
    stage.give(pictures(1));
    stage.sink->on_start({}, media_zero);
    stage.give(pictures(1));
    CHECK(null.frames() == 2);
    stage.sink->on_pause({});
    stage.give(pictures(1));
    CHECK(null.frames() == 2);
    stage.sink->on_restart({});
    CHECK(null.frames() == 3);
}

TEST_CASE("a WAV file is right while it is written and exact at its end", "[headless][sinks]") {
    Folder folder;
    auto wav = headless::WavSink::create(folder.file("a.wav"));
    REQUIRE(wav);
    Stage stage((*wav)->sink());
    stage.sink->preroll(media_zero);
    stage.sink->on_start({}, media_zero);
    const auto u32 = [&](std::size_t at) {
        const std::string bytes = content(folder.file("a.wav"));
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.at(at + i)))
                     << (8 * i);
        }
        return value;
    };
    const auto sound = blocks(100); // more than two seconds
    for (const Sample& sample : sound) {
        --stage.pipeline->open;
        stage.sink->process(sample);
    }
    const std::uint32_t so_far = u32(54);
    CHECK(so_far >= 48000 * 8);
    CHECK(so_far + 58 <= content(folder.file("a.wav")).size());
    stage.sink->place_marker({Marker::Kind::end_of_segment, {}, 1});
    const std::string bytes = content(folder.file("a.wav"));
    CHECK(bytes.size() == 58 + 100 * 1024 * 8);
    CHECK(u32(54) == 100 * 1024 * 8);
    CHECK(u32(4) == bytes.size() - 8);
    CHECK(u32(24) == 48000);
    CHECK(bytes.substr(0, 4) == "RIFF");
    CHECK(static_cast<int>(bytes[20]) == 3); // floats
    float value = 0.0F;
    std::memcpy(&value, bytes.data() + 58 + 5000 * 8, sizeof value);
    CHECK(value == headless::ramp_value(5000));
}

TEST_CASE("chosen pictures become PNG files, whole or not at all", "[headless][sinks]") {
    Folder folder;
    headless::PngSinkOptions options;
    options.numbers = {1};
    options.times = {media_at(130ms)};
    auto png = headless::PngSink::create(folder.file("shots"), options);
    REQUIRE(png);
    Stage stage((*png)->sink());
    stage.play(pictures(6));
    REQUIRE((*png)->files() ==
            std::vector<std::string>{folder.file("shots") + "/frame-000001.png",
                                     folder.file("shots") + "/frame-000003.png"});
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.file("shots"))) {
        CHECK(entry.path().extension() == ".png");
        ++found;
    }
    CHECK(found == 2);

    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_file(&image, (*png)->files()[1].c_str()) != 0);
    CHECK(image.width == 62);
    CHECK(image.height == 47);
    image.format = PNG_FORMAT_RGB;
    std::vector<png_byte> pixels(PNG_IMAGE_SIZE(image));
    REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
    CHECK(pixels[0] == 24 + 12 * 3); // the picture's number, in grey
}

TEST_CASE("samples behind an end are asked for and taken", "[headless][sinks]") {
    const headless::NullVideoSink video;
    Stage stage(video.sink());
    stage.play(pictures(6));
    for (int i = 0; i < 20; ++i) stage.give({pictures(1)[0]});
    CHECK(video.frames() == 26);
}

TEST_CASE("at rate 0 a sink takes one picture for each start and step, and no sound",
          "[headless][sinks][scrub]") {
    const headless::NullVideoSink video;
    Stage stage(video.sink());
    REQUIRE(stage.sink->traits().scrubs);
    stage.sink->on_set_rate({}, 0.0);
    stage.sink->flush();
    CHECK(stage.pipeline->open == 0);
    stage.sink->on_start({}, media_zero);
    CHECK(stage.pipeline->open == 1);
    Sample preview = pictures(1)[0];
    std::get<VideoFrame>(preview).provisional = true;
    stage.give({preview});
    CHECK(video.frames() == 0);
    stage.give({pictures(1)[0]}); // asked for again
    CHECK(stage.pipeline->open == 0);
    stage.sink->step();
    stage.give({pictures(2)[1]});
    stage.sink->step();
    stage.sink->place_marker({Marker::Kind::end_of_segment, {}, 1});
    CHECK(stage.pipeline->said ==
          std::vector<std::string>{"started", "scrubbed 0", "scrubbed 40", "scrubbed none"});
    CHECK(video.frames() == 2);
    stage.sink->flush();
    CHECK(stage.pipeline->said.back() == "marker aborted");

    const headless::NullAudioSink audio;
    Stage quiet(audio.sink());
    CHECK_FALSE(quiet.sink->traits().scrubs);
    quiet.sink->on_set_rate({}, 0.0);
    quiet.sink->on_start({}, media_zero);
    quiet.sink->step();
    CHECK(quiet.pipeline->open == 0);
    CHECK(quiet.pipeline->said == std::vector<std::string>{"started"});
}
