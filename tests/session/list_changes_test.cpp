// A list that is changed while its session stands, stops, plays or is closed.
#include "playhead/sequencer.h"
#include "session/conformance/list_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE(
    "where nothing plays the removed segment gives way to the next, and nothing begins to play",
    "[session][6.2]") {
    const bool paused = GENERATE(false, true);
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(1s);
    Sequencer list{rig.session};
    const auto first = list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.simulation->settle();
    if (paused) {
        rig.start();
        rig.simulation->run_for(1s);
        (void)rig.session.pause();
        rig.until("session-paused");
    }
    REQUIRE(list.remove(*first));
    rig.simulation->run_for(1s);
    CHECK(rig.session.state() == (paused ? SessionState::paused : SessionState::stopped));
    rig.plays_from_start(1s);
}

TEST_CASE("a stop just before the removal of what plays stays a stop", "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(1s);
    Sequencer list{rig.session};
    const auto first = list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(1s);
    rig.session.stop();
    REQUIRE(list.remove(*first));
    rig.simulation->run_for(1s);
    CHECK(rig.session.state() == SessionState::stopped);
    rig.plays_from_start(1s);
}

TEST_CASE("behind the removal of its last segment a list goes on with what is appended",
          "[session][6.2]") {
    const bool started = GENERATE(false, true);
    const bool repeats = GENERATE(false, true);
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(1s), c = rig.item(400ms);
    Sequencer list{rig.session, {.feeds_session = true, .repeat = repeats}};
    const auto first = list.append(a);
    const auto before = list.append(b);
    (void)list.remove(*before);
    rig.until("topology-status");
    rig.simulation->settle();
    if (started) {
        rig.start();
        rig.simulation->run_for(4900ms);
        rig.events();
    }
    REQUIRE(list.remove(*first));
    rig.simulation->run_for(1s);
    CHECK(rig.session.state() == SessionState::idle);
    if (started) {
        REQUIRE(rig.until("session-ended").back() == "session-ended ok");
        CHECK(position(rig.last("session-ended")->body) == media_at(4900ms));
    }
    list.set_repeat(false);
    (void)list.append(c, SegmentFlags::last);
    rig.simulation->settle();
    CHECK(rig.session.state() == SessionState::stopped);
    rig.plays_from_start(400ms);
}

TEST_CASE("what is removed far behind does not set the next one twice", "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(200ms), b = rig.item(200ms), c = rig.item(200ms);
    Sequencer list{rig.session};
    (void)list.append(a);
    rig.simulation->settle();
    rig.decoders->gate.close(false); // the next one is still being resolved
    (void)list.append(b, SegmentFlags::last);
    const auto third = list.append(c);
    rig.simulation->settle();
    REQUIRE(list.remove(*third));
    rig.simulation->settle();
    rig.decoders->gate.open();
    rig.simulation->settle();
    rig.plays_from_start(400ms);
}

TEST_CASE("a segment that becomes the last is not followed by what waits already",
          "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(1s);
    Sequencer list{rig.session};
    const auto first = list.append(a);
    (void)list.append(b);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(1s);
    rig.events();
    REQUIRE(list.set_flags(*first, SegmentFlags::last));
    rig.ends_at(5s);
    CHECK(rig.count<EndOfPresentation>() == 1);
}

TEST_CASE("a closed session takes no more segments and tells nothing of them",
          "[session][6.2][1.1]") {
    ListRig rig;
    const Topology a = rig.item(1s);
    Sequencer list{rig.session};
    const auto first = list.append(a);
    rig.simulation->settle();
    (void)rig.session.close();
    rig.until("session-closed");
    CHECK(list.append(a).error() == Errc::invalid_request);
    CHECK(list.update(*first, a).error() == Errc::invalid_request);
    CHECK(list.set_flags(*first, SegmentFlags::last));
    CHECK(list.remove(*first));
    rig.simulation->run_for(1s);
    CHECK(rig.events().empty());
    (void)rig.session.shutdown();
    CHECK(list.append(a).error() == Errc::shut_down);
}

TEST_CASE("in reverse what is queued stays queued", "[session][6.1][5.2]") {
    ListRig rig;
    (void)rig.session.set_topology(rig.item(1s));
    (void)rig.session.set_topology(rig.item(2s));
    (void)rig.session.set_rate(-1.0);
    rig.start(at(500ms));
    rig.ends_at(0s);
    CHECK(rig.count<EndOfPresentation>() == 1);
    (void)rig.session.set_rate(1.0);
    rig.start();
    rig.ends_at(3s);
}

TEST_CASE("what is put in before the one that waits already is played before it",
          "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(400ms), c = rig.item(2s);
    Sequencer list{rig.session};
    (void)list.append(a);
    const auto waits = list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(500ms);
    const auto between = list.insert_before(*waits, c);
    REQUIRE(between);
    CHECK(list.segments().at(1) == *between);
    rig.ends_at(3400ms);
}

TEST_CASE("what comes first instead while the first is being resolved is played",
          "[session][6.2]") {
    enum class Change { insert, update, remove };
    const auto change = GENERATE(Change::insert, Change::update, Change::remove);
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(400ms), c = rig.item(2s);
    Sequencer list{rig.session};
    rig.decoders->gate.close(false);
    const auto first = list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.simulation->run_for(5ms);
    if (change == Change::insert) (void)list.insert_before(*first, c);
    if (change == Change::update) (void)list.update(*first, c);
    if (change == Change::remove) (void)list.remove(*first);
    rig.simulation->run_for(5ms);
    rig.decoders->gate.open();
    rig.simulation->settle();
    rig.start();
    rig.ends_at(change == Change::insert ? 3400ms : change == Change::update ? 2400ms : 400ms);
}

TEST_CASE("what changes behind a removal of what plays is played next", "[session][6.2]") {
    const bool insert = GENERATE(false, true);
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(400ms), c = rig.item(2s);
    Sequencer list{rig.session};
    const auto plays = list.append(a);
    const auto waits = list.append(b, insert ? SegmentFlags::last : SegmentFlags::none);
    if (!insert) (void)list.append(c, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(500ms);
    rig.faults->seek_gate.close(false); // the removal waits for a seek
    (void)rig.session.start(at(100ms));
    rig.simulation->run_for(5ms);
    REQUIRE(list.remove(*plays));
    rig.simulation->run_for(5ms);
    if (insert) {
        REQUIRE(list.insert_before(*waits, c));
    } else {
        REQUIRE(list.remove(*waits));
    }
    rig.simulation->run_for(5ms);
    rig.faults->seek_gate.open();
    rig.ends_at(insert ? 2400ms : 2s);
    CHECK(rig.count<SessionEnded>() == 1);
}

TEST_CASE("behind a removed segment that was skipped to comes what was behind it",
          "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(5s), c = rig.item(400ms);
    Sequencer list{rig.session};
    (void)list.append(a, SegmentFlags::last);
    const auto second = list.append(b);
    (void)list.append(c, SegmentFlags::last);
    rig.simulation->settle();
    rig.start(StartSegment{*second, {}});
    rig.simulation->run_for(500ms);
    REQUIRE(list.remove(*second));
    list.set_repeat(false);
    rig.ends_at(400ms);
}

TEST_CASE("what was on its way behind what plays does not come behind what was skipped to",
          "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(5s), b = rig.item(1s), c = rig.item(400ms), d = rig.item(2s);
    Sequencer list{rig.session};
    (void)list.append(a);
    const auto waits = list.append(b);
    const auto wanted = list.append(c);
    (void)list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(500ms);
    rig.decoders->gate.close(false);
    (void)rig.session.start(StartSegment{*wanted, {}});
    rig.simulation->run_for(5ms);
    REQUIRE(list.insert_before(*waits, d));
    rig.simulation->run_for(5ms);
    rig.decoders->gate.open();
    rig.until("session-started");
    rig.ends_at(1400ms);
}

TEST_CASE("a list that repeats goes on with what was appended before it begins again",
          "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(2s);
    Sequencer list{rig.session, {.feeds_session = true, .repeat = true}};
    (void)list.append(a);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(500ms);
    (void)list.append(b, SegmentFlags::last);
    rig.simulation->run_for(1s);
    list.set_repeat(false);
    rig.ends_at(3s);
}

TEST_CASE("a list that is not to repeat any more does not begin again", "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(1s), b = rig.item(2s);
    Sequencer list{rig.session, {.feeds_session = true, .repeat = true}};
    (void)list.append(a);
    (void)list.append(b, SegmentFlags::last);
    rig.until("new-presentation");
    rig.start();
    rig.simulation->run_for(2s); // the first waits behind the second
    list.set_repeat(false);
    rig.ends_at(3s);
}

TEST_CASE("what was to take the place of a paused one and is removed leaves it where it is",
          "[session][6.2]") {
    ListRig rig;
    const Topology a = rig.item(2s), b = rig.item(1s);
    Sequencer list{rig.session, {.feeds_session = false}};
    const auto first = list.append(a, SegmentFlags::last);
    const auto second = list.append(b, SegmentFlags::last);
    (void)rig.session.set_topology(**list.topology(*first));
    rig.start();
    rig.simulation->run_for(500ms);
    (void)rig.session.pause();
    rig.until("session-paused");
    (void)rig.session.set_topology(**list.topology(*second), SetTopology::immediate);
    rig.simulation->settle();
    REQUIRE(list.remove(*second));
    rig.simulation->settle();
    rig.start();
    CHECK(rig.last("session-started")->status.ok());
    rig.ends_at(2s);
}
