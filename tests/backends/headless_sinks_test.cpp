// Null, capture, WAV and PNG sinks: what they take, write and say.
#include <cstdio>
#include <cstring>
#include <png.h>

#include "headless_sink_stage.h"
#include "playhead/ffmpeg/backend.h"

using namespace playhead;
using namespace playhead::test;
using headless::HashLines;

TEST_CASE("files that cannot be written are refused at once, by name", "[headless][sinks]") {
    const std::string nowhere = "/nonexistent-folder/file";
    const auto lines = HashLines::to_file(nowhere);
    REQUIRE_FALSE(lines);
    CHECK(lines.error().text.find(nowhere) != std::string::npos);
    const auto wav = headless::WavSink::create(nowhere);
    REQUIRE_FALSE(wav);
    CHECK(wav.error().text.find(nowhere) != std::string::npos);
    SinkFolder folder;
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
    SinkStage stage(capture.sink());
    stage.play(pictures(4));
    REQUIRE(stage.pipeline->failures.size() == 1);
    CHECK(stage.pipeline->failures[0].text.find("/dev/full") != std::string::npos);
    // The next topology's file lacks it all the same.
    stage.sink->attach({stage.simulation, stage.pipeline, stage.clock, nullptr});
    CHECK(capture.failed());

    auto wav = headless::WavSink::create("/dev/full");
    REQUIRE(wav);
    SinkStage sound((*wav)->sink());
    sound.play(blocks(3));
    CHECK(sound.pipeline->failures.size() == 1);
}

TEST_CASE("what a flush drops before the start was never taken", "[headless][sinks]") {
    headless::NullVideoSink null;
    SinkStage stage(null.sink());
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
    SinkFolder folder;
    auto wav = headless::WavSink::create(folder.file("a.wav"));
    REQUIRE(wav);
    SinkStage stage((*wav)->sink());
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

TEST_CASE("sound of other rates is in a WAV file to its last frame", "[headless][sinks]") {
    SinkFolder folder;
    auto wav = headless::WavSink::create(folder.file("a.wav"));
    REQUIRE(wav);
    SinkStage stage((*wav)->sink(), ffmpeg::make_converter_factory());
    AudioFormat other = headless::synthetic_audio_format();
    other.rate_hz = 44100;
    std::vector<Sample> sound;
    for (const AudioFormat& format :
         {headless::synthetic_audio_format(), other, headless::synthetic_audio_format(), other}) {
        AudioBlock block;
        block.buffer = headless::ramp_buffer(0, format.rate_hz, format);
        block.frames = format.rate_hz; // a second of each
        sound.emplace_back(block);
    }
    stage.play(sound);
    const auto frames = (content(folder.file("a.wav")).size() - 58) / 8;
    CHECK(frames >= 4 * 48000 - 2); // resampled, to the frame nearest to its end
    CHECK(frames <= 4 * 48000 + 2);
}

TEST_CASE("an SRT file has each subtitle with its end, also where only the next one tells it",
          "[headless][sinks][subtitles]") {
    SinkFolder folder;
    auto srt = headless::SrtSink::create(folder.file("a.srt"));
    REQUIRE(srt);
    SinkStage stage((*srt)->sink());
    const auto cue = [](int from_ms, int length_ms, const std::string& text,
                        bool until_next = false) {
        SubtitleContent content;
        content.text = text;
        SubtitleCue made;
        made.content = std::make_shared<const SubtitleContent>(std::move(content));
        made.pts = media_at(from_ms * 1ms);
        made.until_next = until_next;
        if (length_ms > 0) made.duration = length_ms * 1ms;
        return Sample{std::move(made)};
    };
    stage.sink->preroll(media_zero);
    stage.sink->on_start({}, media_zero);
    stage.give({cue(0, 500, "one"), cue(600, 0, "two"), cue(700, 30'000, "three", true),
                cue(900, 0, ""), cue(3'723'004, 100, "four\n\n\nlines\n"),
                cue(3'724'000, 0, "five")});
    const std::string first = "1\n00:00:00,000 --> 00:00:00,500\none\n\n"
                              "2\n00:00:00,600 --> 00:00:00,700\ntwo\n\n"
                              "3\n00:00:00,700 --> 00:00:00,900\nthree\n\n"
                              "4\n01:02:03,004 --> 01:02:03,104\nfour\nlines\n\n";
    CHECK(content(folder.file("a.srt")) == first);
    stage.sink->on_stop({});
    CHECK(content(folder.file("a.srt")) == first + "5\n01:02:04,000 --> 01:02:09,000\nfive\n\n");
    CHECK((*srt)->frames() == 6);
}

TEST_CASE("chosen pictures become PNG files, whole or not at all", "[headless][sinks]") {
    SinkFolder folder;
    headless::PngSinkOptions options;
    options.numbers = {1};
    options.times = {media_at(130ms)};
    auto png = headless::PngSink::create(folder.file("shots"), options);
    REQUIRE(png);
    SinkStage stage((*png)->sink());
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
    SinkStage stage(video.sink());
    stage.play(pictures(6));
    for (int i = 0; i < 20; ++i) stage.give({pictures(1)[0]});
    CHECK(video.frames() == 26);
}

TEST_CASE("at rate 0 a sink takes one picture for each start and step, and no sound",
          "[headless][sinks][scrub]") {
    const headless::NullVideoSink video;
    SinkStage stage(video.sink());
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
    SinkStage quiet(audio.sink());
    CHECK_FALSE(quiet.sink->traits().scrubs);
    quiet.sink->on_set_rate({}, 0.0);
    quiet.sink->on_start({}, media_zero);
    quiet.sink->step();
    CHECK(quiet.pipeline->open == 0);
    CHECK(quiet.pipeline->said == std::vector<std::string>{"started"});
}
