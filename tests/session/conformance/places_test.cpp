// Sections 1.3 and 1.5: where a start begins in what is trimmed or listed, and topologies that are
// refused or named to be cleared.
#include "playhead/sequencer.h"
#include "session/conformance/stage.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("the beginning of what is trimmed is where the trim begins, and shows 0",
          "[conformance][1.3]") {
    covers("1.3/current-trimmed", "6.1/trim");
    Stage stage;
    stage.open();
    stage.video->note_samples = true;
    REQUIRE(stage.session.set_topology(
        trimmed(stage.topology(stage.source), media_at(3s), media_at(7s))));
    stage.now();
    for (const bool first : {true, false}) {
        INFO(first);
        stage.journal->take();
        const int before = stage.video->rendered;
        REQUIRE(stage.session.start());
        CHECK(stage.now().back() == "session-started ok");
        CHECK(stage.journal->count("source seek 3000") == 1);
        CHECK(stage.journal->count("video process 0") == 1); // what the source calls 3 s
        CHECK(stage.session.position() == media_zero);
        if (first) { // a replay begins there too
            stage.after(1s);
            (void)stage.session.stop();
            stage.now();
            CHECK(stage.video->rendered - before == 25);
            continue;
        }
        stage.until("session-ended");
        CHECK(stage.of_last<SessionEnded>().position == media_at(4s));
        CHECK(stage.video->rendered - before == 100);
    }
}

TEST_CASE("beyond either end of a list there is no entry, and what plays goes on",
          "[conformance][1.3]") {
    covers("1.3/entry-unsupported", "1.3/entry");
    Stage stage;
    stage.sources->media.duration = 4s;
    const Topology one = stage.topology(stage.open());
    stage.source.reset();
    const Topology two = stage.topology(stage.open());
    Sequencer list{stage.session};
    (void)list.append(one);
    (void)list.append(two, SegmentFlags::last);
    stage.now();
    stage.start();
    stage.after(1s);
    for (const std::int32_t beyond : {-1, 2, std::numeric_limits<std::int32_t>::max(),
                                      std::numeric_limits<std::int32_t>::min()}) {
        INFO(beyond);
        REQUIRE(stage.session.start(StartEntry{beyond}));
        CHECK(stage.now() == Lines{"session-started not_found"});
    }
    stage.after(1s);
    CHECK(stage.session.position() == media_at(2s));
    REQUIRE(stage.session.start(StartEntry{1}));
    CHECK(stage.now().back() == "session-started ok");
    // Without a list nothing can be skipped at all.
    Stage plain{S::started};
    REQUIRE(plain.session.start(StartEntry{-1}));
    CHECK(plain.now() == Lines{"session-started unsupported_time_format"});
}

TEST_CASE("loose ends and circles are refused at once, what branches is, in its event",
          "[conformance][1.5]") {
    covers("1.5/unconnected", "1.5/no-trace");
    Stage stage{S::stopped};
    const auto refused = [&](const Topology& topology) {
        const auto answer = stage.session.set_topology(topology);
        REQUIRE_FALSE(answer);
        CHECK(stage.after(1s).empty());
        return static_cast<Errc>(answer.error().code.value());
    };
    Topology loose = stage.other_topology();
    loose.add(SourceNode{stage.source, 0, {}, {}});
    CHECK(refused(loose) == Errc::topo_unsupported);
    Topology unfed = stage.other_topology();
    OutputNode output;
    output.sink = stage.other_video;
    unfed.add(output);
    CHECK(refused(unfed) == Errc::topo_unsupported);
    Topology circle = stage.other_topology();
    const NodeId a = circle.add(TransformNode{});
    const NodeId b = circle.add(TransformNode{});
    circle.connect(a, b);
    circle.connect(b, a);
    CHECK(refused(circle) == Errc::topo_unsupported);
    CHECK_FALSE(stage.other_video->is_shut_down);
    stage.start();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("to clear a topology it is named, it goes if it is the current one",
          "[conformance][1.5]") {
    covers("1.5/clear-current-same", "1.5/clear-current-other");
    for (const S state : {S::stopped, S::started, S::paused}) {
        for (const bool resolved : {false, true}) {
            INFO(to_string(state) << (resolved ? ", as resolved" : ", as given"));
            Stage stage{state};
            const Topology named =
                resolved ? *stage.session.full_topology().value() : stage.topology(stage.source);
            REQUIRE(stage.session.set_topology(named, SetTopology::clear_current));
            const Lines lines = stage.now();
            CHECK(std::count(lines.begin(), lines.end(), "topology-status:ended ok") == 1);
            CHECK(std::count(lines.begin(), lines.end(), "session-ended ok") ==
                  (state == S::stopped ? 0 : 1));
            CHECK(stage.session.state() == S::idle);
            CHECK(stage.video->is_shut_down);
        }
    }
}
