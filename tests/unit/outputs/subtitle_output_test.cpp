#include "playhead/subtitle_output.h"

#include "support/catch.h"
#include "support/output_rig.h"

using namespace playhead;
using namespace playhead::test;

namespace {

struct Line {
    int from_ms = 0;
    int until_ms = -1; // -1: until the next one
    std::string text;
    bool until_next = false;
};

std::function<std::optional<Sample>()> lines(std::vector<Line> all) {
    return [all = std::move(all), next = std::size_t{0}]() mutable -> std::optional<Sample> {
        if (next == all.size()) return std::nullopt;
        const Line& line = all[next++];
        SubtitleContent content;
        content.text = line.text;
        SubtitleCue cue;
        cue.content = std::make_shared<const SubtitleContent>(std::move(content));
        cue.pts = media_at(line.from_ms * 1ms);
        cue.until_next = line.until_next;
        if (line.until_ms >= 0) cue.duration = (line.until_ms - line.from_ms) * 1ms;
        return Sample{std::move(cue)};
    };
}

// What the screen says, each time that changes: "1500 one+two" is both from 1.5 s on, by the clock.
using Screen = std::vector<std::string>;

struct Stage {
    explicit Stage(std::uint64_t seed = 1)
        : simulation(headless::Simulation::create({.seed = seed})),
          output([this](const std::vector<SubtitleCue>& now) { note(now); }),
          rig(simulation, output.sink(), false) {}

    void note(const std::vector<SubtitleCue>& now) {
        const auto at = rig.clock->time();
        std::string text = at ? std::to_string(at->time_since_epoch() / 1ms) + " " : "- ";
        for (const auto& cue : now)
            text += (cue.pts == now.front().pts ? "" : "+") + cue.content->text;
        seen.push_back(text);
    }
    Screen take() { return std::exchange(seen, {}); }
    Screen after(Duration length) {
        rig.run(length);
        return take();
    }

    std::shared_ptr<headless::Simulation> simulation;
    Screen seen;
    SubtitleOutput output;
    OutputRig rig;
};

} // namespace

TEST_CASE("a subtitle is on from its time until its end, beside others", "[outputs][subtitles]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    Stage stage(seed);
    stage.rig.play(media_zero,
                   lines({{500, 1500, "one"}, {1000, 2000, "two"}, {3000, 3100, "three"}}));
    CHECK(stage.after(5s) ==
          Screen{"500 one", "1000 one+two", "1500 two", "2000 ", "3000 three", "3100 "});
    CHECK(stage.rig.pipeline->count("marker 7 ok") == 1);
    CHECK(stage.rig.pipeline->marker_at == stage.rig.now() - 1900ms);
}

TEST_CASE("one without an end lasts until the next, which may show nothing",
          "[outputs][subtitles]") {
    Stage stage;
    stage.rig.play(media_zero,
                   lines({{100, -1, "one"}, {200, -1, ""}, {300, -1, "two"}, {400, 500, "three"}}));
    CHECK(stage.after(1s) == Screen{"100 one", "200 ", "300 two", "400 three", "500 "});
}

TEST_CASE("an end can be a bound only, for the case that nothing follows", "[outputs][subtitles]") {
    Stage stage;
    stage.rig.play(media_zero, lines({{100, 30100, "one", true},
                                      {200, 30200, "", true},
                                      {300, 30300, "two", true},
                                      {400, 800, "three", true}}));
    CHECK(stage.after(40s) == Screen{"100 one", "200 ", "300 two", "400 three", "800 "});
}

TEST_CASE("what is on for long does not keep others from coming", "[outputs][subtitles]") {
    Stage stage;
    std::vector<Line> many;
    for (int i = 0; i < 100; ++i) many.push_back({0, 60000, "sign"});
    many.push_back({1000, 2000, "line"});
    stage.rig.play(media_zero, lines(many));
    stage.take();
    const auto seen = stage.after(3s);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].starts_with("1000 "));
    CHECK(seen[0].ends_with("+line"));
}

TEST_CASE("what is to be seen in an hour is not asked for now", "[outputs][subtitles]") {
    Stage stage;
    int supplied = 0;
    stage.rig.play(media_zero, [&]() -> std::optional<Sample> {
        // One each minute, and each is asked for by itself.
        stage.rig.pipeline->serving = false;
        const int from_ms = supplied++ * 60'000;
        return lines({{from_ms, from_ms + 1000, "line"}})();
    });
    const auto serve = [&] {
        stage.rig.pipeline->serving = true;
        stage.rig.pipeline->call([&](StreamSink&) { stage.rig.pipeline->serve(); });
        stage.rig.run(1ms);
    };
    for (int i = 0; i < 3; ++i) serve();
    CHECK(supplied == 4);
    CHECK(stage.rig.pipeline->most_open == 4);
    // None in the place of those that lie a minute and more ahead.
    CHECK(stage.rig.pipeline->open == 1);
    stage.rig.run(149s);
    CHECK(stage.rig.pipeline->open == 1);
    stage.rig.run(2s); // half a minute before the last of them
    CHECK(stage.rig.pipeline->open == 4);
}

TEST_CASE("a cut voids what was given of there and beyond", "[outputs][subtitles]") {
    Stage stage;
    stage.rig.play(media_zero,
                   lines({{500, 1500, "one"}, {900, -1, "two"}, {1200, 1300, "three"}}));
    stage.rig.pipeline->call([](StreamSink& sink) { sink.cut(media_at(1s)); });
    CHECK(stage.after(5s) == Screen{"500 one", "900 one+two", "1000 "});
}

TEST_CASE("a pause holds what is on, and a rate moves it", "[outputs][subtitles]") {
    Stage stage;
    stage.rig.play(media_zero, lines({{500, 1500, "one"}, {2000, 3000, "two"}}));
    CHECK(stage.after(1s) == Screen{"500 one"});
    stage.rig.pause();
    CHECK(stage.after(5s).empty());
    stage.rig.resume();
    CHECK(stage.after(600ms) == Screen{"1500 "});
    stage.simulation->post([&] { static_cast<void>(stage.rig.clock->set_rate(2.0)); });
    stage.simulation->settle();
    const HostTime turned = stage.rig.now();
    stage.simulation->run_until([&] { return !stage.seen.empty(); }, turned + 10s);
    CHECK(stage.take() == Screen{"2000 two"});
    CHECK(stage.rig.now() - turned == 200ms); // from 1.6 s
}

TEST_CASE("after a seek the one shows whose time it is, also while paused",
          "[outputs][subtitles]") {
    Stage stage;
    stage.rig.play(media_zero, lines({{0, 9000, "before"}}));
    CHECK(stage.after(1s) == Screen{"0 before"});
    stage.rig.seek(media_at(5s), lines({{4000, 6000, "there"}, {7000, 8000, "later"}}));
    CHECK(stage.after(1500ms) == Screen{"1000 ", "5000 there", "6000 "});
    stage.rig.cue(media_at(7500ms), lines({{7000, 8000, "later"}}));
    // Ready before the clock has moved there.
    CHECK(stage.after(10s) == Screen{"6500 later"});
}

TEST_CASE("a stop clears the screen, and nothing comes after it", "[outputs][subtitles]") {
    Stage stage;
    stage.rig.play(media_zero, lines({{0, 1000, "one"}, {2000, 3000, "two"}}));
    CHECK(stage.after(500ms) == Screen{"0 one"});
    stage.rig.stop();
    CHECK(stage.take() == Screen{"0 "});
    CHECK(stage.after(10s).empty());
}

TEST_CASE("in reverse the screen is clear, and the end is not waited for", "[outputs][subtitles]") {
    Stage stage;
    stage.simulation->post([&] { static_cast<void>(stage.rig.clock->set_rate(-1.0)); });
    stage.simulation->settle();
    stage.rig.play(media_at(10s), lines({}));
    CHECK(stage.rig.pipeline->count("marker 7 ok") == 1);
    CHECK(stage.after(1s).empty());
}

TEST_CASE("a file full of subtitles is not taken at once", "[outputs][subtitles]") {
    Stage stage;
    std::vector<Line> many;
    for (int i = 0; i < 1000; ++i) many.push_back({i * 100, i * 100 + 100, std::to_string(i)});
    stage.rig.play(media_zero, lines(many));
    CHECK(stage.rig.pipeline->delivered < 50);
    CHECK(stage.after(100s).size() == 1001);
    CHECK(stage.rig.pipeline->delivered == 1000);
}

TEST_CASE("an output that has gone says nothing any more", "[outputs][subtitles]") {
    const auto simulation = headless::Simulation::create({.seed = 1});
    int calls = 0;
    auto output = std::make_unique<SubtitleOutput>([&](const auto&) { ++calls; });
    OutputRig rig(simulation, output->sink(), false);
    rig.play(media_zero, lines({{0, 1000, "one"}, {2000, 3000, "two"}}));
    rig.run(500ms);
    CHECK(calls == 1);
    output.reset();
    rig.run(10s);
    CHECK(calls == 1);
}
