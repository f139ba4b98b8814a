#include "outputs/video_stage.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

struct Scrubbing : VideoStage {
    using VideoStage::VideoStage;

    // As the session does it: rate 0, flush, start, no preroll.
    void scrub(MediaTime t, std::function<std::optional<Sample>()> from) {
        set_rate(0.0);
        rig.pipeline->call([this](StreamSink& sink) {
            rig.pipeline->serving = false;
            sink.flush();
        });
        simulation->settle();
        rig.pipeline->forget();
        rig.pipeline->call([this, from = std::move(from)](StreamSink&) {
            rig.pipeline->reopen(from);
            rig.pipeline->serving = true;
            rig.pipeline->serve();
        });
        rig.start(t);
        simulation->run_until_idle();
    }
    void step() {
        rig.pipeline->call([](StreamSink& sink) { sink.step(); });
        simulation->run_until_idle();
    }
    std::optional<std::int64_t> current() {
        const DueFrame due = output.frame_due(rig.now());
        return due.frame ? std::optional(headless::picture_number(*due.frame)) : std::nullopt;
    }
    int scrubs() const {
        return static_cast<int>(
            std::count_if(rig.pipeline->said.begin(), rig.pipeline->said.end(),
                          [](const std::string& word) { return word.rfind("scrubbed", 0) == 0; }));
    }
};

} // namespace

TEST_CASE("a start at rate 0 takes one frame, shows it and says so once",
          "[outputs][video][scrub]") {
    Scrubbing stage;
    REQUIRE(stage.output.sink()->traits().scrubs);
    stage.scrub(media_at(1010ms), numbered_pictures(25, 1000));
    CHECK(stage.rig.pipeline->delivered == 1);
    CHECK(stage.rig.pipeline->has("started"));
    CHECK(stage.rig.pipeline->has("scrubbed 1000"));
    CHECK(stage.scrubs() == 1);
    CHECK(stage.wakes == 1);
    const DueFrame due = stage.output.frame_due(stage.rig.now());
    CHECK(due.is_new);
    CHECK_FALSE(due.ask_again);
    CHECK(due.clock_position == media_at(1010ms));
    CHECK(headless::picture_number(*due.frame) == 25);
    stage.rig.run(10s);
    CHECK(stage.rig.pipeline->delivered == 1);
    CHECK(stage.current() == 25);
}

TEST_CASE("at rate 0 a frame is shown whatever its time", "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.scrub(media_zero, numbered_pictures(100, 1000));
    CHECK(stage.rig.pipeline->has("scrubbed 4000"));
    CHECK(stage.current() == 100);
}

TEST_CASE("each step takes and shows one more frame", "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.scrub(media_at(1s), numbered_pictures(25, 1000));
    for (int i = 1; i <= 5; ++i) {
        stage.step();
        REQUIRE(stage.current() == 25 + i);
        REQUIRE(stage.scrubs() == 1 + i);
        REQUIRE(stage.rig.pipeline->delivered == 1 + i);
    }
    CHECK(stage.rig.pipeline->has("scrubbed 1200"));
}

TEST_CASE("a step beyond the last frame says that there is none, each time",
          "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.scrub(media_at(1s), numbered_pictures(25, 26));
    stage.step();
    CHECK(stage.rig.pipeline->count("scrubbed none") == 1);
    stage.step();
    CHECK(stage.rig.pipeline->count("scrubbed none") == 2);
    CHECK(stage.current() == 25);
    // It is not the end of playing.
    CHECK_FALSE(stage.rig.pipeline->has("marker 7 ok"));
    stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    stage.simulation->settle();
    CHECK(stage.rig.pipeline->has("marker 7 aborted"));
}

TEST_CASE("a start at rate 0 where nothing is says so", "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.scrub(media_at(1s), numbered_pictures(0, 0));
    CHECK(stage.rig.pipeline->has("scrubbed none"));
    CHECK_FALSE(stage.rig.pipeline->has("marker 7 ok"));
    CHECK_FALSE(stage.current());
}

TEST_CASE("a flush or a stop withdraws a scrub under way", "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.pull_for(1010ms);
    stage.rig.pause();
    stage.scrub(media_at(2s), nullptr); // the frame is not there yet
    CHECK(stage.scrubs() == 0);
    CHECK(stage.current() == 25);
    SECTION("flush") {
        stage.rig.pipeline->call([](StreamSink& sink) { sink.flush(); });
    }
    SECTION("stop") { stage.rig.stop(); }
    stage.simulation->settle();
    stage.rig.pipeline->call([&](StreamSink&) {
        stage.rig.pipeline->reopen(numbered_pictures(50, 1000));
        stage.rig.pipeline->serve();
    });
    stage.simulation->run_until_idle();
    CHECK(stage.scrubs() == 0);
}

TEST_CASE("what was asked for before rate 0 is kept for the steps", "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.rig.play(media_zero, numbered_pictures(0, 1000));
    stage.rig.pipeline->serving = false;
    stage.rig.run(500ms);
    stage.rig.pause();
    REQUIRE(stage.rig.pipeline->open == 3);
    stage.scrub(media_at(1s), numbered_pictures(25, 1000));
    CHECK(stage.scrubs() == 1);
    CHECK(stage.current() == 25);
    const int delivered = stage.rig.pipeline->delivered;
    stage.step();
    CHECK(stage.current() == 26);
    CHECK(stage.scrubs() == 2);
    CHECK(stage.rig.pipeline->delivered == delivered); // it was there already
}

TEST_CASE("a frame that is there before the start at rate 0 is the one it shows",
          "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.set_rate(0.0);
    stage.rig.pipeline->call([&](StreamSink& sink) { sink.process(*numbered_pictures(25, 26)()); });
    stage.simulation->settle();
    CHECK(stage.scrubs() == 0);
    CHECK_FALSE(stage.current());
    stage.rig.start(media_at(1s));
    CHECK(stage.rig.pipeline->has("scrubbed 1000"));
    CHECK(stage.rig.pipeline->open == 0);
    CHECK(stage.current() == 25);
}

TEST_CASE("playing goes on after a scrub with a preroll", "[outputs][video][scrub]") {
    Scrubbing stage;
    stage.scrub(media_at(1s), numbered_pictures(25, 1000));
    stage.step();
    stage.rig.pause();
    stage.set_rate(1.0);
    stage.rig.seek(media_at(1040ms), numbered_pictures(26, 1000));
    const auto shown = stage.pull_for(1s);
    REQUIRE(shown.size() == 25);
    CHECK(shown.front().number == 26);
    CHECK(shown.back().number == 50);
    CHECK(stage.scrubs() == 0);
}

TEST_CASE("a preview is shown at once and counts for nothing", "[outputs][video][preview]") {
    Scrubbing stage;
    const auto preview = [] {
        Sample sample = *numbered_pictures(20, 21)();
        std::get<VideoFrame>(sample).provisional = true;
        return sample;
    };
    SECTION("while prerolling") {
        bool first = true;
        stage.rig.preroll(
            media_at(1s),
            [&, exact = numbered_pictures(25, 1000)]() mutable -> std::optional<Sample> {
                return std::exchange(first, false) ? preview() : exact();
            });
        stage.rig.pipeline->serving = false;
        stage.rig.pipeline->call([&](StreamSink&) {
            stage.rig.pipeline->serving = true;
            while (stage.rig.pipeline->open > 2) { // just the preview
                --stage.rig.pipeline->open;
                stage.rig.pipeline->call([&](StreamSink& sink) { sink.process(preview()); });
            }
            first = false;
            stage.rig.pipeline->serving = false;
        });
        stage.simulation->settle();
        CHECK_FALSE(stage.rig.pipeline->has("prerolled"));
        DueFrame due = stage.output.frame_due(stage.rig.now());
        REQUIRE(due.frame);
        CHECK(due.is_new);
        CHECK(due.frame->provisional);
        CHECK(stage.rig.pipeline->open == 3); // asked for again
        stage.rig.pipeline->call([&](StreamSink&) {
            stage.rig.pipeline->serving = true;
            stage.rig.pipeline->serve();
        });
        stage.simulation->settle();
        CHECK(stage.rig.pipeline->has("prerolled"));
        due = stage.output.frame_due(stage.rig.now());
        CHECK(due.is_new);
        CHECK_FALSE(due.frame->provisional);
        CHECK(headless::picture_number(*due.frame) == 25);
    }
    SECTION("before a first frame that is later than the start") {
        bool first = true;
        stage.rig.preroll(
            media_at(1s),
            [&, exact = numbered_pictures(26, 1000)]() mutable -> std::optional<Sample> {
                return std::exchange(first, false) ? preview() : exact();
            });
        stage.simulation->settle();
        CHECK(stage.rig.pipeline->has("prerolled"));
        CHECK(stage.current() == 26);
    }
    SECTION("while scrubbing") {
        bool first = true;
        stage.scrub(media_at(1s),
                    [&, exact = numbered_pictures(25, 1000)]() mutable -> std::optional<Sample> {
                        return std::exchange(first, false) ? preview() : exact();
                    });
        CHECK(stage.scrubs() == 1);
        CHECK(stage.rig.pipeline->has("scrubbed 1000"));
        CHECK(stage.current() == 25);
    }
}
