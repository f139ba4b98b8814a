// Streams that are switched while the rest plays on, on scripted surroundings in virtual time.
#include <algorithm>

#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr StreamIndex first_sound = 1, second_sound = 2;

ScriptedMedia two_sounds(Duration length = 10s) {
    ScriptedMedia media;
    media.audio_streams = 2;
    media.duration = length;
    return media;
}

struct SwitchRig : SessionRig {
    explicit SwitchRig(ScriptedMedia media = two_sounds())
        : SessionRig({.seed = 1, .media = media}) {
        video->note_samples = audio->note_samples = true;
        load();
    }
    NodeId output(const std::shared_ptr<ScriptedSink>& sink) {
        const auto full = session.full_topology();
        for (const Node& node : (*full)->nodes()) {
            const auto* found = std::get_if<OutputNode>(&node.body);
            if (found && found->sink == sink) return node.id;
        }
        return 0;
    }
    // Which stream the graph says feeds the sink; -1: none.
    StreamIndex fed_by(const std::shared_ptr<ScriptedSink>& sink) {
        const auto full = session.full_topology();
        NodeId at = output(sink);
        while (at != 0) {
            const Node* node = (*full)->find(at);
            if (const auto* from = std::get_if<SourceNode>(&node->body)) return from->stream;
            at = (*full)->predecessors(at).front();
        }
        return -1;
    }
    static SourceNode from(std::shared_ptr<Source> opened, StreamIndex stream) {
        SourceNode node;
        node.source = std::move(opened);
        node.stream = stream;
        return node;
    }
    Status switch_to(const std::shared_ptr<ScriptedSink>& sink, SourceNode to) {
        OutputNode node;
        node.sink = sink;
        (void)session.switch_stream(std::move(node), std::move(to));
        until("stream-switched");
        return last("stream-switched")->status;
    }
    int position() { return static_cast<int>((*session.position() - media_zero) / 1ms); }
};

// Every picture from the first one behind those of the preroll on, in ms: not one missing.
std::vector<int> pictures_until(int end) {
    std::vector<int> stamps;
    for (int t = 3 * 40; t < end; t += 40) stamps.push_back(t);
    return stamps;
}

} // namespace

TEST_CASE("while playing another stream takes over at the position, and the pictures do not notice",
          "[session][3][switch]") {
    SwitchRig rig(two_sounds(3s));
    rig.start();
    const auto begun = rig.simulation->now();
    rig.simulation->run_for(1010ms);
    rig.events();
    CHECK(rig.audio->last_stream == first_sound);
    const NodeId output = rig.output(rig.audio);
    const auto sound_before = rig.given("audio").size();
    const auto id = rig.session.switch_stream(output, SwitchRig::from(rig.source, second_sound));
    REQUIRE(id);
    rig.simulation->run_for(20ms);
    CHECK(rig.events() == Lines{"stream-switched ok", "topology-status:dynamic_changed ok"});
    const auto done = *rig.last("stream-switched");
    CHECK(done.command == *id);
    CHECK(done.as<StreamSwitched>()->node == output);
    CHECK(done.as<StreamSwitched>()->stream == second_sound);
    CHECK(rig.fed_by(rig.audio) == second_sound);
    CHECK(rig.audio->last_stream == second_sound);
    const auto sound = rig.given("audio");
    REQUIRE(sound.size() > sound_before);
    CHECK(sound[sound_before] == 1010); // cut to where the clock is

    CHECK(rig.until("session-ended") == Lines{"end-of-presentation ok", "topology-status:ended ok",
                                              "capabilities-changed:-4 ok", "session-ended ok"});
    CHECK(rig.simulation->now() - begun == 3s);
    CHECK(rig.given() == pictures_until(3000));
    CHECK(rig.journal->count("video flush") == 0);
    CHECK(rig.sources->opened == 2);
}

TEST_CASE("after the next seek the streams of a source are read by one reader again",
          "[session][3][switch]") {
    SwitchRig rig;
    rig.start();
    rig.simulation->run_for(500ms);
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)).ok());
    CHECK(rig.sources->alive == 2);
    rig.start(at(5s));
    rig.simulation->run_for(100ms);
    CHECK(rig.sources->alive == 1);
    CHECK(rig.audio->last_stream == second_sound);
    (void)rig.session.stop();
    rig.until("session-stopped");
    rig.audio->last_stream = -1;
    rig.start();
    rig.simulation->run_for(100ms);
    CHECK(rig.audio->last_stream == second_sound);
    CHECK(rig.sources->alive == 1);
}

TEST_CASE("in stopped and in a pause a stream is switched too", "[session][3][switch]") {
    SwitchRig rig;
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)).ok());
    CHECK(rig.fed_by(rig.audio) == second_sound);
    rig.start();
    rig.simulation->run_for(300ms);
    CHECK(rig.audio->last_stream == second_sound);
    CHECK(rig.sources->opened == 1);

    (void)rig.session.pause();
    rig.until("session-paused");
    const int paused_at = rig.position();
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, first_sound)).ok());
    rig.simulation->run_for(1s);
    CHECK(rig.position() == paused_at);
    CHECK(rig.audio->last_stream == first_sound);
    rig.journal->take();
    (void)rig.session.start();
    rig.until("session-started");
    rig.simulation->run_for(1s);
    CHECK(rig.position() == paused_at + 1000);
}

TEST_CASE("an output that is added and changed before a start plays what it was given last",
          "[session][3][switch]") {
    SessionRig rig{{.seed = 1, .media = two_sounds()}};
    rig.open();
    Topology pictures;
    pictures.add_branch(rig.source, 0, rig.video);
    REQUIRE(rig.session.set_topology(std::move(pictures)));
    rig.simulation->settle();
    for (const StreamIndex stream : {second_sound, first_sound, second_sound}) {
        OutputNode output;
        output.sink = rig.audio;
        (void)rig.session.switch_stream(std::move(output), SwitchRig::from(rig.source, stream));
        CHECK(rig.until("stream-switched").back() == "stream-switched ok");
    }
    rig.start();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.audio->last_stream == second_sound);
    CHECK(rig.audio->rendered == 500);
}

TEST_CASE("a stream is switched off, and on again under its number", "[session][3][switch]") {
    SwitchRig rig(two_sounds(2s));
    const NodeId output = rig.output(rig.audio);
    rig.start();
    rig.simulation->run_for(500ms);
    (void)rig.session.switch_stream(output, {});
    rig.until("stream-switched");
    CHECK(rig.last("stream-switched")->as<StreamSwitched>()->stream == -1);
    rig.simulation->settle();
    CHECK(rig.fed_by(rig.audio) == -1);
    CHECK(rig.audio->is_shut_down);
    const int silent_since = rig.audio->processed;
    rig.simulation->run_for(500ms);
    CHECK(rig.audio->processed == silent_since);
    CHECK(rig.position() == 1000);

    rig.audio->is_shut_down = false;
    (void)rig.session.switch_stream(output, SwitchRig::from(rig.source, second_sound));
    rig.until("stream-switched");
    CHECK(rig.last("stream-switched")->as<StreamSwitched>()->node == output);
    rig.simulation->run_for(100ms);
    CHECK(rig.audio->running);
    CHECK(rig.audio->last_stream == second_sound);
    rig.until("session-ended");
    CHECK(rig.last("session-ended")->status.ok());
    CHECK(rig.given() == pictures_until(2000));
}

TEST_CASE("what cannot be switched changes nothing", "[session][3][switch]") {
    SwitchRig rig;
    const auto refused = [&](Errc code) { return rig.last("stream-switched")->status == code; };
    rig.start();
    rig.simulation->run_for(100ms);
    (void)rig.session.switch_stream(77, SwitchRig::from(rig.source, second_sound));
    rig.until("stream-switched");
    CHECK(refused(Errc::not_found));
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, 0)) == Errc::topo_cannot_connect);
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, 9)) ==
          Errc::topo_missing_stream_descriptor);
    rig.decoders->refuse = true;
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)) ==
          Errc::topo_codec_not_found);
    rig.decoders->refuse = false;
    rig.faults->fail_seek = true;
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)) == Errc::damaged);
    rig.faults->fail_seek = false;
    CHECK(rig.switch_to(rig.video, {}).ok());
    CHECK(rig.switch_to(rig.audio, {}) == Errc::invalid_request);
    CHECK(rig.fed_by(rig.audio) == first_sound);
    rig.simulation->run_for(500ms);
    CHECK(rig.audio->last_stream == first_sound);

    ScriptedMedia pipe = two_sounds();
    pipe.seekable = false;
    SwitchRig other(pipe);
    CHECK(other.switch_to(other.audio, SwitchRig::from(other.source, second_sound)).ok());
    other.start();
    other.simulation->run_for(100ms);
    CHECK(other.switch_to(other.audio, SwitchRig::from(other.source, first_sound)) ==
          Errc::not_seekable);
    CHECK(other.fed_by(other.audio) == second_sound);

    SessionRig idle;
    OutputNode output;
    output.sink = idle.audio;
    (void)idle.session.switch_stream(std::move(output), {});
    idle.until("stream-switched");
    CHECK(idle.last("stream-switched")->status == Errc::invalid_request);
}

TEST_CASE("a stop overtakes a switch whose reader stalls, within its bound",
          "[session][3][switch]") {
    SwitchRig rig;
    rig.start();
    rig.simulation->run_for(300ms);
    rig.faults->open_gate.close(false);
    (void)rig.session.switch_stream(rig.output(rig.audio),
                                    SwitchRig::from(rig.source, second_sound));
    rig.simulation->run_for(1s);
    CHECK(rig.events().empty());
    CHECK(rig.audio->last_stream == first_sound); // heard until the other is there
    CHECK(rig.position() == 1300);
    const auto asked = rig.simulation->now();
    (void)rig.session.stop();
    const auto heard = rig.until("session-stopped");
    CHECK(heard.front() == "stream-switched cancelled");
    CHECK(heard.back() == "session-stopped ok");
    CHECK(rig.simulation->now() - asked <= 100ms);
    CHECK(rig.fed_by(rig.audio) == first_sound);
}

TEST_CASE("a second reader that stalls does not hold up a stop", "[session][3][switch]") {
    SwitchRig rig;
    rig.start();
    rig.simulation->run_for(300ms);
    rig.faults->heed_interrupt = false;
    rig.faults->block_read_at = 0; // of the reader that is opened next
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)).ok());
    rig.simulation->run_for(300ms);
    const auto asked = rig.simulation->now();
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.last("session-stopped")->status.ok());
    CHECK(rig.simulation->now() - asked <= 100ms);
    rig.faults->block_read_at = -1;
    rig.faults->read_gate.open();
    rig.start();
    rig.simulation->run_for(200ms);
    CHECK(rig.audio->last_stream == second_sound);
}

TEST_CASE("switches that follow each other at once all count, the last one stays",
          "[session][3][switch]") {
    SwitchRig rig(two_sounds(2s));
    const NodeId output = rig.output(rig.audio);
    rig.start();
    rig.simulation->run_for(500ms);
    for (const auto stream : {second_sound, first_sound, second_sound}) {
        (void)rig.session.switch_stream(output, SwitchRig::from(rig.source, stream));
    }
    rig.simulation->run_for(50ms);
    CHECK(rig.events() == Lines{"stream-switched ok", "topology-status:dynamic_changed ok",
                                "stream-switched ok", "topology-status:dynamic_changed ok",
                                "stream-switched ok", "topology-status:dynamic_changed ok"});
    CHECK(rig.audio->last_stream == second_sound);
    CHECK(rig.sources->alive == 2);
    rig.until("session-ended");
    CHECK(rig.given() == pictures_until(2000));
}

TEST_CASE("near the end a switch counts from the next start on", "[session][3][switch]") {
    SwitchRig rig(two_sounds(1s));
    rig.start();
    rig.simulation->run_for(990ms); // everything is at the outputs
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)).ok());
    CHECK(rig.sources->opened == 1);
    rig.until("session-ended");
    CHECK(rig.audio->last_stream == first_sound);
    rig.start();
    rig.simulation->run_for(100ms);
    CHECK(rig.audio->last_stream == second_sound);
}

TEST_CASE("what was given before a switch is not given again after it", "[session][3][switch]") {
    SwitchRig rig;
    rig.audio->ahead = 30;
    rig.start();
    rig.simulation->run_for(1s);
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(rig.source, second_sound)).ok());
    rig.journal->take();
    rig.audio->invalidate_format();
    rig.simulation->run_for(200ms);
    auto again = rig.given("audio");
    CHECK(again.size() > 20);
    std::sort(again.begin(), again.end());
    CHECK(std::adjacent_find(again.begin(), again.end()) == again.end());
}

TEST_CASE("a queued topology follows a switched stream without a gap", "[session][3][switch]") {
    SwitchRig rig(two_sounds(1s));
    const auto film = rig.source;
    (void)rig.session.set_topology(rig.topology(rig.open()));
    rig.simulation->settle();
    rig.events();
    rig.start();
    const auto begun = rig.simulation->now();
    rig.simulation->run_for(500ms); // the next one is being prepared
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(film, second_sound)).ok());
    rig.until("session-ended");
    CHECK(rig.simulation->now() - begun == 2s);
    CHECK(rig.given() == pictures_until(2000));
}

TEST_CASE("a switch that is for another presentation than what plays is refused",
          "[session][3][switch]") {
    SwitchRig rig(two_sounds(1s));
    const auto first = rig.last("topology-set")->as<TopologySet>()->topology;
    (void)rig.session.set_topology(rig.topology(rig.open()));
    rig.until("topology-set");
    const auto second = rig.last("topology-set")->as<TopologySet>()->topology;
    rig.start();
    const auto to_second_sound = [&](TopologyId of) {
        OutputNode node;
        node.sink = rig.audio;
        (void)rig.session.switch_stream(node, SwitchRig::from(rig.source, second_sound), of);
        rig.until("stream-switched");
        return rig.last("stream-switched")->status;
    };
    CHECK(to_second_sound(second) == Errc::invalid_request);
    CHECK(rig.fed_by(rig.audio) == first_sound);
    CHECK(to_second_sound(first).ok());
    CHECK(rig.fed_by(rig.audio) == second_sound);
    rig.simulation->run_for(1500ms);
    CHECK(to_second_sound(first) == Errc::invalid_request); // over, though it was switched
    CHECK(rig.fed_by(rig.audio) == first_sound);
    CHECK(to_second_sound(second).ok());
}

TEST_CASE("the sound of another file takes part in seeks, stops and the end",
          "[session][3][switch]") {
    ScriptedMedia only_pictures;
    only_pictures.audio = false;
    only_pictures.duration = 2s;
    SwitchRig rig(only_pictures);
    const auto film = rig.source;
    ScriptedMedia only_sound;
    only_sound.video = false;
    only_sound.duration = 3s;
    rig.sources->media = only_sound;
    const auto sound = rig.open();
    rig.source = film;
    rig.events();
    rig.start();
    const auto begun = rig.simulation->now();
    rig.simulation->run_for(1s);
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(sound, 0)).ok());
    rig.simulation->run_for(200ms);
    CHECK(rig.audio->last_stream == 0);
    CHECK(rig.sources->opened == 2); // nothing is opened twice
    const auto heard = rig.given("audio");
    REQUIRE(!heard.empty());
    CHECK(heard.front() == 1000);
    rig.until("session-ended");
    CHECK(rig.simulation->now() - begun == 3s); // the longer of the two

    rig.start();
    rig.start(at(1500ms));
    rig.simulation->run_for(100ms);
    CHECK(rig.given("audio").front() == 1560); // behind what the seek itself brought
    rig.faults->heed_interrupt = false;
    rig.faults->read_gate.close(false);
    rig.simulation->run_for(300ms);
    const auto asked = rig.simulation->now();
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.simulation->now() - asked <= 100ms);
    rig.faults->read_gate.open();

    // Let go, it can be used by another.
    CHECK(rig.switch_to(rig.audio, {}).ok());
    rig.start();
    CHECK(rig.last("session-started")->status.ok());
    auto second = rig.engine->create_session();
    Topology alone;
    alone.add_branch(sound, 0, std::make_shared<ScriptedSink>(StreamKind::audio, rig.journal));
    (void)second.set_topology(std::move(alone));
    (void)second.start();
    rig.until("session-started");
    CHECK(rig.last("session-started")->status.ok());
    CHECK(rig.last("session-started")->session == second.id());
}

TEST_CASE("a source that a switch leaves with nothing to read can be used by another session",
          "[session][3][switch]") {
    SwitchRig rig(two_sounds(2s));
    const auto film = rig.source;
    ScriptedMedia only_sound;
    only_sound.video = false;
    rig.sources->media = only_sound;
    const auto sound = rig.open();
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(sound, 0)).ok());
    rig.start();
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.switch_to(rig.audio, SwitchRig::from(film, second_sound)).ok());
    rig.start();
    CHECK(rig.last("session-started")->status.ok());

    auto second = rig.engine->create_session();
    Topology alone;
    alone.add_branch(sound, 0, std::make_shared<ScriptedSink>(StreamKind::audio, rig.journal));
    REQUIRE(second.set_topology(std::move(alone)));
    REQUIRE(second.start());
    rig.until("session-started");
    CHECK(rig.last("session-started")->session == second.id());
    CHECK(rig.last("session-started")->status.ok());
}

TEST_CASE("beside an output that is lost the last one that lives cannot be switched off",
          "[session][switch]") {
    SwitchRig rig;
    rig.start();
    rig.video->fail_now(Status{Errc::device_lost, "the script loses it"});
    rig.until("sink-invalidated");
    CHECK(rig.switch_to(rig.audio, {}) == Errc::invalid_request);
    (void)rig.session.pause();
    rig.until("session-paused");
    REQUIRE(rig.last("session-paused"));
    CHECK(rig.last("session-paused")->status.ok());
}

TEST_CASE("a switch whose presentation is over before it is resolved changes nothing of the next",
          "[session][switch]") {
    SessionRig rig;
    rig.sources->named["silent"] = {.audio = false, .duration = 1s};
    rig.sources->named["film"] = {.duration = 5s};
    const auto silent = rig.open("silent");
    const auto film = rig.open("film");
    (void)rig.session.set_topology(rig.topology(silent));
    (void)rig.session.set_topology(rig.topology(film));
    rig.start();
    rig.until("end-of-presentation");
    rig.until("notify-presentation-time"); // the film is joined, and plays in a moment
    rig.decoders->gate.close(false);
    rig.ask_switch(rig.audio, film, 1);
    rig.simulation->run_for(2s);
    rig.decoders->gate.open();
    rig.until("stream-switched");
    CHECK(rig.taken.back().status == Errc::invalid_request);
    (void)rig.session.stop();
    rig.until("session-stopped");
    rig.start();
    CHECK(rig.taken.back().status.ok());
    CHECK(rig.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("an output that is added while the others owe the clock an answer does not owe one",
          "[session][switch]") {
    SessionRig rig;
    rig.load();
    rig.start(at(9s));
    rig.until("end-of-presentation");
    rig.video->mute_acks = true;
    rig.faults->tell(SourceBuffers{true});
    rig.until("buffering-started");
    rig.ask_switch(std::make_shared<ScriptedSink>(StreamKind::audio, rig.journal), rig.source, 1);
    rig.until("stream-switched");
    REQUIRE(rig.taken.back().status.ok());
    (void)rig.session.pause();
    rig.simulation->run_for(100ms);
    CHECK(rig.session.state() == SessionState::started);
    rig.video->fail_now(Errc::device_lost); // nothing is awaited of it any more
    rig.until("session-paused", 1s);
    CHECK(rig.session.state() == SessionState::paused);
}

TEST_CASE("a seek to a key frame does not wait for a source whose every output is lost",
          "[session][switch]") {
    SessionRig rig;
    rig.sources->named["silent"] = {.audio = false, .duration = 400ms};
    rig.sources->named["film"] = {.duration = 1s};
    const auto silent = rig.open("silent");
    const auto film = rig.open("film");
    (void)rig.session.set_topology(rig.topology(silent));
    rig.simulation->run_for(100ms);
    rig.ask_switch(std::make_shared<ScriptedSink>(StreamKind::video, rig.journal), film, 0);
    rig.video->fail_now(Errc::device_lost);
    rig.until("stream-switched");
    rig.start(at(617ms, SeekMode::key_frame));
    REQUIRE(rig.last("session-started"));
    CHECK(rig.last("session-started")->status.ok());
}
