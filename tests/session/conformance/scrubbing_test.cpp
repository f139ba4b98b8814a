// Section 5.3: rate 0, one frame for each start.
#include "playhead/video_output.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

// A session at rate 0 with an output that is pulled, and a scripted sound.
struct Scrubbed {
    Scrubbed() {
        stage.load_into({screen.sink(), stage.audio});
        REQUIRE(stage.session.set_rate(0.0));
        stage.now();
        stage.journal->take();
    }
    ~Scrubbed() {
        (void)stage.session.shutdown();
        stage.simulation->settle();
    }
    std::optional<MediaTime> shown() {
        const auto due = screen.frame_due(stage.simulation->now());
        return due.frame ? std::optional(due.frame->pts) : std::nullopt;
    }
    VideoOutput screen;
    Stage stage;
};

} // namespace

TEST_CASE("a start at rate 0 shows one frame, sounds nothing, and the clock stays",
          "[conformance][5.3]") {
    covers("5.3/one-frame", "5.3/no-sound", "5.3/clock-stays", "5.3/complete-once", "3/trace-scrub",
           "3/scrub-after-started", "3/scrub-once", "3/scrub-sample-complete");
    Scrubbed s;
    for (const auto t : {5010ms, 2000ms, 7990ms}) {
        (void)s.stage.session.start(at(t));
        Lines lines = s.stage.now();
        const auto started = std::find(lines.begin(), lines.end(), "session-started ok");
        REQUIRE(started != lines.end());
        CHECK(Lines(started + 1, lines.end()) == Lines{"scrub-sample-complete ok"});
        const MediaTime frame = media_at(t - t % 40ms);
        CHECK(s.stage.of_last<ScrubSampleComplete>().shown_pts == frame);
        CHECK(s.shown() == frame);
        CHECK(s.stage.after(1h).empty());
        CHECK(s.shown() == frame);
        CHECK(s.stage.session.position() == media_at(t));
    }
    CHECK(s.stage.audio->rendered == 0);
}

TEST_CASE("nothing is prerolled at rate 0", "[conformance][5.3]") {
    covers("5.3/no-preroll", "1.4/start-no-preroll-rate-zero");
    Scrubbed s;
    (void)s.stage.session.start(at(3s));
    s.stage.now();
    const Lines calls = s.stage.journal->lines();
    REQUIRE_FALSE(calls.empty());
    CHECK(std::none_of(calls.begin(), calls.end(), [](const std::string& call) {
        return call.find("preroll") != std::string::npos;
    }));
}

TEST_CASE("start where it is at rate 0 steps one frame on", "[conformance][5.3]") {
    covers("5.3/step", "1.3/current-rate-zero");
    Scrubbed s;
    (void)s.stage.session.start(at(4s));
    s.stage.now();
    for (const auto t : {4040ms, 4080ms, 4120ms}) {
        (void)s.stage.session.start();
        s.stage.now();
        CHECK(s.stage.of_last<ScrubSampleComplete>().shown_pts == media_at(t));
        CHECK(s.shown() == media_at(t));
    }
}

TEST_CASE("a stop while scrubbing lets no frame complete afterwards, and the rate stays 0",
          "[conformance][5.3]") {
    covers("3.1/scrubbing");
    Scrubbed s;
    s.stage.faults->seek_gate.close(true);
    (void)s.stage.session.start(at(4s));
    s.stage.now();
    (void)s.stage.session.stop();
    CHECK(s.stage.until("session-stopped").back() == "session-stopped ok");
    s.stage.faults->seek_gate.open();
    CHECK(s.stage.after(1h).empty());
    CHECK(s.stage.session.rate() == 0.0);
}

TEST_CASE("after scrubbing: stop, rate 1, start, and it plays on", "[conformance][5.3]") {
    covers("5.3/play-on");
    Scrubbed s;
    (void)s.stage.session.start(at(4s));
    s.stage.now();
    (void)s.stage.session.stop();
    (void)s.stage.session.set_rate(1.0);
    (void)s.stage.session.start(at(4s));
    CHECK(s.stage.now().back() == "session-started ok");
    s.stage.after(2s);
    CHECK(s.stage.session.position() == media_at(6s));
    CHECK(s.shown() == media_at(6s));
}
