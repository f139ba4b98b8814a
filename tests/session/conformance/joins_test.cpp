// Section 6.1: one presentation after another without a stop.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

// The same media from a source of its own, to the sinks that play already.
Topology next_topology(Stage& stage) {
    const auto first = stage.source;
    const auto second = stage.open();
    stage.source = first;
    stage.taken.clear();
    return stage.topology(second);
}

Lines without_capabilities(Lines lines) {
    lines.erase(std::remove_if(lines.begin(), lines.end(),
                               [](const std::string& line) {
                                   return line.rfind("capabilities-changed", 0) == 0;
                               }),
                lines.end());
    return lines;
}

} // namespace

TEST_CASE("a queued presentation follows without a stop: all delivered, announced, switched",
          "[conformance][6.1]") {
    covers("3/trace-gapless", "6.1/head-follows", "6.1/nothing-stops", "6.1/offset", "6.1/notified",
           "3/no-switch-first", "3/statuses-rise");
    Stage stage{S::started};
    const auto clock = stage.session.clock().value();
    REQUIRE(stage.session.set_topology(next_topology(stage)));
    CHECK(stage.now() == Lines{"topology-set ok"});
    const TopologyId second = stage.of_last<TopologySet>().topology;
    stage.calls();
    const Lines lines = without_capabilities(stage.after(12s)); // four seconds into the second
    CHECK(lines == Lines{"end-of-presentation ok", "notify-presentation-time ok",
                         "topology-status:ready ok", "topology-status:started_source ok",
                         "topology-status:ended ok", "topology-status:sink_switched ok"});
    CHECK(stage.of_last<NotifyPresentationTime>().topology == second);
    CHECK(stage.of_last<NotifyPresentationTime>().start == media_at(10s));
    CHECK(stage.of_last<NotifyPresentationTime>().offset == 10s);
    CHECK(stage.of_last<NotifyPresentationTime>().at_sinks == media_at(10s));
    CHECK(stage.session.state() == S::started);
    CHECK(stage.session.position() == media_at(14s)); // the time went on rising
    CHECK(clock->state() == ClockState::running);
    // No sink was started, stopped or flushed for it.
    CHECK(stage.calls(StreamKind::video) == Lines{});
    CHECK(without_capabilities(stage.until("session-ended")) ==
          Lines{"end-of-presentation ok", "topology-status:ended ok", "session-ended ok"});
    CHECK(stage.of_last<SessionEnded>().position == media_at(20s));
    CHECK(stage.video->rendered == 500); // every frame of both
    CHECK(stage.audio->rendered == 1000);
}

TEST_CASE("a stop before the join leaves the current one current, and the queue",
          "[conformance][6.1]") {
    covers("3.1/next-queued", "3/queue-survives-stop");
    Stage stage{S::started};
    const auto loaded = stage.session.full_topology().value();
    REQUIRE(stage.session.set_topology(next_topology(stage)));
    stage.now();
    REQUIRE(stage.session.stop());
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.session.full_topology().value() == loaded);
    REQUIRE(stage.session.start());
    stage.until("session-ended");
    CHECK(stage.of_last<SessionEnded>().position == media_at(20s)); // both were played
}
