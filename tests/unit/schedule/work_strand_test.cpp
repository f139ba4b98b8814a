#include "playhead/backend/work_strand.h"

#include <atomic>
#include <string>
#include <vector>

#include "patience.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;
using test::comes;

namespace {

// Holds the one worker of a pool until open().
struct Held {
    Held()
        : lanes(make_lanes({.workers = 1})),
          gate(lanes->make_signal()),
          told(lanes->make_signal()) {
        lanes->post_work({}, [this] {
            told->set();
            gate->wait();
        });
        held = comes(*lanes, *told);
    }
    void open() { gate->set(); }
    bool settled() {
        lanes->post_work({}, [this] { told->set(); }); // untimed: behind all that has a deadline
        return comes(*lanes, *told);
    }

    std::shared_ptr<Executor> lanes;
    std::unique_ptr<Signal> gate;
    std::unique_ptr<Signal> told;
    bool held = false;
};

} // namespace

TEST_CASE("a strand runs its tasks one after another in the order posted", "[schedule][strand]") {
    const auto lanes = make_lanes({.workers = 4});
    WorkStrand strand(lanes, 1);
    const auto done = lanes->make_signal();
    std::vector<int> order; // no lock: the strand is the lock
    for (int i = 0; i < 10'000; ++i) {
        strand.post([&, i] {
            order.push_back(i);
            if (i == 9999) {
                done->set();
            }
        });
    }
    REQUIRE(comes(*lanes, *done));
    CHECK(order.size() == 10'000);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("tasks posted to a strand from many threads never overlap", "[schedule][strand]") {
    const auto lanes = make_lanes({.workers = 4});
    WorkStrand strand(lanes, 1);
    const auto done = lanes->make_signal();
    int count = 0;
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    for (int t = 0; t < 4; ++t) {
        lanes->start_blocking("posts", [&] {
            for (int i = 0; i < 1000; ++i) {
                strand.post([&] {
                    overlapped = overlapped || ++inside != 1;
                    --inside;
                    if (++count == 4000) {
                        done->set();
                    }
                });
            }
        });
    }
    REQUIRE(comes(*lanes, *done));
    CHECK_FALSE(overlapped);
}

TEST_CASE("two strands share a worker task by task", "[schedule][strand]") {
    Held pool;
    REQUIRE(pool.held);
    WorkStrand left(pool.lanes, 0);
    WorkStrand right(pool.lanes, 0);
    std::string order;
    for (int i = 0; i < 3; ++i) {
        left.post([&] { order += 'l'; });
        right.post([&] { order += 'r'; });
    }
    const auto done = pool.lanes->make_signal();
    right.post([&] { done->set(); });
    pool.open();
    REQUIRE(comes(*pool.lanes, *done));
    CHECK(order == "lrlrlr");
}

TEST_CASE("post_once leaves out a task while one of its kind waits", "[schedule][strand]") {
    Held pool;
    REQUIRE(pool.held);
    WorkStrand strand(pool.lanes, 1);
    std::string order;
    const auto done = pool.lanes->make_signal();
    bool dropped = false;
    strand.post_once([&] {
        order += 'a';
        strand.post_once([&] { // the one before has begun, so this one counts
            order += 'd';
            done->set();
        });
    });
    strand.post_once([&, last = test::Farewell([&] { dropped = true; })] { order += 'b'; });
    strand.post([&] { order += 'c'; });
    CHECK(dropped);
    pool.open();
    REQUIRE(comes(*pool.lanes, *done));
    CHECK(order == "acd");
}

TEST_CASE("a strand with a deadline goes before one without", "[schedule][strand]") {
    Held pool;
    REQUIRE(pool.held);
    WorkStrand untimed(pool.lanes, 1);
    WorkStrand timed(pool.lanes, 2);
    timed.set_deadline(pool.lanes->now());
    std::string order;
    const auto done = pool.lanes->make_signal();
    untimed.post([&] {
        order += 'u';
        done->set();
    });
    timed.post([&] { order += '1'; });
    timed.post([&] { order += '2'; });
    pool.open();
    REQUIRE(comes(*pool.lanes, *done));
    CHECK(order == "12u");
}

TEST_CASE("a strand says whether it is busy", "[schedule][strand]") {
    Held pool;
    REQUIRE(pool.held);
    WorkStrand strand(pool.lanes, 1);
    const auto done = pool.lanes->make_signal();
    bool within = false;
    strand.post([&] {
        within = strand.busy();
        done->set();
    });
    CHECK_FALSE(strand.busy());
    pool.open();
    REQUIRE(comes(*pool.lanes, *done));
    CHECK(within);
    REQUIRE(pool.settled());
    CHECK_FALSE(strand.busy());
}

TEST_CASE("what a destroyed strand had not begun is destroyed unrun", "[schedule][strand]") {
    Held pool;
    REQUIRE(pool.held);
    bool ran = false;
    bool gone = false;
    {
        WorkStrand strand(pool.lanes, 1);
        strand.post([&, last = test::Farewell([&] { gone = true; })] { ran = true; });
    }
    CHECK(gone);
    pool.open();
    REQUIRE(pool.settled());
    CHECK_FALSE(ran);
}

TEST_CASE("a strand may be destroyed by one of its own tasks", "[schedule][strand]") {
    const auto lanes = make_lanes({.workers = 2});
    auto strand = std::make_unique<WorkStrand>(lanes, 1);
    const auto go = lanes->make_signal();
    const auto done = lanes->make_signal();
    bool ran = false;
    strand->post([&] {
        go->wait();
        strand.reset();
    });
    strand->post([&, last = test::Farewell([&] { done->set(); })] { ran = true; });
    go->set();
    REQUIRE(comes(*lanes, *done));
    lanes->post_work({}, [&] { done->set(); });
    REQUIRE(comes(*lanes, *done));
    CHECK_FALSE(ran);
    CHECK(lanes->statistics().orphans == 0);
}

TEST_CASE("detaching a strand whose task is stuck leaves the worker behind",
          "[schedule][strand][orphan]") {
    Held pool;
    REQUIRE(pool.held);
    pool.open();
    WorkStrand strand(pool.lanes, 1);
    const auto gate = pool.lanes->make_signal();
    const auto inside = pool.lanes->make_signal();
    std::promise<void> back;
    bool ran = false;
    strand.post([&, last = test::Farewell([&] { back.set_value(); })] {
        inside->set();
        gate->wait();
    });
    strand.post([&] { ran = true; });
    REQUIRE(comes(*pool.lanes, *inside));
    CHECK(strand.busy());
    CHECK(strand.detach());
    CHECK(pool.lanes->statistics().orphans == 1);
    CHECK_FALSE(strand.detach()); // its worker is gone already
    strand.post([&] { ran = true; });
    CHECK(pool.settled()); // the pool of one has a worker again
    gate->set();
    REQUIRE(comes(back.get_future()));
    CHECK(pool.settled());
    CHECK_FALSE(ran);
}

TEST_CASE("detaching an idle strand writes nobody off", "[schedule][strand][orphan]") {
    Held pool;
    REQUIRE(pool.held);
    WorkStrand strand(pool.lanes, 1);
    bool ran = false;
    strand.post([&] { ran = true; });
    CHECK_FALSE(strand.detach());
    pool.open();
    REQUIRE(pool.settled());
    CHECK_FALSE(ran);
    CHECK(pool.lanes->statistics().orphans == 0);
}

TEST_CASE("a task that detaches its own strand is not an orphan", "[schedule][strand][orphan]") {
    const auto lanes = make_lanes({.workers = 1});
    WorkStrand strand(lanes, 1);
    const auto done = lanes->make_signal();
    bool left_behind = true;
    strand.post([&] {
        left_behind = strand.detach();
        done->set();
    });
    REQUIRE(comes(*lanes, *done));
    CHECK_FALSE(left_behind);
    CHECK(lanes->statistics().orphans == 0);
}

TEST_CASE("a strand can be moved while it works", "[schedule][strand]") {
    Held pool;
    REQUIRE(pool.held);
    WorkStrand first(pool.lanes, 1);
    std::string order;
    const auto done = pool.lanes->make_signal();
    first.post([&] { order += '1'; });
    WorkStrand second(pool.lanes, 1);
    bool dropped = false;
    second.post([last = test::Farewell([&] { dropped = true; })] {});
    second = std::move(first);
    CHECK(dropped);
    second.post([&] {
        order += '2';
        done->set();
    });
    pool.open();
    REQUIRE(comes(*pool.lanes, *done));
    CHECK(order == "12");
}

TEST_CASE("what comes behind a stuck strand begins when that has come back", "[schedule][strand]") {
    const auto lanes = make_lanes({.workers = 2});
    WorkStrand stuck(lanes, 1);
    const auto gate = lanes->make_signal();
    const auto inside = lanes->make_signal();
    const auto begun = lanes->make_signal();
    const auto settled = lanes->make_signal();
    std::atomic<bool> back{false};
    std::atomic<bool> together{false};
    stuck.post([&] {
        inside->set();
        gate->wait();
        back = true;
    });
    REQUIRE(comes(*lanes, *inside));
    CHECK(stuck.detach());
    WorkStrand next = WorkStrand::behind(stuck);
    next.post([&] {
        together = !back;
        begun->set();
    });
    lanes->post_work({}, [&] { settled->set(); }); // behind it, were it let
    REQUIRE(comes(*lanes, *settled));
    gate->set();
    REQUIRE(comes(*lanes, *begun));
    CHECK_FALSE(together);
    // Behind one that is not stuck it begins at once.
    WorkStrand other = WorkStrand::behind(next);
    other.post([&] { settled->set(); });
    CHECK(comes(*lanes, *settled));
}
