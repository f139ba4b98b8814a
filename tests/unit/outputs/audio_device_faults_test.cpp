#include "outputs/audio_render.h"
#include "outputs/device_keeper.h"
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"
#include "support/output_rig.h"

using namespace playhead;
using namespace playhead::test;
using headless::AudioDeviceOptions;
using headless::CaptureAudioDevice;

namespace {

constexpr int rate = 48000;

struct Stage {
    explicit Stage(AudioDeviceOptions faults)
        : simulation(headless::Simulation::create()),
          device(std::make_shared<CaptureAudioDevice>(simulation, std::move(faults))),
          output(device),
          rig(simulation, output.sink(), true) {
        static_cast<void>(output.sink()->negotiate(headless::synthetic_audio_format()));
    }
    void play() { rig.play(media_zero, ramp_blocks(0, 30 * rate)); }

    // Sound against clock for the last whole stretch heard: positive = the sound is late.
    Duration sound_against_clock() const {
        const auto stretches = device->stretches();
        REQUIRE_FALSE(stretches.empty());
        const auto& last = stretches.back();
        const auto position = headless::ramp_position(last.samples[0]);
        REQUIRE(position);
        const MediaTime media = media_zero + frames_to_duration(*position, rate);
        return (last.heard - rig.now()) - (media - rig.position());
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<CaptureAudioDevice> device;
    AudioOutput output;
    OutputRig rig;
};

bool about(Duration d, Duration limit = 1ms) { return d > -limit && d < limit; }

} // namespace

TEST_CASE("a device that will not open is named, and the picture's clock runs without it",
          "[outputs][audio][faults]") {
    AudioDeviceOptions faults;
    faults.open_error = Error{Errc::cannot_open, "no such card"};
    Stage stage(faults);
    stage.play();
    CHECK(stage.rig.pipeline->has("prerolled"));
    REQUIRE(stage.rig.pipeline->failures.size() == 1);
    CHECK(stage.rig.pipeline->failures[0] == Errc::cannot_open);
    CHECK(stage.rig.pipeline->failures[0].text.find("no such card") != std::string::npos);
    const HostTime began = stage.rig.now();
    stage.rig.run(40s);
    CHECK(about((stage.rig.position() - media_zero) - (stage.rig.now() - began)));
    CHECK(stage.rig.pipeline->has("marker 7 ok")); // it went on asking, to the end
    CHECK(stage.rig.pipeline->delivered > 1000);
}

TEST_CASE("a device that is wished for again before it is closed is opened anew",
          "[outputs][audio][faults]") {
    const auto simulation = headless::Simulation::create();
    const auto device = std::make_shared<CaptureAudioDevice>(simulation, AudioDeviceOptions{});
    const auto keeper = std::make_shared<DeviceKeeper>(device, std::make_shared<AudioRender>());
    int answers = 0;
    const auto answered = [&](const Result<AudioFormat>& format) { answers += format ? 1 : 0; };
    AudioFormat wish = headless::synthetic_audio_format();
    keeper->want_open(simulation, wish, answered);
    simulation->run_for(1s);
    CHECK(answers == 1);
    keeper->want_closed(simulation);
    keeper->want_open(simulation, wish, answered); // before the other lane has looked
    simulation->run_for(1s);
    CHECK(answers == 2);
    CHECK(keeper->is_open());
    keeper->want_closed(simulation);
    simulation->run_for(1s);
    CHECK_FALSE(keeper->is_open());
}

TEST_CASE("a device that opens late joins where the clock is by then", "[outputs][audio][faults]") {
    AudioDeviceOptions faults;
    faults.open_takes = 2900ms;
    Stage stage(faults);
    const HostTime asked = stage.rig.now();
    stage.play();
    CHECK(stage.rig.now() - asked <= 600ms); // the device's patience, not the device's time
    stage.rig.run(1s);
    CHECK(stage.rig.position() > media_at(900ms));
    CHECK(stage.device->stretches().empty());
    MediaTime last = stage.rig.position();
    for (int i = 0; i < 1000; ++i) {
        stage.rig.run(5ms);
        REQUIRE(stage.rig.position() >= last);
        REQUIRE(stage.rig.position() - last <= 6ms);
        last = stage.rig.position();
    }
    CHECK(stage.output.frames_played() > 3 * rate);
    CHECK(about(stage.sound_against_clock()));
    CHECK(stage.rig.pipeline->failures.empty());
}

TEST_CASE("a device that falls silent does not stop the clock and is joined again",
          "[outputs][audio][faults]") {
    AudioDeviceOptions faults;
    faults.silent_from = 2s;
    faults.silent_until = 5s;
    Stage stage(faults);
    stage.play();
    MediaTime last{};
    const HostTime began = stage.rig.now();
    for (int i = 0; i < 2000; ++i) {
        stage.rig.run(5ms);
        REQUIRE(stage.rig.position() >= last);
        REQUIRE(stage.rig.position() - last <= 6ms);
        last = stage.rig.position();
    }
    CHECK(about((stage.rig.position() - media_zero) - (stage.rig.now() - began), 100ms));
    CHECK(about(stage.sound_against_clock()));
    CHECK(stage.output.frames_played() > 5 * rate);
    CHECK(stage.rig.pipeline->delivered * 1024 > 9 * rate);
}

TEST_CASE("a lost device is told once and the clock goes on without a jump",
          "[outputs][audio][faults]") {
    AudioDeviceOptions faults;
    faults.lost_at = 2s;
    Stage stage(faults);
    stage.play();
    MediaTime last{};
    for (int i = 0; i < 1200; ++i) {
        stage.rig.run(5ms);
        REQUIRE(stage.rig.position() >= last);
        REQUIRE(stage.rig.position() - last <= (i < 20 ? 50ms : 6ms));
        last = stage.rig.position();
    }
    CHECK(last > media_at(5800ms));
    REQUIRE(stage.rig.pipeline->failures.size() == 1);
    CHECK(stage.rig.pipeline->failures[0] == Errc::device_lost);
    CHECK_FALSE(stage.output.device_open());
}

TEST_CASE("a device of another rate and other channels gets converted sound at its time",
          "[outputs][audio]") {
    AudioDeviceOptions other;
    other.rate_hz = 44100;
    other.channels = 1;
    Stage stage(other);
    stage.play();
    stage.rig.run(10s);
    CHECK(about(stage.sound_against_clock()));
    CHECK(stage.output.underruns() == 0);
    stage.rig.run(25s);
    CHECK(stage.rig.pipeline->has("marker 7 ok"));
}

TEST_CASE("without converters a format that does not fit is an error with a remedy",
          "[outputs][audio]") {
    AudioDeviceOptions other;
    other.rate_hz = 44100;
    Stage stage(other);
    stage.rig.pipeline->call([&](StreamSink& sink) {
        sink.attach({stage.simulation, stage.rig.pipeline, stage.rig.clock, nullptr});
    });
    stage.play();
    REQUIRE_FALSE(stage.rig.pipeline->failures.empty());
    CHECK(stage.rig.pipeline->failures[0].text.find("converter") != std::string::npos);
}

TEST_CASE("shutting down closes the device and leaves nothing behind", "[outputs][audio]") {
    Stage stage({});
    stage.play();
    stage.rig.run(500ms);
    stage.rig.pipeline->call([](StreamSink& sink) { sink.shut_down(); });
    stage.simulation->settle();
    CHECK_FALSE(stage.device->is_open());
    stage.rig.pipeline->forget();
    const HostTime before = stage.rig.now();
    stage.simulation->run_until_idle();
    CHECK(stage.rig.now() == before);
    CHECK(stage.rig.pipeline->said.empty());
}
