// How the session waits for data, as a table: media-session.md section 8.
#include <algorithm>

#include "support/catch.h"
#include "unit/session/machine.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("while a source buffers the clock stands, and the state stays",
          "[session][8][buffering]") {
    Machine m;
    m.started();
    CHECK(m.put(Buffering{1, true}) == Trace{"pause-clock", "post buffering-started ok"});
    CHECK(m.model.state == SessionState::started);
    CHECK(m.reach(Await::held).empty());
    // One within the other: each is told, the clock stands until the last is over.
    CHECK(m.put(Buffering{1, true}) == Trace{"post buffering-started ok"});
    CHECK(m.put(Buffering{1, false}) == Trace{"post buffering-stopped ok"});
    CHECK(m.put(Buffering{1, false}) == Trace{"resume-clock", "post buffering-stopped ok"});
    CHECK(m.reach(Await::running).empty());
    // One that has not begun does not end, and nobody else's counts.
    CHECK(m.put(Buffering{1, false}).empty());
    CHECK(m.put(Buffering{2, true}).empty());
    // The clock may be told to go on before every sink has answered its pause.
    m.put(Buffering{1, true});
    CHECK(m.put(Buffering{1, false}).front() == "resume-clock");
    CHECK(m.reach(Await::held).empty());
    CHECK(m.reach(Await::running).empty());
    CHECK(m.put(Buffering{1, true}).front() == "pause-clock");
}

TEST_CASE("a pause while a source buffers stays when that is over", "[session][8][buffering]") {
    for (const bool answered : {true, false}) {
        INFO("the sinks have answered the clock: " << answered);
        Machine m;
        m.started();
        m.put(Buffering{1, true});
        if (answered) m.reach(Await::held);
        auto trace = m.command(CommandKind::pause, current, {}, media_at(2s));
        if (!answered) {
            CHECK(trace.empty()); // the clock has been told already
            trace = m.reach(Await::held);
        }
        CHECK(trace == Trace{"post capabilities-changed:-4 ok", "done 3 session-paused @2000 ok"});
        // It may end, and begin again, while paused.
        CHECK(m.put(Buffering{1, false}) == Trace{"post buffering-stopped ok"});
        CHECK(m.put(Buffering{1, true}) == Trace{"post buffering-started ok"});
        // It goes on over the next start, and the clock waits on.
        CHECK(m.command(CommandKind::start, current, {}, media_at(2s)) ==
              Trace{"post capabilities-changed:+4 ok", "done 4 session-started @2000 ok"});
        CHECK(m.put(Buffering{1, false}) == Trace{"resume-clock", "post buffering-stopped ok"});
    }
    Machine over;
    over.started();
    over.put(Buffering{1, true});
    over.reach(Await::held);
    over.command(CommandKind::pause, current, {}, media_at(2s));
    over.put(Buffering{1, false});
    CHECK(over.command(CommandKind::start, current, {}, media_at(2s)) == Trace{"resume-clock"});
    CHECK(over.reach(Await::running).back() == "done 4 session-started @2000 ok");
}

TEST_CASE("a seek while a source buffers ends that, and may buffer again",
          "[session][8][buffering]") {
    Machine m;
    m.started();
    m.put(Buffering{1, true});
    m.put(Buffering{1, true});
    m.reach(Await::held);
    CHECK(m.command(CommandKind::start, at(5s)) == Trace{"post buffering-stopped ok",
                                                         "post buffering-stopped ok", "hold 5000",
                                                         "raise", "start-sources 5000"});
    m.reach(Await::sources);
    m.reach(Await::prerolled);
    // While a start is under way the clock is its own.
    CHECK(m.put(Buffering{1, true}) == Trace{"post buffering-started ok"});
    CHECK(m.reach(Await::running) == Trace{"done 3 session-started @5000 ok", "pause-clock"});
    // A position that is refused ends nothing.
    CHECK(m.command(CommandKind::start, at(11s)) ==
          Trace{"done 4 session-started invalid_position"});
    CHECK(m.put(Buffering{1, false}) == Trace{"resume-clock", "post buffering-stopped ok"});
}

TEST_CASE("a start and a rate while a source buffers are judged as while started",
          "[session][8][buffering]") {
    Machine m;
    auto facts = ten_seconds();
    facts.rates = RateSupport{RateRange{0.0, 32.0, true}, RateRange{0.0, 32.0, true}};
    m.started(facts);
    m.put(Buffering{1, true});
    m.reach(Await::held);
    CHECK(m.command(CommandKind::start, current, {}, media_at(2s)) ==
          Trace{"done 3 session-started @2000 ok"});
    const auto rate = [&](double r) {
        CommandInput input;
        input.id = ++m.last;
        input.kind = CommandKind::set_rate;
        input.rate = r;
        return m.put(Execute{input, media_at(2s)});
    };
    CHECK(rate(2.0) == Trace{"rate 200%"});
    CHECK(m.reach(Await::rate) == Trace{"done 4 rate-changed ok"});
    CHECK(rate(-1.0) == Trace{"done 5 rate-changed unsupported_rate_transition"});
    CHECK(rate(0.0) == Trace{"done 6 rate-changed unsupported_rate_transition"});
    CHECK(m.put(Buffering{1, false}) == Trace{"resume-clock", "post buffering-stopped ok"});
}

TEST_CASE("whatever ends playing ends buffering first", "[session][8][3.1][buffering]") {
    Machine m;
    m.started();
    m.put(Buffering{1, true});
    m.put(Buffering{1, true});
    m.reach(Await::held);
    const Trace both{"post buffering-stopped ok", "post buffering-stopped ok"};
    const auto begins = [&](const Trace& trace) {
        return trace.size() > 2 && Trace(trace.begin(), trace.begin() + 2) == both;
    };
    SECTION("a stop") { CHECK(begins(m.command(CommandKind::stop))); }
    SECTION("a close") { CHECK(begins(m.command(CommandKind::close))); }
    SECTION("a fatal error") {
        CHECK(begins(m.put(Broken{Status{Errc::damaged}, media_at(2s), 1, false})));
    }
    SECTION("the end") {
        m.put(Delivered{1, media_at(10s)});
        CHECK(begins(m.put(Rendered{1, media_at(10s)})));
    }
    // The source's own end comes too late to be told.
    CHECK(m.put(Buffering{1, false}).empty());
    CHECK(m.put(Buffering{1, true}).empty());
}

TEST_CASE("what buffers ahead of its turn is told once it is joined", "[session][8][buffering]") {
    Machine m;
    m.started();
    m.command(CommandKind::set_topology);
    auto second = ten_seconds();
    second.topology = 2;
    m.put(Resolved{{}, second, SetTopology::none});
    CHECK(m.put(SourcesRead{1}) == Trace{"prepare 2"});
    CHECK(m.put(Buffering{2, true}).empty());
    m.put(NextReady{2, {}});
    const auto joined = m.put(Delivered{1, media_at(10s)});
    REQUIRE(joined.size() > 2);
    CHECK(Trace(joined.end() - 3, joined.end()) ==
          Trace{"join 2 10000", "pause-clock", "post buffering-started ok"});
    // Taken back by a stop, it begins anew.
    CHECK(m.command(CommandKind::stop).front() == "post buffering-stopped ok");
}

TEST_CASE("nothing is joined while the outputs owe the clock an answer",
          "[session][8][buffering]") {
    Machine m;
    m.started();
    m.command(CommandKind::set_topology);
    auto second = ten_seconds();
    second.topology = 2;
    m.put(Resolved{{}, second, SetTopology::none});
    m.put(SourcesRead{1});
    m.put(NextReady{2, {}});
    const auto joins = [](const Trace& trace) {
        return std::find(trace.begin(), trace.end(), "join 2 10000") != trace.end();
    };
    m.put(Buffering{1, true});
    SECTION("it is to stand") {
        CHECK(m.put(Delivered{1, media_at(10s)}) == Trace{"post end-of-presentation ok"});
        CHECK(joins(m.reach(Await::held)));
    }
    SECTION("it is to go on") {
        m.reach(Await::held);
        m.put(Buffering{1, false});
        CHECK(m.put(Delivered{1, media_at(10s)}) == Trace{"post end-of-presentation ok"});
        CHECK(joins(m.reach(Await::running)));
    }
    SECTION("it was to go on, and a pause came") {
        m.reach(Await::held);
        m.put(Buffering{1, false});
        CHECK(m.command(CommandKind::pause) == Trace{"pause-clock"});
        CHECK(m.put(Delivered{1, media_at(10s)}) == Trace{"post end-of-presentation ok"});
        CHECK(joins(m.put(Failed{Status{Errc::device_lost}})));
    }
}

TEST_CASE("a clock that will not wait goes on, one that will not go on has failed",
          "[session][8][buffering]") {
    Machine m;
    m.started();
    m.put(Buffering{1, true});
    CHECK(m.put(ClockRefused{Status{Errc::device_lost}}).empty());
    CHECK(m.command(CommandKind::pause) == Trace{"pause-clock"});
    m.reach(Await::held);
    m.command(CommandKind::start);
    CHECK(m.put(Buffering{1, false}) == Trace{"resume-clock", "post buffering-stopped ok"});
    CHECK(m.put(ClockRefused{Status{Errc::device_lost}}) ==
          Trace{"stop-clock", "stop-sources", "flush", "post capabilities-changed:-4 ok",
                "post session-error device_lost"});
    CHECK(m.model.state == SessionState::stopped);
}
