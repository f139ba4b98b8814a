#include <limits>
#include <vector>

#include "playhead/clock.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

HostTime host(Duration d) { return HostTime{d}; }

MediaTime shown(const SystemClockSource& source, Duration d) {
    return source.timeline(host(d)).media_at(host(d));
}

} // namespace

TEST_CASE("the system source is a stricter machine than the clock: section 4", "[clock]") {
    using S = ClockState;
    struct Row {
        const char* command;
        bool ok;
        S after;
    };
    // One walk through every state with every call.
    const std::vector<Row> walk{
        {"stop", true, S::invalid},     {"restart", false, S::invalid},
        {"pause", true, S::paused},     {"pause", false, S::paused},
        {"stop", true, S::stopped},     {"stop", true, S::stopped},
        {"restart", false, S::stopped}, {"pause", false, S::stopped},
        {"start", true, S::running},    {"start", true, S::running},
        {"restart", false, S::running}, {"pause", true, S::paused},
        {"start", true, S::running},    {"pause", true, S::paused},
        {"restart", true, S::running},  {"stop", true, S::stopped},
    };
    SystemClockSource source;
    CHECK(source.state() == S::invalid);
    int step = 0;
    for (const Row& row : walk) {
        INFO("step " << ++step << ": " << row.command);
        const std::string command = row.command;
        const HostTime when = host(1s * step);
        const Result<void> answer = command == "start"     ? source.try_start(when, media_zero)
                                    : command == "restart" ? source.try_restart(when)
                                    : command == "pause"   ? source.try_pause(when)
                                                           : source.try_stop(when);
        CHECK(answer.has_value() == row.ok);
        if (!answer) {
            CHECK(answer.error() == Errc::invalid_request);
        }
        CHECK(source.state() == row.after);
    }
}

TEST_CASE("time is o + r * (now - s), a pause freezes it, a rate change keeps it: section 4",
          "[clock]") {
    SystemClockSource source;
    REQUIRE(source.try_start(host(100s), media_at(7s)));
    CHECK(shown(source, 100s) == media_at(7s));
    CHECK(shown(source, 103s) == media_at(10s));

    REQUIRE(source.try_set_rate(host(103s), 2.0));
    CHECK(shown(source, 103s) == media_at(10s));
    CHECK(shown(source, 104s) == media_at(12s));

    REQUIRE(source.try_pause(host(104s)));
    CHECK(shown(source, 200s) == media_at(12s));
    REQUIRE(source.try_restart(host(200s)));
    CHECK(shown(source, 200s) == media_at(12s));
    CHECK(shown(source, 201s) == media_at(14s));

    REQUIRE(source.try_set_rate(host(201s), -1.0));
    CHECK(shown(source, 216s) == media_at(-1s));
    REQUIRE(source.try_set_rate(host(216s), 0.0));
    CHECK(shown(source, 300s) == media_at(-1s));

    REQUIRE(source.try_stop(host(300s)));
    CHECK(shown(source, 400s) == media_zero);
}

TEST_CASE("a rate set before the start or during a pause holds afterwards", "[clock]") {
    SystemClockSource source;
    REQUIRE(source.try_set_rate(host(0s), 3.0));
    REQUIRE(source.try_start(host(10s), media_zero));
    CHECK(shown(source, 11s) == media_at(3s));
    REQUIRE(source.try_pause(host(11s)));
    REQUIRE(source.try_set_rate(host(12s), 0.5));
    CHECK(shown(source, 20s) == media_at(3s));
    REQUIRE(source.try_restart(host(20s)));
    CHECK(shown(source, 22s) == media_at(4s));
}

TEST_CASE("a rate that is no number is refused and changes nothing", "[clock]") {
    SystemClockSource source;
    REQUIRE(source.try_start(host(0s), media_zero));
    for (const double rate :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const Result<void> refused = source.try_set_rate(host(1s), rate);
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == Errc::unsupported_rate);
    }
    CHECK(shown(source, 2s) == media_at(2s));
}
