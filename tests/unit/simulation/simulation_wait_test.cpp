#include <string>
#include <thread>
#include <vector>

#include "playhead/backend/byte_source.h"
#include "playhead/backend/work_strand.h"
#include "playhead/headless/simulation.h"
#include "support/catch.h"

using namespace playhead;
using headless::Simulation;
using namespace std::chrono_literals;

TEST_CASE("a wait from the driver runs the simulation until the signal is set",
          "[simulation][wait]") {
    const auto sim = Simulation::create();
    const auto signal = sim->make_signal();
    const HostTime start = sim->now();
    sim->at(start + 5s, [&] { signal->set(); });
    sim->at(start + 6s, [] {});
    CHECK(signal->wait());
    CHECK(sim->now() == start + 5s);
    signal->set();
    CHECK(signal->wait(start));
    CHECK_FALSE(signal->wait(start + 5500ms));
    CHECK(sim->now() == start + 5500ms);
}

TEST_CASE("a wait that nothing can end returns false instead of hanging", "[simulation][wait]") {
    const auto sim = Simulation::create();
    const auto never = sim->make_signal();
    const auto other = sim->make_signal();
    sim->start_blocking("reader", [&] { other->wait(); });
    CHECK_FALSE(never->wait());
    const std::string told = sim->describe();
    CHECK(told.find("(reader) waits for signal 2") != std::string::npos);
    sim->end();
}

TEST_CASE("a task that waits lets the others go on, and the driver come back",
          "[simulation][wait]") {
    const auto sim = Simulation::create();
    const HostTime start = sim->now();
    bool back = false;
    int others = 0;
    sim->start_blocking("sleeps", [&] {
        sim->virtual_sleep(5s);
        back = true;
    });
    for (int i = 1; i <= 10; ++i) {
        sim->at(start + i * 100ms, [&] { ++others; });
    }
    CHECK(sim->run_until([&] { return others == 10; }));
    CHECK(sim->now() == start + 1s);
    CHECK_FALSE(back);
    CHECK(sim->run_until_idle());
    CHECK(back);
    CHECK(sim->now() == start + 5s);
}

TEST_CASE("exactly one task runs at a time", "[simulation][wait]") {
    int overlaps = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto sim = Simulation::create({.seed = seed, .workers = 4});
        int inside = 0; // no lock: the baton is the lock
        const auto busy = [&] {
            for (int i = 0; i < 5; ++i) {
                overlaps += ++inside == 1 ? 0 : 1;
                --inside;
                sim->virtual_sleep(1ms);
            }
        };
        for (int i = 0; i < 4; ++i) {
            sim->start_blocking("b", busy);
            sim->post_work({}, busy);
        }
        sim->events().post(busy);
        sim->run_until_idle();
    }
    CHECK(overlaps == 0);
}

TEST_CASE("a signal between two tasks hands over at the same instant", "[simulation][wait]") {
    const auto sim = Simulation::create();
    const auto ping = sim->make_signal();
    const auto pong = sim->make_signal();
    const HostTime start = sim->now();
    std::string story;
    sim->start_blocking("a", [&] {
        for (int i = 0; i < 3; ++i) {
            story += 'a';
            ping->set();
            pong->wait();
        }
    });
    sim->start_blocking("b", [&] {
        for (int i = 0; i < 3; ++i) {
            ping->wait();
            story += 'b';
            pong->set();
        }
    });
    CHECK(sim->run_until_idle());
    CHECK(story == "ababab");
    CHECK(sim->now() == start);
    CHECK(sim->statistics().blocking == 0);
}

TEST_CASE("a simulated wait tells a set from a deadline", "[simulation][wait]") {
    const auto sim = Simulation::create();
    const auto signal = sim->make_signal();
    const HostTime start = sim->now();
    std::vector<bool> results;
    std::vector<Duration> times;
    sim->start_blocking("waits", [&] {
        for (const auto after : {10ms, 20ms, 30ms}) {
            results.push_back(signal->wait(start + after));
            times.push_back(sim->now() - start);
        }
        results.push_back(signal->wait(start)); // long past
    });
    sim->at(start + 15ms, [&] { signal->set(); });
    sim->run_until_idle();
    CHECK(results == std::vector<bool>{false, true, false, false});
    CHECK(times == std::vector<Duration>{10ms, 15ms, 30ms});
}

TEST_CASE("as many virtual workers as asked wait side by side", "[simulation][work]") {
    const auto sim = Simulation::create({.workers = 3});
    const HostTime start = sim->now();
    for (int i = 0; i < 7; ++i) {
        sim->post_work({}, [&] { sim->virtual_sleep(1s); });
    }
    CHECK(sim->run_until_idle());
    CHECK(sim->now() == start + 3s);
    CHECK(sim->statistics().work_items == 7);
    CHECK(sim->statistics().workers == 3);
}

TEST_CASE("a virtual worker that is written off is replaced", "[simulation][orphan]") {
    const auto sim = Simulation::create({.workers = 1});
    const HostTime start = sim->now();
    const auto gate = sim->make_signal();
    const WorkId stuck = sim->post_work({}, [&] { gate->wait(); });
    bool ran = false;
    const WorkId next = sim->post_work({.deadline = start + 1h}, [&] { ran = true; });
    sim->settle();
    // Either may have been taken first; the stuck one certainly runs after the other.
    sim->settle();
    CHECK_FALSE(sim->write_off(next));
    CHECK(sim->write_off(stuck));
    CHECK_FALSE(sim->write_off(stuck));
    CHECK(sim->statistics().orphans == 1);
    CHECK(sim->statistics().threads == 1 + 1 + 1);
    bool more = false;
    sim->post_work({}, [&] { more = true; });
    sim->settle();
    CHECK(ran);
    CHECK(more);
    gate->set();
    sim->settle();
    CHECK(sim->statistics().orphans == 0);
    CHECK(sim->statistics().threads == 1 + 1);
}

TEST_CASE("an abandoned virtual reader counts as an orphan until it returns",
          "[simulation][orphan]") {
    const auto sim = Simulation::create();
    const auto gate = sim->make_signal();
    const WorkId reader = sim->start_blocking("reader", [&] { gate->wait(); });
    CHECK(sim->statistics().blocking == 1);
    sim->settle();
    sim->abandon(reader);
    sim->abandon(reader);
    CHECK(sim->statistics().orphans == 1);
    CHECK(sim->statistics().blocking == 1);
    gate->set();
    sim->settle();
    CHECK(sim->statistics().orphans == 0);
    CHECK(sim->statistics().blocking == 0);
}

TEST_CASE("a strand in the simulation keeps order through waits and detaches in time",
          "[simulation][strand]") {
    const auto sim = Simulation::create();
    WorkStrand strand(sim, 1);
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
        strand.post([&, i] {
            order.push_back(i);
            sim->virtual_sleep(10ms);
            order.push_back(i);
        });
    }
    sim->run_for(15ms);
    CHECK(order == std::vector<int>{0, 0, 1});
    CHECK(strand.busy());
    bool left_behind = false;
    sim->post([&] { left_behind = strand.detach(); });
    sim->settle();
    CHECK(left_behind);
    CHECK(sim->statistics().orphans == 1);
    sim->run_until_idle();
    CHECK(order == std::vector<int>{0, 0, 1, 1});
    CHECK(sim->statistics().orphans == 0);
}

TEST_CASE("an interrupt wakes a simulated reader in the middle of a stall",
          "[simulation][interrupt]") {
    struct SignalWaker final : Interrupt::Waker {
        explicit SignalWaker(Signal& to_set) : signal(to_set) {}
        void wake() noexcept override { signal.set(); }
        Signal& signal;
    };
    const auto sim = Simulation::create();
    const HostTime start = sim->now();
    Interrupt interrupt;
    const auto data = sim->make_signal();
    std::optional<HostTime> left;
    sim->start_blocking("reader", [&] {
        SignalWaker waker(*data);
        interrupt.add(waker);
        data->wait(start + 1h);
        left = sim->now();
        interrupt.remove(waker);
    });
    sim->at(start + 20ms, [&] { interrupt.raise(); });
    CHECK(sim->run_until_idle());
    CHECK(left == start + 20ms);
}

TEST_CASE("on_control_lane is true for control tasks and timers only", "[simulation][lanes]") {
    const auto sim = Simulation::create();
    std::string where;
    const auto ask = [&](char lane) {
        return [&, lane] {
            if (sim->on_control_lane()) {
                where += lane;
            }
        };
    };
    sim->post(ask('c'));
    sim->run_until_idle();
    sim->at(sim->now(), ask('t'));
    sim->run_until_idle();
    sim->post_work({}, ask('w'));
    sim->events().post(ask('e'));
    sim->start_blocking("b", ask('b'));
    sim->run_until_idle();
    CHECK(where == "ct");
    CHECK_FALSE(sim->on_control_lane());
}

TEST_CASE("other threads may post and set at the price of determinism", "[simulation][threads]") {
    const auto sim = Simulation::create();
    int count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                sim->post([&] { ++count; });
                sim->post_work({}, [&] { ++count; });
                sim->cancel(sim->at(sim->now() + 1s, [&] { ++count; }));
            }
        });
    }
    for (int i = 0; i < 100; ++i) {
        sim->settle();
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    sim->run_until_idle();
    CHECK(count == 4000);
}

TEST_CASE("two application threads may wait at the same time", "[simulation][threads]") {
    const auto sim = Simulation::create();
    const auto first = sim->make_signal();
    const auto second = sim->make_signal();
    const HostTime start = sim->now();
    sim->at(start + 1s, [&] { first->set(); });
    sim->at(start + 2s, [&] { second->set(); });
    bool other = false;
    std::thread thread([&] { other = second->wait(); });
    const bool mine = first->wait();
    thread.join();
    CHECK(mine);
    CHECK(other);
    CHECK(sim->now() == start + 2s);
}
