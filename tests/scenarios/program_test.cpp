// A transport stream with two programs: what is played of it, and going from one to the other.
#include <cmath>
#include <filesystem>
#include <numbers>
#include <random>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/player.h"
#include "playhead/video_output.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/child_process.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Three seconds; the sound of the n-th program beeps at n kHz for 100 ms at each full second.
class Channels {
public:
    Channels() {
        std::random_device any;
        path_ = std::filesystem::temp_directory_path() /
                ("playhead-channels-" + std::to_string(any()) + std::to_string(any()) + ".ts");
        const Exited made = run({PLAYHEAD_BINARY_DIR "/playhead-clip", "--programs", "2", "--size",
                                 "160x120", "--fps", "25", "--gop", "12", "--seconds", "3",
                                 "--video", "mpeg2video", "--audio", "mp2", path_.string()});
        INFO(made.err);
        REQUIRE(made.code == 0);
    }
    ~Channels() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Channels(const Channels&) = delete;
    Channels& operator=(const Channels&) = delete;
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

// How loud a tone is in what is heard in these 100 ms, 0 to 1 of a full sine.
double loudness(const headless::CaptureAudioDevice& device, HostTime from, double hz) {
    double re = 0, im = 0;
    std::int64_t count = 0;
    for (const auto& stretch : device.stretches()) {
        const auto frames = static_cast<std::int64_t>(stretch.samples.size()) / stretch.channels;
        for (std::int64_t i = 0; i < frames; ++i) {
            const HostTime heard = stretch.heard + frames_to_duration(i, stretch.rate_hz);
            if (heard < from || heard >= from + 100ms) continue;
            const auto at = static_cast<std::size_t>(i * stretch.channels);
            const double phase =
                2 * std::numbers::pi * hz * std::chrono::duration<double>(heard - from).count();
            re += static_cast<double>(stretch.samples[at]) * std::cos(phase);
            im += static_cast<double>(stretch.samples[at]) * std::sin(phase);
            ++count;
        }
    }
    return count == 0 ? 0.0 : 2 * std::hypot(re, im) / static_cast<double>(count);
}

} // namespace

TEST_CASE("from one program to the other while playing, picture and sound one after the other",
          "[switch][program][player]") {
    const Channels channels;
    const auto simulation = headless::Simulation::create({});
    const auto device = std::make_shared<headless::CaptureAudioDevice>(simulation);
    VideoOutput video;
    AudioOutput audio(device);
    const auto viewer = std::make_shared<Viewer>(simulation, video);
    viewer->watch();
    RealRig rig(simulation);
    Player player(*rig.engine, {video.sink(), audio.sink()});
    const auto done = [&](const Result<CommandId>& command) {
        REQUIRE(command);
        REQUIRE(rig.until("player-command-done"));
        return rig.events.back().status;
    };
    CHECK(done(player.open({channels.path(), nullptr, {}})).ok());
    REQUIRE(player.tracks().size() == 4);
    CHECK(done(player.play()).ok());
    simulation->run_for(1500ms);
    CHECK(done(player.select(StreamKind::audio, 2)).ok());
    CHECK(done(player.select(StreamKind::video, 2)).ok());
    for (const Track& track : player.tracks()) CHECK(track.selected == (track.number == 2));
    CHECK(rig.until("player-ended"));

    const auto& shown = viewer->shown;
    REQUIRE(shown.size() == 76);
    int at_the_switch = 0;
    for (std::size_t i = 1; i < shown.size(); ++i) {
        INFO("picture " << i);
        const Duration step = shown[i].pts - shown[i - 1].pts;
        // The other program's picture of the same moment takes the place of this one's.
        const bool other = std::chrono::abs(step) < 1ms;
        at_the_switch += other;
        CHECK((other || std::chrono::abs(step - 40ms) < 1ms));
        CHECK(shown[i].clock - shown[i].pts < (other ? 40ms : 1ms));
    }
    CHECK(at_the_switch == 1);
    CHECK(video.frames_late() == 0);
    // The beeps come with their pictures: one a second, each in the sound that plays by then.
    const HostTime begun = shown[1].when - (shown[1].pts - shown[0].pts);
    CHECK(loudness(*device, begun + 1s, 1000) > 0.3);
    CHECK(loudness(*device, begun + 1s, 2000) < 0.05);
    CHECK(loudness(*device, begun + 2s, 2000) > 0.3);
    CHECK(loudness(*device, begun + 2s, 1000) < 0.05);
}
