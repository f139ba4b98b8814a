#include <atomic>

#include "bus_stage.h"
#include "support/catch.h"

// Pulling events: media-session.md section 3.2.

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("an empty queue has no events, a queue that was shut down says so", "[bus][queue]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue queue = bus.queue();
    CHECK(queue.try_next().error() == Errc::no_events);
    bus.publish(user(1));
    queue.shut_down(); // queued events are gone
    CHECK(queue.try_next().error() == Errc::shut_down);
    CHECK(queue.next().error() == Errc::shut_down);
    CHECK(queue.next_for(1s).error() == Errc::shut_down);
    bus.publish(user(2));
    CHECK(queue.try_next().error() == Errc::shut_down);
    queue.shut_down();
    CHECK(EventQueue{}.try_next().error() == Errc::shut_down);
    CHECK(EventQueue{}.next().error() == Errc::shut_down);
    CHECK(EventQueue{}.next_for(1s).error() == Errc::shut_down);
}

TEST_CASE("waiting for an event runs the simulation until it is there", "[bus][queue]") {
    const auto simulation = headless::Simulation::create();
    Bus bus{simulation};
    EventQueue queue = bus.queue();
    simulation->at(simulation->now() + 5s, [&] { bus.publish(user(1)); });
    CHECK(queue.next().value().as<UserEvent>()->kind == 1);
    CHECK(simulation->now() == HostTime{1h + 5s});
}

TEST_CASE("a wait with a bound ends exactly then", "[bus][queue]") {
    const auto simulation = headless::Simulation::create();
    Bus bus{simulation};
    EventQueue queue = bus.queue();
    simulation->at(simulation->now() + 5s, [&] { bus.publish(user(1)); });
    CHECK(queue.next_for(5s - 1ns).error() == Errc::timed_out);
    CHECK(simulation->now() == HostTime{1h + 5s - 1ns});
    CHECK(queue.next_for(1ns).has_value());
    CHECK(queue.next_for(0s).error() == Errc::timed_out);
    CHECK(queue.next_for(-1s).error() == Errc::timed_out);
    CHECK(simulation->now() == HostTime{1h + 5s});
    // A bound beyond the end of time is none; that nothing can come any more ends it.
    CHECK(queue.next_for(Duration::max()).error() == Errc::shut_down);
}

TEST_CASE("on the lanes a waiter wakes with the event, and a bound ends its wait", "[bus][queue]") {
    const auto lanes = make_executor(real);
    Bus bus{lanes};
    EventQueue queue = bus.queue();
    CHECK(queue.next_for(1ms).error() == Errc::timed_out);
    lanes->post([&] { bus.publish(user(1)); });
    CHECK(queue.next().value().as<UserEvent>()->kind == 1);
    lanes->at(lanes->now() + 5ms, [&] { bus.publish(user(2)); });
    CHECK(queue.next_for(Duration::max()).value().as<UserEvent>()->kind == 2);
}

TEST_CASE("of several waiters each event goes to one", "[bus][queue]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue queue = bus.queue();
    constexpr int waiters = 4;
    constexpr std::uint64_t events = 200;
    Seen seen;
    std::atomic<int> left{waiters};
    std::atomic<int> shut{0};
    Latch all_taken{*executor};
    Latch all_ended{*executor};
    for (int i = 0; i < waiters; ++i) {
        executor->start_blocking("waiter", [&] {
            Result<Event> event = queue.next();
            while (event) {
                seen.add(*event);
                if (seen.count() == events) {
                    all_taken.open();
                }
                event = queue.next();
            }
            shut += event.error() == Errc::shut_down ? 1 : 0;
            if (--left == 0) {
                all_ended.open();
            }
        });
    }
    for (std::uint64_t i = 1; i <= events; ++i) {
        bus.publish(user(i));
    }
    REQUIRE(all_taken.wait());
    queue.shut_down();
    REQUIRE(all_ended.wait());
    CHECK(shut == waiters);
    std::vector<std::uint64_t> kinds = seen.kinds();
    REQUIRE(kinds.size() == events);
    std::sort(kinds.begin(), kinds.end());
    for (std::uint64_t i = 1; i <= events; ++i) {
        CHECK(kinds[i - 1] == i);
    }
}

TEST_CASE("the end of the bus or of the executor ends a wait", "[bus][queue]") {
    const Kind kind = GENERATE(real, simulated);
    auto executor = make_executor(kind);
    const auto waits_on = make_executor(kind); // another one, whose threads stay
    auto bus = std::make_unique<Bus>(executor);
    EventQueue queue = bus->queue();
    const bool executor_too = GENERATE(false, true);
    std::atomic<bool> shut{false};
    Latch begun{*waits_on};
    Latch ended{*waits_on};
    waits_on->start_blocking("waiter", [&] {
        begun.open();
        shut = queue.next().error() == Errc::shut_down;
        ended.open();
    });
    if (kind == Kind::real) {
        REQUIRE(begun.wait());
    }
    bus.reset();
    if (executor_too) {
        executor.reset();
    }
    REQUIRE(ended.wait());
    CHECK(shut);
}

TEST_CASE("queues take what their filter takes", "[bus][queue]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue second = bus.queue(of_session(2));
    EventQueue all = bus.queue();
    bus.publish(user(1, 1));
    bus.publish(user(2, 2));
    CHECK(second.try_next().value().session == 2);
    CHECK(second.try_next().error() == Errc::no_events);
    EventQueue moved = std::move(all);
    CHECK(moved.try_next().value().session == 1);
    second = bus.queue(of_session(1)); // ends the one it was
    bus.publish(user(3, 1));
    CHECK(second.try_next().value().as<UserEvent>()->kind == 3);
}
