// Section 5.2, and the row of set_rate in section 1.2: which rate may follow which, in which state.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

constexpr double forward = 1.0;
constexpr double faster = 2.0;
constexpr double reverse = -1.0;
constexpr double zero = 0.0;

// A session in that state at that rate, the way an application gets there.
struct AtRate {
    AtRate(S state, double rate) : stage(S::stopped) {
        if (rate != forward) {
            REQUIRE(stage.session.set_rate(rate));
            stage.now();
        }
        if (state != S::stopped) {
            (void)stage.session.start(at(5s));
            stage.now();
            REQUIRE(stage.session.state() == S::started);
        }
        if (state == S::paused) {
            (void)stage.session.pause();
            stage.now();
        }
        stage.now();
        REQUIRE(stage.session.state() == state);
        REQUIRE(stage.session.rate() == rate);
        stage.taken.clear();
    }
    Stage stage;
};

// From one to the other and, by itself, back: both are allowed, or neither.
void check_both_ways(S state, double a, double b, bool allowed) {
    for (const auto& way : {std::pair{a, b}, std::pair{b, a}}) {
        INFO(to_string(state) << ": " << way.first << " to " << way.second);
        AtRate at{state, way.first};
        const auto id = at.stage.session.set_rate(way.second);
        REQUIRE(id); // always taken
        const Lines lines = at.stage.after(1ms);
        const auto event = at.stage.last("rate-changed");
        REQUIRE(event);
        CHECK(event->command == *id);
        CHECK(at.stage.session.state() == state);
        if (allowed) {
            CHECK(event->status.ok());
            CHECK(event->as<RateChanged>()->rate == way.second);
            CHECK(at.stage.session.rate() == way.second);
        } else {
            CHECK(event->status == Errc::unsupported_rate_transition);
            CHECK_FALSE(event->as<RateChanged>()->rate);
            CHECK(at.stage.session.rate() == way.first);
        }
    }
}

} // namespace

TEST_CASE("started: from forward to forward only", "[conformance][5.2]") {
    covers("5.2/started-plus-to-plus", "5.2/started-plus-to-minus", "5.2/started-plus-to-zero",
           "5.2/started-minus-to-zero", "1.2/set-rate-started");
    check_both_ways(S::started, forward, faster, true);
    check_both_ways(S::started, forward, reverse, false);
    check_both_ways(S::started, forward, zero, false);
    check_both_ways(S::started, reverse, zero, false);
}

TEST_CASE("paused: from forward to forward, and to 0 and back", "[conformance][5.2]") {
    covers("5.2/paused-plus-to-plus", "5.2/paused-plus-to-minus", "5.2/paused-plus-to-zero",
           "5.2/paused-minus-to-zero", "1.2/set-rate-paused");
    check_both_ways(S::paused, forward, faster, true);
    check_both_ways(S::paused, forward, reverse, false);
    check_both_ways(S::paused, forward, zero, true);
    check_both_ways(S::paused, reverse, zero, false);
}

TEST_CASE("stopped: from any rate to any", "[conformance][5.2]") {
    covers("5.2/stopped-plus-to-plus", "5.2/stopped-plus-to-minus", "5.2/stopped-plus-to-zero",
           "5.2/stopped-minus-to-zero", "1.2/set-rate-stopped");
    check_both_ways(S::stopped, forward, faster, true);
    check_both_ways(S::stopped, forward, reverse, true);
    check_both_ways(S::stopped, forward, zero, true);
    check_both_ways(S::stopped, reverse, zero, true);
}

TEST_CASE("a rate is judged when its turn comes: without a presentation it is invalid",
          "[conformance][1.2]") {
    covers("1.2/set-rate-idle", "1.2/set-rate-closed", "1.2/set-rate-shut-down",
           "5.2/always-taken");
    Stage idle;
    REQUIRE(idle.session.set_rate(2.0));
    CHECK(idle.now() == Lines{"rate-changed invalid_request"});
    CHECK_FALSE(idle.of_last<RateChanged>().rate);
    CHECK(idle.session.rate() == 1.0);
    check_refused_when_over([](Stage& s) { return s.session.set_rate(2.0); });
}

TEST_CASE("a rate that is refused leaves everything as it was, one that is taken is told",
          "[conformance][5.2]") {
    covers("5.2/failure-keeps", "5.2/success-tells", "5.2/rate-after-failure", "3/rate-changed",
           "2/two-rates");
    Stage stage{S::started};
    (void)stage.session.set_rate(2.0);
    (void)stage.session.set_rate(-1.0);
    CHECK(stage.now() == Lines{"rate-changed ok", "rate-changed unsupported_rate_transition"});
    CHECK(stage.session.rate() == 2.0);
    CHECK(stage.session.clock().value()->rate() == 2.0);
    stage.after(1s);
    CHECK(stage.session.position() == media_at(4s)); // at 2: from two seconds on
}

TEST_CASE("the same rate again is ok, and nobody is touched", "[conformance][5.2]") {
    covers("5.2/same-again");
    Stage stage{S::started};
    (void)stage.session.set_rate(1.0);
    CHECK(stage.now() == Lines{"rate-changed ok"});
    CHECK(stage.of_last<RateChanged>().rate == 1.0);
    CHECK(stage.journal->lines().empty());
}

TEST_CASE("a rate outlives stop, seek and the next topology, the clock runs faster, stamps stay",
          "[conformance][5.2]") {
    covers("5.2/outlives", "5.2/stamps-stay", "2/rate-then-start");
    Stage stage{S::stopped};
    stage.video->note_samples = true;
    (void)stage.session.set_rate(2.0);
    (void)stage.session.start(); // unwaited
    stage.now();
    stage.after(1s);
    CHECK(stage.session.position() == media_at(2s));
    (void)stage.session.start(at(6s));
    stage.now();
    stage.after(500ms);
    CHECK(stage.session.position() == media_at(7s));
    CHECK(stage.journal->count("video process 6040") == 1);
    (void)stage.session.stop();
    stage.now();
    CHECK(stage.session.rate() == 2.0);
    (void)stage.session.start();
    const HostTime begun = stage.simulation->now();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.simulation->now() - begun == 5s);
    (void)stage.session.set_topology(stage.other_topology());
    stage.now();
    CHECK(stage.session.rate() == 2.0);
}
