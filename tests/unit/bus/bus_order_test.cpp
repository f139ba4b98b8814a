#include <atomic>
#include <map>

#include "bus_stage.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("events are numbered from 1, stamped with the host time, and come in that order",
          "[bus]") {
    const auto simulation = headless::Simulation::create();
    Bus bus{simulation};
    EventQueue queue = bus.queue();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        bus.publish(user(i));
        simulation->run_for(1s);
    }
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const Event event = queue.try_next().value();
        CHECK(event.sequence == i);
        CHECK(event.as<UserEvent>()->kind == i);
        CHECK(event.host_time == HostTime{1h + 1s * (i - 1)});
    }
    CHECK(queue.try_next().error() == Errc::no_events);
}

TEST_CASE("when publish returns the queues hold the event and the tasks of handlers are posted",
          "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue queue = bus.queue();
    const auto by_hand = std::make_shared<ByHand>();
    Seen seen;
    Subscription subscription = bus.subscribe(
        {}, [&](const Event& e) { seen.add(e); }, by_hand);
    for (std::uint64_t i = 1; i <= 5; ++i) {
        bus.publish(user(i));
        CHECK(by_hand->tasks.size() == i);
        CHECK(queue.try_next().value().as<UserEvent>()->kind == i);
    }
    CHECK(seen.count() == 0); // publish runs no handler
    by_hand->run_all();
    CHECK(seen.kinds() == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("with many publishers every queue and handler sees every event, in sequence order",
          "[bus]") {
    const Kind kind = GENERATE(real, simulated);
    const auto executor = make_executor(kind);
    constexpr int publishers = 4;
    constexpr std::uint64_t each = 200;
    Bus bus{executor};
    EventQueue queue = bus.queue();
    Seen on_events;
    Seen on_many_threads;
    Seen of_two;
    std::atomic<int> left{3 * publishers * static_cast<int>(each) - 2 * static_cast<int>(each) -
                          static_cast<int>(each)};
    Latch all_seen{*executor};
    const auto handler = [&](Seen& seen) {
        return [&](const Event& event) {
            seen.add(event);
            if (--left == 0) {
                all_seen.open();
            }
        };
    };
    Subscription first = bus.subscribe({}, handler(on_events));
    Subscription second =
        bus.subscribe({}, handler(on_many_threads), std::make_shared<Overlapping>(executor));
    Subscription third = bus.subscribe(of_session(2), handler(of_two));
    for (SessionId session = 1; session <= publishers; ++session) {
        executor->start_blocking("publisher", [&bus, session] {
            for (std::uint64_t i = 1; i <= each; ++i) {
                bus.publish(user(i, session));
            }
        });
    }
    REQUIRE(all_seen.wait());

    Seen pulled;
    for (std::uint64_t i = 0; i < publishers * each; ++i) {
        pulled.add(queue.try_next().value());
    }
    for (const Seen* seen : {&on_events, &on_many_threads, &pulled}) {
        REQUIRE(seen->count() == publishers * each);
        std::map<SessionId, std::uint64_t> last;
        std::uint64_t sequence = 0;
        bool in_order = true;
        for (const Event& event : seen->all()) {
            in_order = in_order && event.sequence == ++sequence &&
                       event.as<UserEvent>()->kind == ++last[event.session];
        }
        CHECK(in_order);
    }
    REQUIRE(of_two.count() == each);
    for (const Event& event : of_two.all()) {
        CHECK(event.session == 2);
    }
}

TEST_CASE("a handler never overlaps itself, whatever its task queue does", "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch pause{*executor};
    Latch done{*executor};
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    Seen seen;
    Subscription subscription = bus.subscribe(
        {},
        [&](const Event& event) {
            most = std::max(most.load(), ++inside);
            pause.linger(*executor, 2ms); // long enough for the next task to come
            seen.add(event);
            --inside;
            if (event.as<UserEvent>()->kind == 20) {
                done.open();
            }
        },
        std::make_shared<Overlapping>(executor));
    for (std::uint64_t i = 1; i <= 20; ++i) {
        bus.publish(user(i));
    }
    REQUIRE(done.wait());
    subscription.reset();
    CHECK(most == 1);
    const std::vector<std::uint64_t> kinds = seen.kinds();
    REQUIRE(kinds.size() == 20);
    CHECK(std::is_sorted(kinds.begin(), kinds.end()));
}

TEST_CASE("a handler that is stuck delays neither other handlers nor queues", "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue queue = bus.queue();
    Latch release{*executor};
    Latch other_done{*executor};
    Latch slow_done{*executor};
    Seen slow;
    Seen other;
    Subscription stuck = bus.subscribe(
        {},
        [&](const Event& event) {
            if (slow.count() == 0) {
                release.wait();
            }
            slow.add(event);
            if (slow.count() == 3) {
                slow_done.open();
            }
        },
        std::make_shared<Overlapping>(executor));
    Subscription quick = bus.subscribe({}, [&](const Event& event) {
        other.add(event);
        if (other.count() == 3) {
            other_done.open();
        }
    });
    for (std::uint64_t i = 1; i <= 3; ++i) {
        bus.publish(user(i));
    }
    REQUIRE(other_done.wait());
    CHECK(slow.count() == 0);
    CHECK(queue.try_next().value().sequence == 1);
    release.open();
    REQUIRE(slow_done.wait()); // its events waited in memory
    CHECK(slow.kinds() == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("handlers run on the event thread unless told otherwise, never on the control lane",
          "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch done{*executor};
    std::atomic<bool> on_control{true};
    Subscription subscription = bus.subscribe({}, [&](const Event&) {
        on_control = executor->on_control_lane();
        done.open();
    });
    executor->post([&] { bus.publish(user(1)); });
    REQUIRE(done.wait());
    CHECK_FALSE(on_control);
}

TEST_CASE("a filter may publish, and sees events before they are stamped", "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue plain = bus.queue();
    std::vector<std::uint64_t> sequences;
    EventQueue filtered = bus.queue([&](const Event& event) {
        sequences.push_back(event.sequence);
        if (event.as<UserEvent>()->kind == 1) {
            bus.publish(user(2));
        }
        return true;
    });
    bus.publish(user(1));
    CHECK(sequences == std::vector<std::uint64_t>{0, 0});
    // The one that the filter published came first, for everybody.
    for (EventQueue* queue : {&plain, &filtered}) {
        CHECK(queue->try_next().value().as<UserEvent>()->kind == 2);
        CHECK(queue->try_next().value().as<UserEvent>()->kind == 1);
        CHECK(queue->try_next().error() == Errc::no_events);
    }
}

TEST_CASE("silence keeps a session's events from handlers, not from queues", "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue queue = bus.queue();
    const auto by_hand = std::make_shared<ByHand>();
    Seen seen;
    Subscription subscription = bus.subscribe(
        {}, [&](const Event& e) { seen.add(e); }, by_hand);
    bus.publish(user(1, 7));
    bus.publish(user(2, 8));
    bus.publish(user(3, 7));
    bus.publish(user(4, 8));
    bus.silence(7);
    bus.publish(user(5, 7));
    bus.publish(user(6, 8));
    by_hand->run_all();
    CHECK(seen.kinds() == std::vector<std::uint64_t>{2, 4, 6});
    for (std::uint64_t i = 1; i <= 6; ++i) {
        CHECK(queue.try_next().value().as<UserEvent>()->kind == i);
    }
}

TEST_CASE("what an application put into an event is destroyed under no lock of the bus", "[bus]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    EventQueue told = bus.queue(of_session(99));
    EventQueue queue = bus.queue(of_session(7));
    const auto by_hand = std::make_shared<ByHand>();
    Subscription subscription = bus.subscribe(
        {}, [](const Event&) {}, by_hand);
    // Going, it calls everything that takes a lock.
    const auto payload = [&](std::uint64_t kind) {
        return std::shared_ptr<const void>(&bus, [&, kind](const void*) {
            (void)bus.queue();
            (void)queue.try_next();
            bus.silence(1000);
            bus.publish(user(kind, 99));
        });
    };
    const auto publish = [&](std::uint64_t kind) {
        Event event = user(0, 7);
        event.body = UserEvent{kind, payload(kind)};
        bus.publish(std::move(event));
    };
    publish(1);
    CHECK(queue.try_next().has_value());
    bus.silence(7); // the subscription held the last one
    CHECK(told.try_next().value().as<UserEvent>()->kind == 1);
    publish(2);
    queue.shut_down(); // the queue holds the last one
    CHECK(told.try_next().value().as<UserEvent>()->kind == 2);
}
