// A stream that goes on in another format, on scripted surroundings in virtual time.
#include <algorithm>

#include "session/clauses.h"
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// The type of that kind of node in the full topology of the current presentation.
template <class Body>
MediaType type_in(SessionRig& rig, StreamKind kind) {
    const auto full = *rig.session.full_topology();
    for (const auto& source : full->nodes()) {
        const auto* from = std::get_if<SourceNode>(&source.body);
        if (!from) continue;
        const auto& streams = from->source->presentation().streams;
        if (streams[static_cast<std::size_t>(from->stream)].kind != kind) continue;
        for (auto next = full->successors(source.id); !next.empty();
             next = full->successors(next.front())) {
            const Node& node = *full->find(next.front());
            if (std::holds_alternative<Body>(node.body)) return node.type;
        }
    }
    return {};
}

int changes(const SessionRig& rig) {
    return static_cast<int>(std::count_if(rig.taken.begin(), rig.taken.end(), [](const Event& e) {
        const auto* status = e.as<TopologyStatus>();
        return status && status->state == TopologyState::dynamic_changed;
    }));
}

} // namespace

TEST_CASE("a stream that changes its format goes on, and the change is told once",
          "[conformance][7.1]") {
    covers("7.1/stream-changes", "3/topology-status");
    SessionRig rig;
    rig.faults->wide_from = 2s;
    rig.faults->stereo_from = 3s;
    rig.load();
    rig.start();
    rig.until("session-ended");
    CHECK(changes(rig) == 2);
    CHECK(rig.last("session-ended"));
    CHECK(rig.video->rendered == 250);
    CHECK(rig.audio->rendered == 500);
    CHECK(rig.session.statistics()->streams.at(0).errors == 0);
}

TEST_CASE("the full topology shows the new types, and no one's copy changes",
          "[conformance][7.1]") {
    covers("7.1/stream-changes");
    SessionRig rig;
    rig.faults->wide_from = 2s;
    rig.faults->stereo_from = 3s;
    rig.load();
    rig.start();
    const auto before = *rig.session.full_topology();
    const auto dot = before->dot();
    rig.until("topology-status");
    CHECK(changes(rig) == 1);
    CHECK(std::get<VideoFormat>(type_in<TransformNode>(rig, StreamKind::video)).width == 32);
    CHECK(std::get<VideoFormat>(type_in<OutputNode>(rig, StreamKind::video)).width == 32);
    CHECK(std::get<AudioFormat>(type_in<OutputNode>(rig, StreamKind::audio)).channels == 1);
    rig.until("topology-status");
    CHECK(changes(rig) == 2);
    CHECK(std::get<AudioFormat>(type_in<OutputNode>(rig, StreamKind::audio)).channels == 2);
    CHECK(std::get<AudioFormat>(type_in<OutputNode>(rig, StreamKind::audio)).rate_hz == 44100);
    CHECK(before->dot() == dot);
    // Back into what comes before: a change again.
    rig.start(at(1s));
    CHECK(changes(rig) == 4);
    CHECK(std::get<VideoFormat>(type_in<OutputNode>(rig, StreamKind::video)).width == 16);
}

TEST_CASE("a topology that forbids changes of format ends with an error where one comes",
          "[conformance][7.1]") {
    covers("7.1/change-not-allowed", "8/error-once");
    SessionRig rig;
    rig.faults->wide_from = 2s;
    rig.open();
    auto topology = rig.topology(rig.source);
    topology.forbid_dynamic_change = true;
    REQUIRE(rig.session.set_topology(std::move(topology)));
    rig.simulation->settle();
    rig.events();
    rig.video->note_samples = true;
    rig.start();
    CHECK(rig.until_error() == Errc::format_change_not_allowed);
    CHECK(changes(rig) == 0);
    CHECK(rig.session.state() == SessionState::stopped);
    // Nothing of the new format has reached the sink.
    CHECK(rig.journal->count("video process 1960") == 1);
    CHECK(rig.journal->count("video process 2000") == 0);
    rig.simulation->settle();
    rig.events();
    CHECK(rig.count<SessionError>() == 1);
}

TEST_CASE("a sink is asked before it gets another format, and may refuse it",
          "[conformance][7.1]") {
    covers("7.1/stream-changes");
    SessionRig rig;
    rig.faults->wide_from = 2s;
    rig.load();
    rig.video->widest = 16;
    rig.video->note_samples = true;
    rig.start();
    CHECK(rig.until_error() == Errc::topo_cannot_connect);
    CHECK(rig.journal->count("video process 2000") == 0);
}
