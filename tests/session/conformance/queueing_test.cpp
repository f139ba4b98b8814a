// Section 2: queueing, cancelling, coalescing.
#include "playhead/player.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("one command executes at a time, and completions come in the order of acceptance",
          "[conformance][2]") {
    covers("2/fifo", "2/completion-order", "2/plain");
    Stage stage{S::started};
    stage.faults->seek_gate.close(false);
    std::vector<CommandId> ids;
    const auto take = [&](const Result<CommandId>& id) { ids.push_back(id.value()); };
    take(stage.session.start(at(3s)));
    take(stage.session.start(at(4s)));
    take(stage.session.pause());
    take(stage.session.start(at(5s)));
    take(stage.session.clear_topologies());
    CHECK(stage.after(1s).empty()); // all behind the first
    CHECK(stage.journal->count("source seek 3000") == 1);
    CHECK(stage.journal->count("source seek 4000") == 0);
    stage.faults->seek_gate.open();
    CHECK(stage.now() == Lines{"session-started ok", "session-started ok",
                               "capabilities-changed:-4 ok", "session-paused ok",
                               "capabilities-changed:+4 ok", "session-started ok",
                               "topologies-cleared ok"});
    CHECK(stage.completed() == ids);
    // A plain session leaves no seek out.
    CHECK(stage.journal->count("source seek 4000") == 1);
    CHECK(stage.journal->count("source seek 5000") == 1);
}

TEST_CASE("of a player's seeks that pile up the latest wins, each earlier one is superseded",
          "[conformance][2]") {
    covers("2/player-latest");
    Stage stage;
    Player player{*stage.engine, {stage.video, stage.audio}};
    (void)player.open({"scripted:", nullptr, {}});
    (void)player.play();
    stage.after(1s);
    stage.taken.clear();
    stage.faults->seek_gate.close(false);
    std::vector<CommandId> ids;
    for (const auto t : {2s, 3s, 4s, 5s}) ids.push_back(player.seek(media_at(t)).value());
    stage.after(1s);
    stage.faults->seek_gate.open();
    stage.after(1s);
    std::vector<std::string> ends;
    std::vector<CommandId> ended;
    for (const auto& event : stage.taken) {
        if (!event.as<PlayerCommandDone>()) continue;
        ended.push_back(event.command);
        ends.push_back(event.status.word());
    }
    std::sort(ended.begin(), ended.end());
    CHECK(ended == ids); // each once
    CHECK(ends.back() == "ok");
    CHECK(std::count(ends.begin(), ends.end(), "superseded") >= 2);
    CHECK(stage.journal->count("source seek 3000") == 0);
    CHECK(player.position().value() >= media_at(5s));
}

TEST_CASE("stop then close, unwaited: stopped, then closed", "[conformance][2]") {
    covers("2/stop-then-close", "3.1/then-close");
    Stage stage{S::started};
    const auto stop = stage.session.stop();
    const auto close = stage.session.close();
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-stopped ok",
                               "capabilities-changed:-115 ok", "session-closed ok"});
    CHECK(stage.completed() == std::vector<CommandId>{*stop, *close});
}

TEST_CASE("stop cancels what executes and what waits before it, in order, what came after runs",
          "[conformance][2]") {
    covers("2/preempts-executing", "2/preempts-queued");
    Stage stage{S::started};
    stage.faults->seek_gate.close(false);
    std::vector<CommandId> ids;
    const auto take = [&](const Result<CommandId>& id) { ids.push_back(id.value()); };
    take(stage.session.start(at(5s)));
    take(stage.session.pause());
    take(stage.session.start(at(6s)));
    stage.now();
    const HostTime begun = stage.simulation->now();
    take(stage.session.stop());
    take(stage.session.pause()); // judged after the stop
    CHECK(stage.until("session-stopped") ==
          Lines{"session-started cancelled", "session-paused cancelled",
                "session-started cancelled", "capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.simulation->now() - begun <= 100ms);
    CHECK(stage.now() == Lines{"session-paused pause_while_stopped"});
    CHECK(stage.completed() == ids);
}

TEST_CASE("close cancels too, and is then the last", "[conformance][2]") {
    covers("2/preempts-executing", "3/closed-is-last");
    Stage stage{S::started};
    stage.faults->seek_gate.close(false);
    (void)stage.session.start(at(5s));
    stage.now();
    (void)stage.session.close();
    CHECK(stage.until("session-closed") ==
          Lines{"session-started cancelled", "capabilities-changed:-4 ok",
                "capabilities-changed:-115 ok", "session-closed ok"});
    stage.faults->seek_gate.open();
    CHECK(stage.after(1h).empty());
}

TEST_CASE("a source that never answers is left behind, and the stop is ok", "[conformance][2]") {
    covers("2/detached-is-ok", "3.1/source-never-answers", "3.1/seek-in-flight");
    Stage stage{S::started};
    stage.faults->heed_interrupt = false;
    stage.faults->seek_gate.close(false);
    (void)stage.session.start(at(5s));
    stage.now();
    const HostTime begun = stage.simulation->now();
    (void)stage.session.stop();
    CHECK(stage.until("session-stopped") ==
          Lines{"session-started cancelled", "capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.simulation->now() - begun <= 100ms);
    stage.after(1s);
    CHECK(stage.engine->statistics().orphans == 1);
}

TEST_CASE("a topology set before a stop is still set, one that takes too long is cancelled",
          "[conformance][2]") {
    covers("2/topologies-still-run", "2/resolving-bounded");
    {
        Stage stage{S::started};
        (void)stage.session.set_topology(stage.other_topology());
        (void)stage.session.clear_topologies();
        (void)stage.session.stop();
        CHECK(stage.now() == Lines{"topology-set ok", "topologies-cleared ok",
                                   "capabilities-changed:-4 ok", "session-stopped ok"});
    }
    Stage stage{S::started};
    stage.decoders->gate.close(false);
    (void)stage.session.set_topology(stage.other_topology());
    stage.now();
    const HostTime begun = stage.simulation->now();
    (void)stage.session.stop();
    CHECK(stage.until("session-stopped") ==
          Lines{"topology-set cancelled", "capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.simulation->now() - begun <= 100ms);
}

TEST_CASE("a handler may give commands", "[conformance][2]") {
    covers("2/from-handler", "8/handlers-may-call");
    Stage stage{S::stopped};
    Subscription hears = stage.engine->bus().subscribe({}, [&](const Event& event) {
        if (event.as<SessionStarted>()) (void)stage.session.pause();
        if (event.as<SessionPaused>()) (void)stage.session.stop();
    });
    (void)stage.session.start();
    CHECK(stage.now() == Lines{"topology-status:started_source ok", "capabilities-changed:+4 ok",
                               "session-started ok", "capabilities-changed:-4 ok",
                               "session-paused ok", "session-stopped ok"});
}
