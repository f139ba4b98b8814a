#include "playhead/video_output.h"

#include "outputs/video_stage.h"
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using headless::picture_number;

namespace {

using Stage = VideoStage;

} // namespace

TEST_CASE("each frame is handed out exactly when its interval begins", "[outputs][video]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    Stage stage({}, seed);
    stage.rig.play(media_zero, numbered_pictures(0, 100));
    const HostTime began = stage.rig.now();
    const auto shown = stage.pull_for(5s);
    REQUIRE(shown.size() == 100);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        REQUIRE(shown[i].number == static_cast<std::int64_t>(i));
        REQUIRE(shown[i].at == began + static_cast<int>(i) * 40ms);
    }
    CHECK(stage.rig.pipeline->marker_at == began + 4s);
    CHECK(stage.output.frames_shown() == 100);
    CHECK(stage.output.frames_late() == 0);
    CHECK(stage.pulls <= 105);
}

TEST_CASE("without a duration the last frame lasts as long as the one before", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 10, 10, false));
    const HostTime began = stage.rig.now();
    stage.pull_for(3s);
    CHECK(stage.rig.pipeline->marker_at == began + 1s);
}

TEST_CASE("frames retire and the end comes in time though nobody pulls", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 100));
    const HostTime began = stage.rig.now();
    stage.rig.run(5s);
    CHECK(stage.rig.pipeline->delivered == 100);
    CHECK(stage.rig.pipeline->marker_at == began + 4s);
    CHECK(stage.output.frames_late() == 0);
    CHECK(stage.output.frames_shown() == 0);
}

TEST_CASE("a puller that stops pulling stalls nothing", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 100));
    const HostTime began = stage.rig.now();
    stage.pull_for(1s);
    stage.rig.run(4s);
    CHECK(stage.rig.pipeline->marker_at == began + 4s);
    CHECK(stage.rig.pipeline->delivered == 100);
}

TEST_CASE("who listens after the first frame was ready is woken for it", "[outputs][video]") {
    Stage stage;
    stage.output.on_change({});
    stage.rig.play(media_zero, numbered_pictures(0, 100));
    stage.rig.run(1s);
    stage.wakes = 0;
    stage.output.on_change([&] { ++stage.wakes; });
    stage.rig.run(100ms);
    CHECK(stage.wakes > 0);
}

TEST_CASE("a timer hardly ever fires beside an active puller", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 10000));
    stage.pull_for(1s);
    const auto before = stage.simulation->statistics();
    const int pulls = stage.pulls;
    stage.pull_for(10s);
    const auto after = stage.simulation->statistics();
    CHECK(stage.pulls - pulls <= 252);
    CHECK(after.control_tasks - before.control_tasks <= 50);
}

TEST_CASE("the first frame is shown at preroll, and the clock's start changes nothing but time",
          "[outputs][video]") {
    Stage stage;
    CHECK_FALSE(stage.output.frame_due(stage.rig.now()).frame);
    stage.rig.preroll(media_at(1s),
                      numbered_pictures(24, 100)); // the one before t and its successors
    stage.simulation->settle();
    CHECK(stage.rig.pipeline->has("prerolled"));
    CHECK(stage.wakes == 1);
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    REQUIRE(due.frame);
    CHECK(due.is_new);
    CHECK(picture_number(*due.frame) == 25);
    CHECK_FALSE(due.ask_again);
    CHECK_FALSE(stage.output.frame_due(stage.rig.now()).is_new);
}

TEST_CASE("a first frame later than the start is shown at preroll all the same",
          "[outputs][video]") {
    Stage stage;
    stage.rig.preroll(media_zero, numbered_pictures(10, 100));
    stage.simulation->settle();
    CHECK(stage.rig.pipeline->has("prerolled"));
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    REQUIRE(due.frame);
    CHECK(picture_number(*due.frame) == 10);
}

TEST_CASE("a seek keeps the old picture until the new one is there", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1010ms);
    stage.rig.pipeline->serving = false;
    stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    stage.rig.preroll(media_at(20s), numbered_pictures(500, 1000));
    stage.simulation->settle();
    DueFrame due = stage.output.frame_due(stage.rig.now());
    REQUIRE(due.frame);
    CHECK(picture_number(*due.frame) == 25);
    CHECK_FALSE(due.is_new);
    CHECK_FALSE(stage.rig.pipeline->count("prerolled") > 1);
    const int wakes = stage.wakes;
    stage.rig.pipeline->serving = true;
    stage.rig.pipeline->call([&](StreamSink&) { stage.rig.pipeline->serve(); });
    stage.simulation->settle();
    CHECK(stage.wakes == wakes + 1);
    due = stage.output.frame_due(stage.rig.now());
    CHECK(due.is_new);
    CHECK(picture_number(*due.frame) == 500);
    stage.rig.start(media_at(20s));
    const auto shown = stage.pull_for(1010ms);
    REQUIRE(shown.size() == 25);
    CHECK(shown.front().number == 501);
}

TEST_CASE("a pause freezes the picture, wakes nobody, and a resume goes on with the next",
          "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1010ms);
    stage.rig.pause();
    CHECK(stage.rig.pipeline->has("paused"));
    const HostTime paused = stage.rig.now();
    stage.simulation->run_until_idle();
    CHECK(stage.rig.now() == paused);
    stage.rig.run(1s);
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    CHECK_FALSE(due.is_new);
    CHECK_FALSE(due.ask_again);
    const int wakes = stage.wakes;
    stage.rig.resume();
    CHECK(stage.wakes == wakes + 1);
    const HostTime resumed = stage.rig.now();
    const auto shown = stage.pull_for(100ms);
    REQUIRE(shown.size() == 2);
    CHECK(shown[0].number == 26);
    CHECK(shown[0].at == resumed + 30ms);
}

TEST_CASE("stop clears the picture and says so once", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1010ms);
    const int wakes = stage.wakes;
    stage.rig.stop();
    CHECK(stage.rig.pipeline->has("stopped"));
    CHECK(stage.wakes == wakes + 1);
    DueFrame due = stage.output.frame_due(stage.rig.now());
    CHECK_FALSE(due.frame);
    CHECK(due.is_new);
    due = stage.output.frame_due(stage.rig.now());
    CHECK_FALSE(due.is_new);
    CHECK_FALSE(due.ask_again);
}

TEST_CASE("a cue shows its frame and stays there until the resume", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1s);
    stage.rig.cue(media_at(10s), numbered_pictures(250, 1000));
    CHECK(stage.rig.pipeline->has("paused"));
    auto shown = stage.pull_for(2s);
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].number == 250);
    stage.rig.resume();
    shown = stage.pull_for(100ms);
    REQUIRE(shown.size() == 2);
    CHECK(shown[0].number == 251);
}

TEST_CASE("frames that come too late are left out and counted", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1s);
    stage.rig.pipeline->serving = false;
    stage.pull_for(220ms); // runs out of frames, and 40 ms later the picture is stale
    stage.rig.pipeline->serving = true;
    stage.rig.pipeline->call([&](StreamSink&) { stage.rig.pipeline->serve(); });
    const auto shown = stage.pull_for(1s);
    CHECK(stage.output.frames_late() > 0);
    CHECK(stage.rig.pipeline->late == static_cast<int>(stage.output.frames_late()));
    REQUIRE(shown.size() > 20);
    CHECK(shown[0].number == 30);
    for (std::size_t i = 1; i < shown.size(); ++i)
        REQUIRE(shown[i].number == shown[i - 1].number + 1);
}

TEST_CASE("told not to drop, it shows every frame however late", "[outputs][video]") {
    VideoOutputOptions options;
    options.allow_drop = false;
    Stage stage(options);
    stage.rig.play(media_zero, numbered_pictures(0, 60));
    stage.pull_for(1s);
    stage.rig.pipeline->serving = false;
    stage.pull_for(500ms);
    stage.rig.pipeline->serving = true;
    stage.rig.pipeline->call([&](StreamSink&) { stage.rig.pipeline->serve(); });
    stage.pull_for(3s);
    CHECK(stage.output.frames_shown() == 60);
    CHECK(stage.output.frames_late() == 0);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("the first frames pulled after a long sleep are the ones due then", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.rig.run(10s);
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    REQUIRE(due.frame);
    CHECK(picture_number(*due.frame) >= 248); // as far as frames were there: at most a queue behind
    CHECK(picture_number(*due.frame) <= 250);
}

TEST_CASE("no more requests are open than frames may wait", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(2s);
    CHECK(stage.rig.pipeline->most_open <= 3);
    CHECK(stage.rig.pipeline->delivered <= 51 + 3);
    stage.rig.pipeline->serving = false;
    stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    stage.simulation->settle();
    CHECK(stage.rig.pipeline->open <= 1);
    stage.rig.preroll(media_zero, numbered_pictures(0, 1000));
    stage.simulation->settle();
    CHECK(stage.rig.pipeline->open == 3);
}

TEST_CASE("a flush returns markers as aborted, after a stop they are reached", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 3));
    REQUIRE(stage.rig.pipeline->ended);
    SECTION("flush") {
        stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
        stage.simulation->settle();
        CHECK(stage.rig.pipeline->has("marker 7 aborted"));
    }
    SECTION("stop") {
        stage.rig.stop();
        CHECK(stage.rig.pipeline->has("marker 7 ok"));
    }
    SECTION("pause: it waits for its frames") {
        stage.rig.pause();
        stage.rig.run(10s);
        CHECK_FALSE(stage.rig.pipeline->has("marker 7 ok"));
        stage.rig.resume();
        stage.rig.run(10s);
        CHECK(stage.rig.pipeline->has("marker 7 ok"));
    }
    CHECK(stage.rig.pipeline->count("marker 7 ok") +
              stage.rig.pipeline->count("marker 7 aborted") ==
          1);
}

TEST_CASE("frames behind an end join without a gap", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 50));
    const HostTime began = stage.rig.now();
    auto shown = stage.pull_for(1900ms); // the end has been placed, and not been reached
    REQUIRE(stage.rig.pipeline->ended);
    REQUIRE_FALSE(stage.rig.pipeline->has("marker 7 ok"));
    stage.rig.pipeline->call([&](StreamSink&) {
        stage.rig.pipeline->reopen(numbered_pictures(50, 100));
        stage.rig.pipeline->serve();
    });
    const auto after = stage.pull_for(1s);
    CHECK(stage.rig.pipeline->count("marker 7 ok") == 1);
    CHECK(stage.rig.pipeline->marker_at == began + 2s);
    shown.insert(shown.end(), after.begin(), after.end());
    REQUIRE(shown.size() == 73);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        REQUIRE(shown[i].number == static_cast<std::int64_t>(i));
        REQUIRE(shown[i].at == began + static_cast<int>(i) * 40ms);
    }
}

TEST_CASE("an end that comes unasked does not keep it from asking on", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_zero, numbered_pictures(0, 100));
    REQUIRE(stage.rig.pipeline->open == 0);
    stage.rig.pipeline->call([](StreamSink& sink) {
        sink.place_marker({Marker::Kind::end_of_segment, {}, 6});
    });
    CHECK(stage.pull_for(5s).size() == 100);
    CHECK(stage.rig.pipeline->count("marker 6 ok") == 1);
}

TEST_CASE("an empty stream prerolls and ends at once", "[outputs][video]") {
    Stage stage;
    stage.rig.play(media_at(5s), numbered_pictures(0, 0));
    CHECK(stage.rig.pipeline->has("prerolled"));
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("frames are converted ahead, and again when the wish changes", "[outputs][video]") {
    Stage stage;
    stage.output.convert_to([](const VideoFormat& decoded) -> std::optional<VideoFormat> {
        VideoFormat wish = decoded;
        wish.pixel_format = PixelFormat::bgra;
        wish.width /= 2;
        return wish;
    });
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1s);
    DueFrame due = stage.output.frame_due(stage.rig.now());
    REQUIRE(due.frame);
    CHECK(due.frame->picture->format().pixel_format == PixelFormat::bgra);
    CHECK(due.frame->picture->format().width == 32);
    stage.rig.pause();
    const int wakes = stage.wakes;
    stage.output.convert_to({});
    stage.simulation->settle();
    CHECK(stage.wakes == wakes + 1);
    const DueFrame again = stage.output.frame_due(stage.rig.now());
    CHECK(again.is_new);
    CHECK(again.frame->picture->format().pixel_format == PixelFormat::i420);
    CHECK(picture_number(*again.frame) == picture_number(*due.frame));
}

TEST_CASE("what the puller presented is measured against the clock", "[outputs][video]") {
    Stage stage;
    CHECK_FALSE(stage.output.last_difference());
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(400ms);
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    stage.output.presented(*due.frame, stage.rig.now() + 7ms);
    CHECK(stage.output.last_difference() == std::optional<Duration>(7ms));
    CHECK(stage.rig.pipeline->differences == std::vector<Duration>{7ms});
}

TEST_CASE("pictures follow the sound: held until it is heard, stopped when it starves",
          "[outputs][video][audio]") {
    Stage stage;
    headless::AudioDeviceOptions slow;
    slow.latency = 100ms;
    AudioOutput audio(std::make_shared<headless::NullAudioDevice>(stage.simulation, slow));
    static_cast<void>(audio.sink()->negotiate(headless::synthetic_audio_format()));
    OutputRig sound(stage.simulation, audio.sink(), true);
    // Both on the sound's clock.
    stage.rig.pipeline->call([&](StreamSink& sink) {
        sink.attach({stage.simulation, stage.rig.pipeline, sound.clock, nullptr});
    });
    static_cast<void>(sound.clock->add_state_sink(
        stage.output.sink(), [p = stage.rig.pipeline](Task task) { p->post(std::move(task)); }));
    stage.rig.preroll(media_zero, numbered_pictures(0, 1000));
    sound.play(media_zero, ramp_blocks(0, 48000 * 60));
    const HostTime began = stage.rig.now();
    auto shown = stage.pull_for(1s);
    REQUIRE(shown.size() > 20);
    CHECK(shown[0].number == 0);
    // The second frame comes 40 ms after the first sample is heard, though nobody could have promised when.
    CHECK(shown[1].at - began >= 140ms);
    CHECK(shown[1].at - began <= 160ms);
    for (std::size_t i = 2; i < shown.size(); ++i) REQUIRE(shown[i].at - shown[i - 1].at == 40ms);

    sound.pipeline->serving = false;
    stage.pull_for(2s);
    const int pulls = stage.pulls;
    shown = stage.pull_for(5s);
    CHECK(shown.empty());
    CHECK(stage.pulls - pulls <= 2);
    sound.pipeline->serving = true;
    sound.pipeline->call([&](StreamSink&) { sound.pipeline->serve(); });
    shown = stage.pull_for(1s);
    CHECK(shown.size() >= 20);
    // Before the simulation ends with the first of the two rigs.
    stage.rig.pipeline->call([](StreamSink& sink) { sink.shut_down(); });
    stage.simulation->settle();
    sound.clock->shut_down();
    stage.rig.clock->shut_down();
}
