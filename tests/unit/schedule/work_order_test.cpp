#include "schedule/work_order.h"

#include <vector>

#include "support/catch.h"

using namespace playhead;
using schedule::WorkOrder;
using namespace std::chrono_literals;

namespace {

constexpr HostTime noon{1h};

class Order {
public:
    Order& add(WorkId id, std::optional<HostTime> deadline, std::uint64_t account = 1,
               double weight = 1) {
        order.add({.id = id, .account = account, .deadline = deadline, .task = [] {}}, weight);
        return *this;
    }
    // Takes everything, one after another, each using a worker for `each`.
    std::vector<WorkId> drain(HostTime now, Duration each = 0ns) {
        std::vector<WorkId> ids;
        while (const auto item = order.take(now)) {
            ids.push_back(item->id);
            order.charge(item->account, each);
        }
        return ids;
    }
    WorkOrder order;
};

using Ids = std::vector<WorkId>;

} // namespace

TEST_CASE("the earliest deadline goes first and what has none takes what is left",
          "[schedule][work]") {
    Order order;
    order.add(1, std::nullopt).add(2, noon + 3s).add(3, noon + 1s).add(4, noon + 2s);
    CHECK(order.order.size() == 4);
    CHECK(order.drain(noon) == Ids{3, 4, 2, 1});
    CHECK(order.order.empty());
}

TEST_CASE("equal deadlines of one account keep their order", "[schedule][work]") {
    Order order;
    order.add(1, noon + 1s)
        .add(2, noon + 1s)
        .add(3, std::nullopt)
        .add(4, noon + 1s)
        .add(5, std::nullopt);
    CHECK(order.drain(noon) == Ids{1, 2, 4, 3, 5});
}

TEST_CASE("all that is due ties and the account with the least service wins", "[schedule][work]") {
    Order order;
    order.add(1, noon, 1);
    REQUIRE(order.order.take(noon)->id == 1);
    order.add(2, noon - 5s, 1); // longest overdue, but its account runs already
    order.add(3, noon - 1s, 2);
    order.order.charge(1, 10ms);
    CHECK(order.drain(noon, 1ms) == Ids{3, 2});
}

TEST_CASE("a deadline ahead wins over service", "[schedule][work]") {
    Order order;
    order.add(1, noon, 1).add(2, noon + 1s, 2).add(3, noon + 2s, 1);
    REQUIRE(order.order.take(noon)->id == 1);
    order.order.charge(1, 10s);
    order.add(4, noon + 500ms, 1);
    CHECK(order.drain(noon) == Ids{4, 2, 3});
}

TEST_CASE("accounts that always have work share it by weight", "[schedule][work]") {
    Order order;
    for (WorkId id = 1; id <= 60; ++id) {
        order.add(id, noon, 1, 1.0);
        order.add(100 + id, noon, 2, 2.0);
    }
    int light = 0;
    int heavy = 0;
    for (int i = 0; i < 30; ++i) {
        const auto item = order.order.take(noon);
        ++(item->account == 1 ? light : heavy);
        order.order.charge(item->account, 1ms);
    }
    CHECK(light == 10);
    CHECK(heavy == 20);
}

TEST_CASE("an account that was away has not saved up", "[schedule][work]") {
    Order order;
    for (WorkId id = 1; id <= 100; ++id) {
        order.add(id, noon, 1);
    }
    CHECK(order.drain(noon, 1s).size() == 100);
    // A newcomer, and the old one again: they take turns.
    for (WorkId id = 1; id <= 4; ++id) {
        order.add(200 + id, noon, 1);
    }
    for (WorkId id = 1; id <= 4; ++id) {
        order.add(300 + id, noon, 2);
    }
    Ids first;
    for (int i = 0; i < 4; ++i) {
        const auto item = order.order.take(noon);
        first.push_back(item->id / 100);
        order.order.charge(item->account, 1s);
    }
    CHECK(std::count(first.begin(), first.end(), WorkId{2}) == 2);
    CHECK(std::count(first.begin(), first.end(), WorkId{3}) == 2);
}

TEST_CASE("nobody's work is never charged", "[schedule][work]") {
    Order order;
    order.add(1, noon, 0).add(2, noon, 7).add(3, noon, 7);
    REQUIRE(order.order.take(noon)->id == 1);
    REQUIRE(order.order.take(noon)->id == 2);
    order.order.charge(0, 10s);
    order.order.charge(7, 1ms);
    order.add(4, noon, 0);
    CHECK(order.drain(noon) == Ids{4, 3});
}

TEST_CASE("a pool that was idle starts anew", "[schedule][work]") {
    Order order;
    order.add(1, noon, 1);
    CHECK(order.drain(noon, 10s) == Ids{1});
    order.add(2, noon, 2).add(3, noon, 1);
    CHECK(order.drain(noon, 1ms) == Ids{2, 3});
    order.add(4, noon, 1).add(5, noon, 2);
    CHECK(order.drain(noon, 1ms) == Ids{4, 5});
}

TEST_CASE("accounts that no longer matter are forgotten", "[schedule][work]") {
    Order order;
    for (std::uint64_t account = 1; account <= 10'000; ++account) {
        order.add(account, noon, account);
        order.drain(noon, 1ms);
    }
    CHECK(order.order.accounts() < 200);
}

TEST_CASE("clearing gives back what had not been taken", "[schedule][work]") {
    Order order;
    order.add(1, noon).add(2, std::nullopt).add(3, noon, 2);
    REQUIRE(order.order.take(noon));
    CHECK(order.order.clear().size() == 2);
    CHECK_FALSE(order.order.take(noon));
}
