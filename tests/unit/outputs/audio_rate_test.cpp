// Rates of an audio output: what is heard, and that the clock says so.
#include <cmath>

#include "outputs/audio_fakes.h"
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"
#include "support/output_rig.h"

using namespace playhead;
using namespace playhead::test;
using headless::CaptureAudioDevice;

namespace {

constexpr int rate = 48000;
constexpr std::int64_t ramp_length = 1 << 22; // then it begins again

struct Stage {
    explicit Stage(bool stretches = true, headless::AudioDeviceOptions device_options = {})
        : simulation(headless::Simulation::create()),
          device(std::make_shared<CaptureAudioDevice>(simulation, device_options)),
          output(device),
          rig(simulation, output.sink(), true) {
        if (stretches) stretchers = std::make_shared<PickingStretchers>();
        output.sink()->attach(
            {simulation, rig.pipeline, rig.clock, headless::synthetic_converters(), stretchers});
        static_cast<void>(output.sink()->negotiate(headless::synthetic_audio_format()));
    }

    void set_rate(double to) {
        simulation->post([this, to] { REQUIRE(rig.clock->set_rate(to).has_value()); });
        simulation->settle();
    }

    // A sample of the programme and when it was heard.
    struct Heard {
        HostTime at{};
        std::int64_t position = 0;
    };
    // All that is certain: in runs whose positions go on in steps of a tempo.
    std::vector<Heard> heard() const {
        std::vector<Heard> all;
        std::vector<Heard> run;
        const auto end_run = [&] {
            if (run.size() >= 64) all.insert(all.end(), run.begin(), run.end());
            run.clear();
        };
        for (const auto& stretch : device->stretches()) {
            for (std::size_t i = 0; i < stretch.samples.size(); i += 2) {
                const auto position = headless::ramp_position(stretch.samples[i]);
                const auto step = position && !run.empty() ? *position - run.back().position : 0;
                if (!position || step < 0 || step > 4) end_run();
                if (!position) continue;
                const auto frame = static_cast<std::int64_t>(i / 2);
                run.push_back({stretch.heard + frames_to_duration(frame, rate), *position});
            }
        }
        end_run();
        return all;
    }
    // How far the clock said the sound to be from where it was, among what was heard in the last
    // `length`.
    Duration worst(Duration length) const {
        const Timeline line = rig.clock->timeline();
        Duration most{};
        int seen = 0;
        for (const Heard& h : heard()) {
            if (h.at > rig.now() || rig.now() - h.at > length) continue;
            ++seen;
            const std::int64_t told =
                duration_to_frames(line.media_at(h.at) - media_zero, rate) % ramp_length;
            most = std::max(most, frames_to_duration(std::abs(told - h.position), rate));
        }
        CHECK(seen > 100);
        return most;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<CaptureAudioDevice> device;
    AudioOutput output;
    OutputRig rig;
    std::shared_ptr<PickingStretchers> stretchers;
};

class Watcher final : public TimelineWatcher {
public:
    explicit Watcher(const OutputRig& rig) : rig_(rig) {}
    void on_turn() override { turns.emplace_back(rig_.now(), rig_.clock->timeline().rate()); }
    std::vector<std::pair<HostTime, double>> turns;

private:
    const OutputRig& rig_;
};

// Of 48 kHz; a step of the picking stretcher is up to four of these.
constexpr Duration frame = 21us;

} // namespace

TEST_CASE("at its own rate sound does not pass the stretcher", "[outputs][audio][rate]") {
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, 2 * rate));
    stage.rig.run(3s);
    CHECK(stage.stretchers->created == 0);
    const auto heard = stage.heard();
    REQUIRE(heard.size() == 2 * rate);
    for (std::size_t i = 0; i < heard.size(); ++i)
        REQUIRE(heard[i].position == static_cast<std::int64_t>(i));
}

TEST_CASE("over a minute at another rate sound and clock keep to the rate",
          "[outputs][audio][rate]") {
    const double r = GENERATE(0.25, 0.5, 1.5, 2.0, 4.0);
    INFO("rate " << r);
    Stage stage;
    stage.set_rate(r);
    CHECK(stage.rig.pipeline->has("rate ok"));
    stage.rig.play(media_zero, ramp_blocks(0, 60 * 5 * rate));
    stage.rig.run(100ms);
    const HostTime then = stage.rig.now();
    const MediaTime from = stage.rig.position();
    REQUIRE(stage.rig.clock->timeline().rate() == r);
    for (int i = 0; i < 60; ++i) {
        stage.rig.run(1s);
        const auto passed = std::chrono::duration<double>(stage.rig.position() - from).count();
        const auto host = std::chrono::duration<double>(stage.rig.now() - then).count();
        REQUIRE(std::abs(passed - host * r) < 0.001);
    }
    CHECK(stage.worst(1s) <= 6 * frame);
    CHECK(stage.output.underruns() == 0);
}

TEST_CASE("a change of rate is heard behind the ring, and there the clock turns",
          "[outputs][audio][rate]") {
    const auto rates = GENERATE(std::pair{1.0, 2.0}, std::pair{2.0, 1.0}, std::pair{1.0, 0.5},
                                std::pair{0.5, 3.0}, std::pair{1.5, 1.0});
    INFO("from " << rates.first << " to " << rates.second);
    Stage stage;
    stage.set_rate(rates.first);
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    const auto watcher = std::make_shared<Watcher>(stage.rig);
    stage.output.sink()->time_source()->watch(watcher);
    stage.rig.run(1s);
    watcher->turns.clear();
    const HostTime asked = stage.rig.now();
    stage.set_rate(rates.second);
    CHECK(stage.rig.clock->rate() == rates.second);
    CHECK(stage.rig.clock->timeline().rate() == rates.first);
    MediaTime last = stage.rig.position();
    std::optional<HostTime> turned;
    for (int i = 0; i < 3000; ++i) {
        stage.rig.run(1ms);
        const MediaTime position = stage.rig.position();
        const double now_rate = stage.rig.clock->timeline().rate();
        REQUIRE((now_rate == rates.first || now_rate == rates.second));
        if (!turned && now_rate == rates.second) turned = stage.rig.now();
        // Between the two, never a jump or a stop.
        const double step = std::chrono::duration<double, std::milli>(position - last).count();
        REQUIRE(step >= std::min(rates.first, rates.second) - 0.03);
        REQUIRE(step <= std::max(rates.first, rates.second) + 0.03);
        last = position;
    }
    REQUIRE(turned);
    // What the ring held and the device had taken; no more.
    CHECK(*turned - asked <= 480ms);
    REQUIRE(watcher->turns.size() == 1);
    CHECK(watcher->turns[0].second == rates.second);
    CHECK(watcher->turns[0].first <= *turned);
    CHECK(watcher->turns[0].first > *turned - 1ms);
    CHECK(stage.worst(2s) <= 6 * frame);
    CHECK(stage.output.underruns() == 0);
    // What is heard goes on where it was: at most the crossfade back to the own rate is not told.
    const auto heard = stage.heard();
    for (std::size_t i = 1; i < heard.size(); ++i) {
        REQUIRE(heard[i].position >= heard[i - 1].position);
        REQUIRE(heard[i].position - heard[i - 1].position <= 300);
    }
}

TEST_CASE("the end marker of stretched sound comes when its last sample was heard",
          "[outputs][audio][rate]") {
    const double r = GENERATE(0.5, 1.5, 3.0);
    Stage stage;
    stage.set_rate(r);
    stage.rig.play(media_zero, ramp_blocks(0, 2 * rate));
    stage.rig.run(10s);
    REQUIRE(stage.rig.pipeline->has("marker 7 ok"));
    const auto heard = stage.heard();
    CHECK(heard.back().position >= 2 * rate - 4);
    const Duration late = stage.rig.pipeline->marker_at - heard.back().at;
    CHECK(late >= -100us);
    CHECK(late <= 1ms);
    CHECK(static_cast<double>(stage.output.frames_played()) == Approx(2 * rate / r).margin(2.0));
    CHECK(stage.output.underruns() == 0);
}

TEST_CASE("beyond the stretcher's range it is silent at once and the clock goes on",
          "[outputs][audio][rate]") {
    const bool stretches = GENERATE(true, false);
    const double beyond = stretches ? 8.0 : 1.5;
    const double back = stretches ? 2.0 : 1.0;
    Stage stage(stretches);
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
    Stage stage;
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
    Stage stage;
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

TEST_CASE("a rate that is no number is refused and nothing changes", "[outputs][audio][rate]") {
    Stage stage;
    auto* source = stage.output.sink()->time_source();
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        const auto refused = source->try_set_rate(stage.rig.now(), bad);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error() == Errc::unsupported_rate);
    }
    for (const double good : {0.01, 1.0, 4.0, 100.0, 0.0, -1.0}) {
        CHECK(source->try_set_rate(stage.rig.now(), good).has_value());
    }
}

TEST_CASE("a seek and a pause at another rate keep it", "[outputs][audio][rate]") {
    Stage stage;
    stage.set_rate(2.0);
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    stage.rig.run(1s);
    stage.rig.seek(media_at(20s), ramp_blocks(20 * rate, 80 * rate));
    CHECK(stage.rig.position() == media_at(20s));
    stage.rig.run(2s);
    CHECK(stage.rig.position() > media_at(23800ms));
    CHECK(stage.worst(1s) <= 6 * frame);
    const MediaTime at = stage.rig.position();
    stage.rig.pause();
    stage.rig.run(300ms);
    CHECK(stage.rig.position() == at);
    stage.rig.resume();
    stage.rig.run(2s);
    CHECK(stage.worst(500ms) <= 6 * frame);
    CHECK(stage.output.underruns() == 0);
}

TEST_CASE("items of a queue join at another rate too", "[outputs][audio][rate][join]") {
    const double r = GENERATE(0.5, 2.0);
    Stage stage;
    stage.set_rate(r);
    stage.rig.play(media_zero, ramp_blocks(0, 70001));
    REQUIRE(stage.simulation->run_until([&] { return stage.rig.pipeline->ended; },
                                        stage.rig.now() + 10s));
    stage.rig.pipeline->call([&](StreamSink&) {
        stage.rig.pipeline->reopen(ramp_blocks(70001, 150000));
        stage.rig.pipeline->serve();
    });
    stage.simulation->settle();
    MediaTime last = stage.rig.position();
    for (int i = 0; i < 1200; ++i) {
        stage.rig.run(1ms);
        const MediaTime position = stage.rig.position();
        if (last > media_zero) {
            REQUIRE(std::chrono::duration<double, std::milli>(position - last).count() ==
                    Approx(r).margin(0.03));
        }
        last = position;
    }
    stage.rig.run(10s);
    CHECK(stage.rig.pipeline->count("marker 7 ok") == 2);
    CHECK(stage.output.underruns() == 0);
    CHECK(static_cast<double>(stage.output.frames_played()) == Approx(150000 / r).margin(3.0));
    const auto heard = stage.heard();
    REQUIRE(heard.back().position >= 150000 - 4);
    for (std::size_t i = 1; i < heard.size(); ++i) {
        REQUIRE(heard[i].position - heard[i - 1].position <= 2);
        REQUIRE(heard[i].position >= heard[i - 1].position);
    }
}

TEST_CASE("a pause in silence beyond the range is followed by sound in its place",
          "[outputs][audio][rate]") {
    Stage stage;
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

TEST_CASE("sound that another clock drives follows its rate", "[outputs][audio][rate]") {
    Stage stage;
    stage.simulation->post(
        [&] { stage.rig.clock->set_time_source(std::make_shared<SystemClockSource>()); });
    stage.simulation->settle();
    stage.rig.play(media_zero, ramp_blocks(0, 120 * rate));
    stage.rig.run(2s);
    CHECK(stage.worst(1s) <= 2 * frame);
    for (const double r : {2.0, 0.5, 6.0, 1.5, 1.0}) {
        stage.set_rate(r);
        stage.rig.run(3s);
        if (r <= 4.0) CHECK(stage.worst(1s) <= 6 * frame);
    }
}

TEST_CASE("after scrubbing a resume without a preroll plays from where it stands",
          "[outputs][audio][rate]") {
    const bool late = GENERATE(false, true); // the sound comes behind the resume
    Stage stage;
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

TEST_CASE("behind the end of the sound a rate counts at once", "[outputs][audio][rate]") {
    Stage stage;
    stage.rig.play(media_zero, ramp_blocks(0, rate / 2));
    stage.rig.run(2s);
    const MediaTime at = stage.rig.position();
    stage.set_rate(3.0);
    CHECK(stage.rig.position() == at);
    CHECK(stage.rig.clock->timeline().rate() == 3.0);
    stage.rig.run(1s);
    CHECK(stage.rig.position() == at + 3s);
}
