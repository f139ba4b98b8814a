// Timers of the presentation clock, section 4: when what waits for a presentation time fires.
#include "timer_stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("a timer fires when the clock shows its time, once, and not before", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    const ClockTimer timer = s.set(media_at(5s), "five");
    CHECK(timer.id != 0);
    CHECK(timer.note.ok());
    CHECK(s.after(5s - 1ns).empty());
    CHECK(s.after(1ns) == Log{"five@0:05.000"});
    CHECK(s.after(1h).empty());
}

TEST_CASE("timers fire in the order in which the clock comes to them", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(3s), "c");
    s.set(media_at(1s), "a");
    s.set(media_at(3s), "d");
    s.set(media_at(2s), "b");
    CHECK(s.after(10s) == Log{"a@0:01.000", "b@0:02.000", "c@0:03.000", "d@0:03.000"});
}

TEST_CASE("one that is due already fires at once, also while the clock is paused or held",
          "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_at(10s)));
    s.set(media_at(10s), "now");
    s.set(media_at(4s), "before");
    CHECK(s.now() == Log{"before@0:10.000", "now@0:10.000"});
    REQUIRE(s.clock->pause());
    CHECK(s.set(media_at(5s), "paused").note.ok());
    CHECK(s.now() == Log{"paused@0:10.000"});
    REQUIRE(s.clock->hold(media_at(20s)));
    s.set(media_at(15s), "held");
    CHECK(s.now() == Log{"held@0:20.000"});
}

TEST_CASE("on a clock that does not run the call succeeds with a note and waits for the start",
          "[clock][timer]") {
    TimerStage s;
    const ClockTimer fresh = s.set(media_at(2s), "fresh");
    CHECK(fresh.note == Errc::clock_stopped);
    CHECK(s.after(10s).empty());
    REQUIRE(s.clock->start(media_zero));
    CHECK(s.after(3s) == Log{"fresh@0:02.000"});
    REQUIRE(s.clock->stop());
    CHECK(s.set(media_zero, "zero").note == Errc::clock_stopped);
    CHECK(s.set(media_at(7s), "passed over").note == Errc::clock_stopped);
    CHECK(s.after(10s).empty()); // also what is due at the zero that a stopped clock shows
    REQUIRE(s.clock->start(media_at(9s)));
    CHECK(s.now() == Log{"zero@0:09.000", "passed over@0:09.000"});
}

TEST_CASE("without a time source timers wait for one, and for its start", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->set_time_source(nullptr));
    CHECK(s.set(media_at(1s), "one").note == Errc::clock_stopped);
    REQUIRE(s.clock->set_time_source(std::make_shared<SystemClockSource>()));
    CHECK(s.after(5s).empty());
    REQUIRE(s.clock->start_current());
    CHECK(s.after(1s) == Log{"one@0:01.000"});
}

TEST_CASE("a relative timer counts presentation time from what the clock shows", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->set_rate(2.0));
    REQUIRE(s.clock->start(media_at(10s)));
    REQUIRE(s.given->set_timer(4s, s.note("four on")));
    CHECK(s.after(2s) == Log{"four on@0:14.000"});
    REQUIRE(s.clock->set_rate(-1.0));
    REQUIRE(s.given->set_timer(4s, s.note("four back")));
    CHECK(s.after(4s) == Log{"four back@0:10.000"});
}

TEST_CASE("a relative timer beyond the end of time never comes", "[clock][timer]") {
    for (const double rate : {1.0, -1.0}) {
        TimerStage s;
        REQUIRE(s.clock->set_rate(rate));
        REQUIRE(s.clock->start(rate > 0 ? media_at(10s) : media_at(-10s)));
        REQUIRE(s.given->set_timer(Duration::max(), s.note("never")));
        CHECK(s.after(1h).empty());
    }
}

TEST_CASE("a paused clock has no host timer, and goes on to its timers where it paused",
          "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(5s), "five");
    s.simulation->run_for(2s);
    REQUIRE(s.clock->pause());
    s.simulation->settle();
    const auto steps = s.simulation->steps();
    CHECK(s.after(1h).empty());
    CHECK(s.simulation->steps() == steps); // nothing was waiting to happen
    REQUIRE(s.clock->start_current());
    CHECK(s.after(3s - 1ns).empty());
    CHECK(s.after(1ns) == Log{"five@0:05.000"});
}

TEST_CASE("a seek of the clock aims timers anew: jumped over fires, the rest waits",
          "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_at(10s)));
    s.set(media_at(20s), "20");
    s.set(media_at(40s), "40");
    s.simulation->run_for(1s);
    REQUIRE(s.clock->start(media_at(5s)));
    CHECK(s.after(14s).empty());
    REQUIRE(s.clock->start(media_at(30s)));
    CHECK(s.now() == Log{"20@0:30.000"});
    CHECK(s.after(10s) == Log{"40@0:40.000"});
}

TEST_CASE("hold and cue put the clock somewhere too", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(20s), "20");
    s.set(media_at(40s), "40");
    s.simulation->settle();
    REQUIRE(s.clock->hold(media_at(30s)));
    CHECK(s.now() == Log{"20@0:30.000"});
    CHECK(s.after(60s).empty()); // 40 waits: the clock stands
    REQUIRE(s.clock->cue(media_at(50s)));
    CHECK(s.now() == Log{"40@0:50.000"});
}

TEST_CASE("what was come to before the clock went elsewhere fires, however late its host timer is",
          "[clock][timer]") {
    // Time passes by hand here, so that a command can come before the executor has looked.
    TimerStage s;
    const auto source = std::make_shared<TurningSource>();
    REQUIRE(s.clock->set_time_source(source));
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(20s), "20");
    s.simulation->settle();
    const auto goes_on = [&] { source->turn({s.simulation->now(), media_at(20s), 1.0}); };
    SECTION("a seek back") {
        goes_on();
        REQUIRE(s.clock->start(media_at(5s)));
        CHECK(s.now() == Log{"20@0:05.000"});
    }
    SECTION("a stop") {
        goes_on();
        REQUIRE(s.clock->stop());
        CHECK(s.now() == Log{"20@0:00.000"});
    }
    SECTION("a pause") {
        goes_on();
        REQUIRE(s.clock->pause());
        CHECK(s.now() == Log{"20@0:20.000"});
    }
}

TEST_CASE("a stop makes timers wait for the next start", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(5s), "five");
    s.simulation->run_for(4s);
    REQUIRE(s.clock->stop());
    s.simulation->settle();
    const auto steps = s.simulation->steps();
    CHECK(s.after(1h).empty());
    CHECK(s.simulation->steps() == steps);
    SECTION("from before their time") {
        REQUIRE(s.clock->start_current());
        CHECK(s.after(4s).empty());
        CHECK(s.after(1s) == Log{"five@0:05.000"});
    }
    SECTION("or from beyond it") {
        REQUIRE(s.clock->start(media_at(30s)));
        CHECK(s.now() == Log{"five@0:30.000"});
    }
}

TEST_CASE("a rate change aims timers anew, rate 0 makes them wait", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(10s), "ten");
    s.set(media_at(12s), "twelve");
    s.simulation->run_for(2s);
    REQUIRE(s.clock->set_rate(4.0));
    CHECK(s.after(2s - 1ns).empty());
    CHECK(s.after(1ns) == Log{"ten@0:10.000"});
    REQUIRE(s.clock->set_rate(0.0));
    s.simulation->settle();
    const auto steps = s.simulation->steps();
    CHECK(s.after(1h).empty());
    CHECK(s.simulation->steps() == steps);
    REQUIRE(s.clock->set_rate(0.5));
    CHECK(s.after(4s) == Log{"twelve@0:12.000"});
}

TEST_CASE("in reverse a timer fires when the clock falls to its time", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->set_rate(-2.0));
    REQUIRE(s.clock->start(media_at(60s)));
    s.set(media_at(20s), "20");
    s.set(media_at(40s), "40");
    s.set(media_at(-4s), "below zero");
    s.set(media_at(70s), "passed");
    CHECK(s.now() == Log{"passed@1:00.000"});
    CHECK(s.after(10s) == Log{"40@0:40.000"});
    REQUIRE(s.clock->start(media_at(10s))); // jumped over, downwards
    CHECK(s.now() == Log{"20@0:10.000"});
    CHECK(s.after(7s) == Log{"below zero@-0:04.000"});
}

TEST_CASE("turning round comes to nothing: what lies behind waits until the clock turns again",
          "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_at(10s)));
    s.set(media_at(20s), "20");
    s.set(media_at(12s), "12");
    s.simulation->run_for(5s);
    CHECK(s.now() == Log{"12@0:12.000"});
    s.set(media_at(25s), "25");
    s.simulation->settle();
    REQUIRE(s.clock->set_rate(-1.0));
    s.set(media_at(11s), "11");
    CHECK(s.after(4s) == Log{"11@0:11.000"});
    s.simulation->settle();
    const auto steps = s.simulation->steps();
    CHECK(s.after(1s).empty()); // at 10 s now
    CHECK(s.simulation->steps() == steps);
    REQUIRE(s.clock->set_rate(1.0));
    CHECK(s.after(20s) == Log{"20@0:20.000", "25@0:25.000"});
}

TEST_CASE("a turn of the time source's line aims timers anew", "[clock][timer]") {
    TimerStage s;
    const auto source = std::make_shared<TurningSource>();
    REQUIRE(s.clock->set_time_source(source));
    CHECK(source->watched == 1);
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(2s), "two");
    CHECK(s.after(10s).empty()); // the device is not heard yet
    source->turn({s.simulation->now(), media_zero, 1.0});
    CHECK(s.after(1s).empty());
    source->turn({s.simulation->now(), media_at(1s), 0.0}); // ran dry
    s.simulation->settle();
    const auto steps = s.simulation->steps();
    CHECK(s.after(1h).empty());
    CHECK(s.simulation->steps() == steps);
    source->turn({s.simulation->now(), media_at(1s), 0.5});
    CHECK(s.after(2s) == Log{"two@0:02.000"});

    REQUIRE(s.clock->set_time_source(std::make_shared<SystemClockSource>()));
    CHECK_FALSE(source->is_watched()); // it is told no more than it has to know
}

TEST_CASE("a change of the time source keeps timers at their time", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    s.set(media_at(5s), "five");
    s.simulation->run_for(2s);
    REQUIRE(s.clock->set_time_source(std::make_shared<SystemClockSource>()));
    CHECK(s.after(3s) == Log{"five@0:05.000"});
}
