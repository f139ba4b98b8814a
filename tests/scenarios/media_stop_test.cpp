// The end of real files is moved while they play, at the outputs that users have, in virtual time.
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/sinks.h"
#include "playhead/video_output.h"
#include "scenarios/counted_sound.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/covers.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
    Scene() {
        viewer->watch();
        rig = std::make_unique<RealRig>(simulation);
    }
    ~Scene() { rig.reset(); }
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    Topology sound_of(const CountedSound& file) {
        const auto source = rig->open(file.path());
        REQUIRE(source);
        Topology topology;
        topology.add_branch(source, 0, sound.sink());
        return topology;
    }
    TopologyId play(Topology topology, Duration length) {
        REQUIRE(rig->session.set_topology(std::move(topology)));
        REQUIRE(rig->until("topology-set"));
        const auto id = rig->events.back().as<TopologySet>()->topology;
        REQUIRE(rig->session.start());
        REQUIRE(rig->until("session-started"));
        simulation->run_for(length);
        return id;
    }
    Status move_end(TopologyId topology, MediaTime stop) {
        REQUIRE(rig->session.set_media_stop(topology, stop));
        REQUIRE(rig->until("media-stop-changed"));
        return rig->events.back().status;
    }
    MediaTime ended_at() {
        const bool has_ended = rig->until("session-ended");
        for (const auto& line : rig->lines) UNSCOPED_INFO(line);
        REQUIRE(has_ended);
        return *position(rig->events.back().body);
    }

    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<headless::CaptureAudioDevice> device =
        std::make_shared<headless::CaptureAudioDevice>(simulation);
    VideoOutput video;
    AudioOutput sound{device};
    std::shared_ptr<Viewer> viewer = std::make_shared<Viewer>(simulation, video);
    std::unique_ptr<RealRig> rig;
};

constexpr std::int64_t last_sample = 60007;
const MediaTime end_of_sound = media_zero + frames_to_duration(last_sample, CountedSound::rate_hz);

} // namespace

TEST_CASE("a sound whose end is moved ends at that very sample, and the next one joins there",
          "[media][media-stop]") {
    covers("1.5/stop-time-edit", "6.1/head-follows");
    const CountedSound up("up", 1), down("down", -1);
    Scene scene;
    const auto topology = scene.play(scene.sound_of(up), 500ms);
    REQUIRE(scene.rig->session.set_topology(scene.sound_of(down)));
    CHECK(scene.move_end(topology, end_of_sound).ok());
    CHECK(scene.ended_at() - end_of_sound == 3s);
    const auto samples = scene.device->samples();
    const auto first = first_run(samples, up);
    CHECK(first.from < 200); // as it comes in
    CHECK(first.to == last_sample);
    const std::vector<float> rest(samples.begin() + first.end, samples.end());
    const auto second = first_run(rest, down);
    CHECK(second.from == 0);
    CHECK(second.at == 0);
    CHECK(second.to == CountedSound::frames);
}

TEST_CASE("a sound whose end is moved into what the device's ring holds is heard to there",
          "[media][media-stop]") {
    covers("1.5/stop-time-edit");
    const CountedSound up("up", 1);
    Scene scene;
    const auto topology = scene.play(scene.sound_of(up), 1s);
    const MediaTime now = *scene.rig->session.position();
    const MediaTime end = now + 50ms;
    CHECK(scene.move_end(topology, end).ok());
    const MediaTime over = scene.ended_at();
    CHECK(over - end < 1ms);
    CHECK(over >= end);
    const auto samples = scene.device->samples();
    const auto first = first_run(samples, up);
    const std::vector<float> rest(samples.begin() + first.end, samples.end());
    Run second = first_run(rest, up);
    while (second.from >= 0 && second.to - second.from < 100) { // what was fading
        const std::vector<float> later(rest.begin() + second.end, rest.end());
        second = first_run(later, up);
    }
    REQUIRE(second.from >= 0);
    const auto lap = CountedSound::lap;
    CHECK((index_at(end - media_zero) - second.to) % lap == 0);
    CHECK(second.to - second.from <= index_at(50ms));
}

TEST_CASE("pictures and sound of a film end at a moved end", "[media][media-stop]") {
    covers("1.5/stop-time-edit");
    const auto path = media("av_h264_aac.mp4");
    if (!path) return;
    Scene scene;
    const auto source = scene.rig->open(*path);
    REQUIRE(source);
    const auto& presentation = source->presentation();
    Topology topology;
    topology.add_branch(source, presentation.best(StreamKind::video)->index, scene.video.sink());
    topology.add_branch(source, presentation.best(StreamKind::audio)->index, scene.sound.sink());
    const auto id = scene.play(std::move(topology), 300ms);
    const MediaTime end = media_at(710ms);
    CHECK(scene.move_end(id, end).ok());
    const MediaTime over = scene.ended_at();
    CHECK(over >= end);
    CHECK(over - end < 1ms);
    REQUIRE_FALSE(scene.viewer->shown.empty());
    const auto& last = scene.viewer->shown.back();
    CHECK(last.pts < end);
    CHECK(last.pts >= end - 60ms);
    CHECK(last.pts + last.duration.value_or(Duration{}) == end);
    CHECK(scene.video.frames_late() == 0);
    CHECK(scene.sound.underruns() == 0);
}

TEST_CASE("outputs that keep time, or look at it, are not made rateless by their nodes",
          "[media][rateless]") {
    covers("4/rateless-drives", "4/audio-drives");
    const auto path = media("av_h264_aac.mp4");
    if (!path) return;
    const bool with_sound = GENERATE(true, false);
    Scene scene;
    const auto source = scene.rig->open(*path);
    REQUIRE(source);
    const auto& presentation = source->presentation();
    Topology topology;
    const auto add = [&](StreamKind kind, const std::shared_ptr<StreamSink>& sink) {
        OutputNode out;
        out.sink = sink;
        out.rateless = true;
        SourceNode in;
        in.source = source;
        in.stream = presentation.best(kind)->index;
        const NodeId from = topology.add(std::move(in));
        topology.connect(from, topology.add(std::move(out)));
    };
    add(StreamKind::video, scene.video.sink());
    if (with_sound) add(StreamKind::audio, scene.sound.sink());
    const HostTime begun = scene.simulation->now();
    (void)scene.play(std::move(topology), 1s);
    CHECK(std::chrono::abs(*scene.rig->session.position() - media_at(1s)) < 200ms);
    (void)scene.ended_at();
    CHECK(scene.simulation->now() - begun > *presentation.duration - 100ms);
    CHECK(scene.viewer->shown.size() > 20);
    CHECK(scene.video.frames_late() == 0);
}

TEST_CASE("a film that is written as fast as it can be shows where the writing is",
          "[media][rateless]") {
    covers("4/rateless-drives");
    const auto path = media("av_h264_aac.mp4");
    if (!path) return;
    headless::CaptureVideoSink pictures;
    headless::NullAudioSink sounds;
    Scene scene;
    const auto source = scene.rig->open(*path);
    REQUIRE(source);
    const auto& presentation = source->presentation();
    Topology topology;
    topology.add_branch(source, presentation.best(StreamKind::video)->index, pictures.sink());
    topology.add_branch(source, presentation.best(StreamKind::audio)->index, sounds.sink());
    const HostTime begun = scene.simulation->now();
    (void)scene.play(std::move(topology), 0s);
    const MediaTime over = scene.ended_at();
    CHECK(scene.simulation->now() - begun < *presentation.duration / 2);
    CHECK(std::chrono::abs(over - media_zero - *presentation.duration) < 100ms);
    CHECK(over > pictures.hashes().back().pts);
}
