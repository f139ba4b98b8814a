// Section 8: sources that run out of data, lose their connection, or tell of themselves; and how the
// engine sees for itself that a slow one has run dry.
#include <algorithm>

#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

const SourceNews begins = SourceBuffers{true};
const SourceNews ends = SourceBuffers{false};

ClockState clock_of(Stage& stage) { return stage.session.clock().value()->state(); }
MediaTime position_of(Stage& stage) { return stage.session.position().value(); }

// Two seconds into it, and a source buffers.
struct BufferingStage : Stage {
    explicit BufferingStage(SessionState state = S::started) : Stage(state) {
        faults->tell(begins);
        CHECK(now() == Lines{"buffering-started ok"});
        journal->take();
    }
};

// However long it waits the clock stands at `from`; when the source has enough it goes on.
void waits_and_goes_on(Stage& stage, MediaTime from) {
    stage.after(5s);
    CHECK(position_of(stage) == from);
    stage.faults->tell(ends);
    CHECK(stage.now() == Lines{"buffering-stopped ok"});
    stage.after(1s);
    CHECK(position_of(stage) == from + 1s);
}

} // namespace

TEST_CASE(
    "while a source buffers the clock stands and goes on from there, the session stays started",
    "[conformance][8][buffering]") {
    covers("8/buffering-stops-clock", "1/started-buffering", "3/buffering");
    Stage stage{S::started};
    stage.faults->tell(begins);
    CHECK(stage.now() == Lines{"buffering-started ok"});
    CHECK(stage.calls() == Lines{"video on-pause"});
    CHECK(stage.session.state() == S::started);
    CHECK(clock_of(stage) == ClockState::paused);
    CHECK(position_of(stage) == media_at(2s));
    const int shown = stage.video->rendered;
    CHECK(stage.after(5s).empty());
    CHECK(position_of(stage) == media_at(2s));
    CHECK(stage.video->rendered == shown);
    stage.faults->tell(ends);
    CHECK(stage.now() == Lines{"buffering-stopped ok"});
    CHECK(stage.calls() == Lines{"video on-restart"});
    CHECK(clock_of(stage) == ClockState::running);
    stage.after(1s);
    CHECK(position_of(stage) == media_at(3s));
    CHECK(stage.video->rendered == shown + 25);
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.video->rendered == 250);
}

TEST_CASE("a pause while a source buffers is ok, and the clock stays when that is over",
          "[conformance][8][buffering]") {
    covers("8/buffering-pause");
    BufferingStage stage;
    REQUIRE(stage.session.pause());
    CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-paused ok"});
    CHECK(stage.of_last<SessionPaused>().position == media_at(2s));
    CHECK(stage.session.state() == S::paused);
    stage.faults->tell(ends);
    CHECK(stage.after(5s) == Lines{"buffering-stopped ok"});
    CHECK(clock_of(stage) == ClockState::paused);
    CHECK(position_of(stage) == media_at(2s));
    REQUIRE(stage.session.start());
    CHECK(stage.now() == Lines{"capabilities-changed:+4 ok", "session-started ok"});
    stage.after(1s);
    CHECK(position_of(stage) == media_at(3s));
}

TEST_CASE("a start after that pause lets the clock wait on", "[conformance][8][buffering]") {
    covers("8/buffering-pause");
    BufferingStage stage;
    (void)stage.session.pause();
    (void)stage.session.start();
    stage.now();
    CHECK(stage.session.state() == S::started);
    waits_and_goes_on(stage, media_at(2s));
}

TEST_CASE("a seek while a source buffers is a seek, and may buffer again",
          "[conformance][8][buffering]") {
    covers("8/buffering-seek");
    BufferingStage stage;
    REQUIRE(stage.session.start(at(5s)));
    CHECK(stage.now() == Lines{"buffering-stopped ok", "session-started ok"});
    CHECK(stage.of_last<SessionStarted>().seek);
    stage.after(1s);
    CHECK(position_of(stage) == media_at(6s));
    // What the source still says of the time before is over.
    stage.faults->tell(ends);
    CHECK(stage.now().empty());
    stage.faults->tell(begins);
    CHECK(stage.now() == Lines{"buffering-started ok"});
    stage.after(1s);
    CHECK(position_of(stage) == media_at(6s));
}

TEST_CASE("a start that buffers completes as ever, and its clock waits where it began",
          "[conformance][8][buffering]") {
    covers("8/buffering-seek");
    Stage stage{S::stopped};
    stage.faults->seek_gate.close(true);
    (void)stage.session.start(at(5s));
    CHECK(stage.after(1s).empty());
    stage.faults->tell(begins);
    CHECK(stage.now() == Lines{"buffering-started ok"});
    stage.faults->seek_gate.open();
    CHECK(stage.now().back() == "session-started ok");
    waits_and_goes_on(stage, media_at(5s));
}

TEST_CASE("buffering within buffering is counted", "[conformance][8][buffering]") {
    covers("8/buffering-nests", "3/buffering-matched");
    BufferingStage stage;
    stage.faults->tell(begins);
    CHECK(stage.now() == Lines{"buffering-started ok"});
    stage.faults->tell(ends);
    CHECK(stage.now() == Lines{"buffering-stopped ok"});
    CHECK(clock_of(stage) == ClockState::paused);
    CHECK(stage.calls().empty());
    stage.faults->tell(ends);
    CHECK(stage.now() == Lines{"buffering-stopped ok"});
    CHECK(clock_of(stage) == ClockState::running);
    stage.faults->tell(ends);
    CHECK(stage.now().empty());
    CHECK(clock_of(stage) == ClockState::running);
}

TEST_CASE("a rate while a source buffers is judged as while started",
          "[conformance][8][buffering]") {
    covers("8/buffering-rate");
    BufferingStage stage;
    (void)stage.session.set_rate(-1.0);
    CHECK(stage.now() == Lines{"rate-changed unsupported_rate_transition"});
    (void)stage.session.set_rate(0.0);
    CHECK(stage.now() == Lines{"rate-changed unsupported_rate_transition"});
    (void)stage.session.set_rate(2.0);
    CHECK(stage.after(1s) == Lines{"rate-changed ok"});
    CHECK(position_of(stage) == media_at(2s));
    stage.faults->tell(ends);
    stage.after(1s);
    CHECK(position_of(stage) == media_at(4s));
}

TEST_CASE("stop, close, shutdown, an error: each is preceded by the end of buffering",
          "[conformance][8][3.1][buffering]") {
    covers("3.1/buffering", "3/buffering-matched");
    {
        BufferingStage stage;
        REQUIRE(stage.session.stop());
        CHECK(stage.now() ==
              Lines{"buffering-stopped ok", "capabilities-changed:-4 ok", "session-stopped ok"});
        CHECK(stage.of_last<SessionStopped>().position == media_at(2s));
        stage.faults->tell(ends);
        stage.faults->tell(begins);
        CHECK(stage.after(1s).empty());
    }
    {
        BufferingStage stage;
        stage.faults->tell(begins);
        stage.now();
        REQUIRE(stage.session.close());
        const auto lines = stage.now();
        REQUIRE(lines.size() > 2);
        CHECK(lines[0] == "buffering-stopped ok");
        CHECK(lines[1] == "buffering-stopped ok");
        CHECK(lines.back() == "session-closed ok");
    }
    {
        BufferingStage stage;
        (void)stage.session.set_topology(stage.topology(stage.source));
        REQUIRE(stage.session.shutdown());
        CHECK(stage.now() == Lines{"buffering-stopped ok", "topology-set shut_down"});
    }
    {
        BufferingStage stage;
        stage.video->fail_now(Status{Errc::device_lost, "lost"});
        stage.audio->fail_now(Status{Errc::device_lost, "lost"});
        const auto lines = stage.now();
        const auto stopped = std::find(lines.begin(), lines.end(), "buffering-stopped ok");
        CHECK(std::count(lines.begin(), lines.end(), "buffering-stopped ok") == 1);
        CHECK(std::find(stopped, lines.end(), "session-error device_lost") != lines.end());
    }
}

TEST_CASE("connections lost and made again are told, and nothing else changes",
          "[conformance][8][network]") {
    covers("8/network-forwarded", "3/reconnect");
    Stage stage{S::started};
    stage.faults->tell(SourceReconnects{true});
    CHECK(stage.now() == Lines{"reconnect-started ok"});
    CHECK(stage.session.state() == S::started);
    CHECK(clock_of(stage) == ClockState::running);
    stage.after(1s);
    CHECK(position_of(stage) == media_at(3s));
    stage.faults->tell(SourceReconnects{false});
    CHECK(stage.now() == Lines{"reconnect-ended ok"});
    CHECK(stage.calls().empty());
}

TEST_CASE("what a source tells of itself while it plays is told on", "[conformance][3]") {
    covers("3/source-changes");
    Stage stage{S::started};
    stage.faults->tell(SourceMetadata{{{"title", "the next song"}}});
    CHECK(stage.now() == Lines{"source-metadata-changed ok"});
    const auto changed = stage.of_last<SourceMetadataChanged>();
    CHECK(changed.metadata.at("title") == "the next song");
    const auto full = stage.session.full_topology();
    REQUIRE(full);
    REQUIRE((*full)->find(changed.node));
    CHECK(std::holds_alternative<SourceNode>((*full)->find(changed.node)->body));

    const auto before = stage.source->presentation().characteristics();
    const auto now = before & ~static_cast<unsigned>(SourceCharacteristic::can_seek);
    stage.faults->tell(SourceCharacter{now});
    CHECK(stage.now() == Lines{"source-characteristics-changed ok"});
    CHECK(stage.of_last<SourceCharacteristicsChanged>().before == before);
    CHECK(stage.of_last<SourceCharacteristicsChanged>().now == now);
    stage.faults->tell(SourceCharacter{now}); // the same again
    CHECK(stage.now().empty());
    stage.faults->tell(SourceCharacter{before});
    stage.now();
    CHECK(stage.of_last<SourceCharacteristicsChanged>().before == now);

    stage.faults->tell(SourceWishesRate{1.1, Thinning::none});
    CHECK(stage.now() == Lines{"rate-change-requested ok"});
    CHECK(stage.of_last<RateChangeRequested>().rate == 1.1);
    CHECK(stage.session.rate() == 1.0); // the application's affair
    stage.after(1s);
    CHECK(position_of(stage) == media_at(3s));

    (void)stage.session.stop();
    stage.now();
    stage.faults->tell(SourceMetadata{{{"title", "too late"}}});
    CHECK(stage.now().empty());
}
