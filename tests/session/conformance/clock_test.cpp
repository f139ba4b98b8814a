// Section 4: the presentation clock, by itself.
#include <limits>

#include "playhead/headless/simulation.h"
#include "session/clauses.h"
#include "session/conformance/stage.h"
#include "support/forwarding_sink.h"
#include "unit/clock/clock_stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using C = ClockState;

namespace {

struct Row {
    C from;
    const char* command;
    std::optional<Errc> answer;
    C to;
};

void check_row(const Row& row) {
    INFO(to_string(row.from) << " " << row.command);
    Fixture f;
    f.bring(row.from);
    const std::string command = row.command;
    const Result<void> answer = command == "start"   ? f.clock.start(media_at(7s))
                                : command == "pause" ? f.clock.pause()
                                                     : f.clock.stop();
    CHECK(errc(answer) == row.answer);
    CHECK(f.clock.state() == row.to);
    if (row.answer) CHECK(f.log.empty()); // neither source nor sinks hear of a refused one
}

// A scripted sink that keeps time too.
struct TimeKeepingSink final : ForwardingSink {
    using ForwardingSink::ForwardingSink;
    ClockTimeSource* time_source() override { return &line; }
    SystemClockSource line;
};

// A clock with timers, on the simulation.
struct Timers {
    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<PresentationClock> clock = std::make_shared<PresentationClock>(simulation);
    int fired = 0;

    Timers() { REQUIRE(clock->set_time_source(std::make_shared<SystemClockSource>())); }
    ~Timers() {
        clock->shut_down();
        simulation->settle();
        simulation->end();
    }
    ClockTimer set(MediaTime at) {
        return clock->set_timer(at, [this] { ++fired; }).value();
    }
    int after(Duration length) {
        simulation->run_for(length);
        return fired;
    }
};

} // namespace

TEST_CASE("a clock that was never told anything: start runs it, pause is invalid, stop stops it",
          "[conformance][4]") {
    covers("4/invalid-start", "4/invalid-pause", "4/invalid-stop");
    check_row({C::invalid, "start", ok, C::running});
    check_row({C::invalid, "pause", Errc::invalid_request, C::invalid});
    check_row({C::invalid, "stop", ok, C::stopped});
    Fixture f;
    REQUIRE(f.clock.stop());
    CHECK(f.source->system.state() == C::invalid);
}

TEST_CASE("a stopped clock: start runs it, pause is invalid, stop is what it is already",
          "[conformance][4]") {
    covers("4/stopped-start", "4/stopped-pause", "4/stopped-stop");
    check_row({C::stopped, "start", ok, C::running});
    check_row({C::stopped, "pause", Errc::invalid_request, C::stopped});
    check_row({C::stopped, "stop", Errc::state_already_set, C::stopped});
}

TEST_CASE("a running clock: start moves it, pause and stop do as they say", "[conformance][4]") {
    covers("4/running-start", "4/running-pause", "4/running-stop");
    check_row({C::running, "start", ok, C::running});
    check_row({C::running, "pause", ok, C::paused});
    check_row({C::running, "stop", ok, C::stopped});
    Fixture f;
    f.bring(C::running);
    REQUIRE(f.clock.start(media_at(40s)));
    CHECK(f.now() == media_at(40s));
}

TEST_CASE("a paused clock: start runs it, pause is what it is already, stop stops it",
          "[conformance][4]") {
    covers("4/paused-start", "4/paused-pause", "4/paused-stop");
    check_row({C::paused, "start", ok, C::running});
    check_row({C::paused, "pause", Errc::state_already_set, C::paused});
    check_row({C::paused, "stop", ok, C::stopped});
}

TEST_CASE("without a time source a clock has a state and nothing else", "[conformance][4]") {
    covers("4/no-source-commands", "4/no-source-queries", "4/no-source-state");
    Fixture f{false};
    CHECK(errc(f.clock.start(media_zero)) == Errc::no_time_source);
    CHECK(errc(f.clock.start_current()) == Errc::no_time_source);
    CHECK(errc(f.clock.pause()) == Errc::no_time_source);
    CHECK(errc(f.clock.stop()) == Errc::no_time_source);
    CHECK(errc(f.clock.set_rate(2.0)) == Errc::no_time_source);
    CHECK(f.clock.time().error() == Errc::no_time_source);
    CHECK(f.clock.correlated_time().error() == Errc::no_time_source);
    CHECK(f.clock.properties().error() == Errc::no_time_source);
    CHECK(f.clock.characteristics().error() == Errc::no_time_source);
    CHECK(f.clock.state() == C::invalid);
}

TEST_CASE("a time source starts nothing, and must count at 10 MHz", "[conformance][4]") {
    covers("4/set-source", "4/not-simple");
    Fixture f;
    CHECK(f.clock.state() == C::invalid);
    f.watch->pass(1s);
    CHECK(f.now() == media_zero);
    struct Odd final : ClockTimeSource {
        Result<void> try_start(HostTime, MediaTime) override { return {}; }
        Result<void> try_restart(HostTime) override { return {}; }
        Result<void> try_pause(HostTime) override { return {}; }
        Result<void> try_stop(HostTime) override { return {}; }
        Result<void> try_set_rate(HostTime, double) override { return {}; }
        Timeline timeline(HostTime) const override { return {}; }
        ClockProperties properties() const override {
            ClockProperties told;
            told.frequency_hz = 48'000;
            return told;
        }
    };
    CHECK(errc(f.clock.set_time_source(std::make_shared<Odd>())) == Errc::clock_not_simple);
    CHECK(f.clock.time_source() == f.source);
}

TEST_CASE("start at an offset shows it at that instant", "[conformance][4]") {
    covers("4/start-offset", "4/stopped-shows-zero", "4/paused-shows-pause", "4/negative");
    Fixture f;
    REQUIRE(f.clock.start(media_at(-3s)));
    CHECK(f.now() == media_at(-3s));
    f.watch->pass(1s);
    CHECK(f.now() == media_at(-2s));
    REQUIRE(f.clock.pause());
    f.watch->pass(1h);
    CHECK(f.now() == media_at(-2s));
    REQUIRE(f.clock.stop());
    CHECK(f.now() == media_zero);
}

TEST_CASE("start where it is: goes on, changes nothing, or begins at 0", "[conformance][4]") {
    covers("4/current-paused", "4/current-running", "4/current-stopped", "4/current-invalid");
    const auto shows_after_a_second = [](C from) {
        Fixture f;
        f.bring(from);
        REQUIRE(f.clock.start_current());
        CHECK(f.clock.state() == C::running);
        if (from == C::running) CHECK(f.log.empty());
        f.watch->pass(1s);
        return f.now();
    };
    CHECK(shows_after_a_second(C::paused) == media_at(6s));
    CHECK(shows_after_a_second(C::running) == media_at(6s));
    CHECK(shows_after_a_second(C::stopped) == media_at(1s));
    CHECK(shows_after_a_second(C::invalid) == media_at(1s));
}

TEST_CASE("the line of the system source: offset, rate, pause, restart", "[conformance][4]") {
    covers("4/line", "4/line-pause", "4/line-rate", "4/reverse");
    Fixture f;
    REQUIRE(f.clock.set_rate(1.5));
    REQUIRE(f.clock.start(media_at(10s)));
    f.watch->pass(4s);
    CHECK(f.now() == media_at(16s)); // 10 + 1.5 * 4
    REQUIRE(f.clock.pause());
    f.watch->pass(100s);
    REQUIRE(f.clock.start_current());
    f.watch->pass(2s);
    CHECK(f.now() == media_at(19s));
    REQUIRE(f.clock.set_rate(-2.0));
    CHECK(f.now() == media_at(19s));
    f.watch->pass(10s);
    CHECK(f.now() == media_at(-1s));
}

TEST_CASE("time and host time are told together", "[conformance][4]") {
    covers("4/correlated");
    Fixture f;
    f.bring(C::running);
    f.watch->pass(3s);
    const CorrelatedTime pair = f.clock.correlated_time().value();
    CHECK(pair.media == media_at(8s));
    CHECK(pair.host == f.watch->now());
}

TEST_CASE("what a clock says of itself", "[conformance][4]") {
    covers("4/properties", "4/continuity-key");
    Fixture f;
    const ClockProperties properties = f.clock.properties().value();
    CHECK(properties.frequency_hz == 10'000'000);
    CHECK(properties.correlation_rate_hz == 0);
    CHECK(properties.jitter == 100ns); // one tick
    CHECK_FALSE(properties.tolerance_ppm);
    CHECK(f.clock.continuity_key() == 0);
}

TEST_CASE("as a state sink the system source is stricter than the clock", "[conformance][4]") {
    covers("4/source-stop-invalid", "4/source-restart", "4/source-pause");
    SystemClockSource source;
    const HostTime when{1s};
    CHECK(source.try_stop(when));
    CHECK(source.state() == C::invalid);
    CHECK(errc(source.try_restart(when)) == Errc::invalid_request);
    CHECK(source.try_pause(when)); // from invalid it may
    CHECK(errc(source.try_pause(when)) == Errc::invalid_request);
    CHECK(source.try_restart(when));
    CHECK(errc(source.try_restart(when)) == Errc::invalid_request);
    CHECK(source.try_stop(when));
    CHECK(errc(source.try_pause(when)) == Errc::invalid_request);
    CHECK(errc(source.try_restart(when)) == Errc::invalid_request);
}

TEST_CASE("the time source is told first and may veto, then nothing changes", "[conformance][4]") {
    covers("4/source-veto");
    Fixture f;
    REQUIRE(f.clock.start(media_at(1s)));
    CHECK(f.taken() == Log{"source start 0:01.000", "sink start 0:01.000"});
    f.source->veto = Errc::device_lost;
    CHECK(errc(f.clock.pause()) == Errc::device_lost);
    CHECK(errc(f.clock.stop()) == Errc::device_lost);
    CHECK(errc(f.clock.start(media_at(9s))) == Errc::device_lost);
    CHECK(errc(f.clock.set_rate(2.0)) == Errc::device_lost);
    CHECK(f.log.empty());
    CHECK(f.clock.state() == C::running);
    CHECK(f.clock.rate() == 1.0);
    CHECK(f.now() == media_at(1s));
}

TEST_CASE("state sinks are told later, in order, with the host time, and are not asked",
          "[conformance][4]") {
    covers("4/sinks-in-order", "4/sink-restart", "4/sink-host-time");
    Fixture f;
    const auto posted = std::make_shared<std::vector<Task>>();
    const auto second = std::make_shared<Recorder>(f.log, "second");
    REQUIRE(f.clock.add_state_sink(second, [posted](Task t) { posted->push_back(std::move(t)); }));
    REQUIRE(f.clock.start(media_at(1s)));
    REQUIRE(f.clock.pause());
    const HostTime told_at = f.watch->now();
    REQUIRE(f.clock.start_current());
    REQUIRE(f.clock.start(media_at(2s)));
    REQUIRE(f.clock.stop());
    CHECK(f.taken() == Log{"source start 0:01.000", "sink start 0:01.000", "source pause",
                           "sink pause", "source restart", "sink restart", "source start 0:02.000",
                           "sink start 0:02.000", "source stop", "sink stop"});
    f.watch->pass(5s);
    for (Task& task : *posted) task();
    CHECK(f.taken() == Log{"second start 0:01.000", "second pause", "second restart",
                           "second start 0:02.000", "second stop"});
    CHECK(second->last == told_at); // of the change, not of the telling
}

TEST_CASE("sinks: none and twice are refused, unknown ones go, late ones are told",
          "[conformance][4]") {
    covers("4/sink-null", "4/sink-twice", "4/sink-unknown", "4/sink-late");
    Fixture f;
    CHECK(errc(f.clock.add_state_sink(nullptr)) == Errc::invalid_argument);
    CHECK(errc(f.clock.add_state_sink(f.sink)) == Errc::invalid_argument);
    CHECK(f.clock.remove_state_sink(std::make_shared<Recorder>(f.log)));
    f.bring(C::paused);
    REQUIRE(f.clock.add_state_sink(std::make_shared<Recorder>(f.log, "late")));
    CHECK(f.log == Log{"late pause"});
}

TEST_CASE("any finite rate in any state, 1 at first, thinning is nothing to a clock",
          "[conformance][4]") {
    covers("4/rate-at-birth", "4/rate-any", "4/thinning");
    for (const C state : {C::invalid, C::stopped, C::running, C::paused}) {
        INFO(to_string(state));
        Fixture f;
        f.bring(state);
        CHECK(f.clock.rate() == 1.0);
        for (const double rate : {0.0, 2.0, -1.0, 0.125, 64.0}) {
            CHECK(f.clock.set_rate(rate)); // a rate is all there is to set
            CHECK(f.clock.rate() == rate);
        }
        CHECK(errc(f.clock.set_rate(std::numeric_limits<double>::infinity())) ==
              Errc::unsupported_rate);
        CHECK(f.clock.rate() == 64.0);
        CHECK(f.clock.state() == state);
    }
}

TEST_CASE("timers: for a time, after a while, at once where due", "[conformance][4]") {
    covers("4/timer-absolute", "4/timer-relative", "4/timer-due");
    Timers t;
    REQUIRE(t.clock->start(media_at(10s)));
    CHECK(t.set(media_at(12s)).note.ok());
    REQUIRE(t.clock->set_timer(5s, [&] { t.fired += 10; }));
    CHECK(t.after(2s - 1ns) == 0);
    CHECK(t.after(1ns) == 1);
    CHECK(t.after(3s) == 11);
    t.set(media_at(1s));
    CHECK(t.after(0s) == 12);
}

TEST_CASE("timers: a stopped clock takes them with a note, one that was shut down does not",
          "[conformance][4]") {
    covers("4/timer-stopped", "4/timer-shut-down", "4/timer-cancel");
    Timers t;
    REQUIRE(t.clock->start(media_zero));
    REQUIRE(t.clock->stop());
    CHECK(t.set(media_zero).note == Errc::clock_stopped);
    t.clock->cancel_timer(t.set(media_zero).id);
    CHECK(t.after(1h) == 0);
    REQUIRE(t.clock->start_current());
    CHECK(t.after(1s) == 1);
    t.clock->shut_down();
    CHECK(t.clock->set_timer(media_zero, [] {}).error() == Errc::shut_down);
}

TEST_CASE("timers keep their presentation time over start, seek, pause and rates",
          "[conformance][4]") {
    covers("4/timer-aimed-anew");
    Timers t;
    t.set(media_at(20s));
    REQUIRE(t.clock->start(media_zero)); // a start fires none but what is due
    CHECK(t.after(1s) == 0);
    REQUIRE(t.clock->pause());
    CHECK(t.after(1h) == 0);
    REQUIRE(t.clock->start_current());
    REQUIRE(t.clock->start(media_at(16s)));
    REQUIRE(t.clock->set_rate(0.5));
    CHECK(t.after(8s - 1ms) == 0);
    CHECK(t.after(1ms) == 1);
}

TEST_CASE("shutting a clock down: told afterwards, again is fine, it still tells a time",
          "[conformance][4]") {
    covers("4/shutdown-status", "4/shutdown-twice", "4/shutdown-answers");
    Fixture f;
    f.bring(C::running);
    CHECK(f.clock.shutdown_status().error() == Errc::invalid_request);
    f.clock.shut_down();
    CHECK(f.clock.shutdown_status() == ShutdownStatus::completed);
    f.clock.shut_down();
    CHECK(f.clock.shutdown_status() == ShutdownStatus::completed);
    f.watch->pass(1s);
    CHECK(f.clock.time().value() == media_at(5s));
}

TEST_CASE("the session's shutdown shuts its clock down", "[conformance][4]") {
    covers("4/shutdown-by-session", "1.4/shutdown-clock", "1/shut-down");
    Stage stage{SessionState::started};
    const auto clock = stage.session.clock().value();
    REQUIRE(stage.session.shutdown());
    CHECK(clock->shutdown_status() == ShutdownStatus::completed);
    const auto last = clock->time();
    REQUIRE(last);
    stage.after(1s);
    CHECK(clock->time().value() == *last);
}

TEST_CASE("a session's clock follows the system where no sink keeps time", "[conformance][4]") {
    covers("4/audio-drives", "1.4/start-time-source");
    Stage stage{SessionState::started}; // scripted sinks keep none
    const auto clock = stage.session.clock().value();
    CHECK(has(clock->characteristics().value(), ClockCharacteristic::is_system_clock));
    // One whose sound keeps time is followed.
    Stage other;
    const auto keeping = std::make_shared<TimeKeepingSink>(other.audio);
    other.load_into({other.video, keeping});
    other.start();
    CHECK(other.session.clock().value()->time_source().get() == &keeping->line);
}
