// decode FILE [RUNS]
// For each run "wall_s W frames N fps F ratio R": everything through the engine as fast as it goes, on
// outputs that throw it away; R against a bare FFmpeg loop with as many threads.
#include <vector>

#include "bare.h"
#include "common/compose.h"
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "playhead/player.h"

namespace playhead::bench {
namespace {

struct DecodeOptions {
    std::string file;
    int runs = 1;
    int threads = 0;
};

constexpr Duration patience = std::chrono::hours{1};

struct Decoded {
    Duration wall{};
    std::uint64_t frames = 0;
    std::uint64_t samples = 0;
};

Result<Decoded> through_the_engine(const DecodeOptions& options) {
    const auto executor = make_lanes();
    const HostTime begin = executor->now();
    EngineOptions parts = apps::compose(executor);
    parts.threading.threads = options.threads;
    Engine engine{std::move(parts)};
    const headless::NullVideoSink pictures;
    const headless::NullAudioSink sound;
    auto events = engine.bus().queue();
    Player player{engine, {pictures.sink(), sound.sink()}};
    OpenRequest request;
    request.locator = options.file;
    const auto open = player.open(std::move(request));
    if (!open) return fail(open.error());
    if (const auto play = player.play(); !play) return fail(play.error());
    for (;;) {
        const auto event = events.next_for(patience);
        if (!event) return fail(event.error());
        const bool mine = event->as<PlayerCommandDone>() || event->as<SessionError>();
        if (mine && !event->status.ok()) return fail(event->status);
        if (event->as<PlayerEnded>()) break;
    }
    return Decoded{executor->now() - begin, pictures.frames(), sound.samples()};
}

Result<void> decode(const DecodeOptions& options) {
    const int threads = options.threads > 0 ? options.threads : decoder_threads();
    std::vector<Duration> engine_walls;
    std::vector<Duration> bare_walls;
    for (int run = 0; run < options.runs; ++run) {
        const auto bare = bare_decode(options.file, threads);
        if (!bare) return fail(bare.error());
        const auto engine = through_the_engine(options);
        if (!engine) return fail(engine.error());
        if (engine->frames != bare->frames || engine->samples != bare->samples) {
            note("FFmpeg alone gave " + std::to_string(bare->frames) + " frames and " +
                 std::to_string(bare->samples) + " samples, the engine " +
                 std::to_string(engine->frames) + " and " + std::to_string(engine->samples));
        }
        engine_walls.push_back(engine->wall);
        bare_walls.push_back(bare->wall);
        const double wall = seconds(engine->wall);
        print("wall_s " + fixed(wall, 3) + " frames " + std::to_string(engine->frames) + " fps " +
              fixed(static_cast<double>(engine->frames) / wall, 1) + " ratio " +
              fixed(wall / seconds(bare->wall), 3));
    }
    const Duration engine = percentile(engine_walls, 0.5);
    const Duration bare = percentile(bare_walls, 0.5);
    note("medians: engine " + fixed(seconds(engine), 3) + " s, bare " + fixed(seconds(bare), 3) +
         " s, ratio " + fixed(seconds(engine) / seconds(bare), 3));
    return {};
}

} // namespace

void add_decode(CLI::App& app, Work& work) {
    auto* mode =
        app.add_subcommand("decode", "How fast everything is decoded, against bare FFmpeg");
    auto options = std::make_shared<DecodeOptions>();
    mode->add_option("FILE", options->file, "What to decode")->required();
    mode->add_option("RUNS", options->runs)->check(CLI::Range(1, 10'000));
    mode->add_option("--threads", options->threads,
                     "Of the video decoder; the engine's choice if not given")
        ->check(CLI::Range(1, 64));
    mode->callback([options, &work] { work = [options] { return decode(*options); }; });
}

} // namespace playhead::bench
