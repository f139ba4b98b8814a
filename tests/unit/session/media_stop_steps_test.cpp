// What a set_media_stop does in each state, without threads.
#include "support/catch.h"
#include "unit/session/machine.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Moving : Machine {
    Trace ask(Duration clock = 2s) {
        CommandInput input;
        input.id = ++last;
        input.kind = CommandKind::set_media_stop;
        input.topology = 1;
        input.media_stop = media_at(3s);
        return put(Execute{input, media_at(clock)});
    }
    Trace found(Duration ends = 3s) { return put(StopFound{{}, ends, ends}); }
    Trace limited(bool fits) { return put(Limited{fits, media_at(2s)}); }
};

} // namespace

TEST_CASE("an end that waits is noted", "[session][media-stop]") {
    Moving m;
    m.loaded();
    CHECK(m.ask() == Trace{"find-stop"});
    CHECK(m.found() == Trace{"apply-stop 1", "done 2 media-stop-changed ok"});
    CHECK(m.model.current->duration == 3s);
    Moving idle;
    idle.ask();
    CHECK(idle.put(StopFound{{Errc::not_found}, {}, {}}) ==
          Trace{"done 1 media-stop-changed not_found"});
}

TEST_CASE("an end of what moves is asked for, and nothing else happens if it fits",
          "[session][media-stop]") {
    Moving m;
    m.started();
    m.ask();
    CHECK(m.found() == Trace{"apply-stop 1", "arm", "limit 1"});
    CHECK(m.limited(true) == Trace{"disarm", "done 3 media-stop-changed ok"});
    CHECK(m.limited(true).empty()); // an answer that nobody waits for
}

TEST_CASE("where it does not fit, or nobody answers, the sources begin anew where the clock is",
          "[session][media-stop]") {
    const bool answered = GENERATE(true, false);
    const bool paused = GENERATE(false, true);
    Moving m;
    paused ? m.paused() : m.started();
    m.ask();
    m.found();
    const Trace anew = answered ? m.limited(false) : m.put(TimedOut{media_at(2s)});
    CHECK(anew == Trace{"disarm", "hold 2000", "raise", "start-sources 2000"});
    CHECK(m.reach(Await::sources) == Trace{"flush+preroll 2000"});
    if (paused) {
        CHECK(m.reach(Await::prerolled) == Trace{"cue-clock 2000", "done 4 media-stop-changed ok"});
    } else {
        CHECK(m.reach(Await::prerolled) == Trace{"start-clock 2000"});
        CHECK(m.reach(Await::running) == Trace{"done 3 media-stop-changed ok"});
    }
    CHECK(m.model.state == (paused ? SessionState::paused : SessionState::started));
}

TEST_CASE("an end that is past is here", "[session][media-stop]") {
    Moving m;
    m.started();
    m.ask(4s);
    const Trace ended = m.found();
    REQUIRE(ended.size() > 6);
    CHECK(Trace(ended.begin(), ended.begin() + 6) ==
          Trace{"apply-stop 1", "done 3 media-stop-changed ok", "post end-of-presentation ok",
                "raise", "stop-sources", "flush"});
    CHECK(ended.back() == "post session-ended @4000 ok");
    Moving paused;
    paused.paused();
    paused.ask(4s);
    CHECK(paused.found().back() == "flush");
    CHECK(paused.model.state == SessionState::paused);
}

TEST_CASE("a start in another way from behind an end that has moved begins at that end",
          "[session][media-stop]") {
    auto facts = ten_seconds();
    facts.rates = RateSupport{RateRange{0.0, 32.0, true}, RateRange{0.0, 32.0, true}};
    Moving m;
    m.started(facts);
    m.command(CommandKind::pause, current, {}, media_at(5s));
    m.reach(Await::held);
    m.ask(5s);
    m.found();
    m.limited(true);
    CommandInput slow;
    slow.id = ++m.last;
    slow.kind = CommandKind::set_rate;
    slow.rate = 0.0;
    m.put(Execute{slow, media_at(5s)});
    m.reach(Await::rate);
    const auto begun = m.command(CommandKind::start, current, {}, media_at(5s));
    CHECK(begun.back() == "start-sources 3000");
}

TEST_CASE("a pause stays one where the rate that was chosen in it begins anew anyway",
          "[session][media-stop]") {
    auto facts = ten_seconds();
    facts.rates = RateSupport{RateRange{0.0, 32.0, true}, RateRange{0.0, 32.0, true}};
    Moving m;
    m.started(facts);
    m.command(CommandKind::pause, current, {}, media_at(2s));
    m.reach(Await::held);
    CommandInput still;
    still.id = ++m.last;
    still.kind = CommandKind::set_rate;
    still.rate = 0.0;
    m.put(Execute{still, media_at(2s)});
    m.reach(Await::rate);
    m.ask();
    m.found();
    CHECK(m.limited(false) == Trace{"disarm", "done 5 media-stop-changed ok"});
    CHECK(m.model.state == SessionState::paused);
    // Also if that rate is taken back: what has been read knows nothing of the end.
    still.id = ++m.last;
    still.rate = GENERATE(0.0, 1.0);
    m.put(Execute{still, media_at(2s)});
    m.reach(Await::rate);
    CHECK(m.command(CommandKind::start, current, {}, media_at(2s)).back() == "start-sources 2000");
    m.reach(Await::sources);
    m.reach(Await::prerolled);
    m.reach(Await::running);
    m.command(CommandKind::pause, current, {}, media_at(2s));
    m.reach(Await::held);
    CHECK(m.command(CommandKind::start, current, {}, media_at(2s)).back() ==
          (still.rate == 0.0 ? "start-clock 2000" : "resume-clock"));
}

TEST_CASE("what cannot be read again is restored, and a stop overtakes the question",
          "[session][media-stop]") {
    auto stuck = ten_seconds();
    stuck.seekable = false;
    Moving m;
    m.started(stuck);
    m.ask();
    m.found();
    CHECK(m.limited(false) ==
          Trace{"disarm", "restore-stop 1", "done 3 media-stop-changed not_seekable"});
    CHECK(m.model.current->duration == 10s);
    m.ask();
    m.found();
    CHECK(m.put(Preempted{}) == Trace{"disarm", "done 4 media-stop-changed ok"});
}
