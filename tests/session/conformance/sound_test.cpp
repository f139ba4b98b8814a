// Section 8: volume, and the sound device that the session leaves to others.
#include <limits>

#include "playhead/video_output.h"
#include "session/clauses.h"
#include "session/conformance/sink_subject.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// By how much what is heard differs from what was given, once all fading is over. The ramp's value
// tells its place only at full volume, so the places are counted from the end.
float loudness(SinkSubject& subject, Duration length) {
    const auto samples = subject.device->samples();
    std::size_t last = samples.size();
    while (last >= 2 && samples[last - 2] == 0.0F) last -= 2;
    if (last < 2) return 0.0F;
    const std::int64_t frame = duration_to_frames(length, 48000) - 1;
    return samples[last - 2] / headless::ramp_value(frame);
}

float heard_at(double volume, bool mute) {
    SinkSubject subject{SinkSubject::Kind::sound};
    subject.speaker->set_volume(volume);
    subject.speaker->set_mute(mute);
    subject.rig->play(media_zero, subject.programme(0s, 500ms));
    subject.rig->run(1s);
    return loudness(subject, 500ms);
}

} // namespace

TEST_CASE("volume is linear, and mute is a thing of its own", "[conformance][8]") {
    covers("8/volume");
    CHECK(heard_at(1.0, false) == 1.0F);
    CHECK(heard_at(0.5, false) == 0.5F);
    CHECK(heard_at(0.125, false) == 0.125F);
    CHECK(heard_at(0.0, false) == 0.0F);
    CHECK(heard_at(1.0, true) == 0.0F);
    AudioOutput speaker{
        std::make_shared<headless::NullAudioDevice>(headless::Simulation::create())};
    speaker.set_volume(0.5);
    speaker.set_mute(true);
    CHECK(speaker.volume() == 0.5);
    speaker.set_volume(0.75); // muted all the same
    CHECK(speaker.mute());
    speaker.set_mute(false);
    CHECK(speaker.volume() == 0.75);
    for (const double none :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        speaker.set_volume(none);
        CHECK(speaker.volume() == 0.75);
    }
    speaker.set_volume(-1.0);
    CHECK(speaker.volume() == 0.0);
}

TEST_CASE("one's own changes of volume are not told, those from outside are", "[conformance][8]") {
    covers("8/volume-no-echo", "3/audio-device");
    Stage stage;
    AudioOutput speaker{std::make_shared<headless::NullAudioDevice>(stage.simulation)};
    stage.load_into({speaker.sink()});
    stage.start();
    speaker.set_volume(0.5);
    speaker.set_mute(true);
    CHECK(stage.after(1s).empty());
    Stage outside{SessionState::started};
    outside.audio->change_audio_session(AudioSessionReason::volume_changed);
    CHECK(outside.now() == Lines{"audio-session-changed ok"});
    CHECK(outside.of_last<AudioSessionChanged>().reason == AudioSessionReason::volume_changed);
    CHECK(outside.session.state() == SessionState::started);
}

TEST_CASE("a session looks for no other device, who listens to its events can bring one",
          "[conformance][8]") {
    covers("8/default-device", "8/sink-lost");
    Stage stage;
    stage.open();
    headless::AudioDeviceOptions options;
    options.lost_at = 1s;
    const auto lost = std::make_shared<headless::NullAudioDevice>(stage.simulation, options);
    const auto other = std::make_shared<headless::CaptureAudioDevice>(stage.simulation);
    AudioOutput first{lost}, second{other};
    VideoOutput screen;
    const auto with = [&](AudioOutput& speaker) {
        Topology topology;
        topology.add_branch(stage.source, 0, screen.sink());
        topology.add_branch(stage.source, 1, speaker.sink());
        return topology;
    };
    REQUIRE(stage.session.set_topology(with(first)));
    stage.now();
    stage.start();
    CHECK(stage.until("sink-invalidated").back() == "sink-invalidated device_lost");
    stage.after(1s);
    CHECK(lost->times_opened() == 1); // it was not asked again
    CHECK(other->times_opened() == 0);
    const MediaTime at = stage.session.position().value();
    REQUIRE(stage.session.set_topology(with(second), SetTopology::immediate));
    (void)stage.session.start(StartAt{at});
    CHECK(stage.until("session-started").back() == "session-started ok");
    stage.after(1s);
    CHECK(stage.session.position().value() - at >= 900ms);
    CHECK(second.frames_played() >= 48000 * 8 / 10);
}

TEST_CASE(
    "a rate given before the first start is the clock's whenever the output hears of its session",
    "[conformance][2]") {
    covers("2/rate-then-start");
    for (const double rate : {2.0, -1.0}) {
        for (std::uint64_t seed = 1; seed <= 32; ++seed) {
            CAPTURE(rate, seed);
            RigOptions options;
            options.seed = seed;
            Stage stage{SessionState::idle, options};
            stage.open();
            AudioOutput speaker{std::make_shared<headless::NullAudioDevice>(stage.simulation)};
            VideoOutput screen;
            Topology topology;
            topology.add_branch(stage.source, 0, screen.sink());
            topology.add_branch(stage.source, 1, speaker.sink());
            REQUIRE(stage.session.set_topology(std::move(topology)));
            REQUIRE(stage.session.set_rate(rate));
            stage.start(at(5s));
            stage.simulation->run_for(500ms);
            CHECK(stage.session.clock().value()->timeline().rate() == rate);
        }
    }
}
