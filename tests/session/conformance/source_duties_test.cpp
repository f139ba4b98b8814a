// Section 7.2: what sources do and tell, and what the session makes of it.
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/video_output.h"
#include "session/conformance/asking_sink.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("a start is told once for all sources and streams, with the time that was asked for",
          "[conformance][7.2]") {
    covers("7.2/start-tells", "1.4/start-status");
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Stage stage{S::idle, {seed, {}}};
        const auto first = stage.open();
        const auto second = stage.open();
        Topology topology;
        topology.add_branch(first, 0, stage.video);
        topology.add_branch(second, 1, stage.audio);
        REQUIRE(stage.session.set_topology(std::move(topology)));
        stage.now();
        stage.journal->take();
        stage.note_events();
        REQUIRE(stage.session.start(at(3s + 10ms)));
        stage.now();
        Lines sources;
        for (auto& line : stage.journal->take()) {
            if (line.rfind("source", 0) == 0 || line.rfind("event", 0) == 0) {
                sources.push_back(std::move(line));
            }
        }
        CHECK(sources == Lines{"source seek 3010", "source seek 3010",
                               "event topology-status:started_source ok",
                               "event capabilities-changed:+4 ok", "event session-started ok"});
        CHECK(stage.of_last<SessionStarted>().position == media_at(3s + 10ms));
    }
}

TEST_CASE("during a pause requests are served, so that what is next is there, none is rendered",
          "[conformance][7.2]") {
    covers("7.2/pause-queues");
    auto sink = std::make_shared<AskingSink>();
    sink->at_attach = 1;
    Stage stage;
    stage.load_into({sink});
    (void)stage.session.start();
    stage.now();
    (void)stage.session.pause();
    stage.now();
    sink->taken();
    const auto read = [&] { return stage.session.statistics()->streams.at(0).packets; };
    const auto decoded = read();
    stage.after(1h);
    CHECK(read() == decoded); // nobody asks, nothing is decoded
    sink->ask_for(2);
    stage.now();
    CHECK(sink->taken() == std::vector<int>{40, 80});
    CHECK(stage.session.position() == media_zero);
    (void)stage.session.start();
    stage.now();
    CHECK(sink->taken().empty()); // it has them
}

TEST_CASE("a hole in the sound answers no request: its clock goes on, what follows comes in its "
          "place",
          "[conformance][7.2]") {
    covers("7.2/gaps");
    Stage stage;
    stage.faults->hole_from = 2s;
    stage.faults->hole_until = 5s;
    AudioOutput speaker{std::make_shared<headless::NullAudioDevice>(stage.simulation)};
    VideoOutput screen;
    stage.load_into({screen.sink(), speaker.sink()});
    stage.start();
    const HostTime begun = stage.simulation->now();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.simulation->now() - begun >= 10s);
    CHECK(stage.simulation->now() - begun <= 10s + 100ms); // the device's latency
    CHECK(stage.session.statistics()->streams.at(0).delivered == 250);
    CHECK(speaker.underruns() == 0);
    CHECK(stage.session.statistics()->streams.at(1).delivered == 350); // of 500 blocks

    Stage plain;
    plain.faults->hole_from = 2s;
    plain.faults->hole_until = 5s;
    plain.audio->note_samples = true;
    plain.load();
    plain.start();
    plain.until("session-ended");
    CHECK(plain.audio->processed == 350);
    CHECK(plain.audio->rendered == 350);
}

TEST_CASE("a live source has neither pause nor rates, and begins at 0", "[conformance][7.2]") {
    covers("7.2/live", "1.6/capabilities-pause");
    RigOptions live;
    live.media.live = true;
    live.media.seekable = false;
    Stage stage{S::stopped, live};
    stage.video->note_samples = true;
    const auto can = [&](Capability c) { return has(stage.session.capabilities().value(), c); };
    CHECK_FALSE(can(Capability::seek));
    CHECK_FALSE(can(Capability::rate_forward));
    CHECK_FALSE(can(Capability::rate_reverse));
    (void)stage.session.set_rate(2.0);
    CHECK(stage.now() == Lines{"rate-changed unsupported_rate"});
    (void)stage.session.start();
    CHECK(stage.now().back() == "session-started ok");
    CHECK_FALSE(can(Capability::pause));
    CHECK(stage.given().front() == 0);
    (void)stage.session.start(at(5s));
    CHECK(stage.now() == Lines{"session-started not_seekable"});
    (void)stage.session.pause(); // as it cannot be said no to, it is done
    CHECK(stage.now() == Lines{"session-paused ok"});
}

TEST_CASE("started beyond the end of one stream, that one ends at once and the other plays",
          "[conformance][7.2]") {
    covers("7.2/start-past-one-end");
    for (const S state : {S::stopped, S::started, S::paused}) {
        INFO(to_string(state));
        Stage stage{state};
        stage.faults->sound_ends = 4s;
        stage.journal->take();
        stage.video->note_samples = stage.audio->note_samples = true;
        const int pictures = stage.video->rendered;
        REQUIRE(stage.session.start(at(6s)));
        CHECK(stage.now().back() == "session-started ok");
        CHECK(stage.session.position() == media_at(6s)); // nobody waited for the sound
        CHECK(stage.until("session-ended").back() == "session-ended ok");
        CHECK(stage.of_last<SessionEnded>().position == media_at(10s));
        CHECK(stage.given("audio").empty());
        CHECK(stage.given().front() == 6000);
        CHECK(stage.video->rendered - pictures == 100);
    }
}
