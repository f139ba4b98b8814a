// Sections 1, 1.0 and 1.1: the states, opening, and the two layers of answer.
#include "playhead/player.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("the clock in each state: no time, 0, going, standing, 0", "[conformance][1]") {
    covers("1/idle", "1/stopped", "1/started", "1/paused", "1/closed");
    {
        Stage idle;
        const auto clock = idle.session.clock().value();
        CHECK(idle.session.state() == S::idle);
        CHECK(clock->time().error() == Errc::no_time_source);
    }
    {
        Stage stopped{S::stopped};
        CHECK(stopped.session.position() == media_zero);
        CHECK(stopped.session.clock().value()->timeline().rate() == 0.0);
    }
    {
        Stage started{S::started};
        const auto clock = started.session.clock().value();
        CHECK(clock->state() == ClockState::running);
        CHECK(clock->time().value() == media_at(2s));
        started.after(1500ms);
        CHECK(clock->time().value() == media_at(3500ms));
    }
    {
        Stage paused{S::paused};
        const auto clock = paused.session.clock().value();
        CHECK(clock->state() == ClockState::paused);
        paused.after(1h);
        CHECK(clock->time().value() == media_at(2s));
    }
    {
        Stage closed{S::closed};
        const auto clock = closed.session.clock().value();
        CHECK(clock->state() == ClockState::stopped);
        CHECK(clock->time().value() == media_zero);
        CHECK(closed.session.start().error() == Errc::invalid_request);
    }
}

TEST_CASE("at the end of the last presentation the session stops by itself", "[conformance][1]") {
    covers("1/ends-stopped");
    Stage stage{S::started};
    stage.until("session-ended");
    CHECK(stage.session.state() == S::stopped);
    CHECK(stage.session.clock().value()->state() == ClockState::stopped);
    CHECK(stage.session.position() == media_zero);
}

TEST_CASE("opening is asynchronous and ends in one event, also where it is cancelled",
          "[conformance][1.0]") {
    covers("1.0/open-is-asynchronous", "1.0/cancel", "1.0/no-queue");
    Stage stage;
    stage.faults->open_gate.close(true);
    const auto id = stage.engine->open({"scripted:", nullptr, {}});
    REQUIRE(id);
    CHECK(stage.after(10s).empty());
    // A session's commands do not wait for it.
    REQUIRE(stage.session.stop());
    CHECK(stage.now() == Lines{"session-stopped invalid_request"});
    const HostTime begun = stage.simulation->now();
    REQUIRE(stage.engine->cancel(*id));
    CHECK(stage.until("source-opened") == Lines{"source-opened cancelled"});
    CHECK(stage.simulation->now() - begun <= 100ms);
    CHECK(stage.last("source-opened")->command == *id);
    CHECK(stage.after(10s).empty());

    stage.faults->open_gate.open();
    const auto second = stage.engine->open({"scripted:", nullptr, {}});
    CHECK(stage.after(1s) == Lines{"source-opened ok"});
    CHECK(stage.last("source-opened")->command == *second);
    CHECK(stage.of_last<SourceOpened>().presentation->streams.size() == 2);
}

TEST_CASE("a player that is stopped while it opens cancels that, and the stop is ok",
          "[conformance][1.0]") {
    covers("1.0/player-stop");
    Stage stage;
    stage.faults->open_gate.close(true);
    Player player{*stage.engine, {stage.video, stage.audio}};
    const auto open = player.open({"scripted:", nullptr, {}});
    stage.after(1s);
    const HostTime begun = stage.simulation->now();
    const auto stop = player.stop();
    stage.until("player-command-done");
    CHECK(stage.last("player-command-done")->command == *open);
    CHECK(stage.last("player-command-done")->status == Errc::cancelled);
    stage.until("player-command-done");
    CHECK(stage.last("player-command-done")->command == *stop);
    CHECK(stage.last("player-command-done")->status.ok());
    CHECK(stage.simulation->now() - begun <= 100ms);
}

TEST_CASE("what is refused is refused at once, and no event comes of it", "[conformance][1.1]") {
    covers("1.1/refused-argument", "1.1/refused-after-shutdown", "1.1/refused-after-close",
           "1.1/refused-topology", "1.1/argument-before-shutdown", "1.1/closed-is-last");
    {
        Stage stage{S::started};
        CHECK(stage.session.set_topology({}).error() == Errc::invalid_argument);
        Topology no_source;
        no_source.add(SourceNode{});
        CHECK(stage.session.set_topology(no_source).error() == Errc::topo_missing_source);
        CHECK(stage.after(1s).empty());
        REQUIRE(stage.session.close());
        CHECK(stage.session.stop().error() == Errc::invalid_request); // not executed yet
        CHECK(stage.session.pause().error() == Errc::invalid_request);
        CHECK(stage.until("session-closed").back() == "session-closed ok");
        CHECK(stage.session.start().error() == Errc::invalid_request);
        CHECK(stage.after(1h).empty());
    }
    Stage over{S::shut_down};
    CHECK(over.session.start().error() == Errc::shut_down);
    CHECK(over.session.set_topology({}).error() == Errc::invalid_argument);
    CHECK(over.after(1s).empty());
}

TEST_CASE("what is taken is judged when its turn comes, and ends in its one event",
          "[conformance][1.1]") {
    covers("1.1/one-completion", "1.1/judged-when-executed", "1.1/failure-in-completion");
    Stage stage{S::stopped};
    std::vector<CommandId> ids;
    const auto take = [&](const Result<CommandId>& id) { ids.push_back(id.value()); };
    take(stage.session.pause()); // stopped, as it will be
    take(stage.session.start());
    take(stage.session.pause()); // by then it is started
    take(stage.session.pause());
    take(stage.session.start(at(1h)));
    CHECK(stage.after(1s) ==
          Lines{"session-paused pause_while_stopped", "topology-status:started_source ok",
                "capabilities-changed:+4 ok", "session-started ok", "capabilities-changed:-4 ok",
                "session-paused ok", "session-paused invalid_request",
                "session-started invalid_position"});
    CHECK(stage.completed() == ids);
}
