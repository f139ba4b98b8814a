// Rates at which an audio output is silent: beyond the stretcher, backwards and 0.
#include "outputs/audio_rate_stage.h"

using namespace playhead;
using namespace playhead::test;

TEST_CASE("beyond the stretcher's range it is silent at once and the clock goes on",
          "[outputs][audio][rate]") {
    const bool stretches = GENERATE(true, false);
    const double beyond = stretches ? 8.0 : 1.5;
    const double back = stretches ? 2.0 : 1.0;
    RateStage stage(stretches);
    stage.rig.play(media_zero, ramp_blocks(0, 120 * rate));
    stage.rig.run(1s);
    MediaTime last = stage.rig.position();
    const auto steps = [&](int milliseconds, double low, double high) {
        for (int i = 0; i < milliseconds; ++i) {
            stage.rig.run(1ms);
            const double step =
                std::chrono::duration<double, std::milli>(stage.rig.position() - last).count();
            REQUIRE(step >= low - 0.05);
            REQUIRE(step <= high + 0.05);
            last = stage.rig.position();
        }
    };
    stage.set_rate(beyond);
    CHECK(stage.rig.position() == last);
    CHECK(stage.rig.clock->timeline().rate() == beyond);
    stage.rig.run(70ms); // what the device had taken
    last = stage.rig.position();
    stage.device->forget();
    const int before = stage.rig.pipeline->delivered;
    steps(3000, beyond, beyond);
    for (const float sample : stage.device->samples()) REQUIRE(sample == 0.0F);
    CHECK_FALSE(stage.device->is_open());
    // Blocks go on at the pace of the clock.
    const double blocks = 3.0 * beyond * rate / 1024.0;
    CHECK(stage.rig.pipeline->delivered - before == Approx(blocks).margin(blocks / 4 + 20));

    stage.set_rate(back);
    CHECK(stage.rig.position() == last);
    steps(3000, back, back);
    CHECK(stage.worst(2s) <= 6 * frame);
    CHECK(stage.output.frames_played() > 2 * rate);
    CHECK(stage.rig.pipeline->failures.empty());
}

TEST_CASE("at rate 0 the sink is silent, asks for nothing and the clock stands still",
          "[outputs][audio][rate]") {
    RateStage stage;
    CHECK_FALSE(stage.output.sink()->traits().scrubs);
    stage.set_rate(0.0);
    CHECK(stage.rig.pipeline->has("rate ok"));
    // A start at rate 0 comes without a preroll.
    stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    stage.rig.start(media_at(3s));
    CHECK(stage.rig.pipeline->has("started"));
    stage.rig.run(2s);
    CHECK(stage.rig.position() == media_at(3s));
    CHECK(stage.rig.pipeline->open == 0);
    CHECK(stage.device->stretches().empty());
    stage.rig.start(media_at(1s));
    stage.rig.run(1s);
    CHECK(stage.rig.position() == media_at(1s));

    // And from there it plays on: a pause, rate 1, a start.
    stage.rig.pause();
    CHECK(stage.rig.position() == media_at(1s));
    stage.set_rate(1.0);
    stage.rig.play(media_at(1s), ramp_blocks(rate, 10 * rate));
    stage.rig.run(1s);
    CHECK(stage.rig.position() > media_at(1900ms));
    CHECK(stage.worst(500ms) <= 1us);
}

TEST_CASE("in reverse it is silent, takes blocks at the clock's pace and reaches its end",
          "[outputs][audio][rate]") {
    RateStage stage;
    stage.set_rate(-2.0);
    // Blocks of 100 ms from 6 s down to 0.
    const auto falling = [at = std::int64_t{60}]() mutable -> std::optional<Sample> {
        if (at == 0) return std::nullopt;
        --at;
        AudioBlock block;
        block.buffer = headless::ramp_buffer(at * 4800, 4800, headless::synthetic_audio_format());
        block.frames = 4800;
        block.pts = media_at(at * 100ms);
        return Sample{std::move(block)};
    };
    stage.rig.play(media_at(6s), falling);
    REQUIRE(stage.rig.pipeline->has("prerolled"));
    CHECK(stage.rig.position() == media_at(6s));
    CHECK(stage.rig.pipeline->delivered < 30);
    stage.rig.run(1s);
    CHECK(stage.rig.position() == media_at(4s));
    CHECK(stage.rig.clock->timeline().rate() == -2.0);
    CHECK(stage.rig.pipeline->delivered < 40);
    CHECK_FALSE(stage.rig.pipeline->has("marker 7 ok"));
    stage.rig.run(1999ms);
    CHECK_FALSE(stage.rig.pipeline->has("marker 7 ok"));
    stage.rig.run(2ms);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
    CHECK(stage.output.frames_played() == 0);
}

TEST_CASE("a pause in silence beyond the range is followed by sound in its place",
          "[outputs][audio][rate]") {
    RateStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 120 * rate));
    stage.rig.run(1s);
    stage.set_rate(8.0);
    stage.rig.run(2s);
    stage.rig.pause();
    const MediaTime at = stage.rig.position();
    stage.set_rate(2.0);
    stage.rig.run(100ms);
    stage.rig.resume();
    CHECK(stage.rig.position() == at);
    stage.rig.run(150ms); // until the device is heard again
    MediaTime last = stage.rig.position();
    CHECK(last > at);
    for (int i = 0; i < 2000; ++i) {
        stage.rig.run(1ms);
        const double step =
            std::chrono::duration<double, std::milli>(stage.rig.position() - last).count();
        REQUIRE(step == Approx(2.0).margin(0.05));
        last = stage.rig.position();
    }
    CHECK(stage.worst(1s) <= 6 * frame);
}

TEST_CASE("after scrubbing a resume without a preroll plays from where it stands",
          "[outputs][audio][rate]") {
    const bool late = GENERATE(false, true); // the sound comes behind the resume
    RateStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 120 * rate));
    stage.rig.run(5s);
    stage.rig.stop();
    stage.set_rate(0.0);
    stage.rig.start(media_at(2s));
    stage.rig.run(1s);
    stage.rig.pause();
    stage.device->forget();
    CHECK_FALSE(stage.device->is_open()); // nobody hears it at rate 0
    stage.rig.pipeline->call([&](StreamSink&) {
        stage.rig.pipeline->reopen(ramp_blocks(2 * rate, 60 * rate));
        stage.rig.pipeline->serving = !late;
    });
    stage.simulation->settle();
    stage.set_rate(1.0);
    stage.rig.resume();
    stage.rig.pipeline->call([&](StreamSink&) {
        stage.rig.pipeline->serving = true;
        stage.rig.pipeline->serve();
    });
    stage.simulation->settle();
    CHECK(stage.rig.position() == media_at(2s));
    stage.rig.run(1s);
    CHECK(stage.rig.position() > media_at(2800ms));
    const auto heard = stage.heard();
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.front().position <= 2 * rate + 300);
    CHECK(stage.worst(500ms) <= 1us);
}
