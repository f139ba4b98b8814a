// Section 1.6: what can be asked.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("a new session has its clock, which knows no time until something plays, and keeps it",
          "[conformance][1.6]") {
    covers("1.6/clock-when-new", "1.6/clock-no-time", "1.6/clock-stays");
    Stage stage;
    const auto clock = stage.session.clock().value();
    CHECK(clock->time().error() == Errc::no_time_source);
    CHECK(clock->correlated_time().error() == Errc::no_time_source);
    CHECK(clock->state() == ClockState::invalid);
    stage.load();
    CHECK(stage.session.clock().value() == clock);
    stage.start();
    stage.after(1s);
    CHECK(clock->time().value() == media_at(1s));
    CHECK(stage.session.clock().value() == clock);
    stage.until("session-ended");
    REQUIRE(stage.session.set_topology(stage.other_topology()));
    stage.now();
    stage.start();
    stage.after(1s);
    CHECK(clock->time().value() == media_at(1s));
    CHECK(stage.session.clock().value() == clock);
}

TEST_CASE("an application may set timers on the clock that it was given", "[conformance][1.6]") {
    covers("4/timer-absolute", "4/timer-aimed-anew");
    Stage stage{S::started};
    const auto clock = stage.session.clock().value();
    std::vector<MediaTime> fired;
    const auto note = [&] { fired.push_back(stage.session.position().value()); };
    REQUIRE(clock->set_timer(media_at(4s), note));
    REQUIRE(clock->set_timer(media_at(6s), note));
    stage.after(1s);
    (void)stage.session.pause();
    stage.after(1h);
    CHECK(fired.empty());
    (void)stage.session.start();
    stage.after(2s);
    CHECK(fired == std::vector<MediaTime>{media_at(4s)});
    (void)stage.session.start(StartAt{media_at(8s)});
    stage.now();
    CHECK(fired == std::vector<MediaTime>{media_at(4s), media_at(8s)});
}

TEST_CASE("capabilities are those that all sources share", "[conformance][1.6]") {
    covers("1.6/capabilities-common", "1.6/capabilities-start", "1.6/capabilities-pause");
    RigOptions fixed;
    fixed.media.seekable = false;
    Stage stage{S::stopped, fixed};
    const Capabilities loaded = stage.session.capabilities().value();
    CHECK(has(loaded, Capability::start));
    CHECK_FALSE(has(loaded, Capability::seek));
    CHECK_FALSE(has(loaded, Capability::pause));
    CHECK(has(loaded, Capability::does_not_use_network));
    stage.start();
    CHECK(has(stage.session.capabilities().value(), Capability::pause));
    Stage seekable{S::stopped};
    CHECK(has(seekable.session.capabilities().value(), Capability::seek));
    // Of two sources, one of which can be sought in and the other is no network's.
    Stage two;
    two.sources->named["scripted:far"] = {.network = true};
    two.sources->named["scripted:fixed"] = {.seekable = false};
    const auto far = two.open("scripted:far");
    two.source.reset();
    const auto fixed_too = two.open("scripted:fixed");
    Topology both;
    both.add_branch(far, 0, two.video);
    both.add_branch(fixed_too, 1, two.audio);
    REQUIRE(two.session.set_topology(both));
    two.now();
    const Capabilities shared = two.session.capabilities().value();
    CHECK(has(shared, Capability::start));
    CHECK_FALSE(has(shared, Capability::seek));
    CHECK_FALSE(has(shared, Capability::does_not_use_network));
}

TEST_CASE("a change of capabilities tells the new set and what changed, no change tells nothing",
          "[conformance][1.6]") {
    covers("1.6/capabilities-event", "1.6/capabilities-no-event", "3/capabilities-changed");
    Stage stage;
    const auto told = [&](const std::string& until) {
        stage.taken.clear();
        stage.until(until);
        return stage.of_last<CapabilitiesChanged>();
    };
    const auto same = [](const CapabilitiesChanged& event, Capabilities now, Capabilities delta) {
        return event.now == now && event.delta == delta;
    };
    stage.open();
    REQUIRE(stage.session.set_topology(stage.topology(stage.source)));
    CHECK(same(told("topology-status"), loaded_capabilities, loaded_capabilities));
    (void)stage.session.start();
    const Capabilities playing = loaded_capabilities | pause_capability;
    CHECK(same(told("session-started"), playing, pause_capability));
    // A seek changes none.
    (void)stage.session.start(at(5s));
    CHECK(stage.now() == Lines{"session-started ok"});
    (void)stage.session.pause();
    CHECK(same(told("session-paused"), loaded_capabilities, pause_capability));
    // Nor does a stop from paused.
    (void)stage.session.stop();
    CHECK(stage.now() == Lines{"session-stopped ok"});
    (void)stage.session.close();
    CHECK(same(told("session-closed"), 0, loaded_capabilities));
}

TEST_CASE("the full topology is the current one, after the end too, never one that was replaced",
          "[conformance][1.6]") {
    covers("1.6/full-topology-after-end", "1.6/full-topology-replaced");
    Stage stage{S::started};
    const auto first = stage.session.full_topology().value();
    stage.until("session-ended");
    const auto replaced = stage.of_last<TopologyStatus>().topology;
    CHECK(stage.session.full_topology(replaced).value() == first);
    CHECK(stage.session.full_topology().value() == first);
    REQUIRE(stage.session.set_topology(stage.other_topology()));
    stage.now();
    const auto second = stage.session.full_topology().value();
    CHECK(second != first);
    CHECK(second == stage.of_last<TopologySet>().resolved);
    CHECK(stage.session.full_topology(replaced).error() == Errc::not_found);
}

TEST_CASE("a queued topology can be had by its id, an id that nobody has is not found",
          "[conformance][1.6]") {
    covers("1.6/full-topology-queued", "1.6/full-topology-unknown", "1.6/full-topology-replaced");
    Stage stage{S::started};
    (void)stage.session.set_topology(stage.other_topology());
    stage.now();
    const auto queued = stage.of_last<TopologySet>();
    CHECK(stage.session.full_topology(queued.topology).value() == queued.resolved);
    CHECK(stage.session.full_topology().value() != queued.resolved);
    CHECK(stage.session.full_topology(999'999).error() == Errc::not_found);
    (void)stage.session.clear_topologies();
    stage.now();
    CHECK(stage.session.full_topology(queued.topology).error() == Errc::not_found);
}
