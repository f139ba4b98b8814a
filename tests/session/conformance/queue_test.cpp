// Topologies that follow each other: media-session.md sections 1.5, 3 (gapless) and 6.1, on scripted
// surroundings in virtual time.
#include "session/clauses.h"
#include "session/conformance/list_rig.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

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
    rig.check_given(1200ms);
    CHECK(rig.journal->count("video flush") == 0);
    CHECK(rig.journal->count("video on-start 0") == 1);
}

TEST_CASE("an item that is trimmed begins at its media start and ends at its media stop",
          "[session][6.1]") {
    covers("6.1/trim", "6.1/media-stop");
    ListRig rig;
    const Topology second = trimmed(rig.item(2s), media_at(1s), media_at(1400ms));
    (void)rig.session.set_topology(rig.item(200ms));
    (void)rig.session.set_topology(second);
    rig.simulation->settle();
    (void)rig.session.start();
    rig.ends_at(600ms);
    rig.check_given(600ms);
}

TEST_CASE("a stop leaves the current one current and the queue as it was",
          "[session][3.1][queue]") {
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
    rig.ends_at(2s);
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
    CHECK(rig.until("session-stopped") ==
          Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(*rig.session.full_topology() == *rig.session.full_topology(first));
    // From the start both are played again, and every sample once.
    rig.journal->take();
    (void)rig.session.start();
    rig.until("session-ended");
    rig.check_given(2000ms);
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
    rig.ends_at(2s);
    auto expected = every(40, 2000);
    expected.erase(expected.begin(), expected.begin() + 10);
    CHECK(rig.given() == expected);
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
    rig.check_given(2000ms);
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
    rig.ends_at(2s);
    CHECK(rig.video->rendered == 50);
}

TEST_CASE("items shorter than what the outputs hold follow each other just as well",
          "[session][6.1]") {
    covers("6.1/offset");
    ListRig rig;
    for (int i = 0; i < 20; ++i) (void)rig.session.set_topology(rig.item(40ms));
    rig.simulation->settle();
    (void)rig.session.start();
    rig.ends_at(800ms);
    rig.check_given(800ms);
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
    CHECK(rig.until("topology-status", 1s) == Lines{"topology-set ok", "topology-status:ended ok"});
    rig.simulation->run_for(100ms);
    CHECK(rig.events() == Lines{"notify-presentation-time ok", "topology-status:ready ok",
                                "topology-status:started_source ok",
                                "topology-status:sink_switched ok"});
    CHECK(rig.session.state() == SessionState::started);
    rig.ends_at(1s);
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
    rig.ends_at(1s);
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
    rig.ends_at(1s);
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
    rig.ends_at(1s);
}

TEST_CASE("one that cannot be read any more is left out, with a word", "[session][6.1]") {
    covers("6.1/head-follows");
    ListRig rig;
    (void)rig.session.set_topology(rig.item(10s));
    (void)rig.session.set_topology(trimmed(rig.item(2s), media_at(1s), media_at(2s)));
    (void)rig.session.set_topology(rig.item(1s));
    rig.start();
    rig.faults->fail_seek = true; // of the second, when it is prepared behind the first
    const Lines lines = rig.until("non-fatal-error");
    rig.faults->fail_seek = false;
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.back() == "non-fatal-error damaged");
    // The third is joined in its place: nothing stops and nothing is started again.
    CHECK(rig.until("session-ended") ==
          Lines{"topology-status:ended ok", "end-of-presentation ok", "notify-presentation-time ok",
                "topology-status:ready ok", "topology-status:started_source ok",
                "topology-status:ended ok", "topology-status:sink_switched ok",
                "end-of-presentation ok", "topology-status:ended ok", "capabilities-changed:-4 ok",
                "session-ended ok"});
    CHECK(position(rig.last("session-ended")->body) == media_at(11s));
    CHECK(rig.journal->count("video on-start 10000") == 0);
    CHECK(rig.video->rendered == 275);
    CHECK(rig.count<NonFatalError>() == 1);
}
