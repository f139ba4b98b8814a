// Section 3.1: stop in every situation.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

const Lines stopped_playing{"capabilities-changed:-4 ok", "session-stopped ok"};

// Stops; the event comes within its bound.
Lines stop(Stage& stage) {
    const HostTime begun = stage.simulation->now();
    REQUIRE(stage.session.stop());
    Lines lines = stage.until("session-stopped", 10s);
    CHECK(stage.simulation->now() - begun <= 100ms);
    return lines;
}

} // namespace

TEST_CASE("stop: a fresh session", "[conformance][3.1]") {
    covers("3.1/fresh");
    Stage stage;
    CHECK(stop(stage) == Lines{"session-stopped invalid_request"});
    CHECK(stage.session.state() == S::idle);
}

TEST_CASE("stop: a topology that never started is as ready as before", "[conformance][3.1]") {
    covers("3.1/never-started");
    Stage stage{S::stopped};
    CHECK(stop(stage) == Lines{"session-stopped ok"});
    CHECK_FALSE(stage.of_last<SessionStopped>().position);
    CHECK(stage.session.state() == S::stopped);
    (void)stage.session.start();
    CHECK(stage.now().back() == "session-started ok");
}

TEST_CASE("stop: started or paused, the clock shows 0 and the next start is from the beginning",
          "[conformance][3.1]") {
    covers("3.1/started", "3.1/paused");
    for (const S state : {S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        stage.journal->take();
        CHECK(stop(stage) == (state == S::started ? stopped_playing : Lines{"session-stopped ok"}));
        CHECK(stage.journal->count("video flush") == 1); // no picture is left
        CHECK(stage.session.position() == media_zero);
        CHECK(stage.session.clock().value()->state() == ClockState::stopped);
        (void)stage.session.start();
        stage.now();
        CHECK(stage.of_last<SessionStarted>().position == media_zero);
        CHECK(stage.session.position() == media_zero);
    }
}

TEST_CASE("stop: already stopped, and nobody is called", "[conformance][3.1]") {
    covers("3.1/already-stopped");
    Stage stage{S::started};
    stop(stage);
    stage.calls();
    stage.journal->take();
    CHECK(stop(stage) == Lines{"session-stopped ok"});
    CHECK_FALSE(stage.of_last<SessionStopped>().position);
    CHECK(stage.journal->lines().empty());
    CHECK(stage.session.clock().value()->state() == ClockState::stopped);
}

TEST_CASE("stop: a start in flight is cancelled, and no frame comes after the event",
          "[conformance][3.1]") {
    covers("3.1/start-in-flight", "3.1/silence-after");
    Stage stage{S::stopped};
    stage.faults->seek_gate.close(true);
    (void)stage.session.start(at(5s));
    stage.after(1s);
    CHECK(stop(stage) == Lines{"session-started cancelled", "session-stopped ok"});
    CHECK(stage.session.state() == S::stopped);
    stage.faults->seek_gate.open();
    const int video = stage.video->processed;
    const int audio = stage.audio->processed;
    stage.after(1h);
    CHECK(stage.video->processed == video);
    CHECK(stage.audio->processed == audio);
}

TEST_CASE("stop: a seek in flight is cancelled", "[conformance][3.1]") {
    covers("3.1/seek-in-flight");
    Stage stage{S::started};
    stage.faults->seek_gate.close(true);
    (void)stage.session.start(at(5s));
    stage.after(1s);
    CHECK(stop(stage) ==
          Lines{"session-started cancelled", "capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.session.position() == media_zero);
}

TEST_CASE("stop: while prerolling the start is cancelled, and what was prerolled is dropped",
          "[conformance][3.1]") {
    covers("3.1/prerolling");
    Stage stage{S::stopped};
    stage.faults->block_read_at = 1; // a picture, and no sound
    (void)stage.session.start();
    stage.after(1s);
    CHECK(stop(stage) == Lines{"session-started cancelled", "session-stopped ok"});
    CHECK(stage.journal->count("video flush") >= 1);
    CHECK(stage.journal->count("audio flush") >= 1);
    CHECK(stage.video->rendered == 0);
    stage.faults->block_read_at = -1;
    stage.faults->read_gate.open();
    stage.start();
    stage.after(1s);
    CHECK(stage.video->rendered == 25); // from the beginning, each once
}

TEST_CASE("stop: after an error it is ok, and the session can be used again",
          "[conformance][3.1]") {
    covers("3.1/after-error", "8/error-retry");
    Stage stage{S::stopped};
    stage.faults->fail_read_at = 150;
    stage.start();
    stage.until("session-error");
    CHECK(stop(stage) == Lines{"session-stopped ok"});
    stage.faults->fail_read_at = -1;
    stage.start();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("stop: twice in a row, two events", "[conformance][3.1]") {
    covers("3.1/twice-in-a-row");
    Stage stage{S::started};
    const auto first = stage.session.stop();
    const auto second = stage.session.stop();
    CHECK(stage.now() ==
          Lines{"capabilities-changed:-4 ok", "session-stopped ok", "session-stopped ok"});
    CHECK(stage.completed() == std::vector<CommandId>{*first, *second});
}

TEST_CASE("stop: once close was taken, or after shutdown, it is refused", "[conformance][3.1]") {
    covers("3.1/after-close", "3.1/after-shutdown");
    Stage stage{S::started};
    (void)stage.session.close();
    CHECK(stage.session.stop().error() == Errc::invalid_request);
    const Lines lines = stage.now();
    CHECK(std::count(lines.begin(), lines.end(), "session-stopped ok") == 0);
    CHECK(lines.back() == "session-closed ok");
    (void)stage.session.shutdown();
    CHECK(stage.session.stop().error() == Errc::shut_down);
    CHECK(stage.after(1s).empty());
}

TEST_CASE("stop: nothing is handed to a sink between the event and the next start",
          "[conformance][3.1]") {
    covers("3.1/silence-after", "3/one-end");
    for (const S state : {S::started, S::paused}) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            INFO(to_string(state) << " " << seed);
            Stage stage{state, {seed, {}}};
            stop(stage);
            const int video = stage.video->processed;
            const int audio = stage.audio->processed;
            CHECK(stage.after(1h).empty());
            CHECK(stage.video->processed == video);
            CHECK(stage.audio->processed == audio);
            CHECK_FALSE(stage.video->running);
        }
    }
}
