// Section 1.2: each command in each state, a case for each row of the table.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

const Lines ready{"topology-set ok", "notify-presentation-time ok", "capabilities-changed:+115 ok",
                  "topology-status:ready ok"};

} // namespace

TEST_CASE("set_topology: loads an idle session, else queues behind what is there",
          "[conformance][1.2]") {
    covers("1.2/set-topology-idle", "1.2/set-topology-stopped", "1.2/set-topology-started",
           "1.2/set-topology-paused", "1.2/set-topology-closed", "1.2/set-topology-shut-down");
    {
        Stage idle;
        idle.open();
        REQUIRE(idle.session.set_topology(idle.topology(idle.source)));
        CHECK(idle.now() == ready);
        CHECK(idle.session.state() == S::stopped);
    }
    for (const S state : {S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        const auto loaded = stage.session.full_topology().value();
        REQUIRE(stage.session.set_topology(stage.other_topology()));
        CHECK(stage.now() == Lines{"topology-set ok"});
        CHECK(stage.session.state() == state);
        CHECK(stage.session.full_topology().value() == loaded);
        CHECK(stage.calls().empty());
    }
    {
        Stage ended{S::started};
        ended.until("session-ended");
        REQUIRE(ended.session.set_topology(ended.other_topology()));
        CHECK(ended.now() ==
              Lines{"topology-set ok", "notify-presentation-time ok", "topology-status:ready ok"});
        CHECK(ended.session.state() == S::stopped);
        CHECK(ended.session.full_topology().value() == ended.of_last<TopologySet>().resolved);
    }
    check_refused(S::closed, Errc::invalid_request,
                  [](Stage& s) { return s.session.set_topology(s.topology(s.source)); });
    check_refused(S::shut_down, Errc::shut_down,
                  [](Stage& s) { return s.session.set_topology(s.topology(s.source)); });
}

TEST_CASE("clear_topologies: empties the queue and leaves the current one alone",
          "[conformance][1.2]") {
    covers("1.2/clear-topologies-idle", "1.2/clear-topologies-stopped",
           "1.2/clear-topologies-started", "1.2/clear-topologies-paused",
           "1.2/clear-topologies-closed", "1.2/clear-topologies-shut-down", "3/topologies-cleared");
    for (const S state : {S::idle, S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        if (state != S::idle) {
            REQUIRE(stage.session.set_topology(stage.other_topology()));
            stage.now();
            stage.calls();
        }
        const MediaTime position = stage.session.position().value();
        REQUIRE(stage.session.clear_topologies());
        CHECK(stage.now() == Lines{"topologies-cleared ok"});
        CHECK(stage.session.state() == state);
        CHECK(stage.session.position() == position);
        CHECK(stage.calls().empty());
        if (state == S::idle) continue;
        // What was queued does not follow.
        if (state != S::started) stage.start();
        stage.until("session-ended");
        CHECK(stage.last("session-ended"));
        CHECK(stage.other_video->processed == 0);
    }
    check_refused_when_over([](Stage& s) { return s.session.clear_topologies(); });
}

TEST_CASE("start where it is: from the beginning, a no-op, or on from the pause",
          "[conformance][1.2]") {
    covers("1.2/start-current-idle", "1.2/start-current-stopped", "1.2/start-current-started",
           "1.2/start-current-paused", "1.2/start-current-closed", "1.2/start-current-shut-down",
           "1.3/current-stopped", "1.3/current-paused", "1.3/current-started");
    {
        Stage idle;
        REQUIRE(idle.session.start());
        CHECK(idle.now() == Lines{"session-started invalid_request"});
        CHECK(idle.session.state() == S::idle);
    }
    {
        Stage stopped{S::stopped};
        REQUIRE(stopped.session.start());
        CHECK(stopped.now() == Lines{"topology-status:started_source ok",
                                     "capabilities-changed:+4 ok", "session-started ok"});
        CHECK(stopped.of_last<SessionStarted>().position == media_zero);
        stopped.after(1s);
        CHECK(stopped.session.position() == media_at(1s));
    }
    {
        Stage started{S::started};
        REQUIRE(started.session.start());
        CHECK(started.now() == Lines{"session-started ok"});
        CHECK(started.calls().empty());
        CHECK(started.session.position() == media_at(2s));
        started.after(1s);
        CHECK(started.session.position() == media_at(3s));
    }
    {
        Stage paused{S::paused};
        paused.after(5s);
        REQUIRE(paused.session.start());
        CHECK(paused.now() == Lines{"capabilities-changed:+4 ok", "session-started ok"});
        CHECK(paused.session.state() == S::started);
        CHECK(paused.session.position() == media_at(2s));
        paused.after(1s);
        CHECK(paused.session.position() == media_at(3s));
    }
    check_refused_when_over([](Stage& s) { return s.session.start(); });
}

TEST_CASE("start at a time: from stopped a beginning there, else a seek that plays",
          "[conformance][1.2]") {
    covers("1.2/start-at-idle", "1.2/start-at-stopped", "1.2/start-at-started",
           "1.2/start-at-paused", "1.2/start-at-closed", "1.2/start-at-shut-down", "1.3/at-stopped",
           "1.3/at-started", "1.3/at-paused");
    {
        Stage idle;
        REQUIRE(idle.session.start(at(5s)));
        CHECK(idle.now() == Lines{"session-started invalid_request"});
    }
    for (const S state : {S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        REQUIRE(stage.session.start(at(5s)));
        const Lines lines = stage.now();
        CHECK(lines.back() == "session-started ok");
        CHECK(lines.size() == (state == S::stopped ? 3U : state == S::started ? 1U : 2U));
        CHECK(stage.of_last<SessionStarted>().position == media_at(5s));
        CHECK(stage.of_last<SessionStarted>().seek == (state != S::stopped));
        CHECK(stage.session.state() == S::started);
        CHECK(stage.session.position() == media_at(5s));
        stage.after(1s);
        CHECK(stage.session.position() == media_at(6s));
    }
    check_refused_when_over([](Stage& s) { return s.session.start(at(5s)); });
}

TEST_CASE("pause: only what is started can be paused", "[conformance][1.2]") {
    covers("1.2/pause-idle", "1.2/pause-stopped", "1.2/pause-started", "1.2/pause-paused",
           "1.2/pause-closed", "1.2/pause-shut-down");
    const auto pause_in = [](S state) {
        Stage stage{state};
        REQUIRE(stage.session.pause());
        const Lines lines = stage.now();
        CHECK(stage.session.state() == (state == S::started ? S::paused : state));
        CHECK(stage.of_last<SessionPaused>().position ==
              (state == S::started ? std::optional(media_at(2s)) : std::nullopt));
        stage.after(1s);
        CHECK(stage.session.position() ==
              (state == S::idle || state == S::stopped ? media_zero : media_at(2s)));
        return lines;
    };
    CHECK(pause_in(S::idle) == Lines{"session-paused invalid_request"});
    CHECK(pause_in(S::stopped) == Lines{"session-paused pause_while_stopped"});
    CHECK(pause_in(S::started) == Lines{"capabilities-changed:-4 ok", "session-paused ok"});
    CHECK(pause_in(S::paused) == Lines{"session-paused invalid_request"});
    check_refused_when_over([](Stage& s) { return s.session.pause(); });
}

TEST_CASE("stop: whatever is loaded can be stopped", "[conformance][1.2]") {
    covers("1.2/stop-idle", "1.2/stop-stopped", "1.2/stop-started", "1.2/stop-paused",
           "1.2/stop-closed", "1.2/stop-shut-down");
    const auto stop_in = [](S state) {
        Stage stage{state};
        REQUIRE(stage.session.stop());
        const Lines lines = stage.now();
        CHECK(stage.session.state() == (state == S::idle ? S::idle : S::stopped));
        CHECK(stage.session.position() == media_zero);
        const bool played = state == S::started || state == S::paused;
        CHECK(stage.of_last<SessionStopped>().position ==
              (played ? std::optional(media_at(2s)) : std::nullopt));
        CHECK(stage.calls().empty() == !played);
        return lines;
    };
    CHECK(stop_in(S::idle) == Lines{"session-stopped invalid_request"});
    CHECK(stop_in(S::stopped) == Lines{"session-stopped ok"});
    CHECK(stop_in(S::started) == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stop_in(S::paused) == Lines{"session-stopped ok"});
    check_refused_when_over([](Stage& s) { return s.session.stop(); });
}

TEST_CASE("close: from any state, without a stopped event", "[conformance][1.2]") {
    covers("1.2/close-idle", "1.2/close-stopped", "1.2/close-started", "1.2/close-paused",
           "1.2/close-closed", "1.2/close-shut-down", "1.4/close-stops-silently");
    const auto close_in = [](S state) {
        Stage stage{state};
        REQUIRE(stage.session.close());
        const Lines lines = stage.now();
        CHECK(stage.session.state() == S::closed);
        CHECK_FALSE(stage.video->running);
        CHECK(stage.after(10s).empty());
        return lines;
    };
    CHECK(close_in(S::idle) == Lines{"session-closed ok"});
    CHECK(close_in(S::stopped) == Lines{"capabilities-changed:-115 ok", "session-closed ok"});
    CHECK(close_in(S::started) ==
          Lines{"capabilities-changed:-4 ok", "capabilities-changed:-115 ok", "session-closed ok"});
    CHECK(close_in(S::paused) == Lines{"capabilities-changed:-115 ok", "session-closed ok"});
    check_refused_when_over([](Stage& s) { return s.session.close(); });
}

TEST_CASE("shutdown: done when it is back, in any state, once", "[conformance][1.2]") {
    covers("1.2/shutdown-idle", "1.2/shutdown-stopped", "1.2/shutdown-started",
           "1.2/shutdown-paused", "1.2/shutdown-closed", "1.2/shutdown-shut-down",
           "1.4/shutdown-anytime");
    for (const S state : {S::idle, S::stopped, S::started, S::paused, S::closed}) {
        INFO(to_string(state));
        Stage stage{state};
        CHECK(stage.session.shutdown());
        CHECK(stage.session.state().error() == Errc::shut_down);
        CHECK(stage.after(10s).empty());
        CHECK_FALSE(stage.video->running);
        CHECK(stage.session.shutdown().error() == Errc::shut_down);
    }
    check_refused(S::shut_down, Errc::shut_down, [](Stage& s) { return s.session.shutdown(); });
}

TEST_CASE("the clock can be had in every state but shut down", "[conformance][1.2]") {
    covers("1.2/clock-idle", "1.2/clock-stopped", "1.2/clock-started", "1.2/clock-paused",
           "1.2/clock-closed", "1.2/clock-shut-down");
    for (const S state : {S::idle, S::stopped, S::started, S::paused, S::closed}) {
        INFO(to_string(state));
        Stage stage{state};
        const auto clock = stage.session.clock();
        REQUIRE(clock);
        CHECK(*clock);
    }
    check_refused(S::shut_down, Errc::shut_down, [](Stage& s) { return s.session.clock(); });
}

TEST_CASE("capabilities in every state", "[conformance][1.2]") {
    covers("1.2/capabilities-idle", "1.2/capabilities-stopped", "1.2/capabilities-started",
           "1.2/capabilities-paused", "1.2/capabilities-closed", "1.2/capabilities-shut-down",
           "1.6/capabilities-start");
    const auto in = [](S state) {
        Stage stage{state};
        return stage.session.capabilities().value();
    };
    CHECK(in(S::idle) == 0);
    CHECK(in(S::stopped) == loaded_capabilities);
    CHECK(in(S::started) == (loaded_capabilities | pause_capability));
    CHECK(in(S::paused) == loaded_capabilities);
    CHECK(in(S::closed) == 0);
    check_refused(S::shut_down, Errc::shut_down, [](Stage& s) { return s.session.capabilities(); });
}

TEST_CASE("the full topology can be had while there is a current presentation",
          "[conformance][1.2]") {
    covers("1.2/full-topology-idle", "1.2/full-topology-stopped", "1.2/full-topology-started",
           "1.2/full-topology-paused", "1.2/full-topology-closed", "1.2/full-topology-shut-down");
    for (const S state : {S::idle, S::closed}) { // a closed session holds none any more
        Stage stage{state};
        CHECK(stage.session.full_topology().error() == Errc::invalid_request);
    }
    for (const S state : {S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        const auto full = stage.session.full_topology();
        REQUIRE(full);
        // Resolved: a decoder stands in each branch.
        CHECK((*full)->nodes().size() == 6);
        CHECK((*full)->edges().size() == 4);
    }
    check_refused(S::shut_down, Errc::shut_down,
                  [](Stage& s) { return s.session.full_topology(); });
}

TEST_CASE("the event queue can be looked into until shutdown", "[conformance][1.2]") {
    covers("1.2/try-next-idle", "1.2/try-next-stopped", "1.2/try-next-started",
           "1.2/try-next-paused", "1.2/try-next-closed", "1.2/try-next-shut-down");
    for (const S state : {S::idle, S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        CHECK(stage.session.try_next().error() == Errc::no_events);
        REQUIRE(stage.session.queue_event({7, nullptr}));
        const auto event = stage.session.try_next();
        REQUIRE(event);
        CHECK(event->as<UserEvent>()->kind == 7);
        CHECK(stage.session.try_next().error() == Errc::no_events);
    }
    {
        Stage stage{S::stopped};
        REQUIRE(stage.session.close());
        stage.simulation->run_for(1s);
        CHECK(stage.session.try_next()->as<CapabilitiesChanged>());
        CHECK(stage.session.try_next()->as<SessionClosed>());
        CHECK(stage.session.try_next().error() == Errc::no_events);
    }
    check_refused(S::shut_down, Errc::shut_down, [](Stage& s) { return s.session.try_next(); });
}

TEST_CASE("the application's own events are taken until shutdown", "[conformance][1.2]") {
    covers("1.2/queue-event-idle", "1.2/queue-event-stopped", "1.2/queue-event-started",
           "1.2/queue-event-paused", "1.2/queue-event-closed", "1.2/queue-event-shut-down");
    for (const S state : {S::idle, S::stopped, S::started, S::paused, S::closed}) {
        INFO(to_string(state));
        Stage stage{state};
        REQUIRE(stage.session.queue_event({42, nullptr}));
        CHECK(stage.now() == Lines{"user-event ok"});
        CHECK(stage.of_last<UserEvent>().kind == 42);
        CHECK(stage.last("user-event")->session == stage.session.id());
    }
    check_refused(S::shut_down, Errc::shut_down, [](Stage& s) {
        return s.session.queue_event({42, nullptr});
    });
}

TEST_CASE("a source that cannot pause is paused all the same", "[conformance][1.2]") {
    covers("1.2/pause-incapable-source", "1.6/capabilities-pause");
    RigOptions live;
    live.media.live = true;
    Stage stage{S::started, live};
    CHECK_FALSE(has(stage.session.capabilities().value(), Capability::pause));
    REQUIRE(stage.session.pause());
    CHECK(stage.now() == Lines{"session-paused ok"});
    stage.after(5s);
    CHECK(stage.session.position() == media_at(2s));
}
