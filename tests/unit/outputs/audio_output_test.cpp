// An audio output while it plays: what is heard, and that the clock says so.
#include "outputs/audio_stage.h"
#include "support/floats.h"

using namespace playhead;
using namespace playhead::test;
using headless::AudioDeviceOptions;

TEST_CASE("sound plays every sample once, in order, and the clock says when", "[outputs][audio]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    AudioStage stage({}, {}, seed);
    stage.rig.play(media_zero, ramp_blocks(0, 2 * rate));
    const HostTime began = stage.rig.now();
    REQUIRE(stage.rig.position() == media_zero);
    stage.rig.run(1s);
    const MediaTime middle = stage.rig.position();
    const HostTime then = stage.rig.now();
    stage.rig.run(2s);

    const auto heard = stage.heard();
    REQUIRE(heard.size() == 2 * rate);
    for (std::size_t i = 0; i < heard.size(); ++i)
        REQUIRE(heard[i].position == static_cast<std::int64_t>(i));
    CHECK(worst(heard, then, middle) <= 1us);
    CHECK(heard.front().at - began <= 60ms);
    CHECK(stage.output.underruns() == 0);
    CHECK(stage.output.frames_played() == 2 * rate);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
    const Duration early =
        stage.rig.pipeline->marker_at - (heard.back().at + frames_to_duration(1, rate));
    CHECK(early >= -2us);
    CHECK(early <= 1ms);
}

TEST_CASE("the clock is held at the start until the first frame sounds", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_at(1s), ramp_blocks(rate, 3 * rate));
    const auto held = stage.rig.position();
    stage.rig.run(10ms);
    CHECK(held == media_at(1s));
    CHECK(stage.rig.position() == media_at(1s));
    CHECK(stage.rig.clock->timeline().rate() == 0.0);
    stage.rig.run(90ms);
    CHECK(stage.rig.position() > media_at(1s));
    CHECK(stage.rig.clock->timeline().rate() == 1.0);
}

TEST_CASE("the clock never goes back, whenever it is asked", "[outputs][audio]") {
    AudioDeviceOptions jittery;
    jittery.quality = FeedTime::Quality::guess;
    jittery.jitter = 12ms;
    jittery.seed = GENERATE(1U, 2U, 3U, 4U);
    AudioStage stage(jittery);
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    MediaTime last{};
    Duration worst_error{};
    for (int i = 0; i < 4000; ++i) {
        stage.rig.run(2ms);
        const MediaTime position = stage.rig.position();
        REQUIRE(position >= last);
        REQUIRE(position - last <= 4ms + (i < 50 ? 12ms : 0ms));
        last = position;
    }
    const auto heard = stage.heard();
    worst_error = worst(heard, stage.rig.now(), last);
    CHECK(worst_error <= 4ms); // of 12 either way
}

TEST_CASE("who was told that the clock stands, if only for a moment, hears when it goes on",
          "[outputs][audio]") {
    struct Watcher final : TimelineWatcher {
        void on_turn() override { ++turns; }
        int turns = 0;
    };
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 4 * rate));
    stage.rig.run(1s);
    auto* const source = stage.output.sink()->time_source();
    const auto watcher = std::make_shared<Watcher>();
    source->watch(watcher);
    stage.rig.run(100ms);
    CHECK(watcher->turns == 0);
    // One reader is held up between looking at the time and asking; another is not, and asks first.
    const HostTime looked = stage.rig.now();
    CHECK(source->timeline(looked + 5ms).rate() == 1.0);
    CHECK(source->timeline(looked).rate() == 0.0);
    stage.rig.run(100ms);
    CHECK(watcher->turns == 1);
    CHECK(source->timeline(stage.rig.now()).rate() == 1.0);
    stage.rig.run(100ms);
    CHECK(watcher->turns == 1);
}

TEST_CASE("a start in the middle gives not one sample from before it", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_at(1s), ramp_blocks(rate - 700, 3 * rate, 1000));
    stage.rig.run(1s);
    const auto heard = stage.heard();
    REQUIRE_FALSE(heard.empty());
    // The first 5 ms fade in, so they do not tell their place.
    CHECK(heard.front().position >= rate);
    CHECK(heard.front().position <= rate + 240);
    CHECK(worst(heard, stage.rig.now(), stage.rig.position()) <= 1us);
}

TEST_CASE("sound that begins later than the start is preceded by silence", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(rate / 2, 2 * rate));
    stage.rig.run(3s);
    const auto heard = stage.heard();
    REQUIRE(heard.size() == 2 * rate - rate / 2);
    CHECK(stage.output.underruns() == 0);
    CHECK(worst(heard, heard.front().at, media_at(500ms)) <= 1us);
}

TEST_CASE("a pause loses no sample and repeats none", "[outputs][audio]") {
    const auto at = GENERATE(500ms, 507ms, 513ms, 519ms);
    const auto length = GENERATE(1ms, 30ms, 200ms, 700ms);
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 4 * rate));
    stage.rig.run(at);
    const MediaTime before = stage.rig.position();
    stage.rig.pause();
    CHECK(stage.rig.pipeline->has("paused"));
    CHECK(stage.rig.position() == before);
    stage.rig.run(length);
    CHECK(stage.rig.position() == before);
    stage.rig.resume();
    CHECK(stage.rig.position() >= before);
    CHECK(stage.rig.position() <= before + 1us);
    stage.rig.run(5s);
    auto heard = stage.heard();
    // The ramps of 5 ms at the seam hide some; what is told is in order and each once.
    CHECK(heard.size() >= static_cast<std::size_t>(4 * rate - 300));
    for (std::size_t i = 1; i < heard.size(); ++i)
        REQUIRE(heard[i].position > heard[i - 1].position);
    CHECK(stage.output.frames_played() == 4 * rate);
    CHECK(stage.output.underruns() == 0);
    // Behind the pause picture and sound agree again.
    const auto behind = std::vector<AudioStage::Heard>(heard.end() - rate, heard.end());
    CHECK(worst(behind, stage.rig.pipeline->marker_at, media_at(4s)) <= 2us);
}

TEST_CASE("a seek while playing goes on at the target and nowhere else", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 10 * rate));
    stage.rig.run(700ms);
    const HostTime sought = stage.rig.now();
    stage.rig.seek(media_at(5s), ramp_blocks(5 * rate, 10 * rate));
    CHECK(stage.rig.position() == media_at(5s));
    stage.rig.run(500ms);
    const MediaTime position = stage.rig.position();
    const HostTime then = stage.rig.now();
    std::vector<AudioStage::Heard> after;
    bool old_after_new = false;
    for (const auto& h : stage.heard()) {
        if (h.position >= 5 * rate) {
            after.push_back(h);
        } else if (!after.empty() || h.at > sought + 60ms) {
            old_after_new = true;
        }
    }
    CHECK_FALSE(old_after_new);
    REQUIRE_FALSE(after.empty());
    for (std::size_t i = 1; i < after.size(); ++i)
        REQUIRE(after[i].position == after[i - 1].position + 1);
    CHECK(worst(after, then, position) <= 1us);
    CHECK(stage.output.underruns() == 0);
}

TEST_CASE("where sound is cut off it runs out over a ramp", "[outputs][audio]") {
    AudioStage stage;
    // A constant, so that each step is the ramp's own.
    const auto constant = std::make_shared<Floats>(headless::synthetic_audio_format(),
                                                   std::vector<float>(2048, 0.8F));
    const auto supply = [constant, n = std::int64_t{0}]() mutable -> std::optional<Sample> {
        AudioBlock block{constant, 0, 1024, media_at(1s) + frames_to_duration(n, rate), false, 0};
        n += 1024;
        return Sample{block};
    };
    stage.rig.play(media_at(1s), supply);
    stage.rig.run(300ms);
    SECTION("by a stop") { stage.rig.stop(); }
    SECTION("by a pause") { stage.rig.pause(); }
    SECTION("by a flush") {
        stage.rig.pipeline->serving = false;
        stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    }
    SECTION("by a mute") { stage.output.set_mute(true); }
    stage.rig.run(300ms);
    const auto samples = stage.device->samples();
    float steepest = 0.0F;
    for (std::size_t i = 2; i < samples.size(); i += 2) {
        steepest = std::max(steepest, std::abs(samples[i] - samples[i - 2]));
    }
    CHECK(samples.back() == 0.0F);
    CHECK(*std::max_element(samples.begin(), samples.end()) == 0.8F);
    CHECK(steepest <= 0.8F / 200.0F);
}

TEST_CASE("volume scales the sound and a change of it is a ramp", "[outputs][audio]") {
    AudioOutputOptions options;
    options.volume = 0.5;
    AudioStage stage({}, options);
    CHECK(stage.output.volume() == 0.5);
    stage.rig.play(media_zero, ramp_blocks(0, rate));
    stage.rig.run(2s);
    const auto samples = stage.device->samples();
    std::int64_t found = 0;
    for (std::size_t i = 0; i < samples.size(); i += 2) {
        if (samples[i] == 0.0F) continue;
        REQUIRE(samples[i] == headless::ramp_value(found) * 0.5F);
        ++found;
    }
    CHECK(found == rate);
}

TEST_CASE("a cue prepares sound that a resume then plays from there", "[outputs][audio]") {
    AudioStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 10 * rate));
    stage.rig.run(500ms);
    stage.rig.cue(media_at(4s), ramp_blocks(4 * rate, 10 * rate));
    CHECK(stage.rig.pipeline->has("paused"));
    CHECK(stage.rig.position() == media_at(4s));
    stage.rig.run(3s);
    CHECK_FALSE(stage.device->is_open());
    CHECK(stage.rig.position() == media_at(4s));
    for (const auto& h : stage.heard()) REQUIRE(h.position < 4 * rate);
    stage.device->forget();
    stage.rig.resume();
    stage.rig.run(1s);
    const auto heard = stage.heard();
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.front().position <= 4 * rate + 240);
    CHECK(worst(heard, stage.rig.now(), stage.rig.position()) <= 1us);
}
