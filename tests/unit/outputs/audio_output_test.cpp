#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"
#include "support/floats.h"
#include "support/output_rig.h"

using namespace playhead;
using namespace playhead::test;
using headless::AudioDeviceOptions;
using headless::CaptureAudioDevice;
using headless::ramp_position;

namespace {

constexpr int rate = 48000;

struct Stage {
    explicit Stage(AudioDeviceOptions device_options = {}, AudioOutputOptions options = {},
                   std::uint64_t seed = 1)
        : simulation(headless::Simulation::create({.seed = seed})),
          device(std::make_shared<CaptureAudioDevice>(simulation, std::move(device_options))),
          output(device, options),
          rig(simulation, output.sink(), true) {
        AudioFormat format = headless::synthetic_audio_format();
        static_cast<void>(output.sink()->negotiate(format));
    }

    // Each captured sample that stands at full volume, with the time it sounds. While the sound fades
    // a value tells nothing, so only runs of samples that follow each other count.
    struct Heard {
        HostTime at{};
        std::int64_t position = 0;
    };
    std::vector<Heard> heard() const {
        constexpr std::size_t shortest_run = 16;
        std::vector<Heard> all;
        std::vector<Heard> run;
        const auto end_run = [&] {
            if (run.size() >= shortest_run) all.insert(all.end(), run.begin(), run.end());
            run.clear();
        };
        for (const auto& stretch : device->stretches()) {
            const auto channels = static_cast<std::size_t>(stretch.channels);
            for (std::size_t i = 0; i < stretch.samples.size(); i += channels) {
                const auto frame = static_cast<std::int64_t>(i / channels);
                const auto position = ramp_position(stretch.samples[i]);
                if (!position || (!run.empty() && *position != run.back().position + 1)) end_run();
                if (!position) continue;
                run.push_back(
                    {stretch.heard + frames_to_duration(frame, stretch.rate_hz), *position});
            }
        }
        end_run();
        return all;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<CaptureAudioDevice> device;
    AudioOutput output;
    OutputRig rig;
};

// How far the clock said the sound to be from where it was, at most.
Duration worst(const std::vector<Stage::Heard>& heard, HostTime host, MediaTime media) {
    Duration most{};
    for (const auto& h : heard) {
        const Duration error =
            (h.at - host) - (media_zero + frames_to_duration(h.position, rate) - media);
        most = std::max(most, error < Duration{} ? -error : error);
    }
    return most;
}

} // namespace

TEST_CASE("sound plays every sample once, in order, and the clock says when", "[outputs][audio]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    Stage stage({}, {}, seed);
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
    Stage stage;
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
    Stage stage(jittery);
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

TEST_CASE("a start in the middle gives not one sample from before it", "[outputs][audio]") {
    Stage stage;
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
    Stage stage;
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
    Stage stage;
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
    const auto behind = std::vector<Stage::Heard>(heard.end() - rate, heard.end());
    CHECK(worst(behind, stage.rig.pipeline->marker_at, media_at(4s)) <= 2us);
}

TEST_CASE("a seek while playing goes on at the target and nowhere else", "[outputs][audio]") {
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 10 * rate));
    stage.rig.run(700ms);
    const HostTime sought = stage.rig.now();
    stage.rig.seek(media_at(5s), ramp_blocks(5 * rate, 10 * rate));
    CHECK(stage.rig.position() == media_at(5s));
    stage.rig.run(500ms);
    const MediaTime position = stage.rig.position();
    const HostTime then = stage.rig.now();
    std::vector<Stage::Heard> after;
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
    Stage stage;
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
    Stage stage({}, options);
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

TEST_CASE("starved sound stops the clock at the end of its data and goes on from there",
          "[outputs][audio]") {
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    stage.rig.run(200ms);
    stage.rig.pipeline->serving = false;
    stage.rig.run(2s);
    const MediaTime stuck = stage.rig.position();
    const auto heard = stage.heard();
    CHECK(stuck == media_zero + frames_to_duration(heard.back().position + 1, rate));
    CHECK(stage.output.underruns() > 0);
    CHECK(stage.rig.pipeline->has("dropped underrun"));
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
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    stage.rig.run(200ms);
    stage.rig.pipeline->serving = false;
    stage.rig.run(2s);
    const MediaTime stuck = stage.rig.position();
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
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, rate / 2));
    stage.rig.run(2s);
    const MediaTime position = stage.rig.position();
    CHECK(worst(stage.heard(), stage.rig.now(), position) <= 1us);
    CHECK(position > media_at(1900ms));
    CHECK(stage.output.underruns() == 0);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("an empty stream prerolls at once and its clock runs without a device",
          "[outputs][audio]") {
    Stage stage;
    stage.rig.play(media_at(3s), ramp_blocks(0, 0));
    CHECK(stage.rig.pipeline->has("prerolled"));
    stage.rig.run(1s);
    CHECK(stage.rig.position() == media_at(4s));
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("stop silences at once, clears, and answers", "[outputs][audio]") {
    Stage stage;
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
    Stage stage;
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

TEST_CASE("a cue prepares sound that a resume then plays from there", "[outputs][audio]") {
    Stage stage;
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

TEST_CASE("no more requests are open than there is room for", "[outputs][audio]") {
    const auto frames = GENERATE(64, 1024, 48000, 480000);
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 20 * rate, frames));
    stage.rig.run(5s);
    CHECK(stage.rig.pipeline->delivered * frames <= (5 * rate + rate / 2) + 2 * frames);
    CHECK(stage.output.underruns() == 0);
    CHECK(stage.rig.pipeline->most_open <= 64);
}

TEST_CASE("a flush returns markers as aborted and asks again at the next preroll only",
          "[outputs][audio]") {
    Stage stage;
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
