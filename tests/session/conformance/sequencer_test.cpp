// The sequencer's lists: media-session.md sections 1.3, 6.2 and 6.3, on scripted surroundings in virtual
// time.
#include "playhead/sequencer.h"
#include "session/clauses.h"
#include "session/conformance/list_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

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
    CHECK(rig.until("session-ended") == Lines{"topology-status:started_source ok",
                                              "capabilities-changed:+4 ok",
                                              "session-started ok",
                                              "end-of-presentation-segment ok",
                                              "notify-presentation-time ok",
                                              "topology-status:ready ok",
                                              "topology-status:started_source ok",
                                              "new-presentation ok",
                                              "topology-set ok",
                                              "topology-status:ended ok",
                                              "topology-status:sink_switched ok",
                                              "end-of-presentation-segment ok",
                                              "notify-presentation-time ok",
                                              "topology-status:ready ok",
                                              "topology-status:started_source ok",
                                              "topology-status:ended ok",
                                              "topology-status:sink_switched ok",
                                              "end-of-presentation ok",
                                              "topology-status:ended ok",
                                              "capabilities-changed:-4 ok",
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
    for (int times = 0; times < 2; ++times) { // a pause there changes nothing of it
        (void)rig.session.pause();
        rig.until("session-paused");
        rig.start();
        rig.simulation->run_for(3s);
        CHECK(rig.session.state() == SessionState::started);
        CHECK(rig.session.position() == media_at(1s));
    }
    (void)list.append(b, SegmentFlags::last);
    rig.ends_at(2s);
    CHECK(rig.video->rendered == 50);
}

TEST_CASE(
    "the end of a sequence that has waited for more is told once, and not of what was stopped",
    "[session][6.2]") {
    covers("3/end-of-presentation", "6.2/presentation-end");
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(1s);
    Sequencer list{rig.session};
    const auto first = *list.append(a);
    rig.until("topology-status");
    rig.start();
    rig.simulation->run_for(3s);
    const auto ends = [&] {
        rig.events();
        return rig.count<EndOfPresentation>();
    };
    SECTION("it goes on to its end") {
        (void)list.set_flags(first, SegmentFlags::last);
        rig.until("session-ended");
        CHECK(ends() == 1);
        (void)list.set_flags(first, SegmentFlags::last);
        (void)list.append(b);
        rig.simulation->run_for(1s);
        CHECK(ends() == 1);
    }
    SECTION("it is paused") {
        (void)rig.session.pause();
        for (int times = 0; times < 2; ++times) {
            (void)list.set_flags(first, SegmentFlags::last);
            (void)list.set_flags(first, SegmentFlags::none);
        }
        (void)list.set_flags(first, SegmentFlags::last);
        rig.simulation->run_for(1s);
        CHECK(ends() == 1);
        rig.start();
        CHECK(rig.until("session-ended").back() == "session-ended ok");
        CHECK(ends() == 1);
    }
    SECTION("it is stopped") {
        (void)rig.session.stop();
        rig.until("session-stopped");
        (void)list.set_flags(first, SegmentFlags::last);
        rig.simulation->run_for(1s);
        CHECK(ends() == 0);
    }
}

TEST_CASE("a start at a segment cancels the one that plays", "[session][6.3]") {
    covers("6.3/cancels-active", "6.3/target-announced", "6.3/playlist-time", "1.3/segment-offset");
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
    rig.ends_at(2s);
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
    rig.ends_at(5s);
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
    const auto first = list.append(a);
    (void)list.append(b, SegmentFlags::last);
    const auto again = list.append(a); // the same topology, another segment
    REQUIRE(first);
    REQUIRE(again);
    CHECK(*first != *again);
    CHECK((*list.topology(*again))->segment == *again);
    REQUIRE(list.remove(*again));
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
    rig.check_given(ended);
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
    CHECK(rig.last("topology-updated")->as<TopologyUpdated>()->segment == *third);
    rig.ends_at(1400ms);
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
    rig.ends_at(1s);
}

TEST_CASE("with global time a position is one of the whole, in whichever segment it lies",
          "[session][6.3]") {
    covers("6.3/global-time");
    ListRig rig;
    Topology a = rig.item(1s), b = rig.item(1s);
    a.project_start = media_at(0s);
    a.project_stop = media_at(1s);
    b.project_start = media_at(5s);
    b.project_stop = media_at(6s);
    Session whole = rig.engine->create_session({.queue_events = true, .global_time = true});
    Sequencer list{whole};
    (void)list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.simulation->settle();
    const auto moved = [&](Duration to) {
        (void)whole.start(at(to));
        rig.simulation->run_for(200ms);
        return *whole.position() - media_zero;
    };
    CHECK(moved(0s) == 200ms);
    CHECK(moved(5500ms) == 5700ms);
    CHECK(moved(300ms) == 500ms);
    // Where nothing is, the current one says so and goes on.
    CHECK(moved(3s) == 700ms);
    const auto cued = [&](Duration to) {
        rig.journal->take();
        (void)whole.cue(media_at(to));
        rig.simulation->run_for(200ms);
        CHECK(whole.state() == SessionState::paused);
        return *whole.position() - media_zero;
    };
    CHECK(cued(5520ms) == 5520ms);
    REQUIRE_FALSE(rig.given().empty());
    CHECK(rig.given().front() == 5520);
    CHECK(cued(200ms) == 200ms);
    REQUIRE_FALSE(rig.given().empty());
    CHECK(rig.given().front() == 200);
    (void)whole.start();
    rig.simulation->run_for(100ms);
    CHECK(*whole.position() - media_zero == 300ms);
}

TEST_CASE("project times belong to a session with global time", "[session][6.3][1.5]") {
    covers("6.3/global-attributes");
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

TEST_CASE("a place in a segment that cannot seek is refused, and what plays plays on",
          "[session][1.3][1.4]") {
    covers("1.3/not-seekable", "1.4/seek-validated-first");
    ListRig rig;
    rig.sources->named["pipe"] = {.duration = 2s, .seekable = false};
    const Topology a = rig.item(2s), b = rig.topology(rig.open("pipe"));
    Sequencer list{rig.session};
    (void)list.append(a);
    const auto pipe = list.append(b, SegmentFlags::last);
    rig.simulation->settle();
    rig.start();
    rig.simulation->run_for(500ms);
    rig.events();
    (void)rig.session.start(StartSegment{*pipe, 500ms});
    rig.simulation->run_for(500ms);
    CHECK(rig.events() == Lines{"session-started not_seekable"});
    CHECK(rig.session.state() == SessionState::started);
    CHECK(rig.session.position() == media_at(1s));
    (void)rig.session.start(StartSegment{*pipe, {}});
    rig.until("session-started");
    CHECK(rig.last("session-started")->status.ok());
}
