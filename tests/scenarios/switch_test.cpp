// Streams of real files that are switched while the rest plays on, at the outputs that users have.
#include <algorithm>
#include <cmath>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "playhead/player.h"
#include "playhead/video_output.h"
#include "scenarios/counted_sound.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr StreamIndex first_sound = 1, second_sound = 2;

// One session with pictures and as many sound devices as are wanted, in virtual time.
struct Scene {
    explicit Scene(std::uint64_t seed = 1, int devices_wanted = 1) {
        headless::SimulationOptions options;
        options.seed = seed;
        simulation = headless::Simulation::create(options);
        for (int i = 0; i < devices_wanted; ++i) {
            devices.push_back(std::make_shared<headless::CaptureAudioDevice>(simulation));
            sounds.push_back(std::make_unique<AudioOutput>(devices.back()));
        }
        viewer = std::make_shared<Viewer>(simulation, video);
        viewer->watch();
        rig = std::make_unique<RealRig>(simulation);
    }
    ~Scene() { rig.reset(); }
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    std::shared_ptr<Source> open(const std::string& path) {
        auto source = rig->open(path);
        REQUIRE(source);
        return source;
    }
    bool play(Topology topology) {
        (void)rig->session.set_topology(std::move(topology));
        (void)rig->session.start();
        return rig->until("session-started");
    }
    // The pictures of one and a sound of another, to the first sound device.
    void play(const std::shared_ptr<Source>& film, const std::shared_ptr<Source>& sound,
              StreamIndex stream = 0) {
        Topology topology;
        topology.add_branch(film, 0, video.sink());
        topology.add_branch(sound, stream, sounds[0]->sink());
        REQUIRE(play(std::move(topology)));
    }
    Status switch_to(const std::shared_ptr<StreamSink>& sink, std::shared_ptr<Source> source,
                     StreamIndex stream) {
        SourceNode node;
        node.source = std::move(source);
        node.stream = stream;
        OutputNode output;
        output.sink = sink;
        (void)rig->session.switch_stream(std::move(output), std::move(node));
        if (!rig->until("stream-switched")) return Errc::cancelled;
        return rig->events.back().status;
    }
    // When the presentation's zero was, or would have been, by the clock of the pictures.
    HostTime origin() const {
        const auto& first = viewer->shown.back();
        return first.when - (first.clock - media_zero);
    }
    // Each picture of 25 a second from the first on, and each in its interval.
    void check_pictures(std::size_t count) const {
        const auto& shown = viewer->shown;
        REQUIRE(shown.size() == count);
        Duration worst{};
        std::size_t astray = 0;
        for (std::size_t i = 0; i < shown.size(); ++i) {
            const Duration behind = 40ms * static_cast<std::int64_t>(i);
            if (std::chrono::abs(shown[i].pts - shown[0].pts - behind) > 1ms) ++astray;
            if (i == 0) continue; // is there before the clock runs
            worst = std::max(worst, shown[i].clock - shown[i].pts);
            // The clock neither jumped nor stood.
            if (std::chrono::abs(shown[i].when - shown[1].when - (behind - 40ms)) > 1ms) ++astray;
        }
        CHECK(astray == 0);
        CHECK(worst < 1ms);
        CHECK(video.frames_late() == 0);
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::vector<std::shared_ptr<headless::CaptureAudioDevice>> devices;
    VideoOutput video;
    std::vector<std::unique_ptr<AudioOutput>> sounds;
    std::shared_ptr<Viewer> viewer;
    std::unique_ptr<RealRig> rig;
};

} // namespace

TEST_CASE("a switched sound goes on at the very sample where the clock is, and no picture notices",
          "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    const CountedSound up("up", 1), down("down", -1);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        INFO("seed " << seed);
        Scene scene(seed);
        const auto film = scene.open(*path), first = scene.open(up.path()),
                   second = scene.open(down.path());
        scene.play(film, first);
        scene.simulation->run_for(730ms);
        CHECK(scene.switch_to(scene.sounds[0]->sink(), second, 0).ok());
        const HostTime switched = scene.simulation->now();
        CHECK(scene.rig->until("session-ended"));
        scene.check_pictures(50);

        const HostTime origin = scene.origin();
        const auto& device = *scene.devices[0];
        const Run before = run_of(device, up, origin);
        const Run after = run_of(device, down, origin, before.end);
        CHECK(before.from == 0);
        CHECK(before.to >= index_at(switched - origin));
        REQUIRE(after.from > 0);
        CHECK(after.to == CountedSound::frames); // to its end without a break
        // What it tells is what lies there: not a sample beside it.
        CHECK(after.from == before.from + (after.at - before.at));
        // Between the two lie a silence that is short, and a fade.
        CHECK(after.heard - switched < 100ms);
    }
}

TEST_CASE("a sound that is not switched loses no sample and gains none, whoever drives the clock",
          "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    const CountedSound up("kept", 1), down("other", -1);
    for (const std::size_t changed : {0U, 1U}) {
        INFO("switched: output " << changed);
        Scene scene(3, 2);
        const auto film = scene.open(*path), kept = scene.open(up.path()),
                   before = scene.open(down.path()), after = scene.open(down.path());
        Topology topology;
        topology.add_branch(film, 0, scene.video.sink());
        for (const std::size_t i : {0U, 1U}) {
            topology.add_branch(i == changed ? before : kept, 0, scene.sounds[i]->sink());
        }
        REQUIRE(scene.play(std::move(topology)));
        for (const auto wait : {400ms, 330ms, 10ms}) { // the last while the one before settles
            scene.simulation->run_for(wait);
            CHECK(scene.switch_to(scene.sounds[changed]->sink(), after, 0).ok());
        }
        CHECK(scene.rig->until("session-ended"));
        scene.check_pictures(50);
        const Run run = first_run(scene.devices[1 - changed]->samples(), up);
        CHECK(run.to == CountedSound::frames); // without a break, from where it began
        CHECK(run.from >= 0);
        // One that follows another's clock has begun while that waited for its first sound.
        CHECK(run.from <= (changed == 1 ? 0 : CountedSound::rate_hz / 10));
        CHECK(scene.sounds[1 - changed]->underruns() == 0);
    }
}

TEST_CASE("pictures that are switched leave every sample of the sound", "[media][switch]") {
    const auto path = media("two_audio.mkv"), other = media("chapters.mkv");
    if (!path || !other) return;
    const CountedSound up("picture", 1);
    Scene scene(2);
    const auto film = scene.open(*path), second = scene.open(*other), sound = scene.open(up.path());
    scene.play(film, sound);
    scene.simulation->run_for(510ms);
    const auto seen = scene.viewer->shown.size();
    CHECK(scene.switch_to(scene.video.sink(), second, 0).ok());
    const HostTime switched = scene.simulation->now();
    CHECK(scene.rig->until("session-ended"));

    const Run run = first_run(scene.devices[0]->samples(), up);
    CHECK(run.from == 0);
    CHECK(run.to == CountedSound::frames);
    CHECK(scene.sounds[0]->underruns() == 0);
    // The picture that was on screen stays until the first of the other film is due.
    const auto& shown = scene.viewer->shown;
    REQUIRE(shown.size() > seen + 10);
    CHECK(shown[seen].when - switched < 100ms);
    for (std::size_t i = seen; i < shown.size(); ++i) {
        CHECK(shown[i].clock >= shown[i].pts);
        CHECK(shown[i].clock - shown[i].pts < 41ms);
    }
}

TEST_CASE("a sound is switched in a pause and heard from there on", "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    const CountedSound up("before", 1), down("after", -1);
    Scene scene(4);
    const auto film = scene.open(*path), first = scene.open(up.path()),
               second = scene.open(down.path());
    scene.play(film, first);
    scene.simulation->run_for(600ms);
    (void)scene.rig->session.pause();
    REQUIRE(scene.rig->until("session-paused"));
    scene.simulation->run_for(100ms);
    const auto stands = *scene.rig->session.position();
    CHECK(scene.switch_to(scene.sounds[0]->sink(), second, 0).ok());
    scene.simulation->run_for(2s); // longer than the device is kept open for
    CHECK(*scene.rig->session.position() == stands);
    (void)scene.rig->session.start();
    REQUIRE(scene.rig->until("session-started"));
    CHECK(scene.rig->until("session-ended"));
    CHECK(scene.video.frames_late() == 0);
    CHECK(scene.viewer->shown.size() == 50);
    const Run after = run_of(*scene.devices[0], down, scene.origin());
    REQUIRE(after.from > 0);
    CHECK(std::abs(after.from - index_at(stands - media_zero)) < CountedSound::rate_hz / 20);
    CHECK(after.to == CountedSound::frames);
}

TEST_CASE("a sound is switched off and on again, and no picture notices", "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    const CountedSound up("off", 1), down("on", -1);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        INFO("seed " << seed);
        Scene scene(seed);
        const auto film = scene.open(*path), first = scene.open(up.path()),
                   second = scene.open(down.path());
        const auto& sink = scene.sounds[0]->sink();
        scene.play(film, first);
        scene.simulation->run_for(420ms);
        CHECK(scene.switch_to(sink, nullptr, -1).ok()); // the one that drives the clock
        const HostTime off = scene.simulation->now();
        scene.simulation->run_for(630ms);
        CHECK(scene.switch_to(sink, second, 0).ok());
        const HostTime on = scene.simulation->now();
        CHECK(scene.rig->until("session-ended"));
        scene.check_pictures(50);

        const HostTime origin = scene.origin();
        const auto& device = *scene.devices[0];
        std::ptrdiff_t loud = 0; // samples between the two
        for (const auto& stretch : device.stretches()) {
            if (stretch.heard < off + 60ms || stretch.heard >= on) continue;
            loud += std::count_if(stretch.samples.begin(), stretch.samples.end(),
                                  [](float sample) { return sample != 0.0F; });
        }
        CHECK(loud == 0);
        const Run after = run_of(device, down, origin);
        REQUIRE(after.from > 0);
        CHECK(after.to == CountedSound::frames);
        CHECK(after.heard - on < 100ms);
    }
}

TEST_CASE("the other sound of a film is heard from the switch on, and no picture is late",
          "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        INFO("seed " << seed);
        Scene scene(seed);
        const auto film = scene.open(*path);
        const auto& sink = scene.sounds[0]->sink();
        scene.play(film, film, first_sound);
        scene.simulation->run_for(1s);
        CHECK(scene.switch_to(sink, film, second_sound).ok());
        const HostTime switched = scene.simulation->now();
        CHECK(scene.rig->until("session-ended"));
        const auto took = scene.simulation->now() - scene.origin();
        CHECK(took >= 2s);
        CHECK(took <= 2100ms);
        scene.check_pictures(50);
        // Of the two sounds one is stereo, the other mono: behind it both channels are the same.
        const auto stretches = scene.devices[0]->stretches();
        REQUIRE(stretches.front().channels == 2);
        double before = 0, after = 0;
        for (const auto& stretch : stretches) {
            auto& apart = stretch.heard < switched ? before : after;
            if (stretch.heard >= switched && stretch.heard < switched + 150ms) continue;
            for (std::size_t i = 0; i + 1 < stretch.samples.size(); i += 2) {
                apart = std::max(apart, std::abs(static_cast<double>(stretch.samples[i]) -
                                                 static_cast<double>(stretch.samples[i + 1])));
            }
        }
        CHECK(before > 0.0);
        CHECK(after == 0.0);
    }
}

TEST_CASE("streams are switched on the real lanes", "[media][switch][lanes]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    VideoOutput pictures;
    RealRig rig(make_lanes());
    AudioOutput sound(std::make_shared<headless::NullAudioDevice>(rig.executor));
    const auto film = rig.open(*path);
    REQUIRE(film);
    Topology topology;
    topology.add_branch(film, 0, pictures.sink());
    topology.add_branch(film, first_sound, sound.sink());
    (void)rig.session.set_topology(std::move(topology));
    for (const auto stream : {second_sound, first_sound, second_sound}) {
        // From the beginning each time: a slow machine has all of the two seconds for each.
        (void)rig.session.start(at(0s));
        REQUIRE(rig.until("session-started", 20s));
        OutputNode output;
        output.sink = sound.sink();
        SourceNode to;
        to.source = film;
        to.stream = stream;
        (void)rig.session.switch_stream(std::move(output), std::move(to));
        REQUIRE(rig.until("stream-switched", 20s));
        const Status status = rig.events.back().status;
        INFO(status.message());
        CHECK(status.word() == "ok");
    }
    const bool over = rig.count("session-ended") > 0; // on a machine that stood for two seconds
    CHECK((over || rig.until("session-ended", 20s)));
}

TEST_CASE("the tracks of a film are told, also those that have no output",
          "[media][switch][player]") {
    const auto path = media("subs_srt.mkv");
    if (!path) return;
    RealRig rig(headless::Simulation::create({}));
    Player player(*rig.engine, {headless::null_video_sink(), headless::null_audio_sink()});
    REQUIRE(player.open({*path, nullptr, {}}));
    REQUIRE(rig.until("player-command-done"));
    const auto tracks = player.tracks();
    REQUIRE(tracks.size() == 3);
    const StreamKind kinds[] = {StreamKind::video, StreamKind::audio, StreamKind::subtitle};
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        CHECK(tracks[i].kind == kinds[i]);
        CHECK(tracks[i].number == 1);
        CHECK(tracks[i].selected == (kinds[i] != StreamKind::subtitle));
        CHECK_FALSE(tracks[i].external);
    }
    CHECK(tracks[2].stream.codec == "subrip");
    REQUIRE(player.select(StreamKind::subtitle, 1));
    REQUIRE(rig.until("player-command-done"));
    CHECK(rig.events.back().status == Errc::invalid_request);
    CHECK(rig.events.back().status.message().find("no output for subtitle tracks") !=
          std::string::npos);
}
