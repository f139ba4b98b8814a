// Section 1.4: what each command does, in which order.
#include "session/conformance/stage.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("start from stopped: source, preroll, clock, and then the event", "[conformance][1.4]") {
    covers("1.4/start-sources-first", "1.4/start-status", "1.4/start-preroll",
           "1.4/start-event-last", "3/capabilities-first");
    for (const StreamKind kind : {StreamKind::video, StreamKind::audio}) {
        Stage stage{S::stopped};
        stage.note_events();
        REQUIRE(stage.session.start(at(3s)));
        stage.now();
        const std::string sink{to_string(kind)};
        CHECK(stage.calls(kind) ==
              Lines{"source seek 3000", "event topology-status:started_source ok",
                    sink + " preroll 3000", sink + " on-start 3000",
                    "event capabilities-changed:+4 ok", "event session-started ok"});
    }
}

TEST_CASE("no clock starts before every sink has prerolled", "[conformance][1.4]") {
    covers("1.4/start-preroll", "7.1/preroll", "7.1/not-before-start");
    Stage stage{S::stopped};
    stage.note_events();
    stage.video->process_gate.close(false); // it has asked, and gets nothing done
    REQUIRE(stage.session.start());
    stage.after(5s);
    const Lines waiting = stage.journal->take();
    CHECK(std::count(waiting.begin(), waiting.end(), "audio on-start 0") == 0);
    CHECK(stage.audio->rendered == 0);
    CHECK(stage.session.clock().value()->state() == ClockState::invalid);
    stage.video->process_gate.open();
    stage.now();
    CHECK(stage.session.state() == S::started);
    CHECK(stage.session.position() == media_zero);
}

TEST_CASE("an output may be left out of the preroll", "[conformance][1.4]") {
    covers("1.4/start-preroll-opt-out", "7.1/preroll-opt-out");
    Stage stage;
    stage.open();
    Topology topology = stage.topology(stage.source);
    for_each<OutputNode>(
        topology, [&](OutputNode& output) { output.disable_preroll = output.sink == stage.video; });
    REQUIRE(stage.session.set_topology(std::move(topology)));
    stage.now();
    stage.video->process_gate.close(false);
    REQUIRE(stage.session.start());
    stage.now();
    // Nobody waited for it: the sound runs.
    CHECK(stage.session.clock().value()->state() == ClockState::running);
    CHECK(stage.journal->count("audio on-start 0") == 1);
}

TEST_CASE("resume: sinks see a restart, nothing is flushed, sought or sent again",
          "[conformance][1.4]") {
    covers("1.4/resume-restart", "1.4/resume-keeps", "1.4/resume-event-last");
    Stage stage{S::paused};
    stage.note_events();
    const int before = stage.video->processed;
    REQUIRE(stage.session.start());
    stage.now();
    CHECK(stage.calls() == Lines{"video on-restart", "event capabilities-changed:+4 ok",
                                 "event session-started ok"});
    stage.until("session-ended");
    // Every frame once.
    CHECK(stage.video->processed == 250);
    CHECK(before > 0);
}

TEST_CASE("seek: source, flush, preroll, clock start, the event, no stop and no pause",
          "[conformance][1.4]") {
    covers("1.4/seek-order", "1.4/seek-no-clock-stop", "1.4/seek-no-other-event");
    for (const S state : {S::started, S::paused}) {
        for (const StreamKind kind : {StreamKind::video, StreamKind::audio}) {
            INFO(to_string(state));
            Stage stage{state};
            stage.note_events();
            REQUIRE(stage.session.start(at(7s)));
            stage.now();
            const std::string sink{to_string(kind)};
            Lines expected{"source seek 7000", sink + " flush", sink + " preroll 7000",
                           sink + " on-start 7000"};
            if (state == S::paused) expected.push_back("event capabilities-changed:+4 ok");
            expected.push_back("event session-started ok");
            CHECK(stage.calls(kind) == expected);
        }
    }
}

TEST_CASE("during a seek the clock stands at the target until the first item is there",
          "[conformance][1.4]") {
    covers("1.4/seek-clock-held");
    Stage stage{S::started};
    stage.faults->decode_gate.close(false);
    stage.faults->seek_gate.close(false);
    REQUIRE(stage.session.start(at(7s)));
    CHECK(stage.after(3s).empty());
    CHECK(stage.session.position() == media_at(7s));
    stage.video->process_gate.close(false);
    stage.faults->seek_gate.open();
    CHECK(stage.after(3s).empty()); // the source is there, the sink has nothing yet
    CHECK(stage.session.position() == media_at(7s));
    stage.video->process_gate.open();
    CHECK(stage.now() == Lines{"session-started ok"});
    CHECK(stage.session.position() == media_at(7s));
    stage.after(1s);
    CHECK(stage.session.position() == media_at(8s));
}

TEST_CASE("pause: the clock's sinks, then the event with the time", "[conformance][1.4]") {
    covers("1.4/pause-event-last", "3/session-paused", "3/capabilities-first");
    Stage stage{S::started};
    stage.note_events();
    REQUIRE(stage.session.pause());
    stage.now();
    CHECK(stage.calls() ==
          Lines{"video on-pause", "event capabilities-changed:-4 ok", "event session-paused ok"});
    CHECK(stage.of_last<SessionPaused>().position == media_at(2s));
}

TEST_CASE("stop: the clock's sinks, flushed, and then the event with the time",
          "[conformance][1.4]") {
    covers("1.4/stop-position", "1.4/stop-flushed-before-event", "3/session-stopped");
    for (const S state : {S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        stage.note_events();
        REQUIRE(stage.session.stop());
        stage.now();
        Lines expected{"video on-stop", "video flush"};
        if (state == S::started) expected.push_back("event capabilities-changed:-4 ok");
        expected.push_back("event session-stopped ok");
        CHECK(stage.calls() == expected);
        CHECK(stage.of_last<SessionStopped>().position == media_at(2s));
    }
}

TEST_CASE("close drops the queue, lets go of the sinks, and takes the capabilities first",
          "[conformance][1.4]") {
    covers("1.4/close-empties-queue", "1.4/close-capabilities");
    Stage stage{S::started};
    REQUIRE(stage.session.set_topology(stage.other_topology()));
    stage.now();
    stage.calls();
    stage.note_events();
    REQUIRE(stage.session.close());
    stage.after(1s);
    CHECK(stage.calls() == Lines{"video on-stop", "video flush", "event capabilities-changed:-4 ok",
                                 "video shut-down", "event capabilities-changed:-115 ok",
                                 "event session-closed ok"});
    CHECK(stage.other_video->processed == 0);
    CHECK(stage.video->is_shut_down);
}

TEST_CASE("shutdown completes what was under way, and wakes who waits for an event",
          "[conformance][1.4]") {
    covers("1.4/shutdown-completes-pending", "1.4/shutdown-queue", "2/shutdown-completes",
           "3.2/next-woken-by-shutdown", "3.2/lost-at-shutdown");
    Stage stage{S::started};
    stage.faults->seek_gate.close(false);
    const auto seek = stage.session.start(at(5s));
    const auto pause = stage.session.pause();
    stage.now();
    std::optional<Error> woken;
    stage.simulation->start_blocking("waits", [&] {
        for (;;) {
            const auto event = stage.session.next();
            if (event) continue;
            woken = event.error();
            return;
        }
    });
    stage.simulation->settle();
    REQUIRE_FALSE(woken);
    const HostTime begun = stage.simulation->now();
    REQUIRE(stage.session.shutdown());
    CHECK(stage.simulation->now() - begun <= 100ms);
    CHECK(stage.now() == Lines{"session-started shut_down", "session-paused shut_down"});
    CHECK(stage.completed() == std::vector<CommandId>{*seek, *pause});
    REQUIRE(woken);
    CHECK(*woken == Errc::shut_down);
    CHECK(stage.session.try_next().error() == Errc::shut_down);
}

TEST_CASE("shutdown lets go of the current sinks, not of those that were refused, nor of sources",
          "[conformance][1.4]") {
    covers("1.4/shutdown-refused-sinks", "1.4/shutdown-sources-live");
    Stage stage{S::started};
    Topology refused = stage.other_topology();
    refused.add(SourceNode{});
    REQUIRE(stage.session.set_topology(std::move(refused)).error() == Errc::topo_missing_source);
    stage.now();
    REQUIRE(stage.session.shutdown());
    stage.after(1s);
    CHECK(stage.video->is_shut_down);
    CHECK(stage.audio->is_shut_down);
    CHECK_FALSE(stage.other_video->is_shut_down);
    CHECK(stage.sources->alive == 1);
    // Another session can play it.
    Session second = stage.engine->create_session();
    REQUIRE(second.set_topology(stage.other_topology()));
    REQUIRE(second.start());
    CHECK(stage.now().back() == "session-started ok");
}

TEST_CASE("shutdown is back within its bound, whatever hangs", "[conformance][1.4]") {
    covers("1.4/shutdown-bounded");
    Stage stage{S::started};
    stage.faults->heed_interrupt = false;
    stage.faults->seek_gate.close(false);
    stage.audio->mute_acks = true;
    stage.video->process_gate.close(false);
    (void)stage.session.start(at(5s));
    stage.after(1s);
    const HostTime begun = stage.simulation->now();
    REQUIRE(stage.session.shutdown());
    CHECK(stage.simulation->now() - begun <= 100ms);
}
