// Hash lines are those of ffmpeg -f framecrc.
#include <cstring>

#include "headless_sink_stage.h"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/adler32.h>
}

using namespace playhead;
using namespace playhead::test;
using headless::HashLines;

namespace {

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
    SinkStage stage(capture.sink());
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
    SinkStage stage(capture.sink());
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

TEST_CASE("sound at another rate is stamped in the time base that the file says",
          "[headless][sinks]") {
    auto lines = HashLines::in_memory();
    headless::CaptureAudioSink capture(lines);
    SinkStage stage(capture.sink());
    AudioFormat slower = headless::synthetic_audio_format();
    slower.rate_hz = 24000;
    AudioBlock block;
    block.buffer = headless::ramp_buffer(0, 1024, slower);
    block.frames = 1024;
    block.pts = media_at(1s);
    auto sound = blocks(1);
    sound.emplace_back(block);
    stage.play(sound);
    const auto stamped = without_header(lines->lines());
    REQUIRE(stamped.size() == 2);
    CHECK(stamped[1].starts_with("0,      48000,      48000,     2048, "));
}

TEST_CASE("several sinks share one file of hash lines", "[headless][sinks]") {
    SinkFolder folder;
    auto lines = HashLines::to_file(folder.file("both.txt"));
    REQUIRE(lines);
    headless::CaptureVideoSink video(*lines, 0);
    headless::CaptureAudioSink audio(*lines, 1);
    SinkStage(video.sink()).play(pictures(2));
    SinkStage(audio.sink()).play(blocks(2));
    const std::string text = content(folder.file("both.txt"));
    CHECK(text.find("#dimensions 0: 62x47\n") != std::string::npos);
    CHECK(text.find("#sample_rate 1: 48000\n") != std::string::npos);
    CHECK(text.find("\n1,       1024,       1024,     1024,     8192, 0x") != std::string::npos);
}
