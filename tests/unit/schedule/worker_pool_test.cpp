#include "schedule/worker_pool.h"

#include <atomic>
#include <vector>

#include "patience.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;
using test::comes;

namespace {

// A pool of one worker that an item holds until open() is called, so that what is posted meanwhile is
// taken in the pool's order.
class Held {
public:
    explicit Held(int workers = 1) : lanes(make_lanes({.workers = workers})) {
        inside_ = lanes->make_signal();
        gate_ = lanes->make_signal();
        done_ = lanes->make_signal();
        id = lanes->post_work({}, [this] {
            inside_->set();
            gate_->wait();
        });
        held = comes(*lanes, *inside_);
    }
    void post(int number, WorkOptions options) {
        ++posted_;
        lanes->post_work(options, [this, number] {
            order.push_back(number);
            if (static_cast<int>(order.size()) == posted_) {
                done_->set();
            }
        });
    }
    std::vector<int> run() {
        gate_->set();
        return comes(*lanes, *done_) ? order : std::vector<int>{};
    }
    void open() { gate_->set(); }

    std::shared_ptr<Executor> lanes;
    WorkId id = 0;
    bool held = false;

private:
    std::unique_ptr<Signal> inside_;
    std::unique_ptr<Signal> gate_;
    std::unique_ptr<Signal> done_;
    std::vector<int> order;
    int posted_ = 0;
};

} // namespace

TEST_CASE("work is taken by deadline", "[schedule][work]") {
    Held pool;
    REQUIRE(pool.held);
    const HostTime now = pool.lanes->now();
    pool.post(5, {});
    pool.post(4, {.deadline = now + 3h});
    pool.post(2, {.deadline = now + 1h});
    pool.post(3, {.deadline = now + 2h});
    pool.post(1, {.deadline = now});
    CHECK(pool.run() == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("of work that is due, the account that was served less goes first", "[schedule][work]") {
    Held pool;
    REQUIRE(pool.held);
    const HostTime now = pool.lanes->now();
    // Whoever starts, they alternate from then on: the item just run has been charged.
    for (int i = 0; i < 3; ++i) {
        pool.post(1, {.deadline = now - 2s, .account = 1});
    }
    for (int i = 0; i < 3; ++i) {
        pool.post(2, {.deadline = now - 1s, .account = 2});
    }
    const std::vector<int> order = pool.run();
    REQUIRE(order.size() == 6);
    CHECK(order[0] == 1);
    CHECK(order[1] == 2);
}

TEST_CASE("the pool is as wide as asked, and no wider", "[schedule][work]") {
    const auto lanes = make_lanes({.workers = 3});
    CHECK(lanes->statistics().workers == 3);
    const auto gate = lanes->make_signal();
    const auto inside = lanes->make_signal();
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    std::atomic<int> at_once{0};
    std::atomic<int> most{0};
    for (int i = 0; i < 9; ++i) {
        lanes->post_work({}, [&] {
            const int now = ++at_once;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            if (++begun == 3) {
                inside->set(); // three run side by side before any goes on
            }
            gate->wait();
            gate->set(); // let the next one pass
            --at_once;
            if (++ended == 9) {
                inside->set();
            }
        });
    }
    REQUIRE(comes(*lanes, *inside));
    gate->set();
    REQUIRE(comes(*lanes, *inside));
    CHECK(most == 3);
    CHECK(lanes->statistics().threads == 1 + 3);
    CHECK(lanes->statistics().work_items == 9);
}

TEST_CASE("without a wish the pool is as wide as the machine, at least two", "[schedule][work]") {
    const auto lanes = make_lanes();
    CHECK(lanes->statistics().workers >= 2);
    CHECK(lanes->statistics().threads == 2); // control and one worker; more come with work
}

TEST_CASE("a worker that is written off is replaced, and ends when its item returns",
          "[schedule][orphan]") {
    const auto lanes = make_lanes({.workers = 2});
    const auto gate = lanes->make_signal();
    const auto inside = lanes->make_signal();
    std::promise<void> ended;
    const WorkId stuck = lanes->post_work({}, [&] {
        test::when_this_thread_ends([&] { ended.set_value(); });
        inside->set();
        gate->wait();
    });
    REQUIRE(comes(*lanes, *inside));
    CHECK(lanes->write_off(stuck));
    CHECK_FALSE(lanes->write_off(stuck)); // once
    CHECK(lanes->statistics().orphans == 1);

    // Two items at the same time: each waits for the other.
    const auto left = lanes->make_signal();
    const auto right = lanes->make_signal();
    std::atomic<int> met{0};
    const auto meet = [&](Signal& mine, Signal& theirs) {
        mine.set();
        if (comes(*lanes, theirs) && ++met == 2) {
            inside->set();
        }
    };
    lanes->post_work({}, [&] { meet(*left, *right); });
    lanes->post_work({}, [&] { meet(*right, *left); });
    CHECK(comes(*lanes, *inside));
    CHECK(lanes->statistics().workers == 2);

    gate->set();
    REQUIRE(comes(ended.get_future()));
    CHECK(lanes->statistics().orphans == 0);
    CHECK(lanes->statistics().threads == 1 + 2);
}

TEST_CASE("only an item that runs can be written off", "[schedule][orphan]") {
    Held pool;
    REQUIRE(pool.held);
    const WorkId waiting = pool.lanes->post_work({}, [] {});
    CHECK_FALSE(pool.lanes->write_off(waiting));
    CHECK_FALSE(pool.lanes->write_off(0));
    CHECK_FALSE(pool.lanes->write_off(9999));
    pool.post(1, {});
    CHECK(pool.run() == std::vector<int>{1});
    CHECK_FALSE(pool.lanes->write_off(pool.id));
    CHECK(pool.lanes->statistics().orphans == 0);
}

TEST_CASE("what an orphan leaves behind is run by the others", "[schedule][orphan]") {
    const auto lanes = make_lanes({.workers = 1});
    const auto gate = lanes->make_signal();
    const auto inside = lanes->make_signal();
    const auto done = lanes->make_signal();
    const WorkId stuck = lanes->post_work({}, [&] {
        inside->set();
        gate->wait();
        const schedule::LastWords last_words;
        lanes->post_work({}, [&] { done->set(); });
    });
    REQUIRE(comes(*lanes, *inside));
    REQUIRE(lanes->write_off(stuck));
    gate->set();
    CHECK(comes(*lanes, *done));
}

TEST_CASE("an idle pool does not wake, and one item wakes one worker", "[schedule][idle]") {
    const auto crew = std::make_shared<schedule::Crew>();
    const auto pool = std::make_shared<schedule::WorkerPool>(crew, "idle", 4);
    REQUIRE(pool->start());
    const auto lanes = make_lanes();
    const auto told = lanes->make_signal();
    // Have all four there.
    std::atomic<int> there{0};
    const auto gate = lanes->make_signal();
    for (int i = 0; i < 4; ++i) {
        pool->post({}, [&] {
            if (++there == 4) {
                told->set();
            }
            gate->wait();
            gate->set();
        });
    }
    REQUIRE(comes(*lanes, *told));
    gate->set();
    for (int i = 0; i < 10; ++i) {
        pool->post({}, [&] { told->set(); });
        REQUIRE(comes(*lanes, *told));
    }
    CHECK(pool->wakeups() <= 4 + 10);
    const std::uint64_t before = pool->wakeups();
    CHECK_FALSE(told->wait(lanes->now() + 300ms)); // nobody sets it: real time passes
    // Each may still have been on its way from the last item when counting began.
    CHECK(pool->wakeups() <= before + 4);
    CHECK(crew->count().threads == 4);
    pool->end();
    crew->end(test::patience);
    CHECK(crew->count().threads == 0);
}

TEST_CASE("an item posted as last words is taken by the same worker, and wakes no other",
          "[schedule][idle]") {
    const auto crew = std::make_shared<schedule::Crew>();
    const auto pool = std::make_shared<schedule::WorkerPool>(crew, "words", 2);
    REQUIRE(pool->start());
    const auto lanes = make_lanes();
    const auto told = lanes->make_signal();
    int left = 1000;
    std::function<void()> item = [&] {
        if (--left == 0) {
            told->set();
            return;
        }
        const schedule::LastWords last_words;
        pool->post({}, [&] { item(); });
    };
    pool->post({}, [&] { item(); });
    REQUIRE(comes(*lanes, *told));
    CHECK(left == 0);
    CHECK(crew->count().threads == 1);
    CHECK(pool->wakeups() <= 1);
    pool->end();
    crew->end(test::patience);
}
