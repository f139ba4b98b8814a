// Streams of real files that are switched while the rest plays on.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "playhead/video_output.h"
#include "scenarios/real_rig.h"
#include "support/catch.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr StreamIndex first_sound = 1, second_sound = 2;

// Takes each picture when it is due and notes by how much it was late.
class Viewer : public std::enable_shared_from_this<Viewer> {
public:
    Viewer(std::shared_ptr<Executor> executor, VideoOutput& video)
        : executor_(std::move(executor)), video_(video) {}
    void watch() {
        video_.on_change([weak = weak_from_this()] {
            if (auto self = weak.lock()) self->ask(self->executor_->now());
        });
    }
    std::vector<MediaTime> shown;
    Duration worst{};

private:
    void ask(HostTime when) {
        executor_->cancel(timer_);
        timer_ = executor_->at(when, [weak = weak_from_this()] {
            if (auto self = weak.lock()) self->look();
        });
    }
    void look() {
        const auto due = video_.frame_due(executor_->now());
        if (due.is_new && due.frame) {
            if (!shown.empty()) worst = std::max(worst, due.clock_position - due.frame->pts);
            shown.push_back(due.frame->pts);
        }
        if (due.ask_again) ask(*due.ask_again);
    }
    const std::shared_ptr<Executor> executor_;
    VideoOutput& video_;
    TimerId timer_ = 0;
};

// How much of this tone is in the samples (mono of `channels`), 0 to 1 of a full sine.
double tone(const std::vector<float>& samples, int channels, int rate_hz, double from, double length,
            double hz) {
    const auto first = static_cast<std::size_t>(from * rate_hz);
    const auto count = static_cast<std::size_t>(length * rate_hz);
    double re = 0, im = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = (first + i) * static_cast<std::size_t>(channels);
        if (at >= samples.size()) break;
        const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
        re += static_cast<double>(samples[at]) * std::cos(phase);
        im += static_cast<double>(samples[at]) * std::sin(phase);
    }
    return 2 * std::sqrt(re * re + im * im) / static_cast<double>(count);
}

// Three seconds of a sine as a file of 16-bit samples.
std::string sine_file(double hz) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("playhead-switch-" + std::to_string(std::hash<std::string>{}(
                                                std::to_string(std::chrono::steady_clock::now()
                                                                   .time_since_epoch()
                                                                   .count()))) +
                       ".wav");
    constexpr std::uint32_t rate = 48000, frames = 3 * rate;
    std::ofstream file(path, std::ios::binary);
    const auto put = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) file.put(static_cast<char>(value >> (8 * i)));
    };
    file << "RIFF";
    put(36 + frames * 2, 4);
    file << "WAVEfmt ";
    put(16, 4), put(1, 2), put(1, 2), put(rate, 4), put(rate * 2, 4), put(2, 2), put(16, 2);
    file << "data";
    put(frames * 2, 4);
    for (std::uint32_t i = 0; i < frames; ++i) {
        const double value = 16000 * std::sin(2 * std::numbers::pi * hz * i / rate);
        put(static_cast<std::uint16_t>(static_cast<std::int16_t>(value)), 2);
    }
    return path.string();
}

struct Scene {
    explicit Scene(std::uint64_t seed = 1) {
        headless::SimulationOptions options;
        options.seed = seed;
        simulation = headless::Simulation::create(options);
        device = std::make_shared<headless::CaptureAudioDevice>(simulation);
        audio = std::make_unique<AudioOutput>(device);
        viewer = std::make_shared<Viewer>(simulation, video);
        viewer->watch();
        rig = std::make_unique<RealRig>(simulation);
    }
    ~Scene() { rig.reset(); }
    void play(const std::shared_ptr<Source>& film) {
        Topology topology;
        topology.add_branch(film, 0, video.sink());
        topology.add_branch(film, first_sound, audio->sink());
        (void)rig->session.set_topology(std::move(topology));
        (void)rig->session.start();
        REQUIRE(rig->until("session-started"));
        begun = simulation->now();
    }
    Status switch_sound(std::shared_ptr<Source> to, StreamIndex stream) {
        SourceNode node;
        node.source = std::move(to);
        node.stream = stream;
        OutputNode output;
        output.sink = audio->sink();
        (void)rig->session.switch_stream(std::move(output), std::move(node));
        if (!rig->until("stream-switched")) return Errc::cancelled;
        return rig->events.back().status;
    }
    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<headless::CaptureAudioDevice> device;
    VideoOutput video;
    std::unique_ptr<AudioOutput> audio;
    std::shared_ptr<Viewer> viewer;
    std::unique_ptr<RealRig> rig;
    HostTime begun{};
};

}  // namespace

TEST_CASE("the other sound of a film is heard from the switch on, and no picture is missing or late",
          "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Scene scene(seed);
        const auto film = scene.rig->open(*path);
        REQUIRE(film);
        scene.play(film);
        scene.simulation->run_for(1s);
        const auto heard = static_cast<double>(scene.device->samples().size());
        CHECK(scene.switch_sound(film, second_sound).ok());
        CHECK(scene.rig->until("session-ended"));
        INFO("seed " << seed);
        const auto took = scene.simulation->now() - scene.begun;
        CHECK(took >= 2s);
        CHECK(took <= 2100ms);
        CHECK(scene.viewer->shown.size() == 50);
        CHECK(scene.video.frames_late() == 0);
        CHECK(scene.viewer->worst <= 1ms);
        const auto& sound = scene.device->samples();
        const auto format = scene.device->stretches().front();
        const double switched = heard / format.channels / format.rate_hz;
        const auto loudness = [&](double from, double hz) {
            return tone(sound, format.channels, format.rate_hz, from, 0.4, hz);
        };
        CHECK(loudness(switched - 0.5, 440) > 10 * loudness(switched - 0.5, 880));
        CHECK(loudness(switched + 0.2, 880) > 10 * loudness(switched + 0.2, 440));
    }
}

TEST_CASE("the sound of another file is heard with a film", "[media][switch]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    const std::string file = sine_file(1500);
    {
        Scene scene;
        const auto film = scene.rig->open(*path);
        const auto sound = scene.rig->open(file);
        REQUIRE(film);
        REQUIRE(sound);
        scene.play(film);
        scene.simulation->run_for(500ms);
        CHECK(scene.switch_sound(sound, 0).ok());
        CHECK(scene.rig->until("session-ended"));
        CHECK(scene.simulation->now() - scene.begun >= 3s);  // the sound is the longer one
        CHECK(scene.viewer->shown.size() == 50);
        CHECK(scene.video.frames_late() == 0);
        const auto format = scene.device->stretches().front();
        CHECK(tone(scene.device->samples(), format.channels, format.rate_hz, 1.0, 0.4, 1500) > 0.3);
    }
    std::filesystem::remove(file);
}

TEST_CASE("streams are switched on the real lanes", "[media][switch][lanes]") {
    const auto path = media("two_audio.mkv");
    if (!path) return;
    RealRig rig(make_lanes());
    const auto film = rig.open(*path);
    REQUIRE(film);
    const auto pictures = headless::null_video_sink(), sound = headless::null_audio_sink();
    Topology topology;
    topology.add_branch(film, 0, pictures);
    topology.add_branch(film, first_sound, sound);
    (void)rig.session.set_topology(std::move(topology));
    (void)rig.session.start();
    REQUIRE(rig.until("session-started", 20s));
    for (const auto stream : {second_sound, first_sound, second_sound}) {
        OutputNode output;
        output.sink = sound;
        SourceNode to;
        to.source = film;
        to.stream = stream;
        (void)rig.session.switch_stream(std::move(output), std::move(to));
        REQUIRE(rig.until("stream-switched", 20s));
        CHECK(rig.events.back().status.ok());
    }
    CHECK(rig.until("session-ended", 20s));
}
