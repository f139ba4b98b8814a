// Section 4: where no output keeps a rate, the clock goes as fast as they take.
#include "playhead/headless/sinks.h"
#include "session/conformance/stage.h"
#include "session/conformance/taking_sink.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

enum class Says { sink, node };

// Ten seconds of picture and sound, to outputs that take a picture (40 ms) in 10 ms, a block of sound
// (20 ms) in 2 ms: the picture is the slower one, at four times the usual pace.
struct Taking : SessionRig {
    explicit Taking(Says says, Duration duration = 10s) : says_(says) {
        sources->media.duration = duration;
        pictures = std::make_shared<TakingSink>(StreamKind::video, 10ms, says == Says::sink);
        sounds = std::make_shared<TakingSink>(StreamKind::audio, 2ms, says == Says::sink);
        open();
    }
    Topology made() { return of(source); }
    Topology of(const std::shared_ptr<Source>& from) {
        Topology topology;
        for (const auto& stream : from->presentation().streams) {
            const NodeId in = topology.add(SourceNode{from, stream.index, {}, {}});
            OutputNode out;
            out.sink = stream.kind == StreamKind::video ? pictures : sounds;
            out.rateless = says_ == Says::node;
            topology.connect(in, topology.add(out));
        }
        return topology;
    }
    void play() {
        (void)session.set_topology(made());
        (void)session.start();
        until("session-started");
    }
    MediaTime shown() const { return *session.position(); }
    std::shared_ptr<TakingSink> pictures, sounds;

private:
    const Says says_;
};

// The reading as a number that a failing check prints.
std::int64_t ms(std::optional<MediaTime> t) { return t ? (*t - media_zero) / 1ms : -1; }

} // namespace

TEST_CASE("where every output is rateless the clock shows what the slowest of them has taken",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives");
    for (const Says says : {Says::sink, Says::node}) {
        INFO((says == Says::sink ? "the sink says so" : "its node says so"));
        Taking rig{says};
        const HostTime begun = rig.simulation->now();
        rig.play();
        for (int i = 0; i < 7; ++i) {
            rig.simulation->run_for(150ms);
            REQUIRE(rig.pictures->last);
            CHECK(ms(rig.shown()) == ms(rig.pictures->last->end));
            CHECK(rig.sounds->last->end > rig.pictures->last->end);
        }
        CHECK(rig.pictures->taken == 106); // one at the start, and in each 10 ms
        CHECK(ms(rig.shown()) == 4240);
        CHECK(rig.until("session-ended").back() == "session-ended ok");
        CHECK(ms(position(rig.last("session-ended")->body)) == 10000);
        CHECK(rig.pictures->taken == 250);
        CHECK(rig.sounds->taken == 500);
        CHECK(rig.simulation->now() - begun < 2600ms);
    }
}

TEST_CASE("one output that keeps a rate, and the rest is held to it",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives", "4/audio-drives");
    Taking rig{Says::sink};
    Topology mixed = rig.made();
    for (const auto& node : std::vector<Node>(mixed.nodes())) {
        auto* output = std::get_if<OutputNode>(&mixed.find(node.id)->body);
        if (output && output->sink == rig.sounds) output->sink = rig.audio;
    }
    (void)rig.session.set_topology(mixed);
    (void)rig.session.start();
    rig.until("session-started");
    rig.simulation->run_for(1s);
    CHECK(ms(rig.shown()) == 1000);
    CHECK(rig.pictures->last->end > media_at(3s)); // it takes what it can get all the same
}

TEST_CASE("a clock that follows its outputs stands while paused, and a seek sets it",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives");
    Taking rig{Says::sink};
    rig.play();
    rig.simulation->run_for(500ms);
    (void)rig.session.pause();
    rig.until("session-paused");
    const MediaTime there = rig.shown();
    CHECK(position(rig.last("session-paused")->body) == there);
    CHECK(ms(there) == ms(rig.pictures->last->end));
    rig.simulation->run_for(3s);
    CHECK(rig.shown() == there);
    (void)rig.session.start();
    rig.until("session-started");
    CHECK(position(rig.last("session-started")->body) == there);
    rig.simulation->run_for(100ms);
    CHECK(rig.shown() > there);
    CHECK(ms(rig.shown()) == ms(rig.pictures->last->end));

    (void)rig.session.start(at(7s));
    rig.until("session-started");
    CHECK(position(rig.last("session-started")->body) == media_at(7s));
    CHECK(rig.shown() >= media_at(7s));
    CHECK(rig.shown() <= media_at(7040ms));
    rig.simulation->run_for(250ms);
    CHECK(rig.pictures->first == media_at(7s));
    CHECK(ms(rig.shown()) == ms(rig.pictures->last->end));
    (void)rig.session.start(at(1s)); // back
    rig.until("session-started");
    CHECK(rig.shown() < media_at(1100ms));
    (void)rig.session.cue(media_at(2s));
    rig.until("session-paused");
    CHECK(ms(rig.shown()) == 2000);
    rig.simulation->run_for(1s);
    CHECK(ms(rig.shown()) == 2000);
    (void)rig.session.start();
    rig.until("session-started");
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(ms(rig.shown()) == 0);
}

TEST_CASE("a timer of a clock that follows its outputs fires as they come to its time",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives", "4/timer-absolute");
    Taking rig{Says::sink};
    rig.play();
    std::optional<MediaTime> fired_at;
    std::optional<HostTime> fired_when;
    const auto clock = rig.session.clock().value();
    REQUIRE(clock->set_timer(media_at(3s), [&] {
        fired_at = clock->time().value();
        fired_when = rig.simulation->now();
    }));
    const HostTime begun = rig.simulation->now();
    rig.simulation->run_for(700ms);
    CHECK_FALSE(fired_at);
    rig.simulation->run_for(100ms);
    REQUIRE(fired_at);
    CHECK(ms(*fired_at) == 3000);
    CHECK(*fired_when - begun == 740ms); // 75 pictures: one at once, 74 in 10 ms each
}

TEST_CASE("what is queued follows in outputs that take as fast as they can",
          "[conformance][4][6.1][rateless]") {
    covers("4/rateless-drives", "6.1/offset", "6.1/nothing-stops");
    Taking rig{Says::sink, 2s};
    const auto first = rig.source;
    (void)rig.session.set_topology(rig.of(first));
    rig.sources->media.duration = 1s;
    rig.source.reset();
    const auto second = rig.open();
    (void)rig.session.set_topology(rig.of(second));
    rig.simulation->settle();
    rig.events();
    (void)rig.session.start();
    MediaTime before{};
    bool rises = true;
    for (int i = 0; i < 1000; ++i) {
        rig.simulation->run_for(1ms);
        const MediaTime now = rig.shown();
        if (rig.session.state() == S::started) {
            rises &= now >= before;
            before = now;
        }
    }
    CHECK(rises);
    rig.events();
    REQUIRE(rig.last("session-ended"));
    CHECK(ms(position(rig.last("session-ended")->body)) == 3000);
    CHECK(rig.last("notify-presentation-time")->as<NotifyPresentationTime>()->offset == 2s);
    CHECK(rig.pictures->taken == 75);
    CHECK(rig.sounds->taken == 150);
    CHECK(ms(rig.pictures->last->end) == 3000);
}

TEST_CASE("a stream that is over is not waited for, and a stop time is the end",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives", "6.1/media-stop");
    Taking rig{Says::sink};
    rig.sources->media.audio_lasts = 1s;
    rig.source.reset();
    rig.open();
    Topology trimmed = rig.made();
    for (const auto& node : std::vector<Node>(trimmed.nodes())) {
        auto* in = std::get_if<SourceNode>(&trimmed.find(node.id)->body);
        if (in) in->media_stop = media_at(3010ms);
    }
    (void)rig.session.set_topology(trimmed);
    (void)rig.session.start();
    rig.until("session-started");
    rig.simulation->run_for(500ms);
    CHECK(ms(rig.shown()) == ms(rig.pictures->last->end));
    CHECK(rig.shown() > media_at(1500ms));
    rig.until("session-ended");
    CHECK(ms(position(rig.last("session-ended")->body)) == 3010);
    CHECK(rig.session.statistics()->streams.size() == 2);
    CHECK(rig.session.statistics()->streams[0].delivered == 76);
}

TEST_CASE("a rate is taken and makes no difference to outputs that keep none, save its direction",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives", "5.1/rateless-sink");
    Taking rig{Says::sink};
    rig.play();
    (void)rig.session.set_rate(2.0);
    rig.until("rate-changed");
    CHECK(rig.last("rate-changed")->status.ok());
    CHECK(rig.session.rate() == 2.0);
    const int before = rig.pictures->taken;
    rig.simulation->run_for(500ms);
    CHECK(rig.pictures->taken - before == 50);
    CHECK(ms(rig.shown()) == ms(rig.pictures->last->end));
    (void)rig.session.stop();
    (void)rig.session.set_rate(-1.0);
    (void)rig.session.start(at(5s));
    rig.until("session-started");
    rig.simulation->run_for(500ms);
    CHECK(rig.shown() < media_at(4s));
    CHECK(ms(rig.shown()) == ms(rig.pictures->last->begin));
    rig.until("session-ended");
    CHECK(ms(position(rig.last("session-ended")->body)) == 0);
}

TEST_CASE("null outputs play a presentation at once, and tell where it ended",
          "[conformance][4][rateless]") {
    covers("4/rateless-drives");
    SessionRig rig;
    headless::NullVideoSink pictures;
    headless::NullAudioSink sounds;
    rig.open();
    Topology topology;
    topology.add_branch(rig.source, 0, pictures.sink());
    topology.add_branch(rig.source, 1, sounds.sink());
    (void)rig.session.set_topology(topology);
    const HostTime begun = rig.simulation->now();
    (void)rig.session.start();
    rig.until("session-ended");
    REQUIRE(rig.last("session-ended"));
    CHECK(ms(position(rig.last("session-ended")->body)) == 10000);
    CHECK(rig.simulation->now() - begun < 100ms);
    CHECK(pictures.frames() == 250);
    CHECK(sounds.samples() == 480000);
}
