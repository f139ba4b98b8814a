// Topologies that follow each other: media-session.md sections 1.5, 3 (gapless) and 6, on scripted
// surroundings in virtual time.
#include "playhead/sequencer.h"
#include "session/clauses.h"
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

// A rig with more than one thing to play.
struct ListRig : SessionRig {
    explicit ListRig(std::uint64_t seed = 1) {
        static_cast<void>(seed);
        video->note_samples = audio->note_samples = true;
    }
    // The topology of a scripted source of this length.
    Topology item(Duration length) {
        sources->media.duration = length;
        source.reset();
        auto opened = open();
        kept.push_back(opened);
        return topology(opened);
    }
    ~ListRig() { kept.clear(); }
    // What the sink was given since the journal was last taken, in ms.
    std::vector<int> given(const std::string& kind) {
        std::vector<int> stamps;
        const std::string head = kind + " process ";
        for (const auto& line : journal->lines()) {
            if (line.rfind(head, 0) == 0) stamps.push_back(std::stoi(line.substr(head.size())));
        }
        return stamps;
    }
    std::vector<std::shared_ptr<Source>> kept;
};

std::vector<int> every(int step, int end) {
    std::vector<int> stamps;
    for (int t = 0; t < end; t += step) stamps.push_back(t);
    return stamps;
}

}  // namespace

TEST_CASE("a queued topology follows without a gap, and the clock never stops",
          "[session][3][gapless][6.1]") {
    covers("3/trace-gapless", "6.1/head-follows", "6.1/nothing-stops", "6.1/notified");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(2s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.simulation->settle();
    rig.events();
    const auto begun = rig.simulation->now();
    rig.start();
    CHECK(rig.until("session-ended") ==
          Lines{"end-of-presentation ok", "notify-presentation-time ok", "topology-status:ready ok",
                "topology-status:started_source ok", "topology-status:ended ok",
                "topology-status:sink_switched ok", "end-of-presentation ok",
                "topology-status:ended ok", "capabilities-changed:-4 ok", "session-ended ok"});
    CHECK(rig.simulation->now() - begun == 3s);
    CHECK(position(rig.last("session-ended")->body) == media_at(3s));
    const auto event = rig.last("notify-presentation-time");
    REQUIRE(event);
    const auto* told = event->as<NotifyPresentationTime>();
    REQUIRE(told);
    CHECK(told->start == media_at(2s));
    CHECK(told->offset == 2s);
    CHECK(rig.video->rendered == 75);
    CHECK(rig.audio->rendered == 150);
}

TEST_CASE("what is handed out has presentation time: media time and the offset", "[session][6.1]") {
    covers("6.1/offset", "6.1/nothing-stops");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(400ms));
    (void)rig.session.set_topology(rig.item(400ms));
    (void)rig.session.set_topology(rig.item(400ms));
    rig.simulation->settle();
    rig.events();
    (void)rig.session.start();
    rig.until("session-ended");
    CHECK(rig.given("video") == every(40, 1200));
    CHECK(rig.given("audio") == every(20, 1200));
    CHECK(rig.journal->count("video flush") == 0);
    CHECK(rig.journal->count("video on-start 0") == 1);
}

TEST_CASE("an item that is trimmed begins at its media start and ends at its media stop",
          "[session][6.1]") {
    covers("6.1/trim", "6.1/media-stop");
    ListRig rig;
    Topology second = rig.item(2s);
    for (const auto& node : std::vector<Node>(second.nodes())) {
        if (!std::holds_alternative<SourceNode>(node.body)) continue;
        auto& trimmed = std::get<SourceNode>(second.find(node.id)->body);
        trimmed.media_start = media_at(1s);
        trimmed.media_stop = media_at(1400ms);
    }
    (void)rig.session.set_topology(rig.item(200ms));
    (void)rig.session.set_topology(second);
    rig.simulation->settle();
    (void)rig.session.start();
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(600ms));
    CHECK(rig.given("video") == every(40, 600));
    CHECK(rig.given("audio") == every(20, 600));
}

TEST_CASE("a stop leaves the current one current and the queue as it was", "[session][3.1][queue]") {
    covers("6.1/head-follows");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.start();
    rig.simulation->run_for(500ms);
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.last("session-stopped")->status.ok());
    rig.journal->take();
    rig.start();
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(2s));
}

TEST_CASE("a stop in the middle of a join belongs to the one that is rendered",
          "[session][3.1][queue]") {
    covers("3.1/mid-join");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.simulation->settle();
    rig.events();
    const auto first = rig.last("topology-set")->as<TopologySet>()->topology - 1;
    rig.start();
    rig.until("notify-presentation-time");
    CHECK(rig.events() == Lines{"topology-status:ready ok", "topology-status:started_source ok"});
    (void)rig.session.stop();
    CHECK(rig.until("session-stopped") == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(*rig.session.full_topology() == *rig.session.full_topology(first));
    // From the start both are played again, and every sample once.
    rig.journal->take();
    (void)rig.session.start();
    rig.until("session-ended");
    CHECK(rig.given("video") == every(40, 2000));
    CHECK(rig.given("audio") == every(20, 2000));
}

TEST_CASE("a seek in the middle of a join goes to the one that is rendered", "[session][6.1]") {
    covers("6.1/start-concerns-first");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.start();
    rig.until("notify-presentation-time");
    rig.events();
    rig.journal->take();
    (void)rig.session.start(at(400ms));
    rig.until("session-started");
    CHECK(rig.session.position() == media_at(400ms));
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(2s));
    auto expected = every(40, 2000);
    expected.erase(expected.begin(), expected.begin() + 10);
    CHECK(rig.given("video") == expected);
}

TEST_CASE("a pause in the middle of a join keeps both", "[session][6.1]") {
    covers("6.1/nothing-stops");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.simulation->settle();
    rig.journal->take();
    (void)rig.session.start();
    rig.until("notify-presentation-time");
    (void)rig.session.pause();
    rig.until("session-paused");
    CHECK(rig.last("session-paused")->status.ok());
    rig.simulation->run_for(10s);
    (void)rig.session.start();
    rig.until("session-ended");
    CHECK(rig.given("video") == every(40, 2000));
    CHECK(rig.given("audio") == every(20, 2000));
}

TEST_CASE("a topology queued behind one whose end has been read follows it all the same",
          "[session][6.1]") {
    covers("6.1/head-follows");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    const Topology second = rig.item(1s);
    rig.start();
    rig.simulation->run_for(700ms);
    (void)rig.session.set_topology(second);
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(2s));
    CHECK(rig.video->rendered == 50);
}

TEST_CASE("items shorter than what the outputs hold follow each other just as well",
          "[session][6.1]") {
    covers("6.1/offset");
    ListRig rig;
    for (int i = 0; i < 20; ++i) (void)rig.session.set_topology(rig.item(40ms));
    rig.simulation->settle();
    (void)rig.session.start();
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(800ms));
    CHECK(rig.given("video") == every(40, 800));
    CHECK(rig.given("audio") == every(20, 800));
}

TEST_CASE("immediate while started: the new one takes over and the session stays started",
          "[session][1.5][immediate]") {
    covers("1.5/immediate-started");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(5s));
    const Topology second = rig.item(1s);
    rig.start();
    rig.simulation->run_for(2s);
    rig.events();
    (void)rig.session.set_topology(second, SetTopology::immediate);
    CHECK(rig.until("topology-status", 1s) ==
          Lines{"topology-set ok", "topology-status:ended ok"});
    rig.simulation->run_for(100ms);
    CHECK(rig.events() == Lines{"notify-presentation-time ok", "topology-status:ready ok",
                                "topology-status:started_source ok",
                                "topology-status:sink_switched ok"});
    CHECK(rig.session.state() == SessionState::started);
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(1s));
}

TEST_CASE("immediate while paused waits for the next start", "[session][1.5][immediate]") {
    covers("1.5/immediate-paused");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(5s));
    const Topology second = rig.item(1s);
    rig.start();
    (void)rig.session.pause();
    rig.until("session-paused");
    (void)rig.session.set_topology(second, SetTopology::immediate);
    CHECK(rig.until("topology-set") == Lines{"topology-set ok"});
    CHECK(rig.session.state() == SessionState::paused);
    (void)rig.session.start();
    CHECK(rig.until("session-started") ==
          Lines{"topology-status:ended ok", "notify-presentation-time ok",
                "topology-status:ready ok", "topology-status:started_source ok",
                "capabilities-changed:+4 ok", "session-started ok"});
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(1s));
}

TEST_CASE("clearing the current one lets the head of the queue take its place",
          "[session][1.5][clear_current]") {
    covers("1.5/clear-current-keeps-queue");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(5s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.start();
    rig.simulation->run_for(1s);
    rig.events();
    (void)rig.session.clear_current_topology();
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(1s));
    (void)rig.session.clear_current_topology();
    rig.until("topology-set");
    CHECK(rig.session.state() == SessionState::idle);
}

TEST_CASE("cleared topologies do not follow", "[session][1.2]") {
    covers("1.5/waits-otherwise");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    (void)rig.session.set_topology(rig.item(1s));
    rig.start();
    (void)rig.session.clear_topologies();
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(1s));
}

TEST_CASE("one that cannot be read any more is left out, with a word", "[session][6.1]") {
    covers("6.1/head-follows");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    const Topology second = rig.item(1s);
    (void)rig.session.set_topology(second);
    (void)rig.session.set_topology(rig.item(1s));
    rig.start();
    // The seek of the second fails: it is read for the first time and then once more.
    rig.simulation->run_for(100ms);
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(3s));
}

// ---- the sequencer -----------------------------------------------------------------------------

TEST_CASE("a sequence of three: the events in their order", "[session][6.2]") {
    covers("6.2/trace", "6.2/announces-next", "6.2/segment-end", "6.2/presentation-end",
           "6.2/last");
    ListRig rig;
    const Topology a = rig.item(2s), b = rig.item(2s), c = rig.item(2s);
    Sequencer list{rig.session};
    rig.events();
    REQUIRE(list.append(a));
    REQUIRE(list.append(b));
    REQUIRE(list.append(c, SegmentFlags::last));
    rig.until("new-presentation");
    rig.simulation->settle();
    rig.events();
    (void)rig.session.start();
    CHECK(rig.until("session-ended") ==
          Lines{"topology-status:started_source ok", "capabilities-changed:+4 ok",
                "session-started ok", "end-of-presentation-segment ok",
                "notify-presentation-time ok", "topology-status:ready ok",
                "topology-status:started_source ok", "new-presentation ok", "topology-set ok",
                "topology-status:ended ok", "topology-status:sink_switched ok",
                "end-of-presentation-segment ok", "notify-presentation-time ok",
                "topology-status:ready ok", "topology-status:started_source ok",
                "topology-status:ended ok", "topology-status:sink_switched ok",
                "end-of-presentation ok", "topology-status:ended ok", "capabilities-changed:-4 ok",
                "session-ended ok"});
    CHECK(position(rig.last("session-ended")->body) == media_at(6s));
}

TEST_CASE("a sequence without a last segment waits for more at its end", "[session][6.2]") {
    covers("6.2/waits-for-more", "6.2/last");
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(1s);
    Sequencer list{rig.session};
    (void)list.append(a);
    rig.until("topology-status");
    rig.start();
    rig.simulation->run_for(10s);
    for (const auto& line : rig.events()) {
        CHECK(line != "session-ended ok");
        CHECK(line != "end-of-presentation ok");
    }
    CHECK(rig.session.state() == SessionState::started);
    CHECK(rig.session.position() == media_at(1s));
    (void)list.append(b, SegmentFlags::last);
    rig.until("session-ended");
    CHECK(rig.last("session-ended").has_value());
    CHECK(position(rig.last("session-ended")->body) == media_at(2s));
    CHECK(rig.video->rendered == 50);
}

TEST_CASE("a start at a segment cancels the one that plays", "[session][6.3]") {
    covers("6.3/cancels-active", "6.3/target-announced", "6.3/playlist-time",
           "1.3/segment-offset");
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(5s), c = rig.item(2s);
    Sequencer list{rig.session};
    (void)list.append(a);
    (void)list.append(b);
    const auto third = list.append(c, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(1s);
    rig.events();
    (void)rig.session.start(StartSegment{*third, 500ms});
    const auto lines = rig.until("session-started");
    CHECK(lines.front() == "end-of-presentation-segment ok");
    CHECK(rig.last("end-of-presentation-segment")->as<EndOfPresentationSegment>()->cancelled);
    CHECK(rig.last("session-started")->status.ok());
    CHECK(rig.session.position() == media_at(500ms));
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(2s));
}

TEST_CASE("entries are skipped forward and back, and not beyond the ends", "[session][1.3][6.3]") {
    covers("1.3/entry", "6.3/cancels-active");
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(2s), c = rig.item(3s);
    Sequencer list{rig.session};
    (void)list.append(a);
    (void)list.append(b);
    (void)list.append(c, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    (void)rig.session.start(StartEntry{2});
    rig.until("session-started");
    CHECK(rig.last("session-started")->status.ok());
    (void)rig.session.start(StartEntry{-1});
    rig.until("session-started");
    CHECK(rig.last("session-started")->status.ok());
    (void)rig.session.start(StartEntry{-5});
    rig.until("session-started");
    CHECK(rig.last("session-started")->status == Errc::not_found);
    CHECK(rig.session.state() == SessionState::started);
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(5s));
}

TEST_CASE("segments are unknown to a session without a sequencer", "[session][1.3]") {
    covers("1.3/segment-without-sequencer");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    rig.simulation->settle();
    (void)rig.session.start(StartSegment{1, {}});
    rig.until("session-started");
    CHECK(rig.last("session-started")->status == Errc::unsupported_time_format);
}

TEST_CASE("a repeated list begins again behind its last, for as long as it is wanted",
          "[session][6.2][loop]") {
    covers("6.2/own-ids");
    ListRig rig;
    const Topology a = rig.item(200ms), b = rig.item(400ms);
    Sequencer list{rig.session, {.feeds_session = true, .repeat = true}};
    (void)list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.simulation->settle();
    rig.journal->take();
    (void)rig.session.start();
    rig.simulation->run_for(5900ms);
    CHECK(rig.session.state() == SessionState::started);
    list.set_repeat(false);
    rig.until("session-ended");
    REQUIRE(rig.last("session-ended"));
    const auto ended = *position(rig.last("session-ended")->body) - media_zero;
    CHECK(ended % 600ms == 0ms);
    CHECK(rig.given("video") == every(40, static_cast<int>(ended / 1ms)));
    CHECK(rig.given("audio") == every(20, static_cast<int>(ended / 1ms)));
}

TEST_CASE("a segment that waits can be taken out or replaced", "[session][6.2]") {
    covers("6.2/update", "6.2/delete-unused");
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(1s), c = rig.item(500ms), d = rig.item(400ms);
    Sequencer list{rig.session};
    (void)list.append(a);
    const auto second = list.append(b);
    const auto third = list.append(c, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    REQUIRE(list.remove(*second));
    REQUIRE(list.update(*third, d));
    rig.until("topology-updated");
    rig.until("session-ended");
    CHECK((*position(rig.last("session-ended")->body) - media_zero) / 1ms == 1400);
    CHECK(list.segments().size() == 2);
    CHECK(list.remove(*second).error() == Errc::not_found);
}

TEST_CASE("the segment that plays is ended by its removal", "[session][6.2]") {
    covers("6.2/delete-active");
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(1s);
    Sequencer list{rig.session};
    const auto first = list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(1s);
    REQUIRE(list.remove(*first));
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(1s));
}

TEST_CASE("project times belong to a session with global time", "[session][6.3][1.5]") {
    covers("6.3/global-attributes", "6.3/global-time");
    ListRig rig;
    Topology a = rig.item(1s);
    a.project_start = media_at(0s);
    a.project_stop = media_at(1s);
    CHECK(rig.session.set_topology(a).error() == Errc::topo_invalid_time_attributes);
    Session whole = rig.engine->create_session({.queue_events = true, .global_time = true});
    CHECK(whole.set_topology(rig.item(1s)).error() == Errc::topo_invalid_time_attributes);
    Topology b = rig.item(1s);
    b.project_start = media_at(1s);
    b.project_stop = media_at(2s);
    REQUIRE(whole.set_topology(a));
    REQUIRE(whole.set_topology(b));
    REQUIRE(whole.start());
    std::optional<MediaTime> ended;
    const auto deadline = rig.simulation->now() + 10s;
    while (!ended && rig.simulation->now() < deadline) {
        auto event = whole.next_for(10s);
        if (event && event->as<SessionEnded>()) ended = position(event->body);
    }
    CHECK(ended == media_at(2s));
}
