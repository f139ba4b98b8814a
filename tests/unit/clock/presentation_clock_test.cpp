#include <limits>
#include <string>
#include <vector>

#include "clock_stage.h"

// The presentation clock of media-session.md section 4.

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Transition {
    ClockState from;
    const char* command;
    std::optional<Errc> answer;
    ClockState to;
};

} // namespace

TEST_CASE("the clock moves as its table says: section 4, transitions", "[clock]") {
    using S = ClockState;
    const std::vector<Transition> table{
        {S::invalid, "start", ok, S::running},
        {S::invalid, "start_current", ok, S::running},
        {S::invalid, "pause", Errc::invalid_request, S::invalid},
        {S::invalid, "stop", ok, S::stopped},
        {S::invalid, "hold", Errc::invalid_request, S::invalid},
        {S::invalid, "cue", ok, S::paused},
        {S::stopped, "start", ok, S::running},
        {S::stopped, "start_current", ok, S::running},
        {S::stopped, "pause", Errc::invalid_request, S::stopped},
        {S::stopped, "stop", Errc::state_already_set, S::stopped},
        {S::stopped, "hold", Errc::invalid_request, S::stopped},
        {S::stopped, "cue", ok, S::paused},
        {S::running, "start", ok, S::running},
        {S::running, "start_current", ok, S::running},
        {S::running, "pause", ok, S::paused},
        {S::running, "stop", ok, S::stopped},
        {S::running, "hold", ok, S::running},
        {S::running, "cue", ok, S::paused},
        {S::paused, "start", ok, S::running},
        {S::paused, "start_current", ok, S::running},
        {S::paused, "pause", Errc::state_already_set, S::paused},
        {S::paused, "stop", ok, S::stopped},
        {S::paused, "hold", ok, S::paused},
        {S::paused, "cue", ok, S::paused},
    };
    for (const Transition& row : table) {
        INFO(to_string(row.from) << " " << row.command);
        Fixture f;
        f.bring(row.from);
        const std::string command = row.command;
        const Result<void> answer = command == "start"           ? f.clock.start(media_at(7s))
                                    : command == "start_current" ? f.clock.start_current()
                                    : command == "pause"         ? f.clock.pause()
                                    : command == "stop"          ? f.clock.stop()
                                    : command == "hold"          ? f.clock.hold(media_at(7s))
                                                                 : f.clock.cue(media_at(7s));
        CHECK(errc(answer) == row.answer);
        CHECK(f.clock.state() == row.to);
        if (row.answer != ok) {
            CHECK(f.log.empty());
        }
    }
}

TEST_CASE("the script that Windows plays: section 4, source column", "[clock]") {
    using S = ClockState;
    Fixture f;
    const auto states = [&](S clock, S source) {
        CHECK(f.clock.state() == clock);
        CHECK(f.source->system.state() == source);
    };
    states(S::invalid, S::invalid);
    CHECK(f.clock.stop());
    states(S::stopped, S::invalid);
    CHECK(errc(f.clock.pause()) == Errc::invalid_request);
    CHECK(errc(f.clock.stop()) == Errc::state_already_set);
    CHECK(f.clock.start(media_zero));
    states(S::running, S::running);
    CHECK(f.clock.start(media_zero));
    states(S::running, S::running);
    CHECK(f.clock.pause());
    states(S::paused, S::paused);
    CHECK(errc(f.clock.pause()) == Errc::state_already_set);
    CHECK(f.clock.stop());
    states(S::stopped, S::stopped);
    CHECK(f.clock.start(media_zero));
    CHECK(f.clock.stop());
    states(S::stopped, S::stopped);
    CHECK(errc(f.clock.pause()) == Errc::invalid_request);
    CHECK(f.clock.start(media_zero));
    CHECK(f.clock.pause());
    CHECK(f.clock.start(media_zero));
    states(S::running, S::running);
}

TEST_CASE("without a time source every call but state says no_time_source: section 4", "[clock]") {
    Fixture f{false};
    CHECK(f.clock.state() == ClockState::invalid);
    CHECK(f.clock.time().error() == Errc::no_time_source);
    CHECK(f.clock.correlated_time().error() == Errc::no_time_source);
    CHECK(f.clock.properties().error() == Errc::no_time_source);
    CHECK(f.clock.characteristics().error() == Errc::no_time_source);
    CHECK(f.clock.continuity_key() == 0);
    CHECK(f.clock.rate() == 1.0);
    CHECK(errc(f.clock.start(media_zero)) == Errc::no_time_source);
    CHECK(errc(f.clock.start_current()) == Errc::no_time_source);
    CHECK(errc(f.clock.pause()) == Errc::no_time_source);
    CHECK(errc(f.clock.stop()) == Errc::no_time_source);
    CHECK(errc(f.clock.set_rate(1.0)) == Errc::no_time_source);
    CHECK(errc(f.clock.hold(media_zero)) == Errc::no_time_source);
    CHECK(errc(f.clock.cue(media_zero)) == Errc::no_time_source);
    CHECK(f.log.empty());

    f.clock.set_time_source(f.source);
    CHECK(f.clock.state() == ClockState::invalid);
    CHECK(f.now() == media_zero);
    CHECK(f.clock.time_source() == f.source);
}

TEST_CASE("time runs from the offset, stands while paused and is 0 while stopped: section 4",
          "[clock]") {
    Fixture f;
    REQUIRE(f.clock.start(media_at(-1s)));
    CHECK(f.now() == media_at(-1s));
    f.watch->pass(3s);
    CHECK(f.now() == media_at(2s));
    const CorrelatedTime pair = f.clock.correlated_time().value();
    CHECK(pair.media == media_at(2s));
    CHECK(pair.host == f.watch->now());
    CHECK(f.clock.timeline().rate() == 1.0);

    REQUIRE(f.clock.pause());
    f.watch->pass(10s);
    CHECK(f.now() == media_at(2s));
    CHECK(f.clock.timeline().rate() == 0.0);
    CHECK(f.clock.timeline().media_at(f.watch->now() + 5s) == media_at(2s));

    REQUIRE(f.clock.start_current());
    f.watch->pass(1s);
    CHECK(f.now() == media_at(3s));
    REQUIRE(f.clock.start_current()); // from running changes nothing
    CHECK(f.now() == media_at(3s));

    REQUIRE(f.clock.stop());
    f.watch->pass(1s);
    CHECK(f.now() == media_zero);
    CHECK(f.clock.timeline().rate() == 0.0);
    REQUIRE(f.clock.start_current()); // from stopped starts at 0
    f.watch->pass(1s);
    CHECK(f.now() == media_at(1s));
}

TEST_CASE("of its source the clock says how it counts and what it is: section 4", "[clock]") {
    PresentationClock clock{std::make_shared<Watch>()};
    REQUIRE(clock.set_time_source(std::make_shared<SystemClockSource>()));
    const ClockProperties properties = clock.properties().value();
    CHECK(properties.frequency_hz == 10'000'000);
    CHECK(properties.correlation_rate_hz == 0); // it correlates whenever it is asked
    CHECK(properties.jitter == 100ns);
    CHECK_FALSE(properties.tolerance_ppm);
    const ClockCharacteristics characteristics = clock.characteristics().value();
    CHECK(has(characteristics, ClockCharacteristic::frequency_10mhz));
    CHECK(has(characteristics, ClockCharacteristic::is_system_clock));
    CHECK_FALSE(has(characteristics, ClockCharacteristic::always_running));
    CHECK(clock.continuity_key() == 0);
}

TEST_CASE("start(current) from paused is a restart, everything else a start, a no-op tells nobody",
          "[clock]") {
    Fixture f;
    REQUIRE(f.clock.start_current());
    CHECK(f.taken() == Log{"source start 0:00.000", "sink start 0:00.000"});
    REQUIRE(f.clock.start_current());
    CHECK(f.taken() == Log{});
    f.watch->pass(1s);
    REQUIRE(f.clock.pause());
    CHECK(f.taken() == Log{"source pause", "sink pause"});
    REQUIRE(f.clock.start_current());
    CHECK(f.taken() == Log{"source restart", "sink restart"});
    REQUIRE(f.clock.pause());
    f.log.clear();
    REQUIRE(f.clock.start(media_at(1s)));
    CHECK(f.taken() == Log{"source start 0:01.000", "sink start 0:01.000"});
    REQUIRE(f.clock.stop());
    CHECK(f.taken() == Log{"source stop", "sink stop"});
    CHECK(f.sink->last == f.watch->now());
}

TEST_CASE("the time source may veto: its error is the caller's and nothing changes", "[clock]") {
    for (const ClockState from :
         {ClockState::invalid, ClockState::stopped, ClockState::running, ClockState::paused}) {
        INFO(to_string(from));
        Fixture f;
        f.bring(from);
        const MediaTime before = f.now();
        f.source->veto = Errc::device_lost;
        CHECK(errc(f.clock.start(media_at(9s))) == Errc::device_lost);
        CHECK(errc(f.clock.set_rate(2.0)) == Errc::device_lost);
        if (from != ClockState::running) {
            CHECK(errc(f.clock.start_current()) == Errc::device_lost);
        } else {
            CHECK(errc(f.clock.pause()) == Errc::device_lost);
            CHECK(errc(f.clock.cue(media_at(9s))) == Errc::device_lost);
        }
        if (from != ClockState::stopped) {
            CHECK(errc(f.clock.stop()) == Errc::device_lost);
        }
        CHECK(f.clock.state() == from);
        CHECK(f.now() == before);
        CHECK(f.clock.rate() == 1.0);
        CHECK(f.log.empty());
    }
}

TEST_CASE("state sinks are told in order, through their own way where they have one", "[clock]") {
    Fixture f;
    std::vector<Task> posted;
    const auto second = std::make_shared<Recorder>(f.log, "second");
    REQUIRE(f.clock.add_state_sink(second, [&](Task task) { posted.push_back(std::move(task)); }));
    REQUIRE(f.clock.start(media_zero));
    REQUIRE(f.clock.pause());
    CHECK(f.taken() ==
          Log{"source start 0:00.000", "sink start 0:00.000", "source pause", "sink pause"});
    for (Task& task : posted) {
        task();
    }
    CHECK(f.taken() == Log{"second start 0:00.000", "second pause"});

    REQUIRE(f.clock.remove_state_sink(f.sink));
    REQUIRE(f.clock.stop());
    CHECK(f.taken() == Log{"source stop"});
    CHECK(posted.size() == 3);
}

TEST_CASE("a sink that is null or already there is refused, removing an unknown one is fine",
          "[clock]") {
    Fixture f;
    CHECK(errc(f.clock.add_state_sink(nullptr)) == Errc::invalid_argument);
    CHECK(errc(f.clock.add_state_sink(f.sink)) == Errc::invalid_argument);
    CHECK(f.clock.remove_state_sink(f.sink));
    CHECK(f.clock.remove_state_sink(f.sink));
    CHECK(f.clock.remove_state_sink(nullptr));
    CHECK(f.clock.add_state_sink(f.sink));
}

TEST_CASE("a sink that is added later is told the current state", "[clock]") {
    const std::vector<std::pair<ClockState, Log>> expected{
        {ClockState::invalid, {}},
        {ClockState::running, {"late start 0:06.000"}},
        {ClockState::paused, {"late pause"}},
        {ClockState::stopped, {"late stop"}},
    };
    for (const auto& row : expected) {
        INFO(to_string(row.first));
        Fixture f;
        f.bring(row.first);
        f.watch->pass(1s);
        REQUIRE(f.clock.add_state_sink(std::make_shared<Recorder>(f.log, "late")));
        CHECK(f.log == row.second);
    }
    Fixture f;
    REQUIRE(f.clock.set_rate(2.0));
    f.bring(ClockState::running);
    REQUIRE(f.clock.add_state_sink(std::make_shared<Recorder>(f.log, "late")));
    CHECK(f.log == Log{"late rate 2.00", "late start 0:05.000"});
}

TEST_CASE("any finite rate is taken in any state, and the time stays continuous: section 4",
          "[clock]") {
    for (const ClockState state :
         {ClockState::invalid, ClockState::stopped, ClockState::running, ClockState::paused}) {
        Fixture f;
        f.bring(state);
        f.watch->pass(1s);
        const MediaTime before = f.now();
        CHECK(f.clock.rate() == 1.0);
        for (const double rate : {2.0, 0.5, 0.0, -1.0, -32.0}) {
            INFO(to_string(state) << " " << rate);
            CHECK(f.clock.set_rate(rate));
            CHECK(f.clock.rate() == rate);
            CHECK(f.now() == before);
        }
        CHECK(f.taken().size() == 10);
        CHECK(f.clock.set_rate(-32.0)); // the same again
        CHECK(f.log.empty());
        CHECK(errc(f.clock.set_rate(std::numeric_limits<double>::infinity())) ==
              Errc::unsupported_rate);
        CHECK(errc(f.clock.set_rate(std::numeric_limits<double>::quiet_NaN())) ==
              Errc::unsupported_rate);
        CHECK(f.clock.rate() == -32.0);
    }
}

TEST_CASE("the clock runs at its rate, downwards too", "[clock]") {
    Fixture f;
    REQUIRE(f.clock.set_rate(2.0));
    REQUIRE(f.clock.start(media_at(10s)));
    f.watch->pass(1s);
    CHECK(f.now() == media_at(12s));
    REQUIRE(f.clock.set_rate(-0.5));
    f.watch->pass(2s);
    CHECK(f.now() == media_at(11s));
    REQUIRE(f.clock.pause());
    REQUIRE(f.clock.set_rate(4.0));
    f.watch->pass(2s);
    CHECK(f.now() == media_at(11s));
    REQUIRE(f.clock.start_current());
    f.watch->pass(1s);
    CHECK(f.now() == media_at(15s));
    REQUIRE(f.clock.set_rate(0.0));
    f.watch->pass(1h);
    CHECK(f.now() == media_at(15s));
}
