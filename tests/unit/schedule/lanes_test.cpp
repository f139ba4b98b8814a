#include "playhead/lanes.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "patience.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;
using test::comes;

TEST_CASE("the lanes tell the steady clock's time", "[schedule][lanes]") {
    const auto lanes = make_lanes();
    const auto before = std::chrono::steady_clock::now();
    const HostTime now = lanes->now();
    CHECK(before <= now);
    CHECK(now <= std::chrono::steady_clock::now());
    CHECK_FALSE(lanes->simulated());
}

TEST_CASE("a signal keeps one set, and gives it to one wait", "[schedule][signal]") {
    const auto lanes = make_lanes();
    const auto signal = lanes->make_signal();
    CHECK_FALSE(signal->wait(lanes->now() - 1s));
    signal->set();
    signal->set();
    CHECK(signal->wait(lanes->now() - 1s));
    CHECK_FALSE(signal->wait(lanes->now() - 1s));
}

TEST_CASE("a wait ends at its deadline and not before", "[schedule][signal]") {
    const auto lanes = make_lanes();
    const auto signal = lanes->make_signal();
    const HostTime deadline = lanes->now() + 5ms;
    CHECK_FALSE(signal->wait(deadline));
    CHECK(lanes->now() >= deadline);
}

TEST_CASE("whoever sees a signal may destroy it at once", "[schedule][signal]") {
    const auto lanes = make_lanes();
    bool all = true;
    for (int i = 0; i < 2000; ++i) {
        auto signal = lanes->make_signal();
        lanes->post_work({}, [&] { signal->set(); });
        all = comes(*lanes, *signal) && all;
    }
    CHECK(all);
}

TEST_CASE("a blocking task has a thread of its own until it returns", "[schedule][blocking]") {
    const auto lanes = make_lanes();
    const int threads = lanes->statistics().threads;
    const auto gate = lanes->make_signal();
    const auto inside = lanes->make_signal();
    std::promise<void> ended;
    const WorkId id = lanes->start_blocking("a name longer than a system keeps", [&] {
        test::when_this_thread_ends([&] { ended.set_value(); });
        inside->set();
        gate->wait();
    });
    REQUIRE(comes(*lanes, *inside));
    CHECK(id != 0);
    CHECK(lanes->statistics().blocking == 1);
    CHECK(lanes->statistics().orphans == 0);
    CHECK(lanes->statistics().threads == threads + 1);
    lanes->abandon(id);
    lanes->abandon(id);
    CHECK(lanes->statistics().orphans == 1);
    gate->set();
    REQUIRE(comes(ended.get_future()));
    CHECK(lanes->statistics().blocking == 0);
    CHECK(lanes->statistics().orphans == 0);
    CHECK(lanes->statistics().threads == threads);
    lanes->abandon(id); // long gone: nothing
}

TEST_CASE("a task's captures are destroyed on its lane before the next task runs",
          "[schedule][lanes]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    std::vector<std::string> order;
    lanes->post([last = test::Farewell([&] { order.emplace_back("gone"); })] {});
    lanes->post([&] {
        order.emplace_back("next");
        done->set();
    });
    REQUIRE(comes(*lanes, *done));
    CHECK(order == std::vector<std::string>{"gone", "next"});
}

TEST_CASE("the end of the lanes wakes who waits and destroys what has not begun",
          "[schedule][lanes][end]") {
    auto lanes = make_lanes({.workers = 1});
    const auto never = lanes->make_signal();
    const auto inside = lanes->make_signal();
    std::atomic<int> woken{0};
    std::atomic<int> ran{0};
    std::atomic<int> destroyed{0};
    const auto waits = [&] {
        inside->set();
        if (!never->wait()) {
            ++woken;
        }
    };
    const auto unrun = [&] {
        return [&ran, last = std::make_shared<test::Farewell>([&] { ++destroyed; })] { ++ran; };
    };
    lanes->post_work({}, waits);
    REQUIRE(comes(*lanes, *inside));
    lanes->start_blocking("waits", waits);
    REQUIRE(comes(*lanes, *inside));
    lanes->events().post(waits);
    REQUIRE(comes(*lanes, *inside));
    lanes->post_work({}, unrun());
    lanes->events().post(unrun());
    lanes->at(lanes->now() + 1h, unrun());
    lanes.reset();
    CHECK(destroyed == 3);
    CHECK(ran == 0);
    CHECK(woken == 3); // and their threads were joined
    CHECK_FALSE(never->wait());
}

TEST_CASE("the end of the lanes does not wait for who does not come back",
          "[schedule][lanes][end]") {
    auto lanes = make_lanes({.workers = 1});
    std::promise<void> gate;
    std::shared_future<void> open(gate.get_future());
    std::promise<void> ended[2];
    std::promise<void> inside[2];
    std::atomic<int> came_back{0};
    const auto stuck = [&, open](int which) {
        test::when_this_thread_ends([&, which] { ended[which].set_value(); });
        inside[which].set_value();
        open.wait(); // not a Signal: nothing of ours can end it
        ++came_back;
    };
    lanes->start_blocking("stuck", [&] { stuck(0); });
    lanes->post_work({}, [&] { stuck(1); });
    REQUIRE(comes(inside[0].get_future()));
    REQUIRE(comes(inside[1].get_future()));
    lanes.reset();
    CHECK(came_back == 0);
    gate.set_value();
    CHECK(comes(ended[0].get_future()));
    CHECK(comes(ended[1].get_future()));
}

TEST_CASE("the last reference may go on any lane", "[schedule][lanes][end]") {
    for (const int lane : {0, 1, 2, 3, 4}) {
        auto lanes = make_lanes();
        std::promise<void> ended;
        // Destroyed unrun: the sign that the lanes have ended.
        lanes->at(lanes->now() + 1h, [last = test::Farewell([&] { ended.set_value(); })] {});
        Executor& executor = *lanes;
        Task task = [last = std::move(lanes)]() mutable { last.reset(); };
        CAPTURE(lane);
        switch (lane) {
        case 0: executor.post(std::move(task)); break;
        case 1: executor.at(executor.now(), std::move(task)); break;
        case 2: executor.post_work({}, std::move(task)); break;
        case 3: executor.start_blocking("last", std::move(task)); break;
        default: executor.events().post(std::move(task)); break;
        }
        CHECK(comes(ended.get_future()));
    }
}

TEST_CASE("posting from many threads loses nothing", "[schedule][lanes]") {
    const auto lanes = make_lanes();
    constexpr int each = 2000;
    std::atomic<int> left{4 * each * 4};
    const auto done = lanes->make_signal();
    const auto count = [&] {
        if (--left == 0) {
            done->set();
        }
    };
    for (int t = 0; t < 4; ++t) {
        lanes->start_blocking("posts", [&] {
            for (int i = 0; i < each; ++i) {
                lanes->post(count);
                lanes->post_work({.deadline = lanes->now(), .account = 3}, count);
                lanes->events().post(count);
                lanes->at(lanes->now(), count);
            }
        });
    }
    CHECK(comes(*lanes, *done));
    CHECK(left == 0);
}

#if defined(__linux__)
namespace {

// How often the threads of the lanes gave up the processor of their own will.
long voluntary_switches() {
    long sum = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream status(task.path() / "status");
        bool ours = false;
        for (std::string line; std::getline(status, line);) {
            if (line.rfind("Name:", 0) == 0) {
                ours = line.find("idle-") != std::string::npos;
            } else if (ours && line.rfind("voluntary_ctxt_switches:", 0) == 0) {
                sum += std::stol(line.substr(line.find(':') + 1));
            }
        }
    }
    return sum;
}

} // namespace

TEST_CASE("idle lanes cause no wake-ups, as the kernel counts them", "[schedule][idle]") {
    const auto lanes = make_lanes({.workers = 2,
                                   .control_name = "idle-control",
                                   .worker_name = "idle-work",
                                   .events_name = "idle-events"});
    const auto told = lanes->make_signal();
    lanes->at(lanes->now() + 1h, [] {});
    lanes->post([&] { told->set(); });
    REQUIRE(comes(*lanes, *told));
    lanes->post_work({}, [&] { told->set(); });
    REQUIRE(comes(*lanes, *told));
    lanes->events().post([&] { told->set(); });
    REQUIRE(comes(*lanes, *told));
    const long before = voluntary_switches();
    REQUIRE(before > 0);
    CHECK_FALSE(told->wait(lanes->now() + 300ms)); // nobody sets it: real time passes
    // Each may still have been on its way to sleep when counting began, held up at a lock at most once.
    CHECK(voluntary_switches() - before <= 2 * lanes->statistics().threads);
}
#endif
