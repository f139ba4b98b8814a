// Sources that may stall: the engine's own view of how full its queues are, in virtual time.
#include <algorithm>

#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

RigOptions slow(bool is_slow = true) {
    RigOptions options;
    options.media.slow = is_slow;
    return options;
}

// When each such event came, since the stage was set.
std::vector<HostTime> times(const Stage& stage, const std::string& event_name) {
    std::vector<HostTime> found;
    for (const auto& event : stage.taken) {
        if (name(event.body) == event_name) found.push_back(event.host_time);
    }
    return found;
}

} // namespace

TEST_CASE(
    "a slow source that stalls makes the session buffer until a second of each stream is there",
    "[8][buffering][slow]") {
    covers("8/buffering-stops-clock", "3/buffering-matched");
    Stage stage{S::started, slow()};
    stage.faults->read_gate.close(true);
    // What is in the queues and the outputs is played first.
    CHECK(stage.after(500ms).empty());
    CHECK(stage.until("buffering-started", 5s) == Lines{"buffering-started ok"});
    const auto stood = stage.session.position().value();
    CHECK(stood > media_at(2750ms));
    CHECK(stood < media_at(3600ms));
    CHECK(stage.session.state() == S::started);
    CHECK(stage.after(1min).empty());
    CHECK(stage.session.position() == stood);
    // It comes back at a pace that takes two seconds for one: a second of each is enough.
    stage.faults->read_cost = Duration{2s} / 75;
    const HostTime back = stage.simulation->now();
    stage.faults->read_gate.open();
    CHECK(stage.until("buffering-stopped", 10s) == Lines{"buffering-stopped ok"});
    const Duration took = stage.simulation->now() - back;
    CHECK(took > 1900ms);
    CHECK(took < 2700ms); // and what was in the outputs
    CHECK(stage.session.position() == stood);
    stage.faults->read_cost = Duration{};
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.video->rendered == 250); // each once
    CHECK(times(stage, "buffering-started").size() == 1);
}

TEST_CASE("a source that is half as fast as it is played buffers now and then, not all the time",
          "[8][buffering][slow]") {
    Stage stage{S::stopped, slow()};
    stage.faults->read_cost = Duration{2s} / 75;
    stage.start();
    CHECK(stage.until("session-ended", 60s).back() == "session-ended ok");
    const auto started = times(stage, "buffering-started");
    const auto stopped = times(stage, "buffering-stopped");
    REQUIRE(started.size() == stopped.size());
    // Ten seconds at half the pace: about two are played between any two waits.
    CHECK(started.size() >= 4);
    CHECK(started.size() <= 8);
    for (std::size_t i = 0; i + 1 < started.size(); ++i) {
        CHECK(stopped[i] > started[i]);
        CHECK(started[i + 1] - stopped[i] >= 1s);
    }
    CHECK(stage.video->rendered == 250);
}

TEST_CASE("a source that is not slow never buffers, however it dawdles", "[8][buffering][slow]") {
    Stage stage{S::started, slow(false)};
    stage.faults->read_gate.close(true);
    stage.after(1min);
    stage.faults->read_gate.open();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(times(stage, "buffering-started").empty());
}

TEST_CASE("a slow source that keeps up never buffers, also where its sound ends early",
          "[8][buffering][slow]") {
    auto options = slow();
    options.media.duration = 60s;
    SECTION("it keeps up") { options.media.duration = 20s; }
    SECTION("its sound ends early") { options.media.audio_lasts = 10s; }
    Stage stage{S::stopped, options};
    stage.faults->read_cost = Duration{1s} / 150; // twice as fast as it is played, at least
    stage.start();
    const auto lines = stage.until("session-ended", 3min);
    CHECK(lines.back() == "session-ended ok");
    // Save at its beginning, where outputs take faster than any pace.
    const auto started = times(stage, "buffering-started");
    const auto stopped = times(stage, "buffering-stopped");
    REQUIRE(started.size() == 1);
    REQUIRE(stopped.size() == 1);
    CHECK(started[0] == times(stage, "session-started").at(0));
    CHECK(stopped[0] - started[0] < 600ms);
}

TEST_CASE("a stop, a seek, a pause while the engine waits for a slow source",
          "[8][buffering][slow]") {
    Stage stage{S::started, slow()};
    stage.faults->read_gate.close(true);
    stage.until("buffering-started", 5s);
    SECTION("a stop comes within its bound") {
        const HostTime begun = stage.simulation->now();
        (void)stage.session.stop();
        CHECK(stage.until("session-stopped") ==
              Lines{"buffering-stopped ok", "capabilities-changed:-4 ok", "session-stopped ok"});
        CHECK(stage.simulation->now() - begun <= 100ms);
        CHECK(stage.after(1min).empty());
    }
    SECTION("a seek ends it, waits for its frame, and may wait again") {
        (void)stage.session.start(at(6s));
        CHECK(stage.after(1min) == Lines{"buffering-stopped ok"});
        stage.faults->read_gate.open();
        CHECK(stage.until("session-started") == Lines{"session-started ok"});
        stage.faults->read_gate.close(true);
        CHECK(stage.until("buffering-started", 5s) == Lines{"buffering-started ok"});
    }
    SECTION("a pause stays") {
        (void)stage.session.pause();
        stage.until("session-paused");
        stage.faults->read_gate.open();
        CHECK(stage.after(1min) == Lines{"buffering-stopped ok"});
        CHECK(stage.session.state() == S::paused);
    }
    stage.faults->read_gate.open();
}

TEST_CASE("data that break off while the engine waits are played to where they end",
          "[8][buffering][slow]") {
    Stage stage{S::started, slow()};
    stage.faults->read_gate.close(true);
    stage.until("buffering-started", 5s);
    const auto stood = stage.session.position().value();
    stage.faults->fail_next_read = true;
    stage.faults->read_gate.open();
    const auto lines = stage.until("session-error");
    REQUIRE(lines.size() >= 2);
    CHECK(lines.front() == "buffering-stopped ok");
    CHECK(lines.back() == "session-error damaged");
    CHECK(stage.of_last<SessionError>().position >= stood);
}

TEST_CASE("a source that is switched away takes its buffering along", "[8][buffering][slow]") {
    SessionRig rig;
    const auto first = rig.open("scripted:first");
    const auto second = rig.open("scripted:second");
    Topology topology;
    topology.add_branch(first, 0, rig.video);
    topology.add_branch(second, 1, rig.audio);
    (void)rig.session.set_topology(std::move(topology));
    rig.start();
    rig.simulation->run_for(1s);
    rig.events();
    rig.faults->tell(SourceBuffers{true});
    rig.simulation->settle();
    CHECK(rig.events() == Lines{"buffering-started ok", "buffering-started ok"});
    OutputNode output;
    output.sink = rig.audio;
    REQUIRE(rig.session.switch_stream(std::move(output), SourceNode{}));
    auto lines = rig.until("stream-switched");
    rig.simulation->settle();
    for (auto& line : rig.events()) lines.push_back(std::move(line));
    CHECK(std::count(lines.begin(), lines.end(), "buffering-stopped ok") == 1);
    CHECK(rig.session.clock().value()->state() == ClockState::paused);
    rig.faults->tell(SourceBuffers{false});
    rig.simulation->settle();
    CHECK(rig.events() == Lines{"buffering-stopped ok"});
    CHECK(rig.session.clock().value()->state() == ClockState::running);
}
