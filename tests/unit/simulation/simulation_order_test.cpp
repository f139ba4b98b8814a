#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "playhead/backend/work_strand.h"
#include "playhead/headless/random.h"
#include "playhead/headless/simulation.h"
#include "support/catch.h"

using namespace playhead;
using headless::Random;
using headless::Simulation;
using headless::TraceStep;
using namespace std::chrono_literals;

namespace {

// Something of everything: readers that sleep and wait, strands, timers, events, work with deadlines.
// Returns the trace's hash and leaves what happened, in order, in `story`.
std::uint64_t bustle(std::uint64_t seed, std::string* story = nullptr) {
    const auto sim = Simulation::create({.seed = seed});
    std::string told;
    const auto tell = [&](char what) { told += what; };
    WorkStrand decoder(sim, 1);
    WorkStrand sink(sim, 2);
    const auto data = sim->make_signal();
    const auto room = sim->make_signal();
    const auto end = sim->make_signal();
    const HostTime start = sim->now();

    sim->start_blocking("reader", [&] {
        for (int i = 0; i < 5; ++i) {
            sim->virtual_sleep(3ms);
            tell('r');
            decoder.post([&] {
                tell('d');
                sim->virtual_sleep(2ms);
                sink.post([&] {
                    tell('s');
                    sim->events().post([&] { tell('e'); });
                });
            });
            data->set();
            room->wait(sim->now() + 5ms);
        }
        tell('R');
    });
    sim->start_blocking("other", [&] {
        for (int i = 0; i < 5; ++i) {
            data->wait(sim->now() + 4ms);
            tell('o');
            room->set();
            sim->post([&] { tell('c'); });
        }
        tell('O');
    });
    for (int i = 0; i < 4; ++i) {
        sim->at(start + i * 4ms, [&, i] {
            tell('t');
            sim->post_work({.deadline = start + 4ms}, [&] { tell('w'); });
            sim->post_work({}, [&] { tell('u'); });
            if (i == 3) {
                end->set();
            }
        });
    }
    end->wait();
    tell('|');
    sim->run_until_idle();
    if (story != nullptr) {
        *story = told;
    }
    return sim->trace_hash();
}

std::string order_of_five(std::uint64_t seed) {
    const auto sim = Simulation::create({.seed = seed});
    std::string order;
    sim->post([&] { order += 'c'; });
    sim->at(sim->now(), [&] { order += 't'; });
    sim->post_work({}, [&] { order += 'w'; });
    sim->events().post([&] { order += 'e'; });
    sim->start_blocking("b", [&] { order += 'b'; });
    sim->run_until_idle();
    return order;
}

} // namespace

TEST_CASE("the same seed gives the same run, a thousand seeds give other ones",
          "[simulation][order]") {
    std::set<std::uint64_t> hashes;
    std::set<std::string> stories;
    int differing = 0;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        std::string story;
        std::string again;
        const std::uint64_t hash = bustle(seed, &story);
        differing += bustle(seed, &again) == hash && again == story ? 0 : 1;
        hashes.insert(hash);
        stories.insert(story);
    }
    CHECK(differing == 0);
    CHECK(hashes.size() > 990);
    CHECK(stories.size() > 500);
}

TEST_CASE("every order of what is ready is drawn by some seed", "[simulation][order]") {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        orders.insert(order_of_five(seed));
    }
    CHECK(orders.size() == 120);
}

TEST_CASE("control and events keep their order under every seed", "[simulation][order]") {
    bool kept = true;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto sim = Simulation::create({.seed = seed});
        std::vector<int> control;
        std::vector<int> events;
        for (int i = 0; i < 20; ++i) {
            sim->post([&, i] { control.push_back(i); });
            sim->events().post([&, i] {
                events.push_back(i);
                sim->virtual_sleep(1ms);
                events.push_back(i);
            });
        }
        sim->run_until_idle();
        kept = kept && control.size() == 20 && std::is_sorted(control.begin(), control.end()) &&
               events.size() == 40 && std::is_sorted(events.begin(), events.end());
    }
    CHECK(kept);
}

TEST_CASE("simulated work goes by effective deadline and draws among equals",
          "[simulation][work]") {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto sim = Simulation::create({.seed = seed, .workers = 1});
        std::string order;
        const auto post = [&](char name, std::optional<HostTime> deadline) {
            sim->post_work({.deadline = deadline}, [&order, name] { order += name; });
        };
        const HostTime now = sim->now();
        post('x', std::nullopt);
        post('y', std::nullopt);
        post('l', now + 2s);
        post('m', now + 1s);
        post('n', now + 1s);
        post('a', now - 1s);
        post('b', now);
        sim->run_until_idle();
        orders.insert(order);
    }
    // Three pairs of equals: eight orders, all of which come up.
    CHECK(orders.size() == 8);
    for (const std::string& order : orders) {
        CHECK(std::set<char>{order[0], order[1]} == std::set<char>{'a', 'b'});
        CHECK(std::set<char>{order[2], order[3]} == std::set<char>{'m', 'n'});
        CHECK(order[4] == 'l');
    }
}

TEST_CASE("the trace tells each step", "[simulation][trace]") {
    std::vector<TraceStep> steps;
    const auto sim =
        Simulation::create({.trace = [&](const TraceStep& step) { steps.push_back(step); }});
    const HostTime start = sim->now();
    sim->start_blocking("sleeper", [&] { sim->virtual_sleep(5ms); });
    sim->run_until_idle();
    sim->post([] {});
    sim->run_until_idle();
    REQUIRE(steps.size() == 3);
    CHECK(sim->steps() == 3);
    CHECK(steps[0].lane == TraceStep::Lane::blocking);
    CHECK_FALSE(steps[0].resumed);
    CHECK(steps[0].at == start);
    CHECK(steps[1].lane == TraceStep::Lane::blocking);
    CHECK(steps[1].resumed);
    CHECK(steps[1].sequence == steps[0].sequence);
    CHECK(steps[1].at == start + 5ms);
    CHECK(steps[2].lane == TraceStep::Lane::control);
    CHECK(steps[2].index == 3);
    CHECK(steps[2].sequence == steps[0].sequence + 1);
}

TEST_CASE("tasks that do not wait cost no change of thread", "[simulation][trace]") {
    const auto sim = Simulation::create();
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
        sim->post([&] { ++count; });
        sim->post_work({}, [&] { ++count; });
        sim->events().post([&] { ++count; });
        sim->start_blocking("short", [&] { ++count; });
        sim->at(sim->now() + i * 1ms, [&] { ++count; });
    }
    // Sleeping when nobody else has anything to do does not, either.
    sim->start_blocking("sleeper", [&] {
        sim->virtual_sleep(2s);
        for (int i = 0; i < 100; ++i) {
            sim->virtual_sleep(1ms);
        }
    });
    sim->run_until_idle();
    CHECK(count == 5000);
    CHECK(sim->context_switches() <= 8); // in, out, and around the sleeper
}
