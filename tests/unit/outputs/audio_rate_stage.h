// RateStage: an audio output with a stretcher whose tempo can be read off what is heard.
#pragma once

#include "outputs/audio_fakes.h"
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"
#include "support/output_rig.h"

namespace playhead::test {

inline constexpr int rate = 48000;
inline constexpr std::int64_t ramp_length = 1 << 22; // then it begins again

struct RateStage {
    explicit RateStage(bool stretches = true, headless::AudioDeviceOptions device_options = {})
        : simulation(headless::Simulation::create()),
          device(std::make_shared<headless::CaptureAudioDevice>(simulation, device_options)),
          output(device),
          rig(simulation, output.sink(), true) {
        if (stretches) stretchers = std::make_shared<PickingStretchers>();
        output.sink()->attach(
            {simulation, rig.pipeline, rig.clock, headless::synthetic_converters(), stretchers});
        static_cast<void>(output.sink()->negotiate(headless::synthetic_audio_format()));
    }

    void set_rate(double to) {
        simulation->post([this, to] { REQUIRE(rig.clock->set_rate(to).has_value()); });
        simulation->settle();
    }

    // A sample of the programme and when it was heard.
    struct Heard {
        HostTime at{};
        std::int64_t position = 0;
    };
    // All that is certain: in runs whose positions go on in steps of a tempo.
    std::vector<Heard> heard() const {
        std::vector<Heard> all;
        std::vector<Heard> run;
        const auto end_run = [&] {
            if (run.size() >= 64) all.insert(all.end(), run.begin(), run.end());
            run.clear();
        };
        for (const auto& stretch : device->stretches()) {
            for (std::size_t i = 0; i < stretch.samples.size(); i += 2) {
                const auto position = headless::ramp_position(stretch.samples[i]);
                const auto step = position && !run.empty() ? *position - run.back().position : 0;
                if (!position || step < 0 || step > 4) end_run();
                if (!position) continue;
                const auto frame = static_cast<std::int64_t>(i / 2);
                run.push_back({stretch.heard + frames_to_duration(frame, rate), *position});
            }
        }
        end_run();
        return all;
    }
    // How far the clock said the sound to be from where it was, among what was heard in the last
    // `length`.
    Duration worst(Duration length) const {
        const Timeline line = rig.clock->timeline();
        Duration most{};
        int seen = 0;
        for (const Heard& h : heard()) {
            if (h.at > rig.now() || rig.now() - h.at > length) continue;
            ++seen;
            const std::int64_t told =
                duration_to_frames(line.media_at(h.at) - media_zero, rate) % ramp_length;
            most = std::max(most, frames_to_duration(std::abs(told - h.position), rate));
        }
        CHECK(seen > 100);
        return most;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<headless::CaptureAudioDevice> device;
    AudioOutput output;
    OutputRig rig;
    std::shared_ptr<PickingStretchers> stretchers;
};

// Of 48 kHz; a step of the picking stretcher is up to four of these.
inline constexpr Duration frame = 21us;

} // namespace playhead::test
