// Play in reverse up to the screen: stages, the real video sink, and a clock that runs backwards.
#include "outputs/video_stage.h"
#include "pipeline/stage_rig.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// Numbered pictures from `from` down to `to`.
std::function<std::optional<Sample>()>
pictures_down(std::int64_t from, std::int64_t to, std::optional<Duration> length = Duration{40ms}) {
    return [at = from, to, length,
            format = headless::synthetic_video_format()]() mutable -> std::optional<Sample> {
        if (at < to) return std::nullopt;
        VideoFrame frame;
        frame.picture = headless::numbered_picture(at, format);
        frame.pts = media_at(at * 40ms);
        frame.duration = length;
        --at;
        return Sample{std::move(frame)};
    };
}

// A window and the stages of a source, on one simulation.
struct Show {
    explicit Show(const headless::SyntheticOptions& options, VideoOutputOptions window = {},
                  std::uint64_t seed = 1)
        : simulation(headless::Simulation::create({.seed = seed})),
          output(window),
          rig(headless::synthetic_sources(), headless::synthetic_decoders(simulation),
              headless::synthetic(options), simulation, output.sink()) {
        output.on_change([this] { ++wakes; });
    }
    void play(Duration from, double rate) {
        DecodeOrder order;
        order.target = media_at(from);
        order.direction = rate < 0 ? Direction::reverse : Direction::forward;
        simulation->post([this, rate] { static_cast<void>(rig.clock->set_rate(rate)); });
        rig.start(order);
        simulation->post([this, from] { rig.video().port->preroll(media_at(from)); });
        simulation->settle();
        simulation->post([this, from] { static_cast<void>(rig.clock->start(media_at(from))); });
        simulation->settle();
    }
    struct Shown {
        std::int64_t number = 0;
        MediaTime position{};
        MediaRange interval;
    };
    std::vector<Shown> pull_for(Duration length) {
        std::vector<Shown> shown;
        const HostTime end = simulation->now() + length;
        while (simulation->now() < end) {
            const DueFrame due = output.frame_due(simulation->now());
            if (due.is_new && due.frame) {
                shown.push_back({headless::picture_number(*due.frame),
                                 due.clock_position,
                                 {due.frame->pts, due.frame->pts + *due.frame->duration}});
            }
            const HostTime next = std::min(due.ask_again.value_or(end), end);
            const int before = wakes;
            simulation->run_until([&] { return wakes != before; }, next);
            if (wakes == before) simulation->run_until(next);
        }
        return shown;
    }

    std::shared_ptr<headless::Simulation> simulation;
    int wakes = 0;
    VideoOutput output;
    StageRig rig;
};

} // namespace

TEST_CASE("backwards each picture is shown once, as soon as the clock is inside its interval",
          "[outputs][video][reverse]") {
    const double rate = GENERATE(-1.0, -4.0, -0.5, -3.7);
    const auto seed = GENERATE(1U, 2U);
    headless::SyntheticOptions options;
    options.b_frames = 2;
    options.gop = 30;
    Show show(options, {}, seed);
    show.play(5010ms, rate);
    const auto shown = show.pull_for(12s);
    REQUIRE(shown.size() == 126);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto number = static_cast<std::int64_t>(125 - i);
        REQUIRE(shown[i].number == number);
        REQUIRE(shown[i].interval.begin == media_at(number * 40ms));
        REQUIRE(shown[i].interval.contains(shown[i].position));
        if (i == 0) continue;
        REQUIRE(shown[i].interval.end == shown[i - 1].interval.begin);
        // At the first nanosecond of it that the clock shows.
        REQUIRE(shown[i].interval.end - shown[i].position <= Duration{4});
    }
    CHECK(show.output.frames_late() == 0);
    CHECK(show.rig.video().late.empty());
}

TEST_CASE("backwards the end comes when the clock is at the begin of the last picture",
          "[outputs][video][reverse]") {
    const bool pulled = GENERATE(false, true);
    const bool dropping = GENERATE(false, true);
    VideoOutputOptions options;
    options.allow_drop = dropping;
    VideoStage stage(options);
    stage.set_rate(-2.0);
    stage.rig.play(media_at(4s), pictures_down(100, 25));
    const HostTime began = stage.rig.now();
    if (pulled) {
        CHECK(stage.pull_for(5s).size() == 76);
    } else {
        stage.rig.run(5s);
        CHECK(stage.rig.pipeline->delivered == 76);
    }
    CHECK(stage.rig.pipeline->marker_at == began + 1500ms);
    CHECK(stage.output.frames_late() == 0);
}

TEST_CASE("backwards a pause freezes the picture and a resume goes on with the one before it",
          "[outputs][video][reverse]") {
    VideoStage stage;
    stage.set_rate(-1.0);
    // One that is said to last longer gives way to the later one all the same.
    const auto length = GENERATE(std::optional<Duration>{}, Duration{40ms}, Duration{90ms});
    stage.rig.play(media_at(2s), pictures_down(50, 0, length));
    auto shown = stage.pull_for(990ms);
    REQUIRE(shown.size() == 26);
    CHECK(shown.back().number == 25);
    for (const auto& one : shown)
        CHECK(one.position - media_at(one.number * 40ms) >= (one.number == 50 ? 0ns : 39ms));
    stage.rig.pause();
    CHECK(stage.rig.pipeline->has("paused"));
    CHECK(stage.pull_for(3s).empty());
    CHECK_FALSE(stage.rig.pipeline->has("marker 7 ok"));
    stage.rig.resume();
    shown = stage.pull_for(1100ms);
    REQUIRE(shown.size() == 25);
    CHECK(shown.front().number == 24);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("backwards pictures that come too late are left out and counted",
          "[outputs][video][reverse]") {
    VideoStage stage;
    stage.set_rate(-1.0);
    stage.rig.play(media_at(20s), pictures_down(500, 0));
    stage.pull_for(1s);
    stage.rig.pipeline->serving = false;
    stage.pull_for(220ms);
    stage.rig.pipeline->serving = true;
    stage.rig.pipeline->call([&](StreamSink&) { stage.rig.pipeline->serve(); });
    const auto shown = stage.pull_for(1s);
    CHECK(stage.output.frames_late() > 0);
    REQUIRE(shown.size() > 20);
    CHECK(shown.front().interval.contains(shown.front().position));
    for (std::size_t i = 1; i < shown.size(); ++i) {
        REQUIRE(shown[i].number == shown[i - 1].number - 1);
        REQUIRE(shown[i].interval.contains(shown[i].position));
    }
}

TEST_CASE("backwards the difference of a picture shown late is positive",
          "[outputs][video][reverse]") {
    VideoStage stage;
    stage.set_rate(-1.0);
    stage.rig.play(media_at(20s), pictures_down(499, 0));
    stage.pull_for(400ms + 1ns); // the first nanosecond of 489
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    REQUIRE(headless::picture_number(*due.frame) == 489);
    stage.output.presented(*due.frame, stage.rig.now() + 7ms);
    CHECK(stage.output.last_difference() == std::optional<Duration>(7ms + 1ns));
}

TEST_CASE("forward at other rates each picture is shown as its interval begins",
          "[outputs][video]") {
    const double rate = GENERATE(0.25, 2.0, 3.7);
    Show show({});
    show.play(0s, rate);
    const auto shown = show.pull_for(41s);
    REQUIRE(shown.size() == 250);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        REQUIRE(shown[i].number == static_cast<std::int64_t>(i));
        REQUIRE(shown[i].position - shown[i].interval.begin <= Duration{4});
        REQUIRE(shown[i].interval.contains(shown[i].position));
    }
}
