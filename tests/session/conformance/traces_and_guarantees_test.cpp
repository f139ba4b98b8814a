// Section 3: events, their order, and the reference traces.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

// Where in the lines it stands; behind all of them where it does not.
std::size_t place(const Lines& lines, const std::string& line) {
    return static_cast<std::size_t>(std::find(lines.begin(), lines.end(), line) - lines.begin());
}
std::ptrdiff_t times(const Lines& lines, const std::string& line) {
    return std::count(lines.begin(), lines.end(), line);
}

} // namespace

TEST_CASE("open: set, presentation time, capabilities, ready", "[conformance][3][trace]") {
    covers("3/trace-open", "3/notify-presentation-time", "3/topology-status",
           "3/set-before-status");
    Stage stage;
    stage.open();
    REQUIRE(stage.session.set_topology(stage.topology(stage.source)));
    CHECK(stage.now() == Lines{"topology-set ok", "notify-presentation-time ok",
                               "capabilities-changed:+115 ok", "topology-status:ready ok"});
    const auto notified = stage.of_last<NotifyPresentationTime>();
    CHECK(notified.start == media_zero);
    CHECK(notified.offset == Duration{});
    CHECK(notified.at_sinks == media_zero);
    const TopologyId id = stage.of_last<TopologySet>().topology;
    CHECK(id != 0);
    CHECK(notified.topology == id);
    CHECK(stage.of_last<TopologyStatus>().topology == id);
}

TEST_CASE("play: source started, capabilities, session started", "[conformance][3][trace]") {
    covers("3/trace-play", "3/session-started", "3/started-source-first", "3/ready-before-start");
    Stage stage;
    stage.open();
    REQUIRE(stage.session.set_topology(stage.topology(stage.source)));
    const auto id = stage.session.start();
    CHECK(stage.now() == Lines{"topology-set ok", "notify-presentation-time ok",
                               "capabilities-changed:+115 ok", "topology-status:ready ok",
                               "topology-status:started_source ok", "capabilities-changed:+4 ok",
                               "session-started ok"});
    CHECK(stage.last("session-started")->command == *id);
    CHECK(stage.of_last<SessionStarted>().position == media_zero);
}

TEST_CASE("pause, resume, seek, stop", "[conformance][3][trace]") {
    covers("3/trace-pause", "3/trace-resume", "3/trace-seek", "3/trace-stop",
           "3/started-source-once", "3/stop-is-no-status");
    Stage stage{S::started};
    (void)stage.session.pause();
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-paused ok"});
    (void)stage.session.start();
    CHECK(stage.now() == Lines{"capabilities-changed:+4 ok", "session-started ok"});
    (void)stage.session.start(at(5s));
    CHECK(stage.now() == Lines{"session-started ok"});
    stage.after(1s);
    (void)stage.session.stop();
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.of_last<SessionStopped>().position == media_at(6s));
    // And once more from stopped.
    (void)stage.session.start();
    CHECK(stage.now().front() == "topology-status:started_source ok");
}

TEST_CASE("to the end: all delivered, topology ended, capabilities, session ended",
          "[conformance][3][trace]") {
    covers("3/trace-end", "3/ended-in-order", "3/session-ended", "3/end-of-presentation",
           "3/one-end", "3/no-switch-first");
    Stage stage{S::started};
    const HostTime begun = stage.simulation->now();
    CHECK(stage.until("session-ended") == Lines{"end-of-presentation ok",
                                                "topology-status:ended ok",
                                                "capabilities-changed:-4 ok", "session-ended ok"});
    CHECK(stage.simulation->now() - begun == 8s);
    CHECK_FALSE(stage.of_last<EndOfPresentation>().cancelled);
    CHECK(stage.of_last<SessionEnded>().position == media_at(10s));
    CHECK(stage.last("session-ended")->command == 0); // nobody asked
    CHECK(stage.last("end-of-presentation")->host_time < stage.last("session-ended")->host_time);
    CHECK(stage.after(1h).empty());
}

TEST_CASE("close while playing: capabilities twice, session closed, and nothing after it",
          "[conformance][3][trace]") {
    covers("3/trace-close", "3/session-closed", "3/closed-is-last");
    Stage stage{S::started};
    (void)stage.session.close();
    CHECK(stage.after(1h) ==
          Lines{"capabilities-changed:-4 ok", "capabilities-changed:-115 ok", "session-closed ok"});
}

TEST_CASE("statuses of a topology rise from ready, whatever is played with it",
          "[conformance][3]") {
    covers("3/statuses-rise", "3/set-before-status");
    Stage stage;
    stage.open();
    (void)stage.session.set_topology(stage.topology(stage.source));
    (void)stage.session.start();
    stage.after(1s);
    (void)stage.session.pause();
    (void)stage.session.start(at(9s));
    stage.until("session-ended");
    stage.events();
    int last = 0;
    bool set = false;
    int statuses = 0;
    for (const Event& event : stage.taken) {
        set = set || event.as<TopologySet>() != nullptr;
        const auto* status = event.as<TopologyStatus>();
        if (status == nullptr) continue;
        CHECK(set);
        CHECK(static_cast<int>(status->state) > last);
        last = static_cast<int>(status->state);
        ++statuses;
    }
    CHECK(statuses == 3);
    CHECK(last == static_cast<int>(TopologyState::ended));
}

TEST_CASE("events are numbered in rising order, and each says when it happened",
          "[conformance][3]") {
    covers("3.2/fifo");
    Stage stage{S::started};
    (void)stage.session.pause();
    stage.after(1s);
    (void)stage.session.start();
    stage.until("session-ended");
    std::uint64_t sequence = 0;
    HostTime when{};
    for (const Event& event : stage.taken) {
        CHECK(event.sequence > sequence);
        CHECK(event.host_time >= when);
        CHECK(event.session == stage.session.id());
        sequence = event.sequence;
        when = event.host_time;
    }
}

TEST_CASE("after the end the session is stopped at 0, loaded, and can be played again or stopped",
          "[conformance][3]") {
    covers("3/ended-is-stopped", "3/replay", "3/stop-after-ended", "3.1/ended");
    Stage stage{S::started};
    stage.until("session-ended");
    CHECK(stage.session.state() == S::stopped);
    CHECK(stage.session.position() == media_zero);
    CHECK(stage.session.full_topology());
    (void)stage.session.stop();
    CHECK(stage.now() == Lines{"session-stopped ok"});
    (void)stage.session.start();
    CHECK(stage.now().back() == "session-started ok");
    CHECK(stage.of_last<SessionStarted>().position == media_zero);
    stage.until("session-ended");
    CHECK(stage.video->rendered == 500); // every frame twice
}

TEST_CASE("a stop between the last delivery and the last sound leaves no end to tell",
          "[conformance][3]") {
    covers("3/stop-wins-over-drain", "3.1/draining", "3/one-end");
    Stage stage{S::started};
    CHECK(stage.until("end-of-presentation") == Lines{"end-of-presentation ok"});
    REQUIRE(stage.session.position().value() < media_at(10s));
    (void)stage.session.stop();
    CHECK(stage.after(1h) == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
}

TEST_CASE("what is queued outlives a stop", "[conformance][3]") {
    covers("3/queue-survives-stop", "3.1/next-queued");
    Stage stage{S::started};
    const auto loaded = stage.session.full_topology().value();
    (void)stage.session.set_topology(stage.other_topology());
    stage.now();
    (void)stage.session.stop();
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    CHECK(stage.session.full_topology().value() == loaded);
    // It is there still: with the current one gone it would be next.
    stage.start();
    stage.after(1s);
    CHECK(stage.video->rendered > 50);
    CHECK(stage.other_video->rendered == 0);
}

TEST_CASE("capabilities change just before the completion they belong to", "[conformance][3]") {
    covers("3/capabilities-first");
    Stage stage{S::stopped};
    const auto just_before = [](const Lines& lines, const std::string& completion) {
        const std::size_t at = place(lines, completion);
        return at > 0 && at < lines.size() && lines[at - 1].rfind("capabilities", 0) == 0;
    };
    (void)stage.session.start();
    CHECK(just_before(stage.now(), "session-started ok"));
    (void)stage.session.pause();
    CHECK(just_before(stage.now(), "session-paused ok"));
    (void)stage.session.start();
    CHECK(just_before(stage.now(), "session-started ok"));
    (void)stage.session.stop();
    CHECK(just_before(stage.now(), "session-stopped ok"));
    (void)stage.session.close();
    CHECK(just_before(stage.now(), "session-closed ok"));
}

TEST_CASE("once shutdown is back no handler begins, resetting waits, save from within",
          "[conformance][3]") {
    covers("3/no-handler-after-shutdown", "3/reset-inside");
    Stage stage{S::started};
    int heard = 0;
    Subscription hears;
    hears = stage.engine->bus().subscribe(of_session(stage.session.id()), [&](const Event& event) {
        ++heard;
        if (event.as<SessionPaused>()) hears.reset(); // from within
    });
    (void)stage.session.start();
    stage.now();
    CHECK(heard == 1);
    (void)stage.session.pause();
    stage.now();
    CHECK_FALSE(hears);
    const int so_far = heard;
    (void)stage.session.start();
    stage.now();
    CHECK(heard == so_far);

    int later = 0;
    Subscription other = stage.engine->bus().subscribe(of_session(stage.session.id()),
                                                       [&](const Event&) { ++later; });
    (void)stage.session.pause();
    (void)stage.session.start();
    REQUIRE(stage.session.shutdown());
    const int at_shutdown = later;
    stage.after(1h);
    CHECK(later == at_shutdown);
    other.reset();
}

TEST_CASE("letting go of a subscription waits for its running handler", "[conformance][3]") {
    covers("3/reset-waits");
    Stage stage{S::stopped};
    bool inside = false;
    bool done = false;
    Subscription hears = stage.engine->bus().subscribe({}, [&](const Event&) {
        inside = true;
        stage.simulation->virtual_sleep(3s);
        done = true;
    });
    (void)stage.session.stop();
    stage.simulation->run_until([&] { return inside; });
    REQUIRE_FALSE(done);
    bool was_done = false;
    stage.simulation->start_blocking("resets", [&] {
        hears.reset();
        was_done = done;
    });
    stage.after(10s);
    CHECK(was_done);
}

TEST_CASE("an error is told once with its cause, non-fatal ones too", "[conformance][3]") {
    covers("3/error", "3/non-fatal-error", "8/non-fatal", "3/sink-invalidated");
    {
        Stage stage{S::stopped};
        stage.faults->fail_decode_at = 10;
        stage.start();
        stage.until("session-ended");
        const auto damage = stage.last("non-fatal-error");
        REQUIRE(damage);
        CHECK(damage->status == Errc::damaged);
        CHECK(stage.of_last<NonFatalError>().stream == 0);
        CHECK(stage.video->rendered == 249);
    }
    Stage stage{S::started};
    stage.video->fail_now({Errc::device_lost});
    const Lines lines = stage.now();
    CHECK(times(lines, "sink-invalidated device_lost") == 1);
    CHECK(stage.session.state() == S::started); // the sound plays on
    stage.audio->fail_now({Errc::device_lost});
    CHECK(times(stage.now(), "session-error device_lost") == 1);
    CHECK(stage.session.state() == S::stopped);
}
