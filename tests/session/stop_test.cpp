// Stop in every situation (media-session.md section 3.1), and stop against everything that hangs.
// Virtual time: a bound that is kept here is kept whatever the machine does.
#include "playhead/sequencer.h"
#include "support/catch.h"
#include "support/session_rig.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 100ms; // session.h: retrievable within 100 ms

// Stops, and says how long the event took to come.
Duration stop_time(SessionRig& rig) {
    const auto begun = rig.simulation->now();
    REQUIRE(rig.session.stop());
    rig.until("session-stopped", 10s);
    REQUIRE(rig.last("session-stopped"));
    CHECK(rig.last("session-stopped")->status.ok());
    return rig.simulation->now() - begun;
}

} // namespace

TEST_CASE("stop on a fresh session completes with invalid_request", "[session][3.1]") {
    SessionRig rig;
    REQUIRE(rig.session.stop());
    CHECK(rig.until("session-stopped") == Lines{"session-stopped invalid_request"});
}

TEST_CASE("stop with a topology that never started is ok and tells no position", "[session][3.1]") {
    SessionRig rig;
    rig.load();
    REQUIRE(rig.session.stop());
    CHECK(rig.until("session-stopped") == Lines{"session-stopped ok"});
    CHECK_FALSE(position(rig.last("session-stopped")->body));
    CHECK(rig.journal->lines().empty()); // no call reached clock, source or sink
}

TEST_CASE("two stops in a row are two events", "[session][3.1]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.session.stop();
    rig.session.stop();
    rig.simulation->run_for(1s);
    CHECK(rig.events() ==
          Lines{"capabilities-changed:-4 ok", "session-stopped ok", "session-stopped ok"});
}

TEST_CASE("stop then close, unwaited, gives stopped then closed", "[session][3.1]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.session.stop();
    rig.session.close();
    rig.simulation->run_for(1s);
    CHECK(rig.events() == Lines{"capabilities-changed:-4 ok", "session-stopped ok",
                                "capabilities-changed:-115 ok", "session-closed ok"});
}

TEST_CASE("stop overtakes what waits before it, in order", "[session][2][3.1]") {
    SessionRig rig;
    rig.load();
    rig.faults->seek_gate.close(false);
    rig.start();
    rig.session.start(at(5s));
    rig.session.pause();
    rig.session.start(at(6s));
    rig.simulation->settle();
    rig.session.stop();
    CHECK(rig.until("session-stopped") ==
          Lines{"session-started cancelled", "session-paused cancelled",
                "session-started cancelled", "capabilities-changed:-4 ok", "session-stopped ok"});
}

TEST_CASE("a stop that overtakes a start from a stop tells the sinks", "[session][3.1][stop]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.session.stop();
    rig.until("session-stopped");
    rig.journal->take();
    rig.faults->read_gate.close(true);
    rig.session.start();
    rig.simulation->run_for(100ms);
    REQUIRE(rig.journal->count("video preroll 0") == 1);
    stop_time(rig);
    // The clock stands since the first stop and has nothing to tell.
    CHECK(rig.journal->count("video on-stop") == 1);
    CHECK(rig.journal->count("audio on-stop") == 1);
}

TEST_CASE("stop overtakes what comes of the command before it", "[session][2][3.1][stop]") {
    const bool closes = GENERATE(false, true);
    const auto end = [closes](SessionRig& rig) {
        const auto begun = rig.simulation->now();
        REQUIRE((closes ? rig.session.close() : rig.session.stop()));
        rig.until(closes ? "session-closed" : "session-stopped", 10s);
        REQUIRE(rig.last(closes ? "session-closed" : "session-stopped"));
        CHECK(rig.simulation->now() - begun <= bound);
    };
    SECTION("a topology that takes the place of the one that plays") {
        SessionRig rig;
        const Topology other = trimmed(rig.item(5s), media_at(2s), media_at(4s));
        rig.load();
        rig.start();
        rig.faults->seek_gate.close(true);
        (void)rig.session.set_topology(other, SetTopology::immediate);
        end(rig);
    }
    SECTION("the next one, after the current one was cleared") {
        SessionRig rig;
        const Topology other = trimmed(rig.item(5s), media_at(2s), media_at(4s));
        rig.load();
        (void)rig.session.set_topology(other);
        rig.start();
        rig.faults->seek_gate.close(true);
        (void)rig.session.clear_current_topology();
        end(rig);
    }
    SECTION("a segment that was still being resolved") {
        SessionRig rig;
        const Topology first = rig.item(5s), second = rig.item(5s);
        Sequencer list{rig.session};
        (void)list.append(first);
        const auto id = list.append(second, SegmentFlags::last);
        rig.until("new-presentation");
        rig.start();
        rig.simulation->run_for(1s);
        rig.decoders->gate.close(false);
        (void)rig.session.start(StartSegment{*id, 2s});
        rig.simulation->settle();
        rig.faults->seek_gate.close(true);
        rig.session.stop();
        rig.simulation->settle();
        rig.decoders->gate.open();
        end(rig);
    }
}

TEST_CASE("a sink that is stuck in a call is called by nobody else until it has come back",
          "[session][stop]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.video->process_gate.close(false);
    rig.simulation->run_for(500ms);
    CHECK(stop_time(rig) <= bound);
    rig.journal->take();
    // The same sink in another topology, and time for whoever would call it.
    (void)rig.session.set_topology(rig.topology(rig.open()), SetTopology::immediate);
    (void)rig.session.start();
    rig.simulation->run_for(1s);
    for (const auto& line : rig.journal->take()) CHECK_FALSE(line.starts_with("video "));
    rig.video->process_gate.open();
    rig.until("session-started");
    CHECK(rig.last("session-started")->status.ok());
    CHECK(stop_time(rig) <= bound);
}

TEST_CASE("what an overtaken start had begun reaches no sink while the stop still waits",
          "[session][2][stop]") {
    SessionRig rig;
    rig.load();
    rig.faults->read_gate.close(false);
    (void)rig.session.start();
    rig.simulation->run_for(10ms);
    rig.decoders->gate.close(false);
    (void)rig.session.set_topology(rig.topology(rig.open()));
    (void)rig.session.close();
    rig.until("session-started");
    CHECK(rig.last("session-started")->status == Errc::cancelled);
    rig.faults->read_gate.open();
    rig.until("session-closed");
    CHECK(rig.video->processed + rig.audio->processed == 0);
}

TEST_CASE("a stop waits for one resolution at the most, whoever asked for more",
          "[session][2][stop]") {
    SessionRig rig;
    const Topology other = rig.item(5s);
    rig.load();
    rig.start();
    rig.decoders->gate.close(false);
    for (int i = 0; i < 20; ++i) (void)rig.session.set_topology(other);
    rig.simulation->run_for(10s);
    rig.events();
    rig.taken.clear();
    CHECK(stop_time(rig) <= bound);
    CHECK(rig.count<TopologySet>() == 20);
    rig.decoders->gate.open();
}

TEST_CASE("nothing reaches a sink between a stop and the next start", "[session][3.1]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.simulation->run_for(1s);
    stop_time(rig);
    const int video = rig.video->processed, audio = rig.audio->processed;
    rig.simulation->run_for(1h);
    CHECK(rig.video->processed == video);
    CHECK(rig.audio->processed == audio);
}

TEST_CASE("stop is bounded while a source is stuck, and the next start opens it anew",
          "[session][stop]") {
    struct Row {
        const char* what;
        bool interruptible;
        bool network = false; // who is inside a read then is left behind at once
    };
    for (const Row row :
         {Row{"a read that heeds its interrupt", true}, Row{"a read that never returns", false},
          Row{"a read from the network", false, true}}) {
        INFO(row.what);
        RigOptions options;
        options.media.network = row.network;
        SessionRig rig(options);
        rig.faults->heed_interrupt = row.interruptible;
        rig.load();
        rig.faults->block_read_at = 120; // well into the playing
        rig.start();
        rig.simulation->run_for(500ms);
        const auto took = stop_time(rig);
        CHECK(took <= (row.interruptible || row.network ? 0ms : bound));
        CHECK(rig.engine->statistics().orphans == (row.interruptible ? 0 : 1));
        CHECK(rig.sources->opened == 1);
        rig.faults->block_read_at = -1;
        if (row.interruptible) rig.faults->read_gate.open();
        // The orphan still sits in its read; a new reader does the work.
        if (!row.interruptible) {
            rig.faults->read_gate.open();
            rig.simulation->settle();
        }
        rig.start();
        CHECK(rig.last("session-started")->status.ok());
        CHECK(rig.sources->opened == (row.interruptible ? 1 : 2));
        rig.until("session-ended");
        CHECK(position(rig.last("session-ended")->body) == media_at(10s));
        CHECK(rig.engine->statistics().orphans == 0);
    }
}

TEST_CASE("stop is bounded while a seek never comes back", "[session][stop]") {
    SessionRig rig;
    rig.faults->heed_interrupt = false;
    rig.load();
    rig.start();
    rig.faults->seek_gate.close(false);
    rig.session.start(at(5s));
    rig.simulation->settle();
    rig.events();
    CHECK(stop_time(rig) <= bound);
}

TEST_CASE("stop is bounded while a decoder does not come back, and it is replaced",
          "[session][stop]") {
    SessionRig rig;
    rig.load();
    rig.faults->decode_gate.close(false);
    rig.faults->block_decode_at = 20;
    rig.start();
    rig.simulation->run_for(2s);
    CHECK(stop_time(rig) <= bound);
    rig.simulation->run_for(1s);
    CHECK(rig.engine->statistics().orphans == 1);
    const int made = rig.decoders->made;
    rig.faults->block_decode_at = -1;
    rig.start();
    CHECK(rig.last("session-started")->status.ok());
    CHECK(rig.decoders->made == made + 1);
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(1s));
    rig.faults->decode_gate.open();
    rig.simulation->run_for(1s);
    CHECK(rig.engine->statistics().orphans == 0);
}

TEST_CASE(
    "stop is bounded while a sink is stuck, the next start says component_busy until it is back",
    "[session][stop]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.video->process_gate.close(false);
    rig.simulation->run_for(1s);
    CHECK(stop_time(rig) <= bound);
    rig.start();
    CHECK(rig.last("session-started")->status == Errc::component_busy);
    rig.video->process_gate.open();
    rig.simulation->run_for(1s);
    rig.start();
    CHECK(rig.last("session-started")->status.ok());
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(1s));
}

TEST_CASE("stop is bounded while a sink answers nothing", "[session][stop]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.audio->mute_acks = true;
    CHECK(stop_time(rig) <= bound);
}

TEST_CASE("stop during preroll and during a start whose source does not answer", "[session][3.1]") {
    SECTION("prerolling: no sink can finish for want of data") {
        SessionRig rig;
        rig.load();
        rig.faults->block_read_at = 0;
        rig.session.start();
        rig.simulation->run_for(1s);
        CHECK(rig.events() == Lines{"topology-status:started_source ok"});
        CHECK(stop_time(rig) <= bound);
        CHECK(rig.last("session-started")->status == Errc::cancelled);
        CHECK(rig.session.state() == SessionState::stopped);
    }
    SECTION("resolving: a decoder that takes for ever to be made") {
        SessionRig rig;
        auto source = rig.open();
        rig.decoders->gate.close(false);
        rig.session.set_topology(rig.topology(source));
        rig.session.start();
        rig.simulation->run_for(1s);
        const auto begun = rig.simulation->now();
        rig.session.stop();
        CHECK(rig.until("session-stopped") == Lines{"topology-set cancelled",
                                                    "session-started cancelled",
                                                    "session-stopped invalid_request"});
        CHECK(rig.simulation->now() - begun <= bound);
    }
}

TEST_CASE("stop called from a handler, and from eight places at once", "[session][stop]") {
    SessionRig rig;
    rig.load();
    Subscription hears = rig.engine->bus().subscribe({}, [&](const Event& event) {
        if (event.as<SessionStarted>()) (void)rig.session.stop();
    });
    rig.session.start();
    rig.until("session-stopped");
    CHECK(rig.last("session-stopped")->status.ok());
    hears.reset();
    for (int i = 0; i < 8; ++i) {
        rig.simulation->start_blocking("stopper", [&] { (void)rig.session.stop(); });
    }
    rig.simulation->run_for(1s);
    const auto lines = rig.events();
    CHECK(std::count(lines.begin(), lines.end(), "session-stopped ok") == 8);
}

TEST_CASE("a handler that is busy for 8 s delays nobody else's stopped event", "[session][stop]") {
    SessionRig rig;
    rig.load();
    rig.start();
    Subscription slow =
        rig.engine->bus().subscribe({}, [&](const Event&) { rig.simulation->virtual_sleep(8s); });
    CHECK(stop_time(rig) <= bound);
    slow.reset();
}

TEST_CASE("what was read before a read error is played, then the error comes, once",
          "[session][8]") {
    SessionRig rig;
    rig.load();
    rig.faults->fail_read_at = 150; // 25 video and 50 audio packets a second: at two seconds
    rig.start();
    rig.until("session-error");
    const auto error = *rig.last("session-error");
    CHECK(error.status == Errc::damaged);
    CHECK(position(error.body) >= media_at(1900ms));
    CHECK(rig.video->rendered >= 48);
    rig.simulation->run_for(10s);
    CHECK(rig.events().empty());
    CHECK(rig.session.state() == SessionState::stopped);
    rig.faults->fail_read_at = -1;
    rig.start(); // may be tried again
    rig.until("session-ended");
    CHECK(rig.last("session-ended")->status.ok());
}

TEST_CASE("the bound of a command that has failed is not one for the command behind it",
          "[session][stop]") {
    SessionRig rig;
    rig.sources->media = {.audio = false, .duration = 400ms};
    rig.load();
    rig.start();
    rig.simulation->run_for(30ms);
    (void)rig.session.set_media_stop(1, media_at(1117ms)); // that far its reader has to go on
    rig.decoders->gate.close(false);
    rig.video->fail_now(Errc::device_lost);
    (void)rig.session.set_topology(rig.topology(rig.source));
    rig.simulation->run_for(1s);
    rig.decoders->gate.open();
    rig.until("topology-set");
    CHECK(rig.last("media-stop-changed")->status == Errc::device_lost);
    CHECK(rig.last("topology-set")->status.ok());
}
