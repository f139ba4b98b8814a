// One sound to two devices: the clock follows the first, the second follows the clock.
#include <algorithm>
#include <cmath>

#include "playhead/audio_output.h"
#include "playhead/engine.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/simulation.h"
#include "playhead/headless/synthetic.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

// What a device was heard to play: positions in the programme, each with its time.
struct Heard {
    Duration worst{}; // away from where the first device has it
    std::optional<std::int64_t> first, last;
};

struct TwoDevices {
    explicit TwoDevices(headless::AudioDeviceOptions first, headless::AudioDeviceOptions second) {
        devices[0] = std::make_shared<headless::CaptureAudioDevice>(simulation, first);
        devices[1] = std::make_shared<headless::CaptureAudioDevice>(simulation, second);
        for (int i : {0, 1}) outputs[i] = std::make_unique<AudioOutput>(devices[i]);
        EngineOptions options;
        options.executor = simulation;
        options.sources = headless::synthetic_sources();
        options.decoders = headless::synthetic_decoders(simulation);
        options.converters = headless::synthetic_converters();
        engine = std::make_unique<Engine>(std::move(options));
        session = engine->create_session({});
        queue = engine->bus().queue();
    }
    ~TwoDevices() {
        session = Session{};
        engine.reset();
        simulation->settle();
        simulation->end();
    }
    void load(const std::string& what) {
        std::shared_ptr<Source> source;
        OpenRequest request;
        request.locator = "synthetic:video=0," + what;
        engine->open(std::move(request));
        const auto opened = until<SourceOpened>();
        REQUIRE(opened);
        source = opened->as<SourceOpened>()->source;
        Topology topology;
        const NodeId from = topology.add(SourceNode{source, 0, {}, {}});
        for (int i : {0, 1}) {
            OutputNode output;
            output.sink = outputs[i]->sink();
            topology.connect(from, topology.add(std::move(output)));
        }
        REQUIRE(session.set_topology(std::move(topology)));
        REQUIRE(session.start());
        REQUIRE(until<SessionStarted>());
    }
    template <class Body>
    std::optional<Event> until() {
        for (;;) {
            auto event = queue.next_for(600s);
            if (!event) return std::nullopt;
            if (event->as<Body>()) return *event;
        }
    }
    // When position 0 was heard, or would have been, by what sounds first from `since` on.
    std::optional<HostTime> origin(int device, HostTime since = HostTime::min()) const {
        for (const auto& stretch : devices[device]->stretches()) {
            if (stretch.heard < since) continue;
            for (std::size_t i = 0; i + 1 < stretch.samples.size() / 2; ++i) {
                const auto position = headless::ramp_position(stretch.samples[2 * i]);
                const auto next = headless::ramp_position(stretch.samples[2 * i + 2]);
                if (!position || !next || *next != *position + 1) continue; // silence, or a fade
                return stretch.heard + frames_to_duration(static_cast<std::int64_t>(i), 48000) -
                       frames_to_duration(*position, 48000);
            }
        }
        return std::nullopt;
    }
    // How far the devices are from each other in what they play from `since` on.
    Duration apart(HostTime since) const {
        const auto a = origin(0, since), b = origin(1, since);
        REQUIRE((a && b));
        return std::chrono::abs(*a - *b);
    }
    // Against where the first device has position 0.
    Heard heard(int device) const {
        const HostTime zero = *origin(0);
        Heard seen;
        for (const auto& stretch : devices[device]->stretches()) {
            for (std::size_t i = 0; i + 1 < stretch.samples.size() / 2; ++i) {
                const auto position = headless::ramp_position(stretch.samples[2 * i]);
                const auto next = headless::ramp_position(stretch.samples[2 * i + 2]);
                if (!position || !next || *next != *position + 1) continue;
                const HostTime at =
                    stretch.heard + frames_to_duration(static_cast<std::int64_t>(i), 48000);
                const Duration off = at - zero - frames_to_duration(*position, 48000);
                seen.worst = std::max(seen.worst, std::chrono::abs(off));
                if (!seen.first) seen.first = position;
                seen.last = position;
            }
        }
        return seen;
    }

    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create({});
    std::shared_ptr<headless::CaptureAudioDevice> devices[2];
    std::unique_ptr<AudioOutput> outputs[2];
    std::unique_ptr<Engine> engine;
    EventQueue queue;
    Session session;
};

headless::AudioDeviceOptions device(Duration latency, Duration period = 20ms) {
    headless::AudioDeviceOptions options;
    options.latency = latency;
    options.period = period;
    return options;
}

} // namespace

// The second device hears of the line when it begins, and so comes in by its own latency later.
TEST_CASE("two devices that are fed by one sound are heard together, to the last sample",
          "[session][tee][audio]") {
    const Duration latencies[][2] = {{40ms, 40ms}, {120ms, 20ms}, {20ms, 120ms}};
    for (const auto& latency : latencies) {
        INFO(latency[0].count() << " and " << latency[1].count());
        TwoDevices rig(device(latency[0]), device(latency[1], 15ms));
        rig.load("seconds=3");
        REQUIRE(rig.until<SessionEnded>());
        const Heard first = rig.heard(0), second = rig.heard(1);
        CHECK(first.worst <= 1ms);
        CHECK(second.worst <= 1ms);
        CHECK(rig.outputs[0]->frames_played() == 144'000);
        const auto late = duration_to_frames(latency[1] + 2 * 15ms, 48000);
        CHECK(static_cast<std::int64_t>(rig.outputs[1]->frames_played()) >= 144'000 - late);
        CHECK(*second.first <= late);
        CHECK(*second.last >= 143'990);
        CHECK(rig.outputs[0]->underruns() + rig.outputs[1]->underruns() == 0);
    }
}

TEST_CASE("after a want of data, a pause and a seek two devices are together again",
          "[session][tee][audio]") {
    TwoDevices rig(device(40ms), device(60ms, 15ms));
    rig.load("seconds=20,stall=150,stall_for=3");
    rig.simulation->run_for(9s); // the sound has stood, and gone on
    const HostTime back = rig.simulation->now();
    rig.simulation->run_for(1s);
    INFO("the lack: " << rig.outputs[0]->underruns());
    REQUIRE(rig.outputs[0]->underruns() > 0);
    CHECK(rig.apart(back) <= 1ms);
    REQUIRE(rig.session.pause());
    REQUIRE(rig.until<SessionPaused>());
    rig.simulation->run_for(5s);
    REQUIRE(rig.session.start());
    REQUIRE(rig.until<SessionStarted>());
    const HostTime on = rig.simulation->now() + 300ms;
    rig.simulation->run_for(1s);
    CHECK(rig.apart(on) <= 1ms);
    REQUIRE(rig.session.start(at(15s)));
    REQUIRE(rig.until<SessionStarted>());
    const HostTime there = rig.simulation->now() + 300ms;
    REQUIRE(rig.until<SessionEnded>());
    CHECK(rig.apart(there) <= 1ms);
    CHECK(*rig.heard(1).last >= 20 * 48'000 - 10);
}
