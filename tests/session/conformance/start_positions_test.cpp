// Section 1.3: where a start begins.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("a position beyond the end is refused in its event, and what plays goes on",
          "[conformance][1.3]") {
    covers("1.3/at-beyond-end", "1.3/at-beyond-end-stopped", "1.4/seek-validated-first");
    Stage started{S::started};
    REQUIRE(started.session.start(at(10s + 1ns)));
    CHECK(started.now() == Lines{"session-started invalid_position"});
    CHECK_FALSE(started.of_last<SessionStarted>().position);
    CHECK(started.calls().empty());
    CHECK(started.session.state() == S::started);
    started.after(1s);
    CHECK(started.session.position() == media_at(3s));

    Stage stopped{S::stopped};
    REQUIRE(stopped.session.start(at(1h)));
    CHECK(stopped.now() == Lines{"session-started invalid_position"});
    CHECK(stopped.session.state() == S::stopped);
    CHECK(stopped.calls().empty());
}

TEST_CASE("the very end is a valid position, and the streams end at once", "[conformance][1.3]") {
    covers("1.3/at-the-end");
    for (const S state : {S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        REQUIRE(stage.session.start(at(10s)));
        const Lines lines = stage.until("session-ended", 1s);
        CHECK(std::count(lines.begin(), lines.end(), "session-started ok") == 1);
        CHECK(std::count(lines.begin(), lines.end(), "end-of-presentation ok") == 1);
        CHECK(lines.back() == "session-ended ok");
    }
}

TEST_CASE("a negative position starts the clock below zero, and nothing is due until 0",
          "[conformance][1.3]") {
    covers("1.3/at-negative");
    Stage stage{S::stopped};
    REQUIRE(stage.session.start(at(-2s)));
    CHECK(stage.now().back() == "session-started ok");
    CHECK(stage.session.position() == media_at(-2s));
    stage.after(2s);
    CHECK(stage.session.position() == media_zero);
    CHECK(stage.video->rendered == 0);
    stage.after(1s);
    CHECK(stage.video->rendered == 25);
}

TEST_CASE("a source that cannot seek says so, and plays on, it can begin at the beginning",
          "[conformance][1.3]") {
    covers("1.3/not-seekable", "1.3/not-seekable-current", "1.3/not-seekable-at-zero");
    RigOptions options;
    options.media.seekable = false;
    for (const S state : {S::started, S::paused}) {
        Stage stage{state, options};
        REQUIRE(stage.session.start(at(5s)));
        CHECK(stage.now() == Lines{"session-started not_seekable"});
        CHECK(stage.session.state() == state);
        CHECK(stage.calls().empty());
        stage.after(1s);
        CHECK(stage.session.position() == media_at(state == S::started ? 3s : 2s));
    }
    for (const StartPosition position : {StartPosition{current}, StartPosition{at(0s)}}) {
        Stage stage{S::stopped, options};
        REQUIRE(stage.session.start(position));
        CHECK(stage.now().back() == "session-started ok");
        CHECK(stage.after(1s).empty());
        CHECK(stage.session.position() == media_at(1s));
    }
}

TEST_CASE("the position is told as asked, and the first frame is the one that holds it",
          "[conformance][1.3]") {
    covers("1.3/position-as-asked", "1.3/earlier-dropped", "1.3/first-frame",
           "7.1/nothing-earlier");
    Stage stage{S::started};
    stage.video->note_samples = true;
    stage.audio->note_samples = true;
    // Key frames lie a second apart: decoding begins at 5 s, 16 frames before.
    REQUIRE(stage.session.start(at(5650ms)));
    CHECK(stage.now() == Lines{"session-started ok"});
    CHECK(stage.of_last<SessionStarted>().position == media_at(5650ms));
    CHECK(stage.of_last<SessionStarted>().shown_pts == media_at(5640ms)); // until 5,680 ms
    CHECK(stage.session.position() == media_at(5650ms));
    stage.after(1s);
    int samples = 0;
    for (const auto& line : stage.journal->lines()) {
        const auto process = line.find("process ");
        if (process == line.npos) continue;
        ++samples;
        INFO(line);
        CHECK(std::stoi(line.substr(process + 8)) >= 5640);
    }
    CHECK(samples > 50);
}

TEST_CASE("segments and entries need a sequencer", "[conformance][1.3]") {
    covers("1.3/segment-without-sequencer", "1.3/unknown-format");
    Stage stage{S::started};
    REQUIRE(stage.session.start(StartSegment{1, {}}));
    CHECK(stage.now() == Lines{"session-started unsupported_time_format"});
    REQUIRE(stage.session.start(StartEntry{1}));
    CHECK(stage.now() == Lines{"session-started unsupported_time_format"});
    stage.after(1s);
    CHECK(stage.session.position() == media_at(3s));
}
