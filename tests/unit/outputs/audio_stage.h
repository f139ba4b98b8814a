// AudioStage: an audio output over a device that keeps what it is given.
#pragma once

#include <algorithm>
#include <vector>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"
#include "support/output_rig.h"

namespace playhead::test {

inline constexpr int rate = 48000;

struct AudioStage {
    explicit AudioStage(headless::AudioDeviceOptions device_options = {},
                        AudioOutputOptions options = {}, std::uint64_t seed = 1)
        : simulation(headless::Simulation::create({.seed = seed})),
          device(std::make_shared<headless::CaptureAudioDevice>(simulation,
                                                                std::move(device_options))),
          output(device, options),
          rig(simulation, output.sink(), true) {
        AudioFormat format = headless::synthetic_audio_format();
        static_cast<void>(output.sink()->negotiate(format));
    }

    // Each captured sample that stands at full volume, with the time it sounds. While the sound fades
    // a value tells nothing, so only runs of samples that follow each other count.
    struct Heard {
        HostTime at{};
        std::int64_t position = 0;
    };
    std::vector<Heard> heard() const {
        constexpr std::size_t shortest_run = 16;
        std::vector<Heard> all;
        std::vector<Heard> run;
        const auto end_run = [&] {
            if (run.size() >= shortest_run) all.insert(all.end(), run.begin(), run.end());
            run.clear();
        };
        for (const auto& stretch : device->stretches()) {
            const auto channels = static_cast<std::size_t>(stretch.channels);
            for (std::size_t i = 0; i < stretch.samples.size(); i += channels) {
                const auto frame = static_cast<std::int64_t>(i / channels);
                const auto position = headless::ramp_position(stretch.samples[i]);
                if (!position || (!run.empty() && *position != run.back().position + 1)) end_run();
                if (!position) continue;
                run.push_back(
                    {stretch.heard + frames_to_duration(frame, stretch.rate_hz), *position});
            }
        }
        end_run();
        return all;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<headless::CaptureAudioDevice> device;
    AudioOutput output;
    OutputRig rig;
};

// How far the clock said the sound to be from where it was, at most.
inline Duration worst(const std::vector<AudioStage::Heard>& heard, HostTime host, MediaTime media) {
    CHECK_FALSE(heard.empty());
    Duration most{};
    for (const auto& h : heard) {
        const Duration error =
            (h.at - host) - (media_zero + frames_to_duration(h.position, rate) - media);
        most = std::max(most, error < Duration{} ? -error : error);
    }
    return most;
}

} // namespace playhead::test
