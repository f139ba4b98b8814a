#include "clock_stage.h"

// Holding and cueing, changes of the time source, and the end of the clock: section 4.

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("hold freezes a running clock until the next start, and tells nobody", "[clock]") {
    Fixture f;
    f.bring(ClockState::running);
    REQUIRE(f.clock.hold(media_at(60s)));
    f.watch->pass(2s);
    CHECK(f.now() == media_at(60s));
    CHECK(f.clock.state() == ClockState::running);
    CHECK(f.clock.timeline() == Timeline{f.watch->now(), media_at(60s), 0.0});
    CHECK(f.log.empty());

    SECTION("a start at a position ends it there") {
        REQUIRE(f.clock.start(media_at(60s)));
        f.watch->pass(1s);
        CHECK(f.now() == media_at(61s));
        CHECK(f.taken() == Log{"source start 1:00.000", "sink start 1:00.000"});
    }
    SECTION("a start at the current position ends it where it held") {
        REQUIRE(f.clock.start_current());
        f.watch->pass(1s);
        CHECK(f.now() == media_at(61s));
        CHECK(f.taken() == Log{"source start 1:00.000", "sink start 1:00.000"});
    }
    SECTION("a pause keeps what it showed, and a restart goes on from there") {
        REQUIRE(f.clock.pause());
        CHECK(f.now() == media_at(60s));
        REQUIRE(f.clock.start_current());
        f.watch->pass(1s);
        CHECK(f.now() == media_at(61s));
    }
    SECTION("a stop ends it") {
        REQUIRE(f.clock.stop());
        CHECK(f.now() == media_zero);
        REQUIRE(f.clock.start_current());
        CHECK(f.now() == media_zero);
    }
    SECTION("a second hold moves it") {
        REQUIRE(f.clock.hold(media_at(70s)));
        CHECK(f.now() == media_at(70s));
    }
}

TEST_CASE("hold freezes a paused clock elsewhere, and it goes on from there", "[clock]") {
    Fixture f;
    f.bring(ClockState::paused);
    REQUIRE(f.clock.hold(media_at(60s)));
    CHECK(f.now() == media_at(60s));
    CHECK(f.clock.state() == ClockState::paused);
    CHECK(f.log.empty());
    REQUIRE(f.clock.start_current());
    f.watch->pass(1s);
    CHECK(f.now() == media_at(61s));
}

TEST_CASE("cue is paused at a position, from any state", "[clock]") {
    for (const ClockState from :
         {ClockState::invalid, ClockState::stopped, ClockState::running, ClockState::paused}) {
        INFO(to_string(from));
        Fixture f;
        f.bring(from);
        REQUIRE(f.clock.cue(media_at(60s)));
        f.watch->pass(5s);
        CHECK(f.clock.state() == ClockState::paused);
        CHECK(f.now() == media_at(60s));
        CHECK(f.taken() ==
              (from == ClockState::running ? Log{"source pause", "sink pause"} : Log{}));
        REQUIRE(f.clock.start_current());
        f.watch->pass(1s);
        CHECK(f.now() == media_at(61s));
        CHECK(f.taken() == Log{"source start 1:00.000", "sink start 1:00.000"});
        // What it cued is over: the next pause and restart know their own position.
        REQUIRE(f.clock.pause());
        REQUIRE(f.clock.start_current());
        CHECK(f.now() == media_at(61s));
    }
}

TEST_CASE("a cued clock can be stopped", "[clock]") {
    Fixture f;
    f.bring(ClockState::stopped);
    REQUIRE(f.clock.cue(media_at(60s)));
    REQUIRE(f.clock.stop());
    CHECK(f.clock.state() == ClockState::stopped);
    CHECK(f.now() == media_zero);
}

TEST_CASE("a running clock changes its time source without a jump", "[clock]") {
    Fixture f;
    REQUIRE(f.clock.set_rate(2.0));
    f.bring(ClockState::running);
    f.watch->pass(1s);
    REQUIRE(f.now() == media_at(7s));
    const auto next = std::make_shared<Source>(f.log);
    f.clock.set_time_source(next);
    CHECK(f.taken() == Log{"source rate 2.00", "source start 0:07.000"});
    CHECK(f.clock.time_source() == next);
    CHECK(f.now() == media_at(7s));
    f.watch->pass(1s);
    CHECK(f.now() == media_at(9s));
    REQUIRE(f.clock.pause());
    CHECK(f.now() == media_at(9s));
}

TEST_CASE("a running clock that loses its source goes on where the next one takes over",
          "[clock]") {
    Fixture f;
    f.bring(ClockState::running);
    f.watch->pass(1s);
    f.clock.set_time_source(nullptr);
    CHECK(f.clock.time().error() == Errc::no_time_source);
    f.watch->pass(1s);
    f.clock.set_time_source(std::make_shared<Source>(f.log));
    CHECK(f.now() == media_at(7s));
    f.watch->pass(1s);
    CHECK(f.now() == media_at(8s));
}

TEST_CASE("a held clock changes its time source and holds on", "[clock]") {
    Fixture f;
    f.bring(ClockState::running);
    REQUIRE(f.clock.hold(media_at(60s)));
    f.clock.set_time_source(std::make_shared<Source>(f.log));
    f.watch->pass(1s);
    CHECK(f.now() == media_at(60s));
    REQUIRE(f.clock.start_current());
    f.watch->pass(1s);
    CHECK(f.now() == media_at(61s));
}

TEST_CASE("a source that came during a pause is started, while sinks see a restart", "[clock]") {
    Fixture f;
    f.bring(ClockState::paused);
    f.clock.set_time_source(std::make_shared<Source>(f.log));
    CHECK(f.now() == media_at(5s));
    f.watch->pass(1s);
    f.log.clear();
    REQUIRE(f.clock.start_current());
    CHECK(f.taken() == Log{"source start 0:05.000", "sink restart"});
    f.watch->pass(1s);
    CHECK(f.now() == media_at(6s));
    REQUIRE(f.clock.pause());
    f.log.clear();
    REQUIRE(f.clock.start_current());
    CHECK(f.taken() == Log{"source restart", "sink restart"});
}

TEST_CASE("a source that will not start is not taken", "[clock]") {
    Fixture f;
    f.bring(ClockState::running);
    const auto refusing = std::make_shared<Source>(f.log);
    refusing->veto = Errc::device_lost;
    CHECK(errc(f.clock.set_time_source(refusing)) == Errc::device_lost);
    CHECK(f.clock.time_source() == f.source);
    f.watch->pass(1s);
    CHECK(f.now() == media_at(6s));
}

TEST_CASE("a source that cannot do the rate runs at 1, and sinks are told", "[clock]") {
    struct Rateless final : ClockTimeSource {
        Result<void> try_start(HostTime when, MediaTime at) override {
            return system.try_start(when, at);
        }
        Result<void> try_restart(HostTime when) override { return system.try_restart(when); }
        Result<void> try_pause(HostTime when) override { return system.try_pause(when); }
        Result<void> try_stop(HostTime when) override { return system.try_stop(when); }
        Result<void> try_set_rate(HostTime, double rate) override {
            return rate == 1.0 ? Result<void>{} : fail(Errc::unsupported_rate);
        }
        Timeline timeline(HostTime now) const override { return system.timeline(now); }
        SystemClockSource system;
    };
    Fixture f;
    REQUIRE(f.clock.set_rate(2.0));
    f.bring(ClockState::running);
    f.clock.set_time_source(std::make_shared<Rateless>());
    CHECK(f.clock.rate() == 1.0);
    CHECK(f.taken() == Log{"sink rate 1.00"});
    f.watch->pass(1s);
    CHECK(f.now() == media_at(6s));
}

TEST_CASE("a clock that was shut down gives its last answer and does nothing: section 4",
          "[clock]") {
    for (const ClockState state :
         {ClockState::invalid, ClockState::stopped, ClockState::running, ClockState::paused}) {
        INFO(to_string(state));
        Fixture f;
        f.bring(state);
        f.watch->pass(1s);
        const MediaTime last = f.now();
        CHECK(f.clock.shutdown_status().error() == Errc::invalid_request);
        f.clock.shut_down();
        f.clock.shut_down();
        f.watch->pass(1s);
        CHECK(f.now() == last);
        CHECK(f.clock.state() == state);
        CHECK(f.clock.timeline().rate() == 0.0);
        CHECK(f.clock.time_source() == nullptr);
        CHECK(f.clock.properties() == ClockProperties{}); // as its source said
        CHECK(f.clock.characteristics() == f.source->characteristics());
        CHECK(f.clock.shutdown_status() == ShutdownStatus::completed);
        CHECK(errc(f.clock.start(media_zero)) == Errc::shut_down);
        CHECK(errc(f.clock.stop()) == Errc::shut_down);
        CHECK(errc(f.clock.add_state_sink(std::make_shared<Recorder>(f.log))) == Errc::shut_down);
        CHECK(errc(f.clock.set_time_source(f.source)) == Errc::shut_down);
        CHECK(f.clock.time_source() == nullptr);
        CHECK(f.sink.use_count() == 1); // let go of
        CHECK(f.log.empty());
    }
    Fixture f{false};
    f.clock.shut_down();
    CHECK(f.clock.time().error() == Errc::no_time_source);
}
