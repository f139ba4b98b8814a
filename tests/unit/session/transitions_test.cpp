// The session's decisions as a table: media-session.md sections 1.2, 1.4, 3 and 3.1, without threads.
#include "support/catch.h"
#include "unit/session/machine.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("a command that does not fit the state ends with the table's error", "[session][1.2]") {
    struct Row {
        const char* state;
        CommandKind kind;
        const char* completion;
    };
    const Row rows[] = {
        {"idle", CommandKind::start, "done 1 session-started invalid_request"},
        {"idle", CommandKind::pause, "done 1 session-paused invalid_request"},
        {"idle", CommandKind::cue, "done 1 session-paused invalid_request"},
        {"idle", CommandKind::stop, "done 1 session-stopped invalid_request"},
        {"idle", CommandKind::clear_topologies, "done 1 topologies-cleared ok"},
        {"stopped", CommandKind::pause, "done 2 session-paused pause_while_stopped"},
        {"stopped", CommandKind::stop, "done 2 session-stopped ok"},
        {"stopped", CommandKind::clear_topologies, "done 2 topologies-cleared ok"},
        {"started", CommandKind::start, "done 3 session-started @0 ok"},
        {"started", CommandKind::clear_topologies, "done 3 topologies-cleared ok"},
        {"paused", CommandKind::pause, "done 4 session-paused invalid_request"},
    };
    for (const Row& row : rows) {
        Machine m;
        const std::string state = row.state;
        if (state == "stopped") m.loaded();
        if (state == "started") m.started();
        if (state == "paused") m.paused();
        INFO(state << " " << row.completion);
        const auto before = m.model.state;
        const auto trace = m.command(row.kind);
        REQUIRE_FALSE(trace.empty());
        CHECK(trace.back() == row.completion);
        CHECK_FALSE(m.model.operation);
        CHECK(m.model.state == before);
    }
}

TEST_CASE("the first topology becomes current at once and gets ready", "[session][3][open]") {
    Machine m;
    CHECK(m.command(CommandKind::set_topology) == Trace{"resolve"});
    CHECK(m.put(Resolved{{}, ten_seconds(), SetTopology::none}) ==
          Trace{"disarm", "done 1 topology-set ok", "adopt 1",
                "post notify-presentation-time @0 ok", "post capabilities-changed:+67 ok",
                "post topology-status:ready ok"});
    CHECK(m.model.state == SessionState::stopped);
}

TEST_CASE("a topology that cannot be resolved leaves no trace but its error", "[session][1.5]") {
    Machine m;
    m.command(CommandKind::set_topology);
    CHECK(m.put(Resolved{Status{Errc::topo_codec_not_found}, std::nullopt, SetTopology::none}) ==
          Trace{"disarm", "done 1 topology-set topo_codec_not_found"});
    CHECK(m.model.state == SessionState::idle);
}

TEST_CASE("a second topology waits behind the current one", "[session][1.5]") {
    Machine m;
    m.started();
    m.command(CommandKind::set_topology);
    CHECK(m.put(Resolved{{}, ten_seconds(), SetTopology::none}) ==
          Trace{"disarm", "done 3 topology-set ok"});
    CHECK(m.model.state == SessionState::started);
}

TEST_CASE("start from stopped: sources, preroll, clock, in that order", "[session][1.4][play]") {
    Machine m;
    m.loaded();
    CHECK(m.command(CommandKind::start) == Trace{"raise", "start-sources 0"});
    CHECK(m.reach(Await::sources) ==
          Trace{"post topology-status:started_source ok", "choose-time-source", "preroll 0"});
    CHECK(m.reach(Await::prerolled) == Trace{"start-clock 0"});
    CHECK(m.reach(Await::running) ==
          Trace{"post capabilities-changed:+4 ok", "done 2 session-started @0 ok"});
    CHECK(m.model.state == SessionState::started);
}

TEST_CASE("pause and resume move nothing but the clock", "[session][1.4][pause][resume]") {
    Machine m;
    m.started();
    CHECK(m.command(CommandKind::pause, current, {}, media_at(2s)) == Trace{"pause-clock"});
    CHECK(m.reach(Await::held) ==
          Trace{"post capabilities-changed:-4 ok", "done 3 session-paused @2000 ok"});
    CHECK(m.model.state == SessionState::paused);
    CHECK(m.command(CommandKind::start, current, {}, media_at(2s)) == Trace{"resume-clock"});
    CHECK(m.reach(Await::running) ==
          Trace{"post capabilities-changed:+4 ok", "done 4 session-started @2000 ok"});
}

TEST_CASE("a seek holds the clock until its frame can be shown", "[session][1.4][seek]") {
    Machine m;
    m.started();
    CHECK(m.command(CommandKind::start, at(5s)) ==
          Trace{"hold 5000", "raise", "start-sources 5000"});
    CHECK(m.reach(Await::sources) == Trace{"flush+preroll 5000"});
    CHECK(m.reach(Await::prerolled) == Trace{"start-clock 5000"});
    CHECK(m.reach(Await::running) == Trace{"done 3 session-started @5000 ok"});
}

TEST_CASE("a seek from paused ends running, a cue ends paused", "[session][1.3]") {
    Machine m;
    m.paused();
    m.command(CommandKind::start, at(5s));
    m.reach(Await::sources);
    m.reach(Await::prerolled);
    CHECK(m.reach(Await::running) ==
          Trace{"post capabilities-changed:+4 ok", "done 4 session-started @5000 ok"});

    CHECK(m.command(CommandKind::cue, current, media_at(1s)) ==
          Trace{"hold 1000", "raise", "start-sources 1000"});
    CHECK(m.reach(Await::sources) == Trace{"flush+preroll 1000"});
    CHECK(m.reach(Await::prerolled) == Trace{"cue-clock 1000", "post capabilities-changed:-4 ok",
                                             "done 5 session-paused @1000 ok"});
    CHECK(m.model.state == SessionState::paused);
}

TEST_CASE("positions are judged when the command executes", "[session][1.3]") {
    Machine m;
    m.started();
    CHECK(m.command(CommandKind::start, at(10s + 1ns)) ==
          Trace{"done 3 session-started invalid_position"});
    CHECK(m.model.state == SessionState::started);
    CHECK(m.command(CommandKind::start, at(Duration::min())) ==
          Trace{"done 4 session-started invalid_position"});
    CHECK(m.command(CommandKind::cue, current, MediaTime::max()) ==
          Trace{"done 5 session-paused invalid_position"});
    CHECK(m.model.state == SessionState::started);
    CHECK(m.command(CommandKind::start, at(10s)).front() == "hold 10000");

    Machine fixed;
    fixed.started(ten_seconds(false));
    CHECK(fixed.command(CommandKind::start, at(5s)) ==
          Trace{"done 3 session-started not_seekable"});
    CHECK(fixed.command(CommandKind::start, at(0s)) ==
          Trace{"done 4 session-started not_seekable"});

    Machine fresh;
    fresh.loaded(ten_seconds(false));
    CHECK(fresh.command(CommandKind::start, at(5s)) ==
          Trace{"done 2 session-started not_seekable"});
    CHECK(fresh.command(CommandKind::start, at(0s)).back() == "start-sources 0");
    Machine before;
    before.loaded();
    CHECK(before.command(CommandKind::start, at(-1s)).back() == "start-sources -1000");
}

TEST_CASE("stop waits for sinks, sources and flushes, then tells the position",
          "[session][1.4][stop]") {
    Machine m;
    m.started();
    CHECK(m.command(CommandKind::stop, current, {}, media_at(3s)) == Trace{"arm", "stop-clock"});
    CHECK(m.reach(Await::silent) == Trace{"stop-sources"});
    CHECK(m.reach(Await::sources_idle) == Trace{"flush"});
    CHECK(m.reach(Await::flushed) ==
          Trace{"disarm", "post capabilities-changed:-4 ok", "done 3 session-stopped @3000 ok"});
    CHECK(m.model.state == SessionState::stopped);
}

TEST_CASE("who does not answer a stop is left behind, step by step", "[session][3.1][stop]") {
    Machine m;
    m.started();
    m.command(CommandKind::stop, current, {}, media_at(3s));
    CHECK(m.put(TimedOut{}) == Trace{"leave", "arm", "stop-sources"});
    CHECK(m.put(TimedOut{}) == Trace{"leave", "arm", "flush"});
    CHECK(m.put(TimedOut{}) == Trace{"leave", "disarm", "post capabilities-changed:-4 ok",
                                     "done 3 session-stopped @3000 ok"});
}

TEST_CASE("stop overtakes a start that is still under way", "[session][2][stop]") {
    for (const Await reached : {Await::nothing, Await::sources, Await::prerolled}) {
        Machine m;
        m.loaded();
        m.command(CommandKind::start);
        if (reached != Await::nothing) m.reach(Await::sources);
        if (reached == Await::prerolled) m.reach(Await::prerolled);
        CHECK(m.put(Preempted{}) == Trace{"raise", "done 2 session-started cancelled"});
        CHECK(m.command(CommandKind::stop) == Trace{"arm", "stop-clock"});
        m.reach(Await::silent);
        m.reach(Await::sources_idle);
        CHECK(m.reach(Await::flushed) == Trace{"disarm", "done 3 session-stopped ok"});
    }
}

TEST_CASE("a topology ahead of a stop may still finish within the bound", "[session][2]") {
    Machine m;
    m.command(CommandKind::set_topology);
    CHECK(m.put(Preempted{}) == Trace{"arm"});
    CHECK(m.put(TimedOut{}) == Trace{"drop-resolved", "done 1 topology-set cancelled"});
    CHECK(m.put(Resolved{{}, ten_seconds(), SetTopology::none}).empty());
}

TEST_CASE("what a command lets begin gives way to the stop behind it", "[session][2]") {
    PresentationFacts second = ten_seconds();
    second.topology = 2;
    const auto no_operation = [](const Machine& m) { return !m.model.operation.has_value(); };
    SECTION("at once") {
        Machine m;
        m.started();
        m.command(CommandKind::set_topology);
        CHECK(m.put(Preempted{}) == Trace{"arm"});
        CHECK(m.put(Preempted{}).empty()); // the bound is not moved by further stops
        m.put(Resolved{{}, second, SetTopology::immediate});
        CHECK(no_operation(m));
    }
    SECTION("at the end of what plays, which came meanwhile") {
        Machine m;
        m.started();
        m.command(CommandKind::set_topology);
        m.put(Preempted{});
        m.put(Delivered{1, media_at(10s)});
        m.put(Rendered{1, media_at(10s)});
        m.put(Resolved{{}, second, SetTopology::none});
        CHECK(m.model.current->topology == 2);
        CHECK(no_operation(m));
    }
    SECTION("and the next one is not waited for at all, once one has been in vain") {
        Machine m;
        m.started();
        m.command(CommandKind::set_topology);
        m.put(Preempted{});
        m.put(TimedOut{});
        CHECK(m.command(CommandKind::set_topology) ==
              Trace{"resolve", "drop-resolved", "done 4 topology-set cancelled"});
        CHECK(m.command(CommandKind::stop) == Trace{"arm", "stop-clock"});
    }
}

TEST_CASE("the end comes when everything has been shown", "[session][3][end]") {
    Machine m;
    m.started();
    CHECK(m.put(Delivered{1, media_at(10s)}) == Trace{"post end-of-presentation ok"});
    CHECK(m.put(Delivered{1, media_at(10s)}).empty());
    CHECK(m.put(Rendered{1, media_at(10s)}) ==
          Trace{"stop-clock", "stop-sources", "flush", "post topology-status:ended ok",
                "post capabilities-changed:-4 ok", "post session-ended @10000 ok"});
    CHECK(m.model.state == SessionState::stopped);
    CHECK(m.put(Rendered{1, media_at(10s)}).empty());
    // Replayed from the beginning, and replaceable at once.
    CHECK(m.command(CommandKind::start).back() == "start-sources 0");
}

TEST_CASE("stop wins over the drain at the end", "[session][3.1]") {
    Machine m;
    m.started();
    m.put(Delivered{1, media_at(10s)});
    m.command(CommandKind::stop, current, {}, media_at(9s));
    CHECK(m.put(Rendered{1, media_at(10s)}).empty());
    m.reach(Await::silent);
    m.reach(Await::sources_idle);
    CHECK(m.reach(Await::flushed).back() == "done 3 session-stopped @9000 ok");
    CHECK(m.put(Rendered{1, media_at(10s)}).empty());
}

TEST_CASE("an end that falls into a pause waits for the resume", "[session][3]") {
    Machine m;
    m.started();
    m.command(CommandKind::pause, current, {}, media_at(10s));
    CHECK(m.put(Rendered{1, media_at(10s)}).empty());
    CHECK(m.reach(Await::held).back() == "done 3 session-paused @10000 ok");
    m.command(CommandKind::start, current, {}, media_at(10s));
    CHECK(m.reach(Await::running).back() == "post session-ended @10000 ok");
}

TEST_CASE("a fatal error stops everything and completes what was pending first", "[session][8]") {
    Machine m;
    m.started();
    m.command(CommandKind::start, at(5s));
    CHECK(m.put(Broken{Status{Errc::damaged}, media_at(5s), 1}) ==
          Trace{"stop-clock", "stop-sources", "flush", "post capabilities-changed:-4 ok",
                "done 3 session-started damaged", "post session-error @5000 damaged"});
    CHECK(m.model.state == SessionState::stopped);
    CHECK(m.command(CommandKind::start).back() == "start-sources 0");
}

TEST_CASE("close stops first, says no stopped, and is the last", "[session][1.4][close]") {
    Machine m;
    m.started();
    CHECK(m.command(CommandKind::close) == Trace{"arm", "stop-clock"});
    m.reach(Await::silent);
    m.reach(Await::sources_idle);
    CHECK(m.reach(Await::flushed) ==
          Trace{"disarm", "post capabilities-changed:-4 ok", "arm", "release"});
    CHECK(m.reach(Await::released) ==
          Trace{"disarm", "post capabilities-changed:-67 ok", "done 3 session-closed ok"});
    CHECK(m.model.state == SessionState::closed);
    CHECK(m.put(Delivered{1, media_at(10s)}).empty());
    CHECK(m.put(Broken{Status{Errc::damaged}, {}, 1}).empty());
}

TEST_CASE("a start whose source fails completes with its error and leaves things still",
          "[session][1.4]") {
    Machine m;
    m.loaded();
    m.command(CommandKind::start);
    CHECK(m.put(Failed{Status{Errc::source_shut_down}}) ==
          Trace{"stop-clock", "stop-sources", "flush", "done 2 session-started source_shut_down"});
    CHECK(m.model.state == SessionState::stopped);
    CHECK_FALSE(m.model.active);
}

TEST_CASE("taking the current topology away ends it", "[session][1.5][clear_current]") {
    Machine m;
    m.started();
    m.command(CommandKind::set_topology);
    CHECK(m.put(Resolved{{}, std::nullopt, SetTopology::clear_current}) ==
          Trace{"disarm", "done 3 topology-set ok", "stop-clock", "stop-sources", "flush",
                "post capabilities-changed:-4 ok", "drop-current",
                "post capabilities-changed:-67 ok", "post topology-status:ended ok",
                "post session-ended @0 ok"});
    CHECK(m.model.state == SessionState::idle);
}
