// Sections 7 and 8: what sinks and sources do and are told, and trouble.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("a sink gets what it asks for and no more, several at once if it likes",
          "[conformance][7.1]") {
    covers("7.1/one-for-one", "7.1/several-requests");
    for (const int ahead : {1, 3, 20}) {
        INFO(ahead);
        Stage stage{S::stopped};
        stage.video->ahead = ahead;
        stage.start();
        (void)stage.session.pause();
        stage.now();
        // It holds so many and asks for no more: none comes.
        CHECK(stage.video->processed - stage.video->rendered == ahead);
        stage.after(1h);
        CHECK(stage.video->processed - stage.video->rendered == ahead);
        (void)stage.session.start();
        stage.until("session-ended");
        CHECK(stage.video->processed == 250); // each frame once
        CHECK(stage.video->rendered == 250);
    }
}

TEST_CASE("a request that is open at a seek is served after it, in order from there",
          "[conformance][7.1]") {
    covers("7.1/request-survives-seek", "7.1/flush-asks-nothing", "1.4/seek-open-requests");
    Stage stage{S::started};
    stage.video->note_samples = true;
    stage.faults->read_gate.close(true); // no data: requests stay open
    stage.after(5s);
    REQUIRE(stage.video->processed == stage.video->rendered);
    stage.faults->read_gate.open();
    stage.journal->take();
    (void)stage.session.start(at(7s));
    CHECK(stage.now() == Lines{"session-started ok"});
    const std::vector<int> times = stage.given();
    REQUIRE(times.size() == 3); // as many as it had asked for
    CHECK(times == std::vector<int>{7000, 7040, 7080});
    CHECK(stage.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("paused, nothing is rendered, going on, what was queued comes first, and nothing twice",
          "[conformance][7.1]") {
    covers("7.1/pause-renders-nothing", "7.1/restart-queued-first", "7.1/resume-asks-nothing");
    Stage stage{S::paused};
    stage.video->note_samples = true;
    const int shown = stage.video->rendered;
    const int held = stage.video->processed - shown;
    REQUIRE(held > 0);
    stage.after(1h);
    CHECK(stage.video->rendered == shown);
    (void)stage.session.start();
    stage.now();
    CHECK(stage.given().empty()); // it still had its own
    stage.after(Duration{held} * 40'000'000);
    CHECK(stage.video->rendered == shown + held);
    stage.until("session-ended");
    CHECK(stage.video->processed == 250);
}

TEST_CASE("each sink's acknowledgement is waited for", "[conformance][7.1]") {
    covers("7.1/acknowledges");
    Stage stage{S::stopped};
    stage.audio->mute_acks = false;
    (void)stage.session.start();
    stage.now();
    REQUIRE(stage.session.state() == S::started);
    stage.audio->mute_acks = true;
    (void)stage.session.pause();
    CHECK(stage.after(5s).empty()); // the sound has not said that it paused
    CHECK(stage.journal->count("audio on-pause") == 1);
    CHECK(stage.journal->count("video on-pause") == 1);
}

TEST_CASE("a stop drops what is queued", "[conformance][7.1]") {
    covers("7.1/stop-drops", "7.2/stop-rewinds");
    Stage stage{S::paused};
    const int shown = stage.video->rendered;
    (void)stage.session.stop();
    stage.now();
    stage.video->note_samples = true;
    (void)stage.session.start();
    stage.after(1s);
    const std::vector<int> times = stage.given();
    REQUIRE_FALSE(times.empty());
    CHECK(times.front() == 0); // from the beginning, not from what was there
    CHECK(stage.video->rendered == shown + 25);
}

TEST_CASE("a source that fails its start fails the command with its own code",
          "[conformance][7.2]") {
    covers("7.2/start-fails", "7.2/failure-passed-on");
    Stage stage{S::stopped};
    stage.faults->fail_seek = true;
    (void)stage.session.start(at(5s));
    CHECK(stage.now() == Lines{"session-started damaged"});
    CHECK(stage.session.state() == S::stopped);
    CHECK(stage.after(1h).empty());
    stage.faults->fail_seek = false;
    (void)stage.session.start(at(5s));
    CHECK(stage.now().back() == "session-started ok");
}

TEST_CASE("what is asked for after the end of a stream is answered by its end alone",
          "[conformance][7.2]") {
    covers("7.2/request-after-end");
    RigOptions pictures;
    pictures.media.audio = false;
    Stage stage{S::started, pictures};
    // All is delivered well before all is shown: requests after that are answered by the end alone.
    stage.until("end-of-presentation");
    CHECK(stage.video->processed == 250);
    stage.until("session-ended");
    CHECK(stage.video->processed == 250);
    CHECK(stage.video->rendered == 250);
}

TEST_CASE("a read that fails ends playback once, with its cause and place, a start may try again",
          "[conformance][8]") {
    covers("8/error-once", "8/error-stops", "8/error-position", "8/error-no-end", "8/error-retry",
           "7.2/request-error-is-fatal", "3/error");
    Stage stage{S::stopped};
    stage.faults->fail_read_at = 150; // two seconds in
    stage.start();
    const Lines lines = stage.until("session-error");
    CHECK(lines == Lines{"capabilities-changed:-4 ok", "session-error damaged"});
    CHECK(stage.of_last<SessionError>().position.value() >= media_at(1900ms));
    CHECK(stage.session.state() == S::stopped);
    CHECK(stage.session.clock().value()->state() == ClockState::stopped);
    CHECK(stage.after(1h).empty());
    CHECK(stage.journal->count("video flush") == 1);
    CHECK(stage.journal->count("audio flush") == 1);
    CHECK_FALSE(stage.video->running);
    stage.faults->fail_read_at = -1;
    (void)stage.session.start();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("a command under way completes with the error first", "[conformance][8]") {
    covers("8/error-pending-first");
    Stage stage{S::stopped};
    stage.video->process_gate.close(false);
    const auto start = stage.session.start();
    stage.now();
    stage.video->fail_now({Errc::device_lost});
    stage.audio->fail_now({Errc::device_lost});
    const Lines lines = stage.now();
    const auto started =
        std::find(lines.begin(), lines.end(), "session-started device_lost") - lines.begin();
    const auto error =
        std::find(lines.begin(), lines.end(), "session-error device_lost") - lines.begin();
    CHECK(started < error);
    CHECK(error < static_cast<std::ptrdiff_t>(lines.size()));
    CHECK(stage.last("session-started")->command == *start);
}

TEST_CASE("a damaged frame is told, and playback goes on", "[conformance][8]") {
    covers("8/non-fatal");
    Stage stage{S::stopped};
    stage.faults->fail_decode_at = 30;
    stage.start();
    const Lines lines = stage.until("session-ended");
    CHECK(std::count(lines.begin(), lines.end(), "non-fatal-error damaged") == 1);
    CHECK(lines.back() == "session-ended ok");
    CHECK(stage.of_last<SessionEnded>().position == media_at(10s));
}
