#include "playhead/timeline.h"

#include <limits>
#include <random>

#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

HostTime host(Duration d) { return HostTime{d}; }

} // namespace

TEST_CASE("a line says which media time a host time has", "[media][timeline]") {
    const Timeline line{host(10s), media_at(3s), 2.0};
    CHECK(line.media_at(host(10s)) == media_at(3s));
    CHECK(line.media_at(host(11s)) == media_at(5s));
    CHECK(line.media_at(host(9s)) == media_at(1s));
    CHECK(line.media_at(host(7s)) == media_at(-3s)); // negative times are normal: section 4
    CHECK(line.host_at(media_at(5s)) == host(11s));
}

TEST_CASE("a line of rate 0 stands still and never gets anywhere", "[media][timeline]") {
    const Timeline line{host(10s), media_at(3s), 0.0};
    CHECK(line.media_at(host(10h)) == media_at(3s));
    CHECK_FALSE(line.host_at(media_at(3s)));
    CHECK_FALSE(line.host_at(media_at(4s)));
    CHECK(Timeline{}.media_at(host(1s)) == media_zero);
}

TEST_CASE("a line of negative rate runs downwards", "[media][timeline]") {
    const Timeline line{host(10s), media_at(3s), -1.0};
    CHECK(line.media_at(host(12s)) == media_at(1s));
    CHECK(line.host_at(media_at(0s)) == host(13s));
    const Timeline slow{host(10s), media_at(3s), -0.5};
    CHECK(slow.media_at(host(12s)) == media_at(2s));
    CHECK(slow.host_at(media_at(2s)) == host(12s) - 1ns); // rounds to 2 s from there on
}

TEST_CASE("at rate 1 a line is exact over centuries", "[media][timeline]") {
    const Timeline line{host(1ns), media_at(-3ns), 1.0};
    const Duration years = 24h * 365 * 200;
    CHECK(line.media_at(host(years)) == media_at(years - 4ns));
    CHECK(line.host_at(media_at(years)) == host(years + 4ns));
}

TEST_CASE("whoever waits for a time wakes neither before it is reached nor later than need be",
          "[media][timeline]") {
    std::mt19937_64 engine{5};
    for (int i = 0; i < 20'000; ++i) {
        const double rate =
            (static_cast<double>(engine() % 64'000) + 1) / 8000.0 * (engine() % 2 == 0 ? 1 : -1);
        const Timeline line{host(Duration{static_cast<std::int64_t>(engine() % 1'000'000'000'000)}),
                            media_at(Duration{static_cast<std::int64_t>(engine() % 1'000'000'000)}),
                            rate};
        const MediaTime t =
            media_at(Duration{static_cast<std::int64_t>(engine() % 7'200'000'000'000)});
        const HostTime due = *line.host_at(t);
        const MediaTime then = line.media_at(due);
        const MediaTime before = line.media_at(due - 1ns);
        INFO("rate " << rate << " to " << t.time_since_epoch().count());
        REQUIRE((rate > 0 ? then >= t : then <= t));
        REQUIRE((rate > 0 ? before < t : before > t));
    }
}

TEST_CASE("a line stops at the ends of time instead of wrapping", "[media][timeline]") {
    const HostTime last = HostTime::max();
    const HostTime first = HostTime::min();
    CHECK(Timeline{first, media_at(1s), 1.0}.media_at(last) == MediaTime::max());
    CHECK(Timeline{last, media_at(-1s), 1.0}.media_at(first) == MediaTime::min());
    CHECK(Timeline{host(0s), MediaTime::max(), 3.0}.media_at(host(1s)) == MediaTime::max());
    CHECK(Timeline{host(0s), media_zero, 1e300}.media_at(host(1s)) == MediaTime::max());
    CHECK(Timeline{host(0s), media_zero, -1e300}.media_at(host(1s)) == MediaTime::min());
    CHECK(Timeline{host(0s), media_zero, 1e-9}.host_at(MediaTime::max()) == HostTime::max());
    CHECK(Timeline{host(0s), media_zero, -1.0}.host_at(MediaTime::min()) == HostTime::max());
}
