// VideoStage: a VideoOutput in an OutputRig, and a puller as a window is one.
#pragma once

#include <algorithm>
#include <vector>

#include "playhead/video_output.h"
#include "support/output_rig.h"

namespace playhead::test {

struct VideoStage {
    explicit VideoStage(VideoOutputOptions options = {}, std::uint64_t seed = 1)
        : simulation(headless::Simulation::create({.seed = seed})),
          output(options),
          rig(simulation, output.sink(), false) {
        output.on_change([this] { ++wakes; });
    }

    struct Shown {
        HostTime at{};
        std::int64_t number = 0;
        MediaTime position{}; // of the clock
        MediaRange interval;
    };
    // Asks when it said it would, or when it is woken.
    std::vector<Shown> pull_for(Duration length) {
        std::vector<Shown> shown;
        const HostTime end = rig.now() + length;
        for (;;) {
            const DueFrame due = output.frame_due(rig.now());
            ++pulls;
            if (due.is_new && due.frame) {
                const auto pts = due.frame->pts;
                shown.push_back({rig.now(),
                                 headless::picture_number(*due.frame),
                                 due.clock_position,
                                 {pts, pts + due.frame->duration.value_or(Duration{})}});
            }
            const HostTime next = std::min(due.ask_again.value_or(end), end);
            const int before = wakes;
            simulation->run_until([&] { return wakes != before; }, next);
            if (wakes == before) simulation->run_until(next);
            if (rig.now() >= end) return shown;
        }
    }
    void set_rate(double rate) {
        simulation->post([this, rate] { static_cast<void>(rig.clock->set_rate(rate)); });
        simulation->settle();
    }

    std::shared_ptr<headless::Simulation> simulation;
    int wakes = 0;
    int pulls = 0;
    VideoOutput output;
    OutputRig rig;
};

} // namespace playhead::test
