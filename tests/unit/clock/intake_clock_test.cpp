// The clock of rateless outputs, and what it follows.
#include <limits>

#include "clock/intake_clock.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

struct Watcher final : TimelineWatcher {
    void on_turn() override { ++turns; }
    int turns = 0;
};

struct Two {
    std::shared_ptr<Intake> a = std::make_shared<Intake>(), b = std::make_shared<Intake>();
    std::shared_ptr<IntakeClock> clock = IntakeClock::create({a, b});
    std::shared_ptr<Watcher> watcher = std::make_shared<Watcher>();
    Two() { clock->watch(watcher); }
    void start(Duration at = 0ms) {
        REQUIRE(clock->try_start({}, media_at(at)));
        a->run();
        b->run();
    }
    std::int64_t shows() const {
        const Timeline line = clock->timeline(HostTime{5s});
        CHECK(line.rate() == 0.0);
        return (line.media_at(HostTime{9s}) - media_zero) / 1ms;
    }
};

} // namespace

TEST_CASE("it follows the slower output, and tells when it moves and not otherwise",
          "[clock][rateless]") {
    Two two;
    two.start();
    two.a->took(media_at(0ms), media_at(40ms));
    CHECK(two.shows() == 0); // the other one has nothing
    CHECK(two.watcher->turns == 0);
    two.b->took(media_at(0ms), media_at(20ms));
    CHECK(two.shows() == 20);
    CHECK(two.watcher->turns == 1);
    two.a->took(media_at(40ms), media_at(80ms));
    CHECK(two.watcher->turns == 1);
    two.b->took(media_at(20ms), media_at(40ms));
    CHECK(two.shows() == 40);
    CHECK(two.watcher->turns == 2);
}

TEST_CASE("what is given before the clock runs counts from then on", "[clock][rateless]") {
    Two two;
    two.a->took(media_at(0ms), media_at(40ms));
    two.b->took(media_at(0ms), media_at(20ms));
    CHECK(two.shows() == 0);
    two.start();
    CHECK(two.shows() == 20);
    REQUIRE(two.clock->try_pause({}));
    two.a->wait();
    two.b->wait();
    two.b->took(media_at(20ms), media_at(40ms));
    CHECK(two.shows() == 20);
    REQUIRE(two.clock->try_restart({}));
    CHECK(two.shows() == 20);
    two.b->run();
    CHECK(two.shows() == 40);
}

TEST_CASE("one that has ended is not waited for, when all have, it stands where the last did",
          "[clock][rateless]") {
    Two two;
    two.start();
    two.a->took(media_at(0ms), media_at(40ms));
    two.b->took(media_at(0ms), media_at(20ms));
    two.b->ended();
    CHECK(two.shows() == 40);
    two.b->goes_on(); // it is back, and behind: the clock does not go back for it
    CHECK(two.shows() == 40);
    two.a->took(media_at(40ms), media_at(80ms));
    CHECK(two.shows() == 40);
    two.b->took(media_at(20ms), media_at(60ms));
    CHECK(two.shows() == 60);
    two.b->ended();
    two.a->ended();
    CHECK(two.shows() == 80);
}

TEST_CASE("a start puts it anywhere, a flush makes it wait, a stop puts it to 0",
          "[clock][rateless]") {
    Two two;
    two.start(5s);
    CHECK(two.shows() == 5000);
    two.a->took(media_at(4980ms), media_at(5020ms));
    two.b->took(media_at(5000ms), media_at(5040ms));
    CHECK(two.shows() == 5020);
    two.a->forget();
    two.b->forget();
    CHECK(two.shows() == 5020);
    REQUIRE(two.clock->try_start({}, media_at(1s)));
    CHECK(two.shows() == 1000);
    two.a->took(media_at(1s), media_at(1040ms));
    two.b->took(media_at(1s), media_at(1060ms));
    CHECK(two.shows() == 1040);
    REQUIRE(two.clock->try_stop({}));
    CHECK(two.shows() == 0);
}

TEST_CASE("a rate turns it round, or makes it stand", "[clock][rateless]") {
    Two two;
    CHECK(two.clock->try_set_rate({}, std::numeric_limits<double>::infinity()).error() ==
          Errc::unsupported_rate);
    REQUIRE(two.clock->try_set_rate({}, -2.0));
    two.start(1s);
    two.a->took(media_at(960ms), media_at(1s));
    two.b->ended(); // sound has nothing to give
    CHECK(two.shows() == 960);
    two.a->took(media_at(920ms), media_at(960ms));
    CHECK(two.shows() == 920);
    REQUIRE(two.clock->try_set_rate({}, 0.0));
    two.a->took(media_at(880ms), media_at(920ms));
    CHECK(two.shows() == 920);
}
