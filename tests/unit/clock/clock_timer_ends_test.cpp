// Timers of the presentation clock, section 4: whom they call, and how they are refused and end.
#include "timer_stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("a cancelled timer does not fire, and leaves no host timer behind", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    const ClockTimer five = s.set(media_at(5s), "five");
    const ClockTimer six = s.set(media_at(6s), "six");
    s.simulation->settle();
    s.given->cancel_timer(five.id);
    CHECK(s.after(6s) == Log{"six@0:06.000"});
    s.given->cancel_timer(six.id); // it has fired
    s.given->cancel_timer(0);
    const ClockTimer nine = s.set(media_at(9s), "nine");
    s.simulation->settle();
    s.given->cancel_timer(nine.id);
    s.simulation->settle();
    const auto steps = s.simulation->steps();
    CHECK(s.after(1h).empty());
    CHECK(s.simulation->steps() == steps);
}

TEST_CASE("a callback runs on the queue it was given, else on the event thread", "[clock][timer]") {
    struct Queue final : TaskQueue {
        void post(Task task) override { tasks.push_back(std::move(task)); }
        std::vector<Task> tasks;
    };
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    const auto queue = std::make_shared<Queue>();
    bool on_control = true;
    REQUIRE(s.given->set_timer(media_at(1s), s.note("mine"), queue));
    REQUIRE(
        s.given->set_timer(media_at(1s), [&] { on_control = s.simulation->on_control_lane(); }));
    CHECK(s.after(2s).empty());
    REQUIRE(queue->tasks.size() == 1);
    queue->tasks.front()();
    CHECK(s.now() == Log{"mine@0:02.000"});
    CHECK_FALSE(on_control);
}

TEST_CASE("a timer's callback may set and cancel timers", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    const ClockTimer late = s.set(media_at(3s), "late");
    REQUIRE(s.given->set_timer(media_at(1s), [&] {
        s.given->cancel_timer(late.id);
        (void)s.given->set_timer(1s, s.note("next"));
    }));
    CHECK(s.after(10s) == Log{"next@0:02.000"});
}

TEST_CASE("after shutdown no timer is taken and none fires, the callbacks are let go of",
          "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    const auto owned = std::make_shared<int>(1);
    REQUIRE(s.given->set_timer(media_at(1s), [owned] {}));
    s.set(media_at(1s), "never");
    CHECK(owned.use_count() == 2);
    s.clock->shut_down();
    CHECK(s.after(1h).empty());
    CHECK(owned.use_count() == 1);
    const Result<ClockTimer> refused = s.given->set_timer(media_zero, s.note("no"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::shut_down);
    CHECK(s.given->set_timer(1s, s.note("no")).error() == Errc::shut_down);
    s.given->cancel_timer(1);
    CHECK(s.now().empty());
}

TEST_CASE("a clock that goes away takes its timers with it", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->start(media_zero));
    const auto owned = std::make_shared<int>(1);
    REQUIRE(s.given->set_timer(media_at(1s), [owned] {}));
    s.simulation->settle();
    s.given.reset();
    s.clock.reset();
    CHECK(owned.use_count() == 1);
    const auto steps = s.simulation->steps();
    s.simulation->run_for(1h);
    CHECK(s.simulation->steps() == steps);
}

TEST_CASE("a timer is refused without a callback, and by a clock without an executor",
          "[clock][timer]") {
    TimerStage s;
    CHECK(s.given->set_timer(media_zero, Task{}).error() == Errc::invalid_argument);
    Fixture f;
    CHECK(f.clock.set_timer(media_zero, [] {}).error() == Errc::not_initialized);
    f.clock.cancel_timer(1);
}

TEST_CASE("a timer too far away for any host clock waits without one", "[clock][timer]") {
    TimerStage s;
    REQUIRE(s.clock->set_rate(0.001));
    REQUIRE(s.clock->start(media_zero));
    s.set(MediaTime::max(), "never");
    const HostTime before = s.simulation->now();
    CHECK(s.simulation->run_until_idle()); // through all that could ever happen
    CHECK(s.simulation->now() == before);
    CHECK(s.log.empty());
}

TEST_CASE("a source that does not count at 10 MHz is no simple clock, and is not taken",
          "[clock]") {
    TimerStage s;
    const auto before = s.clock->time_source();
    const auto odd = std::make_shared<TurningSource>();
    odd->frequency_hz = 90'000;
    const Result<void> refused = s.clock->set_time_source(odd);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::clock_not_simple);
    CHECK(s.clock->time_source() == before);
}
