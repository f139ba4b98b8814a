// What the tests of the clock share: a host clock set by hand, a time source that may veto, and sinks
// that write down what they are told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "playhead/clock.h"
#include "support/catch.h"

namespace playhead::test {

// A host clock that is set by hand.
class Watch final : public HostClock {
public:
    HostTime now() const noexcept override { return now_; }
    void pass(Duration d) { now_ += d; }

private:
    HostTime now_{std::chrono::seconds{1000}};
};

using Log = std::vector<std::string>;

inline std::string text(MediaTime t) { return format_time(t.time_since_epoch()); }

class Recorder final : public ClockStateSink {
public:
    explicit Recorder(Log& log, std::string name = "sink") : log_(log), name_(std::move(name)) {}

    void on_start(HostTime when, MediaTime at) override { note(when, "start " + text(at)); }
    void on_restart(HostTime when) override { note(when, "restart"); }
    void on_pause(HostTime when) override { note(when, "pause"); }
    void on_stop(HostTime when) override { note(when, "stop"); }
    void on_set_rate(HostTime when, double rate) override {
        note(when, "rate " + std::to_string(rate).substr(0, 4));
    }

    HostTime last{};

private:
    void note(HostTime when, const std::string& what) {
        last = when;
        log_.push_back(name_ + " " + what);
    }
    Log& log_;
    const std::string name_;
};

// The system source, with a log and a veto.
class Source final : public ClockTimeSource {
public:
    explicit Source(Log& log) : log_(log) {}

    Result<void> try_start(HostTime when, MediaTime at) override {
        return answer("start " + text(at), [&] { return system.try_start(when, at); });
    }
    Result<void> try_restart(HostTime when) override {
        return answer("restart", [&] { return system.try_restart(when); });
    }
    Result<void> try_pause(HostTime when) override {
        return answer("pause", [&] { return system.try_pause(when); });
    }
    Result<void> try_stop(HostTime when) override {
        return answer("stop", [&] { return system.try_stop(when); });
    }
    Result<void> try_set_rate(HostTime when, double rate) override {
        return answer("rate " + std::to_string(rate).substr(0, 4),
                      [&] { return system.try_set_rate(when, rate); });
    }
    Timeline timeline(HostTime now) const override { return system.timeline(now); }

    SystemClockSource system;
    std::optional<Errc> veto;

private:
    template <class Do>
    Result<void> answer(const std::string& what, Do act) {
        if (veto) {
            return fail(*veto);
        }
        log_.push_back("source " + what);
        return act();
    }
    Log& log_;
};

struct Fixture {
    std::shared_ptr<Watch> watch = std::make_shared<Watch>();
    Log log;
    std::shared_ptr<Source> source = std::make_shared<Source>(log);
    std::shared_ptr<Recorder> sink = std::make_shared<Recorder>(log);
    PresentationClock clock{watch};

    explicit Fixture(bool with_source = true) {
        if (with_source) {
            clock.set_time_source(source);
        }
        (void)clock.add_state_sink(sink);
        log.clear();
    }

    MediaTime now() const { return clock.time().value(); }
    Log taken() { return std::exchange(log, {}); }

    // Into that state, at 5 s where it has a position.
    void bring(ClockState state) {
        if (state == ClockState::invalid) {
            return;
        }
        REQUIRE(clock.start(media_at(std::chrono::seconds{5})));
        if (state == ClockState::paused) {
            REQUIRE(clock.pause());
        } else if (state == ClockState::stopped) {
            REQUIRE(clock.stop());
        }
        REQUIRE(clock.state() == state);
        log.clear();
    }
};

inline constexpr std::optional<Errc> ok{};

inline std::optional<Errc> errc(const Result<void>& result) {
    return result ? ok : std::optional{static_cast<Errc>(result.error().code.value())};
}

} // namespace playhead::test
