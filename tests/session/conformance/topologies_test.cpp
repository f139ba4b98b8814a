// Section 1.5: set_topology.
#include "session/conformance/stage.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

// Changes one node of that kind.
template <class Body, class Change>
Topology changed(Topology topology, Change change) {
    for (const Node& node : topology.nodes()) {
        if (auto* body = std::get_if<Body>(&topology.find(node.id)->body)) {
            change(*body);
            break;
        }
    }
    return topology;
}

} // namespace

TEST_CASE("a malformed topology is refused in the call, with the reason, and leaves no trace",
          "[conformance][1.5]") {
    covers("1.5/no-nodes", "1.5/no-source", "1.5/no-stream", "1.5/time-attributes", "1.5/no-trace");
    Stage stage{S::stopped};
    const auto loaded = stage.session.full_topology().value();
    const Topology good = stage.other_topology();
    const auto refused = [&](Topology topology) {
        const auto answer = stage.session.set_topology(std::move(topology));
        REQUIRE_FALSE(answer);
        return static_cast<Errc>(answer.error().code.value());
    };
    CHECK(refused({}) == Errc::invalid_argument);
    CHECK(refused(changed<SourceNode>(good, [](SourceNode& n) { n.source.reset(); })) ==
          Errc::topo_missing_source);
    CHECK(refused(changed<SourceNode>(good, [](SourceNode& n) { n.stream = 9; })) ==
          Errc::topo_missing_stream_descriptor);
    CHECK(refused(changed<SourceNode>(good, [](SourceNode& n) {
              n.media_start = media_at(5s);
              n.media_stop = media_at(3s);
          })) == Errc::topo_invalid_time_attributes);
    CHECK(stage.after(1s).empty());
    CHECK(stage.session.full_topology().value() == loaded);
    CHECK_FALSE(stage.other_video->is_shut_down);
    stage.start();
    stage.until("session-ended");
    CHECK(stage.other_video->processed == 0);
}

TEST_CASE("what comes back resolved is another topology than the one given, with its decoders",
          "[conformance][1.5]") {
    covers("1.5/resolved-object", "3/topology-set");
    Stage stage;
    stage.open();
    const Topology given = stage.topology(stage.source);
    const auto id = stage.session.set_topology(given);
    stage.now();
    CHECK(stage.last("topology-set")->command == *id);
    const auto resolved = stage.of_last<TopologySet>().resolved;
    REQUIRE(resolved);
    CHECK_FALSE(*resolved == given);
    CHECK(resolved->nodes().size() == given.nodes().size() + 2);
    CHECK(stage.session.full_topology().value() == resolved);
}

TEST_CASE("a topology that cannot be resolved fails in its event and is not queued",
          "[conformance][1.5]") {
    covers("1.5/codec-not-found", "1.5/failure-queues-nothing");
    for (const S state : {S::idle, S::stopped, S::started}) {
        INFO(to_string(state));
        Stage stage{state};
        if (state == S::idle) stage.open();
        stage.decoders->refuse = true;
        REQUIRE(stage.session.set_topology(stage.other_topology()));
        CHECK(stage.now() == Lines{"topology-set topo_codec_not_found"});
        CHECK_FALSE(stage.of_last<TopologySet>().resolved);
        CHECK(stage.session.state() == state);
        if (state == S::idle) continue;
        if (state == S::stopped) stage.start();
        stage.until("session-ended");
        CHECK(stage.session.state() == S::stopped);
        CHECK(stage.other_video->processed == 0);
    }
}

TEST_CASE("a stream that leads to an output of another kind cannot be connected",
          "[conformance][1.5]") {
    covers("1.5/cannot-connect");
    Stage stage;
    stage.open();
    Topology crossed;
    crossed.add_branch(stage.source, 0, stage.audio);
    REQUIRE(stage.session.set_topology(std::move(crossed)));
    CHECK(stage.now() == Lines{"topology-set topo_cannot_connect"});
    CHECK(stage.session.state() == S::idle);
}

TEST_CASE("the set event is prompt in every state, becoming current waits where one is current",
          "[conformance][1.5]") {
    covers("1.5/set-is-prompt", "1.5/current-when-none", "1.5/current-when-ended",
           "1.5/waits-otherwise");
    for (const S state : {S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        const auto loaded = stage.session.full_topology().value();
        REQUIRE(stage.session.set_topology(stage.other_topology()));
        CHECK(stage.now() == Lines{"topology-set ok"}); // no time has passed
        CHECK(stage.session.full_topology().value() == loaded);
    }
    {
        Stage idle;
        idle.open();
        REQUIRE(idle.session.set_topology(idle.topology(idle.source)));
        CHECK(idle.now().back() == "topology-status:ready ok");
    }
    {
        Stage ended{S::started};
        ended.until("session-ended");
        REQUIRE(ended.session.set_topology(ended.other_topology()));
        CHECK(ended.now().back() == "topology-status:ready ok");
        ended.start();
        ended.after(1s);
        CHECK(ended.other_video->rendered == 25);
    }
}

TEST_CASE("immediate while stopped: the new one is ready at once, still stopped",
          "[conformance][1.5]") {
    covers("1.5/immediate-stopped", "1.5/immediate-old-sinks");
    Stage stage{S::stopped};
    REQUIRE(stage.session.set_topology(stage.other_topology(), SetTopology::immediate));
    CHECK(stage.now() == Lines{"topology-set ok", "topology-status:ended ok",
                               "notify-presentation-time ok", "topology-status:ready ok"});
    CHECK(stage.session.state() == S::stopped);
    stage.after(1s);
    CHECK(stage.video->is_shut_down);
    stage.start();
    stage.after(1s);
    CHECK(stage.other_video->rendered == 25);
    // One that is to be kept alive stays.
    SessionRig rig;
    rig.open();
    Topology kept = rig.topology(rig.source);
    for_each<OutputNode>(kept, [](OutputNode& output) { output.keep_alive = true; });
    Topology other;
    other.add_branch(rig.open(), 0, std::make_shared<ScriptedSink>(StreamKind::video, rig.journal));
    (void)rig.session.set_topology(kept);
    (void)rig.session.set_topology(other, SetTopology::immediate);
    rig.simulation->run_for(1s);
    CHECK_FALSE(rig.video->is_shut_down);
}

TEST_CASE("clearing the current one with an empty queue ends it, a session that played has ended",
          "[conformance][1.5]") {
    covers("1.5/clear-current-null", "1.5/clear-current-started", "1.5/clear-current-paused",
           "1.5/clear-current-stopped");
    const auto cleared_in = [](S state) {
        Stage stage{state};
        const auto position = stage.session.position();
        REQUIRE(stage.session.clear_current_topology());
        Lines lines = stage.now();
        CHECK(stage.session.state() == S::idle);
        if (stage.last("session-ended")) CHECK(stage.of_last<SessionEnded>().position == position);
        CHECK_FALSE(stage.of_last<TopologySet>().resolved);
        CHECK(stage.session.full_topology().error() == Errc::invalid_request);
        // What capabilities do is told in section 1.6.
        lines.erase(std::remove_if(lines.begin(), lines.end(),
                                   [](const std::string& line) {
                                       return line.rfind("capabilities-changed", 0) == 0;
                                   }),
                    lines.end());
        return lines;
    };
    const Lines played{"topology-set ok", "topology-status:ended ok", "session-ended ok"};
    CHECK(cleared_in(S::started) == played);
    CHECK(cleared_in(S::paused) == played);
    CHECK(cleared_in(S::stopped) == Lines{"topology-set ok", "topology-status:ended ok"});
    CHECK(cleared_in(S::idle) == Lines{"topology-set ok"});
}

TEST_CASE("clearing one that is not the current one is ok and does nothing", "[conformance][1.5]") {
    covers("1.5/clear-current-other");
    Stage stage{S::started};
    REQUIRE(stage.session.set_topology(stage.other_topology(), SetTopology::clear_current));
    CHECK(stage.now() == Lines{"topology-set ok"});
    CHECK(stage.session.state() == S::started);
    stage.until("session-ended");
    CHECK(stage.other_video->processed == 0);
}

TEST_CASE("a topology is what it was when it was set", "[conformance][1.5]") {
    covers("1.5/attributes-as-set");
    Stage stage;
    stage.open();
    Topology given = stage.topology(stage.source);
    REQUIRE(stage.session.set_topology(given));
    given = changed<SourceNode>(given, [](SourceNode& n) { n.stream = 9; });
    given = changed<OutputNode>(given, [](OutputNode& n) { n.sink.reset(); });
    stage.now();
    stage.start();
    stage.until("session-ended");
    CHECK(stage.video->rendered == 250);
}

TEST_CASE("a full topology is taken as it is, the very same", "[conformance][1.5]") {
    covers("1.5/no-resolution");
    Stage stage{S::stopped};
    const auto full = stage.session.full_topology().value();
    REQUIRE(stage.session.close());
    stage.now();
    Session second = stage.engine->create_session();
    REQUIRE(second.set_topology(*full, SetTopology::no_resolution));
    stage.now();
    CHECK(stage.last("topology-set")->status.ok());
    CHECK(*stage.of_last<TopologySet>().resolved == *full);
    // Nothing is put into one that is not full.
    REQUIRE(second.set_topology(stage.other_topology(), SetTopology::no_resolution));
    stage.now();
    CHECK(stage.last("topology-set")->status == Errc::topo_unsupported);
}

TEST_CASE("immediate while started: the new one plays at once, the old one has ended",
          "[conformance][1.5]") {
    covers("1.5/immediate-started", "1.5/immediate-drops-queue", "1.5/immediate-old-sinks");
    Stage stage{S::started};
    auto waiting = stage.other_topology();
    const auto dropped = stage.other_video;
    REQUIRE(stage.session.set_topology(std::move(waiting)));
    stage.now();
    REQUIRE(stage.session.set_topology(stage.other_topology(), SetTopology::immediate));
    CHECK(stage.now() == Lines{"topology-set ok", "topology-status:ended ok",
                               "notify-presentation-time ok", "topology-status:ready ok",
                               "topology-status:started_source ok",
                               "topology-status:sink_switched ok"});
    CHECK(stage.session.state() == S::started);
    CHECK(stage.video->is_shut_down);
    stage.until("session-ended");
    CHECK(stage.other_video->rendered == 250);
    CHECK(dropped->processed == 0);
}

TEST_CASE("clearing the current one brings up the head of the queue", "[conformance][1.5]") {
    covers("1.5/clear-current-keeps-queue");
    Stage stage{S::stopped};
    REQUIRE(stage.session.set_topology(stage.other_topology()));
    stage.now();
    REQUIRE(stage.session.clear_current_topology());
    stage.now();
    CHECK(stage.session.state() == S::stopped);
    stage.start();
    stage.after(1s);
    CHECK(stage.other_video->rendered == 25);
}

TEST_CASE("the same sinks may be used by the next topology", "[conformance][1.5]") {
    covers("1.5/clear-current-null");
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO(seed);
        Stage stage{S::stopped, {seed, {}}};
        REQUIRE(stage.session.clear_current_topology());
        REQUIRE(stage.session.set_topology(stage.topology(stage.source)));
        (void)stage.session.start();
        CHECK(stage.now().back() == "session-started ok");
    }
}
