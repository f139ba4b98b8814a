// Section 1.5: the stop time of a source is changed while its presentation plays or waits.
#include <algorithm>

#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

constexpr TopologyId first = 1; // of a stage's own

// A stage that notes what its outputs are given: pictures of 40 ms, sound in blocks of 20 ms.
struct Ending : Stage {
    explicit Ending(S state = S::started, std::optional<MediaTime> stop = {},
                    RigOptions options = {})
        : Stage(S::idle, options) {
        video->note_samples = audio->note_samples = true;
        open();
        (void)session.set_topology(until_then(source, stop));
        if (state != S::stopped) (void)session.start();
        simulation->settle();
        if (state != S::stopped) simulation->run_for(2s);
        if (state == S::paused) (void)session.pause();
        now();
        taken.clear();
        given_ = journal->take();
        REQUIRE(session.state() == state);
    }
    Topology until_then(const std::shared_ptr<Source>& from, std::optional<MediaTime> stop) {
        Topology made = topology(from);
        for (const auto& node : std::vector<Node>(made.nodes())) {
            auto* in = std::get_if<SourceNode>(&made.find(node.id)->body);
            if (in) in->media_stop = stop;
        }
        return made;
    }
    // The same source once more, behind what is there.
    void queue_another(std::optional<MediaTime> stop = {}) {
        sources->media.duration = 1s;
        const auto mine = source;
        source.reset();
        second_source = open();
        source = mine;
        (void)session.set_topology(until_then(second_source, stop));
        now();
    }
    // In ms; what has been given since the stage stood.
    std::vector<int> given(const std::string& kind) {
        for (auto& line : journal->take()) given_.push_back(std::move(line));
        std::vector<int> stamps;
        const std::string head = kind + " process ";
        for (const auto& line : given_) {
            if (line.rfind(head, 0) == 0) stamps.push_back(std::stoi(line.substr(head.size())));
        }
        return stamps;
    }
    int count(const std::string& line) {
        (void)given("video");
        return static_cast<int>(std::count(given_.begin(), given_.end(), line));
    }
    bool was_disturbed() { return count("video flush") + count("audio flush") > 0; }
    std::int64_t ended_at() {
        until("session-ended");
        const auto event = last("session-ended");
        return event ? (*position(event->body) - media_zero) / 1ms : -1;
    }
    std::shared_ptr<Source> second_source;

private:
    std::vector<std::string> given_;
};

std::vector<int> every(int step, int end, int from = 0) {
    std::vector<int> stamps;
    for (int t = from; t < end; t += step) stamps.push_back(t);
    return stamps;
}

} // namespace

TEST_CASE("a stop time that is still ahead is where playing ends, to the sample, and nothing else "
          "changes",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage;
    const HostTime begun = stage.simulation->now();
    const auto id = stage.session.set_media_stop(first, media_at(3010ms));
    REQUIRE(id);
    CHECK(stage.now() == Lines{"media-stop-changed ok"});
    CHECK(stage.last("media-stop-changed")->command == *id);
    const auto changed = stage.of_last<MediaStopChanged>();
    CHECK(changed.topology == first);
    CHECK(changed.node == 0);
    CHECK(changed.stop == media_at(3010ms));
    CHECK(stage.until("session-ended") == Lines{"end-of-presentation ok",
                                                "topology-status:ended ok",
                                                "capabilities-changed:-4 ok", "session-ended ok"});
    CHECK(stage.of_last<SessionEnded>().position == media_at(3010ms));
    CHECK(stage.simulation->now() - begun == 1010ms);
    CHECK(stage.count("source seek 2000") == 0);
    CHECK(stage.given("video") == every(40, 3010));
    CHECK(stage.given("audio") == every(20, 3010));
    CHECK(stage.video->rendered == 76);
}

TEST_CASE("a stop time before what the outputs hold has that taken back",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage;
    const HostTime begun = stage.simulation->now();
    const int shown = stage.video->rendered;
    CHECK(stage.given("video").back() > 2050); // ahead of the clock
    REQUIRE(stage.session.set_media_stop(first, media_at(2050ms)));
    CHECK(stage.until("media-stop-changed") ==
          Lines{"end-of-presentation ok", "media-stop-changed ok"});
    CHECK(stage.session.state() == S::started);
    CHECK(stage.ended_at() == 2050);
    CHECK(stage.simulation->now() - begun == 50ms); // in virtual time a start takes none
    CHECK(stage.was_disturbed());
    CHECK(stage.given("video").back() == 2040);
    CHECK(stage.given("audio").back() == 2040);
    CHECK(stage.video->rendered == shown + 2); // 2000 and 2040, which is cut short
}

TEST_CASE("a stop time that is past ends the presentation where the clock is",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage;
    (void)stage.session.set_media_stop(first, media_at(1s));
    CHECK(stage.now() == Lines{"media-stop-changed ok", "end-of-presentation ok",
                               "topology-status:ended ok", "capabilities-changed:-4 ok",
                               "session-ended ok"});
    CHECK(stage.of_last<SessionEnded>().position == media_at(2s));
    CHECK(stage.session.state() == S::stopped);
    stage.taken.clear();
    (void)stage.session.start(); // and what it was shortened to can be played again
    stage.until("session-started");
    CHECK(stage.ended_at() == 1000);
    (void)stage.session.start(at(1500ms));
    stage.until("session-started");
    CHECK(stage.last("session-started")->status == Errc::invalid_position);
}

TEST_CASE("what is queued joins at the new end, ahead or past",
          "[conformance][1.5][6.1][media-stop]") {
    covers("1.5/stop-time-edit", "6.1/head-follows");
    SECTION("ahead") {
        Ending stage;
        stage.queue_another();
        (void)stage.session.set_media_stop(first, media_at(3s));
        CHECK(stage.ended_at() == 4000);
        CHECK(stage.of_last<NotifyPresentationTime>().offset == 3s);
        CHECK_FALSE(stage.was_disturbed());
        CHECK(stage.given("video") == every(40, 4000));
        CHECK(stage.given("audio") == every(20, 4000));
    }
    SECTION("past") {
        Ending stage;
        stage.queue_another();
        (void)stage.session.set_media_stop(first, media_at(1s));
        CHECK(stage.ended_at() == 3000);
        CHECK(stage.of_last<NotifyPresentationTime>().offset == 2s);
        CHECK(stage.given("video").back() == 2960);
        int ends = 0;
        for (const auto& event : stage.taken) ends += event.as<SessionEnded>() ? 1 : 0;
        CHECK(ends == 1);
    }
    SECTION("of a presentation that is ahead at the outputs already") {
        Ending stage{S::started, media_at(2060ms)};
        stage.queue_another();
        stage.after(20ms);
        REQUIRE(stage.of_last<NotifyPresentationTime>().offset == 2060ms);
        REQUIRE(stage.session.full_topology(2));
        (void)stage.session.set_media_stop(2, media_at(500ms));
        CHECK(stage.ended_at() == 2560);
        CHECK(stage.given("audio").back() == 2540);
    }
}

TEST_CASE("a later stop time, or none, is played on to", "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    struct Way {
        Duration stop, asked;
        std::optional<MediaTime> to;
        bool disturbs;
    };
    const Way ways[] = {
        {5s, 0ms, media_at(6s), false}, // the old one has not been read up to
        {5s, 0ms, std::nullopt, false},
        {3s, 0ms, media_at(5s), false}, // it has, and reads on
        {3s, 850ms, media_at(5s), false},
        {3s, 980ms, media_at(5s), true}, // everything is at the outputs
        {3s, 980ms, std::nullopt, true},
        {3s, 0ms, media_at(2500ms), false},
    };
    for (const Way& way : ways) {
        INFO(way.stop / 1ms << " at " << 2000 + way.asked / 1ms);
        Ending stage{S::started, media_at(way.stop)};
        stage.after(way.asked);
        const HostTime asked = stage.simulation->now();
        const MediaTime there = *stage.session.position();
        stage.taken.clear();
        (void)stage.session.set_media_stop(first, way.to);
        CHECK(stage.until("media-stop-changed").back() == "media-stop-changed ok");
        CHECK(stage.session.state() == S::started);
        CHECK(stage.session.position() == there);
        const auto end = way.to.value_or(media_at(10s)) - media_zero;
        CHECK(stage.ended_at() == end / 1ms);
        CHECK(stage.simulation->now() - asked == media_zero + end - there);
        CHECK(stage.was_disturbed() == way.disturbs);
        auto given = stage.given("audio");
        std::sort(given.begin(), given.end());
        given.erase(std::unique(given.begin(), given.end()), given.end());
        CHECK(given == every(20, static_cast<int>(end / 1ms)));
    }
}

TEST_CASE("an end that is moved on and back is where it was moved to last, and joined there",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage{S::started, media_at(3s)}; // which has been read
    for (const auto stop : {5s, 3s, 4s, 6s, 4s}) {
        (void)stage.session.set_media_stop(first, media_at(stop));
        CHECK(stage.now() == Lines{"media-stop-changed ok"});
    }
    // The same source behind itself: it is not read for that before it has been read for this.
    (void)stage.session.set_topology(stage.until_then(stage.source, media_at(1s)));
    stage.now();
    CHECK(stage.ended_at() == 5000);
    CHECK_FALSE(stage.was_disturbed());
    CHECK(stage.given("audio") == every(20, 5000));
    CHECK(stage.given("video") == every(40, 5000));
}

TEST_CASE("a stop time of what waits counts when its turn comes",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    SECTION("queued") {
        Ending stage;
        stage.queue_another();
        (void)stage.session.set_media_stop(2, media_at(400ms));
        CHECK(stage.now() == Lines{"media-stop-changed ok"});
        CHECK(stage.ended_at() == 10400);
        CHECK_FALSE(stage.was_disturbed());
        CHECK(stage.given("audio") == every(20, 10400));
    }
    SECTION("prepared") {
        Ending stage{S::started, media_at(3s)}; // has been read
        stage.queue_another();
        stage.after(100ms);
        (void)stage.session.set_media_stop(2, media_at(400ms));
        CHECK(stage.now() == Lines{"media-stop-changed ok"});
        CHECK(stage.ended_at() == 3400);
        CHECK_FALSE(stage.was_disturbed());
        CHECK(stage.given("audio") == every(20, 3400));
    }
    SECTION("stopped") {
        Ending stage{S::stopped};
        (void)stage.session.set_media_stop(first, media_at(400ms));
        CHECK(stage.now() == Lines{"media-stop-changed ok"});
        (void)stage.session.start();
        CHECK(stage.ended_at() == 400);
    }
}

TEST_CASE("a stop time that changes while paused leaves it paused",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    for (const auto stop : {3000ms, 2050ms, 1000ms}) {
        INFO(stop.count());
        Ending stage{S::paused};
        (void)stage.session.set_media_stop(first, media_at(stop));
        const auto lines = stage.after(1s);
        CHECK(std::count(lines.begin(), lines.end(), "media-stop-changed ok") == 1);
        CHECK(stage.session.state() == S::paused);
        CHECK(stage.session.position() == media_at(2s));
        CHECK_FALSE(stage.last("session-ended"));
        (void)stage.session.start();
        stage.until("session-started");
        CHECK(stage.last("session-started")->status.ok());
        const int now = stage.video->rendered;
        CHECK(stage.ended_at() == std::max<std::int64_t>(2000, stop.count()));
        if (stop == 1000ms) CHECK(stage.video->rendered == now); // nothing of what was held
    }
}

TEST_CASE("one source of a presentation may end before the others",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage;
    const auto full = stage.session.full_topology().value();
    NodeId sound = 0;
    for (const auto& node : full->nodes()) {
        const auto* in = std::get_if<SourceNode>(&node.body);
        if (in && in->stream == 1) sound = node.id;
    }
    (void)stage.session.set_media_stop(first, sound, media_at(3s));
    stage.now();
    CHECK(stage.of_last<MediaStopChanged>().node == sound);
    const auto edited = stage.session.full_topology().value();
    CHECK(std::get<SourceNode>(edited->find(sound)->body).media_stop == media_at(3s));
    CHECK_FALSE(
        std::get<SourceNode>(full->find(sound)->body).media_stop); // a value that others hold
    (void)stage.session.set_media_stop(first, sound,
                                       media_at(1s)); // past: it is silent from now on
    stage.now();
    CHECK(stage.ended_at() == 10000);
    CHECK(stage.given("audio").back() < 2200);
    CHECK(stage.given("video").back() == 9960);
}

TEST_CASE("each stream of a source is read to the end that its own node gives it",
          "[conformance][6.1][media-stop]") {
    covers("6.1/media-stop");
    Ending stage{S::stopped};
    Topology made = stage.topology(stage.source);
    for (const auto& node : std::vector<Node>(made.nodes())) {
        auto* in = std::get_if<SourceNode>(&made.find(node.id)->body);
        if (in) in->media_stop = media_at(in->stream == 0 ? 1s : 3s);
    }
    (void)stage.session.set_topology(made, SetTopology::immediate);
    (void)stage.session.start();
    CHECK(stage.ended_at() == 3000);
    CHECK(stage.given("video") == every(40, 1000));
    CHECK(stage.given("audio") == every(20, 3000));
}

TEST_CASE("what passes behind the end of one stream does not end another that is being read",
          "[conformance][6.1][media-stop]") {
    covers("6.1/media-stop");
    RigOptions options;
    options.media.packet_bytes = 1 << 20; // 75 of them a second
    options.media.duration = 30s;
    Ending stage{S::stopped, {}, options};
    Topology made = stage.topology(stage.source);
    for (const auto& node : std::vector<Node>(made.nodes())) {
        auto* in = std::get_if<SourceNode>(&made.find(node.id)->body);
        if (in) in->media_stop = media_at(in->stream == 0 ? 1s : 20s);
    }
    (void)stage.session.set_topology(made, SetTopology::immediate);
    (void)stage.session.start();
    CHECK(stage.ended_at() == 20000);
}

TEST_CASE(
    "what came behind the end of a stream while others were read is there when its end is moved on",
    "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage{S::stopped};
    Topology made = stage.topology(stage.source);
    NodeId pictures = 0;
    for (const auto& node : std::vector<Node>(made.nodes())) {
        auto* in = std::get_if<SourceNode>(&made.find(node.id)->body);
        if (!in || in->stream != 0) continue;
        in->media_stop = media_at(2600ms);
        pictures = node.id;
    }
    (void)stage.session.set_topology(made, SetTopology::immediate);
    (void)stage.session.start();
    stage.after(2s); // the sound has been read to 3.5 s
    const auto id = stage.of_last<TopologySet>().topology;
    (void)stage.session.set_media_stop(id, pictures, media_at(4s));
    CHECK(stage.now() == Lines{"media-stop-changed ok"});
    CHECK(stage.ended_at() == 10000);
    CHECK_FALSE(stage.was_disturbed());
    CHECK(stage.given("video") == every(40, 4000));
    CHECK(stage.given("audio") == every(20, 10000));
}

TEST_CASE("a stop time that cannot be is refused in the event", "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage;
    (void)stage.session.set_media_stop(7, media_at(3s));
    (void)stage.session.set_media_stop(first, 99, media_at(3s));
    (void)stage.session.set_media_stop(first, 0, media_at(3s));
    (void)stage.session.set_media_stop(first, media_at(-1ms));
    CHECK(stage.now() == Lines{"media-stop-changed not_found", "media-stop-changed not_found",
                               "media-stop-changed not_found",
                               "media-stop-changed topo_invalid_time_attributes"});
    CHECK(stage.of_last<MediaStopChanged>().topology == 0);
    CHECK(stage.ended_at() == 10000);
    CHECK_FALSE(stage.was_disturbed());
    check_refused_when_over([](Stage& s) { return s.session.set_media_stop(first, media_at(3s)); });
    Stage idle;
    REQUIRE(idle.session.set_media_stop(first, media_at(3s)));
    CHECK(idle.now() == Lines{"media-stop-changed not_found"});
}

TEST_CASE("of a source that cannot seek nothing is taken back, and nothing read again",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    RigOptions options;
    options.media.seekable = false;
    SECTION("the outputs hold more") {
        Ending stage{S::started, {}, options};
        stage.queue_another();
        const int held = stage.given("video").back();
        REQUIRE(held > 2050);
        (void)stage.session.set_media_stop(first, media_at(2050ms));
        CHECK(stage.now().front() == "media-stop-changed ok");
        CHECK(stage.ended_at() == held + 40 + 1000);
        CHECK_FALSE(stage.was_disturbed());
        CHECK(stage.given("video") == every(40, held + 40 + 1000));
    }
    SECTION("ahead, and ahead again") {
        Ending stage{S::started, media_at(5s), options};
        (void)stage.session.set_media_stop(first, media_at(4s));
        CHECK(stage.now() == Lines{"media-stop-changed ok"});
        (void)stage.session.set_media_stop(first, media_at(4500ms));
        CHECK(stage.now() == Lines{"media-stop-changed ok"});
        CHECK(stage.ended_at() == 4500);
        CHECK_FALSE(stage.was_disturbed());
        CHECK(stage.given("audio") == every(20, 4500));
    }
    SECTION("read past") {
        Ending stage{S::started, media_at(3s), options};
        stage.after(960ms);
        (void)stage.session.set_media_stop(first, media_at(4s));
        CHECK(stage.now() == Lines{"media-stop-changed not_seekable"});
        CHECK(
            std::get<SourceNode>(stage.session.full_topology().value()->find(1)->body).media_stop ==
            media_at(3s));
        CHECK(stage.ended_at() == 3000);
        CHECK_FALSE(stage.was_disturbed());
        CHECK(stage.given("audio") == every(20, 3000));
    }
}

TEST_CASE("a stop overtakes a change of the stop time, which is in force all the same",
          "[conformance][1.5][2][media-stop]") {
    covers("1.5/stop-time-edit", "2/preempts-executing");
    Ending stage;
    stage.faults->seek_gate.close(true);
    (void)stage.session.set_media_stop(first, media_at(2050ms));
    CHECK(stage.now().empty());
    (void)stage.session.stop();
    CHECK(stage.after(10ms) ==
          Lines{"media-stop-changed ok", "capabilities-changed:-4 ok", "session-stopped ok"});
    stage.faults->seek_gate.open();
    (void)stage.session.start();
    CHECK(stage.ended_at() == 2050);
}

TEST_CASE("a decoder that hangs does not hold up a change of the stop time",
          "[conformance][1.5][media-stop]") {
    covers("1.5/stop-time-edit");
    Ending stage;
    stage.faults->decode_gate.close(false);
    stage.faults->block_decode_at = 60; // about 0.4 s on
    stage.after(500ms);
    const HostTime asked = stage.simulation->now();
    (void)stage.session.set_media_stop(first, media_at(5s));
    stage.until("media-stop-changed");
    CHECK(stage.last("media-stop-changed")->status.ok());
    CHECK(stage.simulation->now() - asked < 100ms);
    stage.faults->decode_gate.open();
    CHECK(stage.ended_at() == 5000);
}

TEST_CASE("an output that a short item leaves out is not taken from what plays before that",
          "[conformance][6.1][media-stop]") {
    covers("6.1/head-follows", "6.1/nothing-stops");
    SessionRig rig;
    std::vector<std::shared_ptr<Source>> kept;
    const auto item = [&](bool video, bool audio, Duration length) {
        rig.sources->media.video = video;
        rig.sources->media.audio = audio;
        rig.sources->media.duration = length;
        rig.source.reset();
        kept.push_back(rig.open());
        return rig.topology(kept.back());
    };
    (void)rig.session.set_topology(item(false, true, 300ms));
    (void)rig.session.set_topology(item(true, false, 52ms)); // at the outputs long before that
    (void)rig.session.set_topology(item(true, true, 1s));
    (void)rig.session.start();
    rig.until("session-ended");
    REQUIRE(rig.last("session-ended"));
    CHECK(rig.audio->rendered == 15 + 50);
    CHECK(rig.journal->count("audio shut-down") == 0);
    kept.clear();
}
