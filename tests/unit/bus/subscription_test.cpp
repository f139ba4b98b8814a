#include <atomic>
#include <optional>

#include "bus_stage.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("reset waits for a handler that runs on another thread", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch started{*executor};
    Latch pause{*executor};
    std::atomic<bool> finished{false};
    Subscription subscription = bus.subscribe({}, [&](const Event&) {
        started.open();
        pause.linger(*executor, 20ms); // the reset comes meanwhile
        finished = true;
    });
    bus.publish(user(1));
    REQUIRE(started.wait());
    subscription.reset();
    CHECK(finished);
    CHECK_FALSE(subscription);
}

TEST_CASE("after reset no handler begins, also not for events that were waiting",
          "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    const auto by_hand = std::make_shared<ByHand>();
    Seen seen;
    Subscription subscription = bus.subscribe(
        {}, [&](const Event& e) { seen.add(e); }, by_hand);
    bus.publish(user(1));
    by_hand->run_all();
    bus.publish(user(2));
    bus.publish(user(3));
    subscription.reset();
    bus.publish(user(4));
    by_hand->run_all();
    CHECK(seen.kinds() == std::vector<std::uint64_t>{1});
    subscription.reset(); // again: nothing
}

TEST_CASE("what a handler holds goes with its reset", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    const auto held = std::make_shared<int>(1);
    const auto by_hand = std::make_shared<ByHand>();
    Subscription subscription =
        bus.subscribe([held](const Event&) { return true; }, [held](const Event&) {}, by_hand);
    bus.publish(user(1)); // its task is still on its way
    CHECK(held.use_count() == 3);
    subscription.reset();
    CHECK(held.use_count() == 1);
    by_hand->run_all();
}

TEST_CASE("a handler may reset its own subscription, and is not waited for",
          "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch done{*executor};
    Seen seen;
    const auto held = std::make_shared<std::atomic<int>>(0);
    std::optional<Subscription> subscription;
    subscription.emplace(bus.subscribe({}, [&, held](const Event& event) {
        seen.add(event);
        subscription.reset(); // destroys it
        ++*held;              // what the handler holds lives until it returns
        done.open();
    }));
    Latch published{*executor}; // the bus may go only after this
    executor->post([&] {
        bus.publish(user(1));
        bus.publish(user(2));
        bus.publish(user(3));
        published.open();
    });
    REQUIRE(done.wait());
    REQUIRE(published.wait());
    Latch drained{*executor};
    executor->events().post([&] { drained.open(); });
    REQUIRE(drained.wait());
    CHECK(seen.kinds() == std::vector<std::uint64_t>{1});
    CHECK(*held == 1);
    CHECK(held.use_count() == 1); // let go of when it returned
}

TEST_CASE("a handler may reset another's subscription, and waits for that one",
          "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch slow_started{*executor};
    Latch pause{*executor};
    Latch done{*executor};
    std::atomic<bool> slow_finished{false};
    std::atomic<bool> waited{false};
    Subscription slow = bus.subscribe(
        {},
        [&](const Event&) {
            slow_started.open();
            pause.linger(*executor, 20ms);
            slow_finished = true;
        },
        std::make_shared<Overlapping>(executor));
    Subscription other = bus.subscribe({}, [&](const Event&) {
        slow_started.wait();
        slow.reset();
        waited = slow_finished.load();
        done.open();
    });
    bus.publish(user(1));
    REQUIRE(done.wait());
    CHECK(waited);
}

TEST_CASE("handlers that reset each other do not wait for ever", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    constexpr int handlers = 3; // each resets the next one's, in a circle
    std::vector<std::unique_ptr<Latch>> go;
    std::vector<Subscription> subscriptions(handlers);
    std::atomic<int> running{0};
    std::atomic<int> left{handlers};
    Latch done{*executor};
    for (int i = 0; i < handlers; ++i) {
        go.push_back(std::make_unique<Latch>(*executor));
    }
    for (std::size_t i = 0; i < handlers; ++i) {
        subscriptions[i] = bus.subscribe(
            {},
            [&, i](const Event&) {
                if (++running == handlers) {
                    for (const auto& latch : go) {
                        latch->open(); // all of them are inside
                    }
                }
                go[i]->wait();
                subscriptions[(i + 1) % handlers].reset();
                if (--left == 0) {
                    done.open();
                }
            },
            std::make_shared<Overlapping>(executor));
    }
    bus.publish(user(1));
    REQUIRE(done.wait());
}

TEST_CASE("two threads may end handlers that end each other, many times", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> calls{0};
        const auto where = std::make_shared<Overlapping>(executor);
        Subscription a;
        Subscription b;
        std::atomic<bool> ready{false};
        a = bus.subscribe(
            {},
            [&](const Event&) {
                ++calls;
                if (ready) {
                    b.reset();
                }
            },
            where);
        b = bus.subscribe(
            {}, [&](const Event&) { ++calls; }, where);
        ready = true;
        bus.publish(user(1));
        bus.publish(user(2));
        a.reset();
        b.reset();
        const int after = calls;
        bus.publish(user(3));
        REQUIRE(calls == after);
    }
}

TEST_CASE("a filter that runs on another thread is waited for too", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch started{*executor};
    Latch pause{*executor};
    std::atomic<bool> finished{false};
    const bool pulled = GENERATE(false, true);
    const EventFilter filter = [&](const Event&) {
        started.open();
        pause.linger(*executor, 20ms);
        finished = true;
        return true;
    };
    Subscription subscription;
    EventQueue queue;
    if (pulled) {
        queue = bus.queue(filter);
    } else {
        subscription = bus.subscribe(filter, [](const Event&) {});
    }
    executor->start_blocking("publisher", [&] { bus.publish(user(1)); });
    REQUIRE(started.wait());
    pulled ? queue.shut_down() : subscription.reset();
    CHECK(finished);
}

TEST_CASE("the last handle of the bus may go inside a handler", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    auto bus = std::make_unique<Bus>(executor);
    EventQueue queue = bus->queue();
    Latch done{*executor};
    Seen seen;
    Subscription subscription = bus->subscribe({}, [&](const Event& event) {
        bus.reset();
        seen.add(event);
        if (seen.count() == 2) {
            done.open();
        }
    });
    const Bus copy = *bus;
    {
        Bus publisher = copy;
        publisher.publish(user(1));
        publisher.publish(user(2));
    }
    REQUIRE(done.wait());
    CHECK(seen.kinds() == std::vector<std::uint64_t>{1, 2});
    CHECK(queue.try_next().has_value());
}

TEST_CASE("an event that was published before the bus went still reaches handlers",
          "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    auto bus = std::make_unique<Bus>(executor);
    EventQueue queue = bus->queue();
    const auto by_hand = std::make_shared<ByHand>();
    Seen seen;
    Subscription subscription = bus->subscribe(
        {}, [&](const Event& e) { seen.add(e); }, by_hand);
    bus->publish(user(1));
    bus->publish(user(2));
    bus.reset();
    by_hand->run_all();
    CHECK(seen.kinds() == std::vector<std::uint64_t>{1, 2});
    CHECK(queue.next().value().as<UserEvent>()->kind == 1);
    CHECK(queue.next().value().as<UserEvent>()->kind == 2);
    CHECK(queue.next().error() == Errc::shut_down);
    subscription.reset();
}

TEST_CASE("a subscription that is assigned to ends the one it was", "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    const auto by_hand = std::make_shared<ByHand>();
    Seen first;
    Seen second;
    Subscription subscription = bus.subscribe(
        {}, [&](const Event& e) { first.add(e); }, by_hand);
    subscription = bus.subscribe(
        {}, [&](const Event& e) { second.add(e); }, by_hand);
    Subscription moved = std::move(subscription);
    bus.publish(user(1));
    by_hand->run_all();
    CHECK(first.count() == 0);
    CHECK(second.count() == 1);
    CHECK(static_cast<bool>(moved));
}

TEST_CASE("on the control lane a reset does not wait, so the lane never depends on a handler",
          "[bus][subscription]") {
    const auto executor = make_executor(GENERATE(real, simulated));
    Bus bus{executor};
    Latch started{*executor};
    Latch was_reset{*executor};
    Latch done{*executor};
    Subscription subscription = bus.subscribe({}, [&](const Event&) {
        started.open();
        was_reset.wait(); // would never end if the control lane waited for this handler
        done.open();
    });
    bus.publish(user(1));
    REQUIRE(started.wait());
    executor->post([&] {
        subscription.reset();
        was_reset.open();
    });
    REQUIRE(done.wait());
}

TEST_CASE("a subscription that outlives the executor can be reset", "[bus][subscription]") {
    auto executor = make_executor(GENERATE(real, simulated));
    Seen seen;
    Subscription subscription;
    EventQueue queue;
    {
        Bus bus{executor};
        subscription = bus.subscribe({}, [&](const Event& e) { seen.add(e); });
        queue = bus.queue();
    }
    executor.reset();
    CHECK(queue.next_for(1s).error() == Errc::shut_down);
    subscription.reset();
    CHECK(seen.count() == 0);
}
