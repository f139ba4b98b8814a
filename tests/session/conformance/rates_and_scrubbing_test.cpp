// Rates: media-session.md section 5, on scripted surroundings in virtual time.
#include "session/clauses.h"
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Sets the rate and answers with what came of it.
Status rate_status(SessionRig& rig, double rate, Thinning thinning = Thinning::none) {
    const auto id = rig.session.set_rate(rate, thinning);
    rig.until("rate-changed");
    const auto event = rig.last("rate-changed");
    CHECK(event->command == *id);
    CHECK(event->as<RateChanged>()->rate.has_value() == event->status.ok());
    return event->status;
}

void to_state(SessionRig& rig, SessionState state, double rate) {
    if (rate != 1.0) REQUIRE(rate_status(rig, rate).ok());
    if (state == SessionState::stopped) return;
    rig.start(at(5s));
    if (state == SessionState::paused) {
        (void)rig.session.pause();
        rig.until("session-paused");
    }
    REQUIRE(rig.session.state() == state);
}

struct ScrubRig : SessionRig {
    ScrubRig() {
        video->told.scrubs = true;
        load();
        (void)session.set_rate(0.0);
        until("rate-changed");
    }
};

} // namespace

TEST_CASE("which changes of rate are allowed in which state", "[session][5.2]") {
    covers("5.2/started-plus-to-plus", "5.2/started-plus-to-minus", "5.2/started-plus-to-zero",
           "5.2/started-minus-to-zero", "5.2/paused-plus-to-plus", "5.2/paused-plus-to-minus",
           "5.2/paused-plus-to-zero", "5.2/paused-minus-to-zero", "5.2/stopped-plus-to-plus",
           "5.2/stopped-plus-to-minus", "5.2/stopped-plus-to-zero", "5.2/stopped-minus-to-zero",
           "5.2/always-taken");
    struct Row {
        SessionState state;
        double from, to;
        bool allowed;
    };
    const Row rows[] = {
        {SessionState::started, 1, 2, true},   {SessionState::started, 2, 0.5, true},
        {SessionState::started, -1, -2, true}, {SessionState::started, 1, -1, false},
        {SessionState::started, -1, 1, false}, {SessionState::started, 1, 0, false},
        {SessionState::started, 0, 1, false},  {SessionState::started, -1, 0, false},
        {SessionState::started, 0, -1, false}, {SessionState::paused, 1, 2, true},
        {SessionState::paused, 1, -1, false},  {SessionState::paused, -1, 1, false},
        {SessionState::paused, 1, 0, true},    {SessionState::paused, 0, 1, true},
        {SessionState::paused, -1, 0, false},  {SessionState::paused, 0, -1, false},
        {SessionState::stopped, 1, 2, true},   {SessionState::stopped, 1, -1, true},
        {SessionState::stopped, -1, 1, true},  {SessionState::stopped, 1, 0, true},
        {SessionState::stopped, 0, 1, true},   {SessionState::stopped, -1, 0, true},
        {SessionState::stopped, 0, -1, true},
    };
    for (const auto& row : rows) {
        INFO(to_string(row.state) << " from " << row.from << " to " << row.to);
        SessionRig rig;
        rig.video->told.scrubs = true;
        rig.load();
        to_state(rig, row.state, row.from);
        const auto status = rate_status(rig, row.to);
        if (row.allowed) {
            CHECK(status.ok());
            CHECK(rig.session.rate() == row.to);
        } else {
            CHECK(status == Errc::unsupported_rate_transition);
            CHECK(rig.session.rate() == row.from);
        }
        CHECK(rig.session.state() == row.state);
    }
}

TEST_CASE("there is no rate to change without a presentation", "[session][5.2][1.2]") {
    covers("5.1/no-presentation", "5.2/rate-after-failure");
    SessionRig rig;
    CHECK(rate_status(rig, 2.0) == Errc::invalid_request);
    CHECK(rig.session.rate() == 1.0);
    CHECK(rig.session.rate_support().error() == Errc::invalid_request);
}

TEST_CASE("what a presentation can do is asked of its sources and its sinks", "[session][5.1]") {
    covers("5.1/fastest", "5.1/slowest", "5.1/reverse-is-negative", "5.1/nearest",
           "5.2/failure-keeps");
    SessionRig rig;
    rig.audio->told.rates = {0.125, 8.0, true};
    rig.load();
    const auto support = *rig.session.rate_support();
    CHECK(support.slowest(Direction::forward, Thinning::none) == 0.125);
    CHECK(support.fastest(Direction::forward, Thinning::none) == 8.0);
    CHECK(support.fastest(Direction::reverse, Thinning::key_frames) == -8.0);
    const auto answer = support.is_supported(Thinning::none, 0.1);
    CHECK(answer.status == Errc::unsupported_rate);
    CHECK(answer.nearest == 0.125);
    CHECK(support.is_supported(Thinning::none, 0.5).status.ok());
    CHECK(rate_status(rig, 16.0) == Errc::unsupported_rate);
    CHECK(rig.session.rate() == 1.0);
}

TEST_CASE("a source that cannot seek plays at rate 1 only", "[session][5.1]") {
    covers("5.1/plain-source", "5.1/reverse-unsupported", "5.1/thinning-unsupported");
    RigOptions options;
    options.media.seekable = false;
    SessionRig rig{options};
    rig.load();
    CHECK(rate_status(rig, 2.0) == Errc::unsupported_rate);
    CHECK(rate_status(rig, -1.0) == Errc::reverse_unsupported);
    CHECK(rate_status(rig, 1.0, Thinning::key_frames) == Errc::thinning_unsupported);
    CHECK(rate_status(rig, 1.0).ok());
    CHECK(!has(*rig.session.capabilities(), Capability::rate_forward));
    CHECK(!has(*rig.session.capabilities(), Capability::rate_reverse));
}

TEST_CASE("the rate runs the clock, and outlives seek and stop", "[session][5.2]") {
    covers("5.2/outlives", "5.2/stamps-stay");
    SessionRig rig;
    rig.load();
    (void)rig.session.set_rate(2.0);
    rig.start();
    const auto begun = rig.simulation->now();
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(2s));
    rig.start(at(4s));
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(6s));
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.session.rate() == 2.0);
    rig.start();
    const auto again = rig.simulation->now();
    rig.until("session-ended");
    CHECK(rig.simulation->now() - again == 5s);
    CHECK(again > begun);
}

TEST_CASE("a change while playing keeps the position", "[session][5.2]") {
    covers("5.2/stamps-stay", "5.2/success-tells");
    SessionRig rig;
    rig.load();
    rig.start();
    rig.simulation->run_for(2s);
    (void)rig.session.set_rate(4.0);
    rig.until("rate-changed");
    CHECK(rig.session.position() == media_at(2s));
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(6s));
    (void)rig.session.set_rate(0.5);
    rig.until("rate-changed");
    rig.until("session-ended");
    CHECK(rig.video->rendered == 250);
    CHECK(rig.journal->count("video flush") == 0); // nothing was started anew
}

TEST_CASE("the same rate again is a success that touches nothing", "[session][5.2]") {
    covers("5.2/same-again");
    SessionRig rig;
    rig.load();
    rig.start();
    rig.journal->take();
    CHECK(rate_status(rig, 1.0).ok());
    rig.simulation->settle();
    CHECK(rig.journal->count("video on-set-rate 100%") == 0);
}

TEST_CASE("rate 0: a start shows one frame and says so after it has completed",
          "[session][5.3][scrub]") {
    covers("5.3/one-frame", "5.3/no-sound", "5.3/clock-stays", "5.3/no-preroll",
           "5.3/complete-once");
    ScrubRig rig;
    rig.journal->take();
    (void)rig.session.start(at(3s));
    CHECK(rig.until("scrub-sample-complete") ==
          Lines{"topology-status:started_source ok", "capabilities-changed:+4 ok",
                "session-started ok", "scrub-sample-complete ok"});
    CHECK(rig.last("scrub-sample-complete")->as<ScrubSampleComplete>()->shown_pts == media_at(3s));
    CHECK(rig.journal->count("video show 3000") == 1);
    CHECK(rig.journal->count("video preroll 3000") == 0);
    CHECK(rig.audio->processed == 0);
    rig.simulation->run_for(5s);
    CHECK(rig.session.position() == media_at(3s));
    CHECK(rig.events().empty());
    CHECK(rig.video->processed == 1);

    // The next, wherever it is.
    (void)rig.session.start(at(7s));
    CHECK(rig.until("scrub-sample-complete") ==
          Lines{"session-started ok", "scrub-sample-complete ok"});
    CHECK(rig.session.position() == media_at(7s));
}

TEST_CASE("rate 0: start(current) steps one frame on", "[session][5.3][step]") {
    covers("5.3/step", "1.3/current-rate-zero");
    ScrubRig rig;
    (void)rig.session.start(at(3s));
    rig.until("scrub-sample-complete");
    for (int i = 1; i <= 30; ++i) {
        (void)rig.session.start();
        CHECK(rig.until("scrub-sample-complete") ==
              Lines{"session-started ok", "scrub-sample-complete ok"});
        const auto shown = rig.last("scrub-sample-complete")->as<ScrubSampleComplete>()->shown_pts;
        CHECK(shown == media_at(3s + i * 40ms));
        CHECK(rig.session.position() == *shown);
    }
}

TEST_CASE("rate 0 from a pause: the first step shows the frame behind the one that is shown",
          "[session][5.3][step]") {
    covers("5.3/step", "5.3/play-on");
    SessionRig rig;
    rig.video->told.scrubs = true;
    rig.load();
    rig.start();
    rig.simulation->run_for(2s);
    (void)rig.session.pause();
    rig.until("session-paused");
    REQUIRE(rate_status(rig, 0.0).ok());
    (void)rig.session.start();
    CHECK(rig.until("scrub-sample-complete") ==
          Lines{"capabilities-changed:+4 ok", "session-started ok", "scrub-sample-complete ok"});
    CHECK(rig.last("scrub-sample-complete")->as<ScrubSampleComplete>()->shown_pts ==
          media_at(2040ms));
    // And on from there.
    (void)rig.session.pause();
    rig.until("session-paused");
    REQUIRE(rate_status(rig, 1.0).ok());
    rig.start();
    CHECK(rig.session.position() == media_at(2040ms));
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(3040ms));
}

TEST_CASE("the last frame can be scrubbed to, and stepping beyond it shows nothing",
          "[session][5.3]") {
    covers("5.3/one-frame");
    ScrubRig rig;
    (void)rig.session.start(at(9990ms));
    rig.until("scrub-sample-complete");
    CHECK(rig.last("scrub-sample-complete")->as<ScrubSampleComplete>()->shown_pts ==
          media_at(9960ms));
    (void)rig.session.start();
    rig.until("scrub-sample-complete");
    CHECK_FALSE(rig.last("scrub-sample-complete")->as<ScrubSampleComplete>()->shown_pts);
    CHECK(rig.session.state() == SessionState::started);
    (void)rig.session.start(at(1s));
    rig.until("scrub-sample-complete");
    CHECK(rig.last("scrub-sample-complete")->as<ScrubSampleComplete>()->shown_pts == media_at(1s));
}

TEST_CASE("a stop withdraws the scrub that is under way", "[session][3.1][scrub]") {
    covers("5.3/complete-once");
    ScrubRig rig;
    rig.video->process_gate.close(false);
    (void)rig.session.start(at(3s));
    rig.until("session-started");
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.last("session-stopped")->status.ok());
    rig.video->process_gate.open();
    rig.simulation->run_for(1s);
    CHECK(rig.events().empty());
    CHECK(rig.session.rate() == 0.0);
}

TEST_CASE("a topology that cannot do the rate brings it back to 1 before it is ready",
          "[session][5.2]") {
    covers("5.2/falls-back", "5.1/per-topology");
    SessionRig rig;
    rig.load();
    REQUIRE(rate_status(rig, 4.0).ok());
    rig.sources->media.seekable = false;
    rig.source.reset();
    auto other = rig.open();
    rig.events();
    (void)rig.session.set_topology(rig.topology(other), SetTopology::immediate);
    rig.simulation->settle();
    const auto lines = rig.events();
    const auto rate = std::find(lines.begin(), lines.end(), "rate-changed ok");
    const auto ready = std::find(lines.begin(), lines.end(), "topology-status:ready ok");
    CHECK(rate < ready);
    CHECK(ready != lines.end());
    CHECK(rig.session.rate() == 1.0);
}

TEST_CASE("one that was joined before the rate was chosen, and cannot do it, plays at 1",
          "[session][5.2]") {
    covers("5.2/falls-back");
    SessionRig rig;
    rig.load();
    rig.start(at(9s));
    rig.sources->named["scripted:live"] = {.duration = 10s, .seekable = false}; // at 1 only
    const auto other = rig.open("scripted:live");
    (void)rig.session.set_topology(rig.topology(other));
    rig.until("notify-presentation-time"); // joined: it begins in a moment
    REQUIRE(rig.session.position().value() < media_at(10s));
    REQUIRE(rate_status(rig, 0.5).ok());
    CHECK(rig.session.rate() == 0.5);
    rig.until("rate-changed");
    CHECK(rig.last("rate-changed")->as<RateChanged>()->rate == 1.0);
    CHECK(rig.session.position() == media_at(10s));
    CHECK(rig.session.rate() == 1.0);
    const auto begun = rig.simulation->now();
    const auto from = rig.session.position().value();
    rig.simulation->run_for(2s);
    CHECK(rig.session.position().value() - from == rig.simulation->now() - begun);
}

TEST_CASE("nobody but the engine hears of a rate that the clock refuses", "[session][5.2]") {
    covers("5.2/failure-keeps");
    SessionRig rig;
    rig.load();
    CHECK(rate_status(rig, std::numeric_limits<double>::infinity()) == Errc::unsupported_rate);
    CHECK(rate_status(rig, std::numeric_limits<double>::quiet_NaN()) == Errc::unsupported_rate);
}

TEST_CASE("backwards, a cue completes also where reading breaks off before its first picture",
          "[session][5.2][reverse]") {
    covers("5.2/always-taken");
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        SessionRig rig{{.seed = seed, .media = {}}};
        rig.load();
        REQUIRE(rate_status(rig, -1.0).ok());
        rig.faults->fail_read_at = 3;
        (void)rig.session.cue(media_at(433ms));
        rig.until("session-paused");
        REQUIRE(rig.last("session-paused"));
    }
}
