// A real stream that goes on with pictures of another size and sound of another rate, through FFmpeg
// and the engine's own outputs, in virtual time.
#include <filesystem>
#include <fstream>
#include <set>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/video_output.h"
#include "scenarios/real_rig.h"
#include "support/catch.h"
#include "support/child_process.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Two pieces of a transport stream behind one another: PAL-like, then smaller, mono and slower. Removed
// at the end.
class JoinedClip {
public:
    JoinedClip()
        : folder_(std::filesystem::temp_directory_path() /
                  ("playhead-types-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
        std::filesystem::create_directories(folder_);
        piece("a.ts", {"--size", "320x240", "--rate", "48000", "--channels", "2", "--start", "0"});
        piece("b.ts", {"--size", "176x144", "--rate", "44100", "--channels", "1", "--start", "2"});
        std::ofstream joined(path(), std::ios::binary);
        for (const char* name : {"a.ts", "b.ts"}) {
            joined << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
        }
    }
    ~JoinedClip() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    JoinedClip(const JoinedClip&) = delete;
    JoinedClip& operator=(const JoinedClip&) = delete;
    std::string path() const { return (folder_ / "joined.ts").string(); }

private:
    void piece(const std::string& name, std::vector<std::string> options) {
        std::vector<std::string> command{PLAYHEAD_BINARY_DIR "/playhead-clip",
                                         "--video",
                                         "mpeg2video",
                                         "--audio",
                                         "mp2",
                                         "--fps",
                                         "25",
                                         "--gop",
                                         "25",
                                         "--seconds",
                                         "2"};
        command.insert(command.end(), options.begin(), options.end());
        command.push_back((folder_ / name).string());
        const auto exited = ChildProcess(std::move(command)).wait();
        INFO(exited.err);
        REQUIRE(exited.code == 0);
    }
    const std::filesystem::path folder_;
};

struct Viewing {
    std::set<int> widths;
    int pictures = 0;
    int changes = 0;
    bool ended = false;
    Status error;
    double seconds_of_sound = 0;
    std::shared_ptr<const Topology> full;
};

Viewing view(const std::string& path, bool forbid) {
    Viewing seen;
    auto simulation = headless::Simulation::create({.seed = 3});
    headless::AudioDeviceOptions options;
    options.rate_hz = 48000;
    options.channels = 2;
    auto device = std::make_shared<headless::CaptureAudioDevice>(simulation, options);
    VideoOutput video;
    AudioOutput audio(device);
    {
        RealRig rig(simulation);
        const auto source = rig.open(path);
        REQUIRE(source);
        const auto& presentation = source->presentation();
        Topology topology;
        topology.forbid_dynamic_change = forbid;
        topology.add_branch(source, presentation.best(StreamKind::video)->index, video.sink());
        topology.add_branch(source, presentation.best(StreamKind::audio)->index, audio.sink());
        REQUIRE(rig.session.set_topology(std::move(topology)));
        REQUIRE(rig.session.start());
        REQUIRE(rig.until("session-started"));
        // Looks at the output as often as a screen does.
        for (int refresh = 0; refresh < 60 * 10 && !seen.ended && seen.error.ok(); ++refresh) {
            const auto due = video.frame_due(simulation->now());
            if (due.is_new && due.frame) {
                ++seen.pictures;
                seen.widths.insert(due.frame->picture->format().width);
            }
            simulation->run_for(16666667ns);
            while (auto event = rig.queue.try_next()) {
                const auto* status = event->as<TopologyStatus>();
                if (status && status->state == TopologyState::dynamic_changed) {
                    ++seen.changes;
                    seen.full = *rig.session.full_topology();
                }
                seen.ended |= event->as<SessionEnded>() != nullptr;
                if (event->as<SessionError>()) seen.error = event->status;
            }
        }
    }
    seen.seconds_of_sound = static_cast<double>(device->samples().size()) / 2 / 48000;
    return seen;
}

} // namespace

TEST_CASE("a stream that changes size and rate plays through the engine's own outputs",
          "[media][types]") {
    const JoinedClip clip;
    const auto seen = view(clip.path(), false);
    CHECK(seen.error.ok());
    CHECK(seen.ended);
    CHECK(seen.widths == std::set<int>{176, 320});
    CHECK(seen.pictures >= 98);
    CHECK(seen.pictures <= 100);
    CHECK(seen.seconds_of_sound > 3.9); // and the silence around it
    CHECK(seen.seconds_of_sound < 5.5);
    CHECK(seen.changes == 2); // the picture's, and the sound's
    REQUIRE(seen.full);
    int outputs = 0;
    for (const auto& node : seen.full->nodes()) {
        if (!std::holds_alternative<OutputNode>(node.body)) continue;
        ++outputs;
        if (const auto* picture = std::get_if<VideoFormat>(&node.type)) {
            CHECK(picture->width == 176);
            CHECK(picture->height == 144);
        } else {
            CHECK(std::get<AudioFormat>(node.type).rate_hz == 44100);
            CHECK(std::get<AudioFormat>(node.type).channels == 1);
        }
    }
    CHECK(outputs == 2);
}

TEST_CASE("where the topology forbids that it ends with an error", "[media][types]") {
    const JoinedClip clip;
    const auto seen = view(clip.path(), true);
    CHECK(seen.error == Errc::format_change_not_allowed);
    CHECK_FALSE(seen.ended);
    CHECK(seen.changes == 0);
    CHECK(seen.widths == std::set<int>{320});
}
