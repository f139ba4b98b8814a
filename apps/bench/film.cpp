// film SECONDS FILE
// "virtual_s V wall_s W frames N tasks T": the real engine on the simulated executor plays the file
// over and over until so much virtual time has passed.
#include <atomic>

#include "common/compose.h"
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/simulation.h"
#include "playhead/player.h"
#include "playhead/video_output.h"

namespace playhead::bench {
namespace {

struct FilmOptions {
    std::string file;
    std::string length;
    std::uint64_t seed = 1;
};

// Looks at the pictures at their times, as a window would.
void watch(Executor& executor, VideoOutput& video, Signal& bell, std::atomic<std::uint64_t>& frames,
           const std::atomic<bool>& over) {
    while (!over) {
        const HostTime now = executor.now();
        const DueFrame answer = video.frame_due(now);
        if (answer.is_new && answer.frame) {
            video.presented(*answer.frame, now);
            ++frames;
        }
        bell.wait(answer.ask_again);
    }
}

Result<void> film(const FilmOptions& options) {
    const auto length = parse_seconds(options.length);
    if (!length) return fail(length.error());
    const auto wall_begin = std::chrono::steady_clock::now();
    headless::SimulationOptions seeded;
    seeded.seed = options.seed;
    const auto simulation = headless::Simulation::create(std::move(seeded));
    VideoOutput video;
    AudioOutput audio{std::make_shared<headless::NullAudioDevice>(simulation)};
    const std::shared_ptr<Signal> bell = simulation->make_signal();
    std::atomic<std::uint64_t> frames{0};
    std::atomic<bool> over{false};
    video.on_change([bell] { bell->set(); });
    simulation->start_blocking("film", [&] { watch(*simulation, video, *bell, frames, over); });

    Status failed;
    Duration virtual_time{};
    {
        Engine engine{apps::compose(simulation)};
        auto events = engine.bus().queue();
        Player player{engine, {video.sink(), audio.sink()}};
        OpenRequest request;
        request.locator = options.file;
        const HostTime begin = simulation->now();
        (void)player.open(std::move(request));
        (void)player.play();
        while (failed.ok() && simulation->now() - begin < *length) {
            const auto event = events.next_for(*length - (simulation->now() - begin));
            if (!event) break; // the time is over
            const bool of_player = event->as<PlayerCommandDone>() || event->as<SessionError>();
            if (of_player && !event->status.ok()) failed = event->status;
            if (event->as<PlayerEnded>()) (void)player.play(media_zero);
        }
        virtual_time = simulation->now() - begin;
    }
    over = true;
    bell->set();
    simulation->run_for(std::chrono::seconds{1});
    const ExecutorStatistics done = simulation->statistics();
    const std::uint64_t tasks = done.control_tasks + done.work_items;
    simulation->end();
    if (!failed.ok()) return fail(failed);
    const Duration wall = std::chrono::steady_clock::now() - wall_begin;
    print("virtual_s " + fixed(seconds(virtual_time), 1) + " wall_s " + fixed(seconds(wall), 3) +
          " frames " + std::to_string(frames.load()) + " tasks " + std::to_string(tasks));
    return {};
}

} // namespace

void add_film(CLI::App& app, Work& work) {
    auto* mode = app.add_subcommand("film", "How fast a film passes in virtual time");
    auto options = std::make_shared<FilmOptions>();
    mode->add_option("SECONDS", options->length, "Of virtual time")->required();
    mode->add_option("FILE", options->file, "What to play, over and over")->required();
    mode->add_option("--seed", options->seed, "Of the simulation");
    mode->callback([options, &work] { work = [options] { return film(*options); }; });
}

} // namespace playhead::bench
