#include <atomic>

#include "patience.h"
#include "playhead/backend/byte_source.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using test::comes;

namespace {

struct Counter final : Interrupt::Waker {
    void wake() noexcept override { ++woken; }
    std::atomic<int> woken{0};
};

} // namespace

TEST_CASE("raising an interrupt wakes everyone who is registered", "[schedule][interrupt]") {
    Interrupt interrupt;
    Counter first;
    Counter second;
    Counter removed;
    interrupt.add(first);
    interrupt.add(second);
    interrupt.add(removed);
    interrupt.remove(removed);
    CHECK_FALSE(interrupt.raised());
    interrupt.raise();
    CHECK(interrupt.raised());
    CHECK(first.woken == 1);
    CHECK(second.woken == 1);
    CHECK(removed.woken == 0);
    interrupt.clear();
    CHECK_FALSE(interrupt.raised());
    interrupt.raise();
    CHECK(first.woken == 2);
    interrupt.remove(first);
    interrupt.remove(second);
}

TEST_CASE("who registers with a raised interrupt is woken at once", "[schedule][interrupt]") {
    Interrupt interrupt;
    interrupt.raise();
    Counter late;
    interrupt.add(late);
    CHECK(late.woken == 1);
    interrupt.remove(late);
}

TEST_CASE("an interrupt ends a read that waits on a signal", "[schedule][interrupt]") {
    struct SignalWaker final : Interrupt::Waker {
        explicit SignalWaker(Signal& to_set) : signal(to_set) {}
        void wake() noexcept override { signal.set(); }
        Signal& signal;
    };
    const auto lanes = make_lanes();
    Interrupt interrupt;
    const auto data = lanes->make_signal();
    const auto inside = lanes->make_signal();
    const auto done = lanes->make_signal();
    bool cancelled = false;
    lanes->start_blocking("reader", [&] {
        SignalWaker waker(*data);
        interrupt.add(waker);
        inside->set();
        while (!interrupt.raised() && data->wait()) {
        }
        cancelled = interrupt.raised();
        interrupt.remove(waker);
        done->set();
    });
    REQUIRE(comes(*lanes, *inside));
    lanes->post([&] { interrupt.raise(); });
    REQUIRE(comes(*lanes, *done));
    CHECK(cancelled);
}

TEST_CASE("removing a waker waits for its running call", "[schedule][interrupt]") {
    struct Slow final : Interrupt::Waker {
        void wake() noexcept override {
            inside.set_value();
            open.wait();
            finished = true;
        }
        std::promise<void> inside;
        std::promise<void> gate;
        std::shared_future<void> open{gate.get_future()};
        bool finished = false;
    };
    const auto lanes = make_lanes();
    Interrupt interrupt;
    Slow slow;
    interrupt.add(slow);
    const auto raised = lanes->make_signal();
    lanes->start_blocking("raises", [&] {
        interrupt.raise();
        raised->set();
    });
    REQUIRE(comes(slow.inside.get_future()));
    lanes->post([&] { slow.gate.set_value(); });
    interrupt.remove(slow);
    CHECK(slow.finished);
    REQUIRE(comes(*lanes, *raised));
}
