// Sections 5.2 and 5.3: what a rate does to what is played, and in which order it is changed.
#include "playhead/video_output.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

Times falling(int from, int step) {
    Times times;
    for (int t = from; t >= 0; t -= step) times.push_back(t);
    return times;
}

} // namespace

TEST_CASE("a rate that will not do touches nobody, else the clock has it before the event tells",
          "[conformance][5.2]") {
    covers("5.2/order", "5.2/failure-keeps");
    Stage stage{S::started};
    std::vector<double> clock_at_event;
    EventQueue watching = stage.engine->bus().queue([&](const Event& event) {
        if (event.as<RateChanged>()) {
            clock_at_event.push_back(stage.session.clock().value()->rate());
        }
        return false;
    });
    stage.note_events();
    (void)stage.session.set_rate(1000.0);
    stage.now();
    CHECK(stage.calls() == Lines{"event rate-changed unsupported_rate"});
    (void)stage.session.set_rate(4.0);
    stage.now();
    Lines lines = stage.calls();
    std::sort(lines.begin(), lines.end()); // sinks may hear of it behind the event
    CHECK(lines == Lines{"event rate-changed ok", "video on-set-rate 400%"});
    CHECK(clock_at_event == std::vector<double>{1.0, 4.0});
}

TEST_CASE("in reverse every sample comes, falling, and it ends after the one at 0",
          "[conformance][5.2]") {
    covers("5.2/reverse-falls", "5.2/reverse-key-frames");
    Stage stage{S::stopped};
    stage.video->note_samples = true;
    REQUIRE(stage.session.set_rate(-2.0));
    stage.now();
    stage.faults->picture_flushes = 0;
    REQUIRE(stage.session.start(at(3980ms)));
    stage.now();
    const HostTime begun = stage.simulation->now();
    const Lines lines = stage.until("session-ended");
    CHECK(lines == Lines{"end-of-presentation ok", "topology-status:ended ok",
                         "capabilities-changed:-4 ok", "session-ended ok"});
    CHECK(stage.of_last<SessionEnded>().position == media_zero);
    CHECK(stage.simulation->now() - begun == 1990ms);
    CHECK(stage.given() == falling(3960, 40));
    // Decoders play forward: each group is decoded from its key frame on, and flushed behind it.
    CHECK(stage.faults->picture_flushes >= 4);
}

TEST_CASE("in reverse and thinned only the key frames come, falling", "[conformance][5.2]") {
    covers("5.2/reverse-key-frames", "5.2/reverse-falls");
    Stage stage{S::stopped};
    stage.video->note_samples = true;
    REQUIRE(stage.session.set_rate(-8.0, Thinning::key_frames));
    REQUIRE(stage.session.start(at(9500ms)));
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.given() == falling(9000, 1000));
}

TEST_CASE("a replay from 0 in reverse ends at once, at a positive rate it plays",
          "[conformance][3]") {
    covers("3/replay-in-reverse", "3/replay");
    Stage stage{S::started};
    stage.until("session-ended");
    REQUIRE(stage.session.set_rate(-1.0));
    stage.now();
    const HostTime begun = stage.simulation->now();
    REQUIRE(stage.session.start());
    const Lines lines = stage.until("session-ended");
    CHECK(std::count(lines.begin(), lines.end(), "session-started ok") == 1);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.back() == "session-ended ok");
    CHECK(stage.simulation->now() - begun <= 40ms); // the picture at 0
    REQUIRE(stage.session.set_rate(1.0));
    REQUIRE(stage.session.start());
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.simulation->now() - begun >= 10s);
}

TEST_CASE("thinned, the key frames alone come, as long as they were, before that every picture",
          "[conformance][5.2]") {
    covers("5.2/thinning");
    Stage stage;
    VideoOutput screen;
    stage.load_into({screen.sink(), stage.audio});
    REQUIRE(stage.session.set_rate(1.0, Thinning::key_frames));
    stage.now();
    stage.audio->note_samples = true;
    stage.start();
    Times shown;
    for (int i = 0; i < 500; ++i) {
        stage.simulation->run_for(20ms);
        const DueFrame due = screen.frame_due(stage.simulation->now());
        if (!due.is_new || !due.frame) continue;
        shown.push_back(static_cast<int>(due.frame->pts.time_since_epoch() / 1ms));
        CHECK(due.frame->duration == 40ms);
        CHECK(due.frame->key);
    }
    CHECK(shown == Times{0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000});
    stage.until("session-ended");
    CHECK(stage.audio->rendered == 500); // sound is not thinned
}

TEST_CASE("the picture where thinning begins is marked, those that came before it are all there",
          "[conformance][5.2]") {
    covers("5.2/thinning-marked", "5.2/thinning");
    Stage stage;
    VideoOutput screen;
    stage.load_into({screen.sink()});
    stage.start();
    struct Shown {
        int at = 0;
        bool thinned = false;
    };
    std::vector<Shown> shown;
    const auto play_for = [&](Duration length) {
        for (Duration played{}; played < length; played += 20ms) {
            stage.simulation->run_for(20ms);
            const DueFrame due = screen.frame_due(stage.simulation->now());
            if (!due.is_new || !due.frame) continue;
            shown.push_back(
                {static_cast<int>(due.frame->pts.time_since_epoch() / 1ms), due.frame->thinned});
        }
    };
    play_for(2500ms);
    REQUIRE(stage.session.set_rate(1.0, Thinning::key_frames));
    play_for(1s); // the output holds the key frames of the next three seconds
    REQUIRE(stage.session.set_rate(1.0, Thinning::none));
    play_for(6s);
    int last = -40;
    int marked = 0;
    for (const Shown& picture : shown) {
        INFO(picture.at);
        if (picture.thinned) {
            CHECK(picture.at % 1000 == 0);
            ++marked;
        } else if (marked == 0) {
            CHECK(picture.at == last + 40); // not one is missing before the mark
        } else {
            CHECK((picture.at == last + 40 || picture.at % 1000 == 0)); // nor behind the last
        }
        last = picture.at;
    }
    CHECK(marked == 4); // at 3, 4, 5 and 6 s
    CHECK(std::count_if(shown.begin(), shown.end(),
                        [](const Shown& s) { return s.at > 7000 && !s.thinned; }) > 30);
}

TEST_CASE("a rate that a source wishes for is told, and set by the application if it will",
          "[conformance][5.2]") {
    covers("5.2/asked-for-by-source");
    Stage stage{S::started};
    stage.faults->tell(SourceWishesRate{1.25, Thinning::none});
    CHECK(stage.after(1s) == Lines{"rate-change-requested ok"});
    CHECK(stage.session.position() == media_at(3s)); // at 1 as before
    const auto wish = stage.of_last<RateChangeRequested>();
    REQUIRE(stage.session.set_rate(wish.rate, wish.thinning));
    CHECK(stage.now() == Lines{"rate-changed ok"});
    stage.after(1s);
    CHECK(stage.session.position() == media_at(4250ms));
}

TEST_CASE("at rate 0 the event waits for every picture, and for no sound", "[conformance][5.3]") {
    covers("5.3/sinks-report-once", "5.3/complete-once");
    Stage stage;
    const auto first = stage.open();
    const auto second = stage.open();
    stage.other_video =
        std::make_shared<ScriptedSink>(StreamKind::video, std::make_shared<Journal>());
    stage.video->told.scrubs = stage.other_video->told.scrubs = true;
    Topology topology;
    topology.add_branch(first, 0, stage.video);
    topology.add_branch(second, 0, stage.other_video);
    topology.add_branch(first, 1, stage.audio);
    REQUIRE(stage.session.set_topology(std::move(topology)));
    REQUIRE(stage.session.set_rate(0.0));
    stage.now();
    stage.other_video->process_gate.close(false);
    REQUIRE(stage.session.start(at(4s)));
    CHECK(stage.after(1h).back() == "session-started ok");
    CHECK(stage.video->rendered == 1);
    stage.other_video->process_gate.open();
    CHECK(stage.now() == Lines{"scrub-sample-complete ok"});
    CHECK(stage.of_last<ScrubSampleComplete>().shown_pts == media_at(4s));
    CHECK(stage.other_video->rendered == 1);
    CHECK(stage.audio->processed == 0);
    CHECK(stage.after(1h).empty());
}

TEST_CASE("a stop behind a rate change: the change ends first, as it may", "[conformance][3.1]") {
    covers("3.1/rate-change-in-flight", "2/completion-order");
    { // in its turn
        Stage stage{S::started};
        const auto rate = stage.session.set_rate(2.0);
        stage.now();
        const auto stop = stage.session.stop();
        CHECK(stage.now() == Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
        CHECK(stage.completed() == std::vector<CommandId>{*rate, *stop});
        CHECK(stage.session.rate() == 2.0);
    }
    for (const bool hangs : {false, true}) { // overtaken
        INFO(hangs);
        Stage stage{S::started};
        if (hangs) {
            stage.faults->seek_gate.close(false);
            (void)stage.session.start(at(5s));
            stage.now();
            stage.taken.clear();
        }
        const auto rate = stage.session.set_rate(2.0);
        const auto stop = stage.session.stop();
        const Lines lines = stage.until("session-stopped");
        CHECK(std::count(lines.begin(), lines.end(), "rate-changed cancelled") == 1);
        CHECK(lines.back() == "session-stopped ok");
        const auto done = stage.completed();
        REQUIRE(done.size() >= 2);
        CHECK(std::vector<CommandId>(done.end() - 2, done.end()) ==
              std::vector<CommandId>{*rate, *stop});
        // One that was cancelled has changed nothing.
        CHECK_FALSE(stage.of_last<RateChanged>().rate);
        CHECK(stage.session.rate() == 1.0);
        CHECK(stage.session.clock().value()->rate() == 1.0);
    }
}
