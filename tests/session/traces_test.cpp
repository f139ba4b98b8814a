// The reference traces of media-session.md section 3 and the call orders of section 1.4, on scripted
// surroundings in virtual time.
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("open: a first topology becomes current and ready without a start",
          "[session][3][open]") {
    SessionRig rig;
    auto source = rig.open();
    REQUIRE(source);
    REQUIRE(rig.session.set_topology(rig.topology(source)));
    CHECK(rig.until("topology-status") == Lines{"topology-set ok", "notify-presentation-time ok",
                                                "capabilities-changed:+115 ok",
                                                "topology-status:ready ok"});
    CHECK(rig.session.state() == SessionState::stopped);
    CHECK(rig.session.position() == media_zero);
}

TEST_CASE("play: the source is told first, then the sinks, and nothing runs before preroll",
          "[session][3][play]") {
    SessionRig rig;
    rig.load();
    const auto id = rig.session.start();
    REQUIRE(id);
    CHECK(rig.until("session-started") == Lines{"topology-status:started_source ok",
                                                "capabilities-changed:+4 ok",
                                                "session-started ok"});
    CHECK(rig.last("session-started")->command == *id);
    CHECK(rig.session.state() == SessionState::started);
    const auto calls = rig.journal->lines();
    const auto at = [&](const std::string& line) {
        return std::find(calls.begin(), calls.end(), line) - calls.begin();
    };
    CHECK(at("video preroll 0") < at("video on-start 0"));
    CHECK(at("audio preroll 0") < at("video on-start 0"));
    CHECK(at("video preroll 0") < at("audio on-start 0"));
}

TEST_CASE("to the end: every sample is rendered, then one SessionEnded", "[session][3][end]") {
    SessionRig rig;
    rig.load();
    rig.start();
    const auto begun = rig.simulation->now();
    CHECK(rig.until("session-ended") == Lines{"end-of-presentation ok", "topology-status:ended ok",
                                              "capabilities-changed:-4 ok", "session-ended ok"});
    CHECK(rig.video->rendered == 250);
    CHECK(rig.audio->rendered == 500);
    CHECK(rig.simulation->now() - begun == 10s);
    CHECK(rig.session.state() == SessionState::stopped);
    CHECK(rig.session.position() == media_zero);
    CHECK(position(rig.last("session-ended")->body) == media_at(10s));

    // start(current) replays it from the beginning.
    rig.start();
    rig.until("session-ended");
    CHECK(rig.video->rendered == 500);
}

TEST_CASE("pause freezes the clock and resume goes on from there", "[session][3][pause]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.simulation->run_for(2s);
    rig.journal->take();
    (void)rig.session.pause();
    CHECK(rig.until("session-paused") == Lines{"capabilities-changed:-4 ok", "session-paused ok"});
    CHECK(position(rig.last("session-paused")->body) == media_at(2s));
    const int shown = rig.video->rendered;
    rig.simulation->run_for(5s);
    CHECK(rig.video->rendered == shown);
    CHECK(rig.session.position() == media_at(2s));
    (void)rig.session.start();
    CHECK(rig.until("session-started") ==
          Lines{"capabilities-changed:+4 ok", "session-started ok"});
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(3s));
    // No flush and no new start position: what was queued is played.
    CHECK(rig.journal->count("video flush") == 0);
    CHECK(rig.journal->count("video on-restart") == 1);
    CHECK(rig.journal->count("video on-start 2000") == 0);
}

TEST_CASE("a paused session has nothing left to do", "[session][idle]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.simulation->run_for(2s);
    (void)rig.session.pause();
    rig.until("session-paused");
    rig.simulation->run_for(1s); // the scripted sinks' last timers go by
    const auto steps = rig.simulation->steps();
    rig.simulation->run_for(1h);
    CHECK(rig.simulation->steps() == steps);
}

TEST_CASE("seek: sources, flush, preroll, clock start, one SessionStarted and nothing else",
          "[session][3][seek]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.simulation->run_for(1s);
    rig.journal->take();
    (void)rig.session.start(at(5010ms));
    CHECK(rig.until("session-started") == Lines{"session-started ok"});
    const auto event = *rig.last("session-started");
    CHECK(position(event.body) == media_at(5010ms));
    CHECK(event.as<SessionStarted>()->shown_pts == media_at(5s)); // its interval holds 5.01 s
    CHECK(rig.session.position() == media_at(5010ms));
    Lines of_video;
    for (const auto& line : rig.journal->lines()) {
        if (line.rfind("audio", 0) != 0) of_video.push_back(line);
    }
    CHECK(of_video ==
          Lines{"source seek 5010", "video flush", "video preroll 5010", "video on-start 5010"});
}

TEST_CASE("a cue shows the frame, stays paused, and plays on from there", "[session][cue]") {
    SessionRig rig;
    rig.load();
    (void)rig.session.cue(media_at(3s));
    rig.until("session-paused");
    CHECK(rig.last("session-paused")->status.ok());
    CHECK(rig.session.state() == SessionState::paused);
    CHECK(rig.session.position() == media_at(3s));
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(3s));
    rig.start();
    rig.simulation->run_for(1s);
    CHECK(rig.session.position() == media_at(4s));
}

TEST_CASE("stop tells where it was, rewinds, and can be followed by a start",
          "[session][3][stop]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.simulation->run_for(3s);
    rig.journal->take();
    const auto id = rig.session.stop();
    CHECK(rig.until("session-stopped") ==
          Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(rig.last("session-stopped")->command == *id);
    CHECK(position(rig.last("session-stopped")->body) == media_at(3s));
    CHECK(rig.session.position() == media_zero);
    const int shown = rig.video->processed;
    rig.simulation->run_for(5s);
    CHECK(rig.video->processed == shown);
    rig.start();
    CHECK(rig.session.position() == media_zero);
    rig.until("session-ended");
    CHECK(position(rig.last("session-ended")->body) == media_at(10s));
}

TEST_CASE("close while playing stops, empties the capabilities, and is the last event",
          "[session][3][close]") {
    SessionRig rig;
    rig.load();
    rig.start();
    (void)rig.session.close();
    CHECK(rig.until("session-closed") ==
          Lines{"capabilities-changed:-4 ok", "capabilities-changed:-115 ok", "session-closed ok"});
    CHECK(rig.video->is_shut_down);
    CHECK(rig.session.start().error() == Errc::invalid_request);
    CHECK(rig.session.close().error() == Errc::invalid_request);
    rig.simulation->run_for(1s);
    CHECK(rig.events().empty());
    CHECK(rig.session.shutdown());
    CHECK(rig.session.shutdown().error() == Errc::shut_down);
    CHECK(rig.session.stop().error() == Errc::shut_down);
    CHECK(rig.session.try_next().error() == Errc::shut_down);
}

TEST_CASE("commands given without waiting complete in order, each with its id", "[session][2]") {
    SessionRig rig;
    auto source = rig.open();
    std::vector<CommandId> ids;
    ids.push_back(*rig.session.set_topology(rig.topology(source)));
    ids.push_back(*rig.session.start());
    ids.push_back(*rig.session.pause());
    ids.push_back(*rig.session.start(at(2s)));
    ids.push_back(*rig.session.pause());
    ids.push_back(*rig.session.start());
    rig.simulation->run_for(1s);
    rig.events();
    std::vector<CommandId> completed;
    for (const auto& event : rig.taken) {
        if (is_completion(event.body)) {
            CHECK(event.status.ok());
            completed.push_back(event.command);
        }
    }
    CHECK(completed == ids);
}
