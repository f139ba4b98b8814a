// Rates of an audio output: what is heard, and that the clock says so.
#include <cmath>

#include "outputs/audio_rate_stage.h"

using namespace playhead;
using namespace playhead::test;

namespace {

class Watcher final : public TimelineWatcher {
public:
    explicit Watcher(const OutputRig& rig) : rig_(rig) {}
    void on_turn() override { turns.emplace_back(rig_.now(), rig_.clock->timeline().rate()); }
    std::vector<std::pair<HostTime, double>> turns;

private:
    const OutputRig& rig_;
};

} // namespace

TEST_CASE("at its own rate sound does not pass the stretcher", "[outputs][audio][rate]") {
    RateStage stage;
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
    RateStage stage;
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
    RateStage stage;
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
    RateStage stage;
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

TEST_CASE("a rate that is no number is refused and nothing changes", "[outputs][audio][rate]") {
    RateStage stage;
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
    RateStage stage;
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
    RateStage stage;
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

TEST_CASE("sound that another clock drives follows its rate", "[outputs][audio][rate]") {
    RateStage stage;
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

TEST_CASE("behind the end of the sound a rate counts at once", "[outputs][audio][rate]") {
    RateStage stage;
    stage.rig.play(media_zero, ramp_blocks(0, rate / 2));
    stage.rig.run(2s);
    const MediaTime at = stage.rig.position();
    stage.set_rate(3.0);
    CHECK(stage.rig.position() == at);
    CHECK(stage.rig.clock->timeline().rate() == 3.0);
    stage.rig.run(1s);
    CHECK(stage.rig.position() == at + 3s);
}

TEST_CASE("an output that comes to another clock goes at that one's rate",
          "[outputs][audio][rate]") {
    RateStage stage;
    stage.set_rate(2.0);
    stage.rig.play(media_zero, ramp_blocks(0, 60 * rate));
    stage.rig.run(500ms);
    REQUIRE(stage.rig.clock->timeline().rate() == 2.0);
    stage.rig.stop();
    stage.device->forget();
    OutputRig other(stage.simulation, stage.output.sink(),
                    false); // a clock that tells its sound no rate
    stage.output.sink()->attach({stage.simulation, other.pipeline, other.clock,
                                 headless::synthetic_converters(), stage.stretchers});
    other.play(media_zero, ramp_blocks(0, 60 * rate));
    other.run(1s);
    const auto heard = stage.heard();
    REQUIRE(heard.size() > rate / 2);
    CHECK(heard.back().position < rate * 11 / 10);
    other.stop();
}
