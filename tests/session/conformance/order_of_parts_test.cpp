// Sections 1.4, 2 and 3.1: who is told first, who may refuse, and what a stop leaves alone.
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "session/conformance/asking_sink.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

// Keeps time by the system, and says no when it is told to.
class Refusing final : public ClockTimeSource {
public:
    std::atomic<bool> refuses{false};
    Result<void> try_start(HostTime when, MediaTime at) override {
        return inner_.try_start(when, at);
    }
    Result<void> try_restart(HostTime when) override { return inner_.try_restart(when); }
    Result<void> try_pause(HostTime when) override {
        if (refuses) return fail(Errc::invalid_state_transition, "this clock does not pause");
        return inner_.try_pause(when);
    }
    Result<void> try_stop(HostTime when) override { return inner_.try_stop(when); }
    Result<void> try_set_rate(HostTime when, double rate) override {
        return inner_.try_set_rate(when, rate);
    }
    Timeline timeline(HostTime now) const override { return inner_.timeline(now); }

private:
    SystemClockSource inner_;
};

} // namespace

TEST_CASE("a pause: the clock first, then the sinks, sources are read on until there is enough",
          "[conformance][1.4]") {
    covers("1.4/pause-order");
    Stage stage{S::started};
    std::vector<std::string> order;
    EventQueue watching = stage.engine->bus().queue([&](const Event& event) {
        if (event.as<SessionPaused>()) {
            const auto lines = stage.journal->lines();
            for (const char* sink : {"video on-pause", "audio on-pause"}) {
                if (std::count(lines.begin(), lines.end(), sink) == 1) order.emplace_back(sink);
            }
            if (stage.session.clock().value()->state() == ClockState::paused) {
                order.emplace_back("clock");
            }
        }
        return false;
    });
    // A sink that hangs in its pause holds up the event, and not the clock.
    stage.video->process_gate.close(false);
    stage.after(1s);
    REQUIRE(stage.session.pause());
    CHECK(stage.after(1s).empty());
    CHECK(stage.session.clock().value()->state() == ClockState::paused);
    CHECK(stage.journal->count("audio on-pause") == 1);
    CHECK(stage.journal->count("video on-pause") == 0);
    stage.video->process_gate.open();
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-paused ok"});
    CHECK(order == std::vector<std::string>{"video on-pause", "audio on-pause", "clock"});
    // Nothing is asked of the source but packets, and of those no more than fill its queues.
    stage.after(1s);
    const auto queued = [&] { return stage.session.statistics()->streams.at(0).queued_packets; };
    const auto enough = queued();
    CHECK(enough > 0);
    stage.after(1h);
    CHECK(queued() == enough);
    CHECK(stage.journal->count("source seek 0") == 0);
}

TEST_CASE("a pause that the clock refuses fails with its word, and the session plays on",
          "[conformance][1.4]") {
    covers("1.4/pause-refused-by-clock", "4/source-veto");
    const auto driver = std::make_shared<Refusing>();
    const auto sink = std::make_shared<AskingSink>();
    sink->driver = driver;
    sink->at_attach = 4;
    Stage stage;
    stage.open();
    Topology topology;
    topology.add_branch(stage.source, 0, sink);
    topology.add_branch(stage.source, 1, stage.audio);
    REQUIRE(stage.session.set_topology(std::move(topology)));
    (void)stage.session.start();
    stage.after(1s);
    stage.journal->take();
    driver->refuses = true;
    REQUIRE(stage.session.pause());
    CHECK(stage.now() == Lines{"session-paused invalid_state_transition"});
    CHECK_FALSE(stage.of_last<SessionPaused>().position);
    CHECK(stage.session.state() == S::started);
    CHECK(stage.journal->count("audio on-pause") == 0); // nobody else was told
    stage.after(1s);
    CHECK(stage.session.position() == media_at(2s));
    driver->refuses = false;
    REQUIRE(stage.session.pause());
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-paused ok"});
}

TEST_CASE("a stop: the clock, the sinks, the sources, and then everything is flushed",
          "[conformance][1.4]") {
    covers("1.4/stop-order", "1.4/stop-flushed-before-event");
    { // Sinks are waited for before sources are stopped, each within its bound.
        Stage stage{S::started};
        stage.note_events();
        stage.audio->mute_acks = true;
        REQUIRE(stage.session.stop());
        stage.after(10ms);
        CHECK(stage.session.clock().value()->state() == ClockState::stopped);
        Lines told = stage.journal->take();
        std::sort(told.begin(), told.end()); // each on its own strand
        CHECK(told == Lines{"audio on-stop", "video on-stop"});
        stage.after(20ms);
        const Lines then = stage.journal->take();
        CHECK(std::count(then.begin(), then.end(), "video flush") == 1);
        CHECK(then.back() == "event session-stopped ok");
    }
    { // Sources are waited for before anything is flushed.
        Stage stage{S::started};
        stage.faults->heed_interrupt = false;
        stage.faults->read_gate.close(false);
        stage.after(1s);
        stage.note_events();
        REQUIRE(stage.session.stop());
        stage.after(10ms);
        CHECK(stage.calls() == Lines{"video on-stop"}); // inside a read, nothing is flushed
        stage.faults->read_gate.open();
        stage.now();
        CHECK(stage.calls() ==
              Lines{"video flush", "event capabilities-changed:-4 ok", "event session-stopped ok"});
    }
}

TEST_CASE("what cannot be taken back completes as it went, also where a stop or close follows",
          "[conformance][2]") {
    covers("2/past-no-return", "2/completion-order");
    { // A stop that is under way is no less a stop.
        Stage stage{S::started};
        stage.faults->heed_interrupt = false;
        stage.faults->read_gate.close(false);
        stage.after(1s);
        const auto stop = stage.session.stop();
        stage.now();
        const auto again = stage.session.stop();
        const auto close = stage.session.close();
        stage.now();
        stage.faults->read_gate.open();
        CHECK(stage.until("session-closed") ==
              Lines{"capabilities-changed:-4 ok", "session-stopped ok", "session-stopped ok",
                    "capabilities-changed:-115 ok", "session-closed ok"});
        CHECK(stage.completed() == std::vector<CommandId>{*stop, *again, *close});
    }
    { // A pause whose sinks have all answered has happened.
        Stage stage{S::started};
        (void)stage.session.pause();
        stage.now();
        (void)stage.session.stop();
        stage.now();
        CHECK(stage.last("session-paused")->status.ok());
        CHECK(stage.of_last<SessionStopped>().position == media_at(2s));
    }
}

TEST_CASE("a stop keeps rate, volume, streams, topology and queue", "[conformance][3.1]") {
    covers("3.1/keeps", "3/queue-survives-stop");
    Stage stage;
    stage.open();
    AudioOutput speaker{std::make_shared<headless::NullAudioDevice>(stage.simulation)};
    speaker.set_volume(0.25);
    speaker.set_mute(true);
    Topology topology; // of two streams, one is played
    topology.add_branch(stage.source, 1, speaker.sink());
    REQUIRE(stage.session.set_topology(topology));
    REQUIRE(stage.session.set_topology(topology));
    REQUIRE(stage.session.set_rate(2.0));
    stage.now();
    const auto queued = stage.of_last<TopologySet>().topology;
    const auto loaded = stage.session.full_topology().value();
    stage.start();
    stage.after(1s);
    REQUIRE(stage.session.stop());
    stage.now();
    CHECK(stage.session.rate() == 2.0);
    CHECK(speaker.volume() == 0.25);
    CHECK(speaker.mute());
    CHECK(stage.session.full_topology().value() == loaded);
    CHECK(stage.session.full_topology(queued).has_value());
    CHECK(stage.session.statistics()->streams.size() == 1);
    // And all of it counts in the next start: both are played, at that rate.
    const HostTime begun = stage.simulation->now();
    stage.start();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.of_last<SessionEnded>().position == media_at(20s));
    CHECK(stage.simulation->now() - begun >= 10s);
    CHECK(stage.simulation->now() - begun <= 10s + 200ms);
    CHECK(speaker.volume() == 0.25);
}
