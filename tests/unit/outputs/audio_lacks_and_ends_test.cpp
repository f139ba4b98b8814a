// An audio output that is given nothing more: starved, at an end, stopped, paused, flushed.
#include "outputs/audio_stage.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// Plays, is given nothing more, and has run out of it: where its clock stands.
MediaTime starve(AudioStage& stage) {
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    stage.rig.run(200ms);
    stage.rig.pipeline->serving = false;
    stage.rig.run(2s);
    return stage.rig.position();
}

} // namespace

TEST_CASE("starved sound stops the clock at the end of its data and goes on from there",
          "[outputs][audio]") {
    AudioStage stage;
    const MediaTime stuck = starve(stage);
    const auto heard = stage.heard();
    CHECK(stuck == media_zero + frames_to_duration(heard.back().position + 1, rate));
    CHECK(stage.output.underruns() > 0);
    CHECK(stage.rig.pipeline->has("underrun"));
    CHECK(stage.rig.clock->timeline().rate() == 0.0);
    stage.rig.run(1s);
    CHECK(stage.rig.position() == stuck);

    stage.rig.pipeline->serving = true;
    stage.rig.pipeline->call([&](StreamSink&) { stage.rig.pipeline->serve(); });
    stage.rig.run(1s);
    CHECK(stage.rig.position() > stuck + 800ms);
    const auto all = stage.heard();
    CHECK(worst({all.end() - 1000, all.end()}, stage.rig.now(), stage.rig.position()) <= 1us);
    for (std::size_t i = 1; i < all.size(); ++i) REQUIRE(all[i].position > all[i - 1].position);
}

TEST_CASE("an end that comes after a lack lets the clock go on from where it stands",
          "[outputs][audio]") {
    AudioStage stage;
    const MediaTime stuck = starve(stage);
    stage.rig.pipeline->call([](StreamSink& sink) {
        sink.place_marker({Marker::Kind::end_of_segment, {}, 7});
    });
    stage.simulation->settle();
    CHECK(stage.rig.position() == stuck);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
    stage.rig.run(1s);
    CHECK(stage.rig.position() == stuck + 1s);
}

TEST_CASE("behind the end marker the clock goes on by host time", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, rate / 2));
    stage.rig.run(2s);
    const MediaTime position = stage.rig.position();
    CHECK(worst(stage.heard(), stage.rig.now(), position) <= 1us);
    CHECK(position > media_at(1900ms));
    CHECK(stage.output.underruns() == 0);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("an end that a device which stands for a moment has not taken is not heard yet",
          "[outputs][audio]") {
    headless::AudioDeviceOptions stands;
    stands.silent_from = 400ms;
    stands.silent_until = 700ms;
    AudioStage stage(stands);
    stage.rig.play(media_zero, ramp_blocks(0, rate / 2));
    while (!stage.rig.pipeline->has("marker 7 ok")) {
        REQUIRE(stage.rig.now() < HostTime{1h + 2s});
        stage.rig.run(5ms);
    }
    CHECK(stage.output.frames_played() == rate / 2);
}

TEST_CASE("of a device that stands for long the end is not awaited", "[outputs][audio]") {
    headless::AudioDeviceOptions stands;
    stands.silent_from = 400ms;
    AudioStage stage(stands);
    stage.rig.play(media_zero, ramp_blocks(0, rate / 2));
    stage.rig.run(3s);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
    CHECK(stage.output.frames_played() < rate / 2);
}

TEST_CASE("an empty stream prerolls at once and its clock runs without a device",
          "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_at(3s), ramp_blocks(0, 0));
    CHECK(stage.rig.pipeline->has("prerolled"));
    stage.rig.run(1s);
    CHECK(stage.rig.position() == media_at(4s));
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("stop silences at once, clears, and answers", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 10 * rate));
    stage.rig.run(500ms);
    const auto played = stage.output.frames_played();
    stage.rig.stop();
    CHECK(stage.rig.pipeline->has("stopped"));
    CHECK(stage.rig.position() == media_zero);
    stage.rig.run(2s);
    CHECK(stage.output.frames_played() == played);
    CHECK_FALSE(stage.output.device_open());

    stage.device->forget();
    stage.rig.play(media_zero, ramp_blocks(0, rate));
    stage.rig.run(2s);
    CHECK(stage.heard().size() == rate);
}

TEST_CASE("a paused device is closed after half a second and nothing wakes up any more",
          "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 10 * rate));
    stage.rig.run(1s);
    stage.rig.pause();
    stage.rig.run(499ms);
    CHECK(stage.device->is_open());
    stage.rig.run(2ms);
    CHECK_FALSE(stage.device->is_open());
    const HostTime before = stage.rig.now();
    stage.simulation->run_until_idle();
    CHECK(stage.rig.now() == before); // no timer was left that could have moved it

    stage.rig.resume();
    stage.rig.run(2s);
    CHECK(stage.device->times_opened() == 2);
    const auto heard = stage.heard();
    for (std::size_t i = 1; i < heard.size(); ++i)
        REQUIRE(heard[i].position > heard[i - 1].position);
    CHECK(worst({heard.end() - 1000, heard.end()}, stage.rig.now(), stage.rig.position()) <= 1us);
}

TEST_CASE("no more requests are open than there is room for", "[outputs][audio]") {
    const auto frames = GENERATE(64, 1024, 48000, 480000);
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 20 * rate, frames));
    stage.rig.run(5s);
    CHECK(stage.rig.pipeline->delivered * frames <= (5 * rate + rate / 2) + 2 * frames);
    CHECK(stage.output.underruns() == 0);
    CHECK(stage.rig.pipeline->most_open <= 64);
}

TEST_CASE("a flush returns markers as aborted and asks again at the next preroll only",
          "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, rate));
    stage.rig.run(900ms); // the end is placed by now
    REQUIRE(stage.rig.pipeline->ended);
    stage.rig.pipeline->forget();
    stage.rig.pipeline->serving = false;
    const int open = stage.rig.pipeline->open;
    stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    stage.simulation->settle();
    CHECK(stage.rig.pipeline->said == std::vector<std::string>{"marker 7 aborted"});
    stage.rig.run(1s);
    CHECK(stage.rig.pipeline->open == open);
}
