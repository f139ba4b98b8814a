#include <vector>

#include "playhead/headless/simulation.h"
#include "support/catch.h"

using namespace playhead;
using headless::Simulation;
using namespace std::chrono_literals;

TEST_CASE("virtual time moves only when nothing is ready, and then to the next timer",
          "[simulation][time]") {
    const auto sim = Simulation::create({.start_time = HostTime{10s}});
    CHECK(sim->now() == HostTime{10s});
    CHECK(sim->simulated());
    std::vector<Duration> times;
    const auto note = [&] { times.push_back(sim->now() - HostTime{10s}); };
    sim->at(HostTime{10s} + 7200s, note);
    sim->at(HostTime{10s} + 5ms, note);
    for (int i = 0; i < 3; ++i) {
        sim->post(note);
    }
    CHECK(times.empty()); // nothing runs before somebody drives
    CHECK(sim->run_until_idle());
    CHECK(times == std::vector<Duration>{0s, 0s, 0s, 5ms, 7200s});
    CHECK(sim->now() == HostTime{10s} + 7200s);
}

TEST_CASE("settling runs what is ready and lets no time pass", "[simulation][time]") {
    const auto sim = Simulation::create();
    const HostTime start = sim->now();
    int ran = 0;
    sim->post([&] {
        ++ran;
        sim->post_work({.deadline = start + 5s}, [&] { ++ran; });
        sim->at(start, [&] { ++ran; });
        sim->at(start + 1ns, [&] { ran += 100; });
    });
    CHECK(sim->settle());
    CHECK(ran == 3);
    CHECK(sim->now() == start);
}

TEST_CASE("running until a time includes all that happens at it", "[simulation][time]") {
    const auto sim = Simulation::create();
    const HostTime start = sim->now();
    std::vector<int> ran;
    sim->at(start + 10ms, [&] {
        ran.push_back(1);
        sim->post([&] { ran.push_back(2); });
    });
    sim->at(start + 11ms, [&] { ran.push_back(3); });
    CHECK(sim->run_until(start + 10ms));
    CHECK(ran == std::vector<int>{1, 2});
    CHECK(sim->now() == start + 10ms);
    CHECK(sim->run_for(500us));
    CHECK(sim->now() == start + 10ms + 500us);
    CHECK(ran.size() == 2);
    CHECK(sim->run_for(1h));
    CHECK(ran.size() == 3);
    CHECK(sim->now() == start + 1h + 10ms + 500us);
}

TEST_CASE("running until a condition stops at the very step", "[simulation][time]") {
    const auto sim = Simulation::create();
    const HostTime start = sim->now();
    int count = 0;
    std::function<void()> tick = [&] {
        ++count;
        sim->at(sim->now() + 1s, [&] { tick(); });
    };
    tick();
    CHECK(sim->run_until([&] { return count == 1000; }));
    CHECK(count == 1000);
    CHECK(sim->now() == start + 999s);
    CHECK_FALSE(sim->run_until([&] { return count == 2000; }, sim->now() + 10s));
    CHECK(count == 1010);
    CHECK(sim->now() == start + 1009s);
    CHECK(sim->run_until([&] { return true; }));
    sim->end();
}

TEST_CASE("a condition that nothing can bring about any more is given up", "[simulation][time]") {
    const auto sim = Simulation::create();
    CHECK_FALSE(sim->run_until([] { return false; }));
}

TEST_CASE("timers run by time, those of one time in the order set", "[simulation][timer]") {
    const auto sim = Simulation::create();
    const HostTime start = sim->now();
    std::vector<int> order;
    bool on_time = true;
    for (const int i : {3, 1, 2, 1, 0}) {
        sim->at(start + i * 1ms, [&, i] {
            order.push_back(i);
            on_time = on_time && sim->now() == start + i * 1ms;
        });
    }
    sim->run_until_idle();
    CHECK(order == std::vector<int>{0, 1, 1, 2, 3});
    CHECK(on_time);
}

TEST_CASE("a simulated timer that is cancelled does not run", "[simulation][timer]") {
    const auto sim = Simulation::create();
    bool ran = false;
    const TimerId later = sim->at(sim->now() + 1s, [&] { ran = true; });
    sim->cancel(later);
    sim->cancel(later);
    sim->post([&] {
        const TimerId due = sim->at(sim->now(), [&] { ran = true; });
        sim->cancel(due);
    });
    const HostTime start = sim->now();
    CHECK(sim->run_until_idle());
    CHECK_FALSE(ran);
    CHECK(sim->now() == start);
}

TEST_CASE("going round in circles without time passing is reported", "[simulation][time]") {
    const auto sim = Simulation::create({.steps_per_instant = 1000});
    std::function<void()> circle = [&] { sim->post([&] { circle(); }); };
    circle();
    CHECK_FALSE(sim->run_until_idle());
    CHECK(sim->steps() == 1000);
    sim->end();
}
