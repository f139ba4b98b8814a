// TimerStage: a presentation clock on the simulation and a log of what its timers did.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "clock_stage.h"
#include "playhead/headless/simulation.h"

namespace playhead::test {

using namespace std::chrono_literals;

// A source whose line the test turns, as a device does that runs dry and comes back.
class TurningSource final : public ClockTimeSource {
public:
    Result<void> try_start(HostTime when, MediaTime at) override {
        line_ = {when, at, 0.0}; // nothing is heard yet
        return {};
    }
    Result<void> try_restart(HostTime) override { return {}; }
    Result<void> try_pause(HostTime) override { return {}; }
    Result<void> try_stop(HostTime) override { return {}; }
    Result<void> try_set_rate(HostTime, double) override { return {}; }
    Timeline timeline(HostTime) const override { return line_; }
    void watch(std::weak_ptr<TimelineWatcher> watcher) override {
        watcher_ = std::move(watcher);
        ++watched;
    }
    ClockProperties properties() const override {
        ClockProperties told;
        told.frequency_hz = frequency_hz;
        return told;
    }
    void turn(Timeline line) {
        line_ = line;
        if (const auto watcher = watcher_.lock()) {
            watcher->on_turn();
        }
    }
    bool is_watched() const { return !watcher_.expired(); }

    int watched = 0;
    std::uint64_t frequency_hz = 10'000'000;

private:
    Timeline line_;
    std::weak_ptr<TimelineWatcher> watcher_;
};

struct TimerStage {
    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<PresentationClock> clock = std::make_shared<PresentationClock>(simulation);
    std::shared_ptr<const PresentationClock> given = clock; // as an application holds it
    Log log;

    TimerStage() { (void)clock->set_time_source(std::make_shared<SystemClockSource>()); }
    ~TimerStage() {
        simulation->settle();
        simulation->end();
    }

    // Fires as "name@what the clock shows".
    Task note(const std::string& name) {
        return [this, name] { log.push_back(name + "@" + text(clock->time().value())); };
    }
    ClockTimer set(MediaTime at, const std::string& name) {
        const Result<ClockTimer> timer = given->set_timer(at, note(name));
        REQUIRE(timer);
        return *timer;
    }
    Log after(Duration length) {
        simulation->run_for(length);
        return std::exchange(log, {});
    }
    Log now() { return after(0s); }
};

} // namespace playhead::test
