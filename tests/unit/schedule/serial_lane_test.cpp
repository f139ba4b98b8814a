#include "schedule/serial_lane.h"

#include <vector>

#include "patience.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;
using test::comes;

TEST_CASE("the control lane runs tasks in the order posted, on one thread", "[schedule][control]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    std::vector<int> order;
    std::vector<std::thread::id> threads;
    bool here = true;
    for (int i = 0; i < 1000; ++i) {
        lanes->post([&, i] {
            order.push_back(i);
            threads.push_back(std::this_thread::get_id());
            here = here && lanes->on_control_lane();
            if (i == 999) {
                done->set();
            }
        });
    }
    REQUIRE(comes(*lanes, *done));
    CHECK(order.size() == 1000);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(std::count(threads.begin(), threads.end(), threads.front()) == 1000);
    CHECK(threads.front() != std::this_thread::get_id());
    CHECK(here);
    CHECK_FALSE(lanes->on_control_lane());
    CHECK(lanes->statistics().control_tasks >= 1000);
}

TEST_CASE("no other lane takes itself for the control lane", "[schedule][control]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    bool here[3] = {true, true, true};
    lanes->post_work({}, [&] { here[0] = lanes->on_control_lane(), done->set(); });
    REQUIRE(comes(*lanes, *done));
    lanes->events().post([&] { here[1] = lanes->on_control_lane(), done->set(); });
    REQUIRE(comes(*lanes, *done));
    const auto others = make_lanes();
    others->post([&] { here[2] = lanes->on_control_lane(), done->set(); });
    REQUIRE(comes(*lanes, *done));
    CHECK_FALSE(here[0]);
    CHECK_FALSE(here[1]);
    CHECK_FALSE(here[2]);
}

TEST_CASE("a task posted from a task runs after it, not inside it", "[schedule][control]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    std::vector<int> order;
    lanes->post([&] {
        lanes->post([&] {
            order.push_back(2);
            done->set();
        });
        order.push_back(1);
    });
    REQUIRE(comes(*lanes, *done));
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("timers go by their time, not before it, on the control lane", "[schedule][timer]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    std::vector<int> order;
    bool early = false;
    bool here = true;
    const HostTime start = lanes->now();
    // All of them are set before the first can run.
    lanes->post([&] {
        const auto timer = [&](int number, Duration after) {
            lanes->at(start + after, [&, number, after] {
                early = early || lanes->now() < start + after;
                here = here && lanes->on_control_lane();
                order.push_back(number);
                if (number == 4) {
                    done->set();
                }
            });
        };
        timer(3, 3ms);
        timer(1, 1ms);
        timer(4, 4ms);
        timer(2, 2ms);
        timer(0, -1s);
    });
    REQUIRE(comes(*lanes, *done));
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
    CHECK_FALSE(early);
    CHECK(here);
}

TEST_CASE("a timer set for earlier than the one slept for is not late for it",
          "[schedule][timer]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    lanes->at(lanes->now() + 1h, [] {});
    lanes->at(lanes->now() + 1ms, [&] { done->set(); });
    CHECK(comes(*lanes, *done));
}

TEST_CASE("a timer cancelled on the control lane does not run, even when it is due",
          "[schedule][timer]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    bool ran = false;
    bool gone = false;
    lanes->post([&] {
        const TimerId due = lanes->at(
            lanes->now() - 1s, [&, last = test::Farewell([&] { gone = true; })] { ran = true; });
        lanes->cancel(due);
        lanes->cancel(due);   // again: nothing
        lanes->cancel(12345); // never given: nothing
        lanes->at(lanes->now(), [&] { done->set(); });
    });
    REQUIRE(comes(*lanes, *done));
    CHECK_FALSE(ran);
    CHECK(gone);
}

TEST_CASE("neither timers that are due nor posts starve the other", "[schedule][timer]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    bool stop = false;
    std::function<void()> timer = [&] {
        if (!stop) {
            lanes->at(lanes->now(), [&] { timer(); });
        }
    };
    std::function<void()> post = [&] {
        if (!stop) {
            lanes->post([&] { post(); });
        }
    };
    int reached = 0;
    lanes->post([&] {
        timer();
        post();
        const auto reach = [&] {
            if (++reached == 2) {
                stop = true;
                done->set();
            }
        };
        lanes->at(lanes->now(), reach);
        lanes->post(reach);
    });
    CHECK(comes(*lanes, *done));
    // Both loops have ended before their captures go.
    lanes->post([&] { lanes->post([&] { done->set(); }); });
    CHECK(comes(*lanes, *done));
}

TEST_CASE("an idle lane does not wake, not even with a timer set", "[schedule][idle]") {
    const auto crew = std::make_shared<schedule::Crew>();
    const auto lane =
        std::make_shared<schedule::SerialLane>(crew, schedule::Crew::Role{.name = "idle"});
    REQUIRE(lane->start());
    const auto lanes = make_lanes();
    const auto told = lanes->make_signal();
    for (int i = 0; i < 10; ++i) {
        lane->post([&] { told->set(); });
        REQUIRE(comes(*lanes, *told));
    }
    CHECK(lane->wakeups() <= 10);
    lane->post([&] {
        lane->at(lanes->now() + 1h, [] {});
        told->set();
    });
    REQUIRE(comes(*lanes, *told));
    const std::uint64_t before = lane->wakeups();
    CHECK_FALSE(told->wait(lanes->now() + 300ms)); // nobody sets it: real time passes
    CHECK(lane->wakeups() == before);
    lane->end();
    crew->end(test::patience);
    CHECK(crew->count().threads == 0);
}

TEST_CASE("the event queue is serial and starts its thread with its first task",
          "[schedule][events]") {
    const auto lanes = make_lanes();
    const auto done = lanes->make_signal();
    const int before = lanes->statistics().threads;
    std::vector<int> order;
    int inside = 0;
    bool overlapped = false;
    for (int i = 0; i < 100; ++i) {
        lanes->events().post([&, i] {
            overlapped = overlapped || ++inside != 1;
            order.push_back(i);
            --inside;
            if (i == 99) {
                done->set();
            }
        });
    }
    REQUIRE(comes(*lanes, *done));
    CHECK(lanes->statistics().threads == before + 1);
    CHECK(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK_FALSE(overlapped);
}
