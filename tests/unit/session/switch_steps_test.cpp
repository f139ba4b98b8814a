// What a switch_stream does in each state, without threads.
#include "support/catch.h"
#include "unit/session/machine.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Switching : Machine {
    explicit Switching(SessionState state) {
        model.state = state;
        if (state == SessionState::idle) return;
        model.current = ten_seconds();
        model.active = state == SessionState::started || state == SessionState::paused;
        model.capabilities = 0x43 | (state == SessionState::started ? 0x4U : 0U);
    }
    Trace ask() { return command(CommandKind::switch_stream); }
    Trace resolved(bool seekable = true, StreamIndex stream = 2) {
        StreamResolved answer;
        answer.facts = ten_seconds();
        answer.node = 4;
        answer.stream = stream;
        answer.seekable = seekable;
        return put(answer);
    }
};

const char* const changed = "post topology-status:dynamic_changed ok";

} // namespace

TEST_CASE("where nothing plays a switch is noted for the next start",
          "[session][switch][transitions]") {
    Switching idle(SessionState::idle);
    CHECK(idle.ask() == Trace{"abandon-switch", "done 1 stream-switched invalid_request"});
    Switching stopped(SessionState::stopped);
    CHECK(stopped.ask() == Trace{"resolve-stream"});
    CHECK(stopped.resolved(false) == Trace{"note-switch", "done 1 stream-switched ok", changed});
}

TEST_CASE("while playing the stream is changed when its reader is there",
          "[session][switch][transitions]") {
    for (const auto state : {SessionState::started, SessionState::paused}) {
        Switching m(state);
        CHECK(m.ask() == Trace{"resolve-stream"});
        CHECK(m.resolved() == Trace{"begin-switch"});
        CHECK(m.reach(Await::switched) ==
              Trace{"commit-switch", "done 1 stream-switched ok", changed});
        CHECK(m.model.state == state);
    }
    Switching off(SessionState::started);
    off.ask();
    CHECK(off.resolved(true, -1) == Trace{"commit-switch", "done 1 stream-switched ok", changed});
}

TEST_CASE("a switch that cannot be changes nothing", "[session][switch][transitions]") {
    Switching m(SessionState::started);
    m.ask();
    CHECK(m.resolved(false) == Trace{"abandon-switch", "done 1 stream-switched not_seekable"});
    m.ask();
    m.resolved();
    CHECK(m.put(Failed{Errc::cannot_open}) ==
          Trace{"abandon-switch", "done 2 stream-switched cannot_open"});
    CHECK(m.model.state == SessionState::started);
    m.ask();
    CHECK(m.put(Preempted{}) == Trace{"abandon-switch", "done 3 stream-switched cancelled"});
    Switching begun(SessionState::started);
    begun.ask();
    begun.resolved();
    CHECK(begun.put(Preempted{}) == Trace{"abandon-switch", "done 1 stream-switched cancelled"});
    CHECK(begun.model.state == SessionState::started);
}

TEST_CASE("what has been delivered meanwhile is not taken back", "[session][switch][transitions]") {
    Switching m(SessionState::started);
    m.ask();
    m.resolved();
    m.put(Delivered{1, media_at(10s)});
    CHECK(m.reach(Await::switched) == Trace{"note-switch", "done 1 stream-switched ok", changed});
}

TEST_CASE("what was prepared behind is prepared anew, behind the new stream",
          "[session][switch][transitions]") {
    Switching m(SessionState::started);
    auto next = ten_seconds();
    next.topology = 2;
    m.model.progress.read = true;
    m.model.next = SessionModel::Next{next, true, false};
    m.ask();
    m.resolved();
    CHECK(m.reach(Await::switched) ==
          Trace{"take-back 2", "commit-switch", "done 1 stream-switched ok", changed, "prepare 2"});
}
