#include <future>
#include <string>

#include "playhead/headless/simulation.h"
#include "support/catch.h"

using namespace playhead;
using headless::Simulation;
using namespace std::chrono_literals;

namespace {

// Tells when the task that captures it is destroyed.
std::shared_ptr<void> last_will(std::function<void()> say) {
    return {nullptr, [say = std::move(say)](void*) { say(); }};
}

} // namespace

TEST_CASE("the end of a simulation wakes its waits one after another", "[simulation][end]") {
    auto sim = Simulation::create();
    Simulation& simulation = *sim;
    const auto never = sim->make_signal();
    int inside = 0;
    int overlaps = 0;
    int woken = 0;
    const auto waits = [&] {
        const bool set = never->wait();
        overlaps += ++inside == 1 ? 0 : 1;
        woken += set ? 0 : 1;
        woken += simulation.virtual_sleep(1h) ? 0 : 1;
        --inside;
    };
    for (int i = 0; i < 5; ++i) {
        sim->start_blocking("waits", waits);
    }
    sim->post_work({}, waits);
    sim->events().post(waits);
    sim->run_until_idle();
    CHECK(woken == 0);
    sim.reset();
    CHECK(woken == 14);
    CHECK(overlaps == 0);
    CHECK_FALSE(never->wait());
}

TEST_CASE("what a simulation has not begun is destroyed unrun", "[simulation][end]") {
    auto sim = Simulation::create();
    int ran = 0;
    int destroyed = 0;
    const auto task = [&] { return [&ran, last = last_will([&] { ++destroyed; })] { ++ran; }; };
    sim->post(task());
    sim->at(sim->now() + 1s, task());
    sim->post_work({}, task());
    sim->events().post(task());
    sim->start_blocking("b", task());
    sim->end();
    CHECK(destroyed == 5);
    CHECK(ran == 0);
    sim->post(task());
    sim->post_work({}, task());
    sim->events().post(task());
    sim->at(sim->now(), task());
    sim->start_blocking("b", task());
    CHECK(destroyed == 10);
    CHECK_FALSE(sim->run_until_idle());
    CHECK_FALSE(sim->settle());
    CHECK_FALSE(sim->run_until([] { return true; }));
    CHECK(sim->describe().find("ended") != std::string::npos);
    CHECK(ran == 0);
}

TEST_CASE("a task that holds the simulation keeps it alive until it has run", "[simulation][end]") {
    auto sim = Simulation::create();
    std::promise<void> ended;
    sim->at(sim->now() + 1h, [last = last_will([&] { ended.set_value(); })] {});
    std::weak_ptr<Simulation> weak = sim;
    // The driver borrows what the task lets go of.
    Simulation& simulation = *sim;
    simulation.post([last = std::move(sim)]() mutable { last.reset(); });
    const auto keep = weak.lock();
    CHECK(keep != nullptr);
    keep->settle();
    CHECK(ended.get_future().wait_for(0s) == std::future_status::timeout);
}

TEST_CASE("the last reference may go inside a task", "[simulation][end]") {
    for (const int lane : {0, 1, 2, 3}) {
        CAPTURE(lane);
        auto sim = Simulation::create();
        std::promise<void> ended;
        std::promise<void> woken;
        const auto never = sim->make_signal();
        sim->at(sim->now() + 1h, [last = last_will([&] { ended.set_value(); })] {});
        sim->start_blocking("waits", [&] {
            never->wait();
            woken.set_value();
        });
        sim->settle();
        Simulation& simulation = *sim;
        const auto signal = sim->make_signal();
        Task task = [last = std::move(sim)]() mutable { last.reset(); };
        switch (lane) {
        case 0: simulation.post(std::move(task)); break;
        case 1: simulation.post_work({}, std::move(task)); break;
        case 2: simulation.events().post(std::move(task)); break;
        default: simulation.start_blocking("last", std::move(task)); break;
        }
        // A signal outlives its simulation, so this wait is a safe way to drive it.
        CHECK_FALSE(signal->wait());
        CHECK(ended.get_future().wait_for(60s) == std::future_status::ready);
        CHECK(woken.get_future().wait_for(60s) == std::future_status::ready);
    }
}

TEST_CASE("many simulations live side by side", "[simulation][end]") {
    std::vector<std::shared_ptr<Simulation>> all;
    int count = 0;
    for (std::uint64_t i = 0; i < 50; ++i) {
        all.push_back(Simulation::create({.seed = i}));
        all.back()->post([&] { ++count; });
        all.back()->start_blocking("b", [&, sim = all.back().get()] {
            sim->virtual_sleep(1s);
            ++count;
        });
    }
    for (const auto& sim : all) {
        sim->run_until_idle();
    }
    CHECK(count == 100);
}
