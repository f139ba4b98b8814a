#include "presentation_run.h"

#include <filesystem>
#include <fstream>

#include "figures.h"
#include "rig.h"

namespace playhead::bench {
namespace {

constexpr Duration longest = std::chrono::hours{24};

// Lines of "host_ns pts_ns difference_ns": to be held against a recording of the sound.
Result<void> write(const std::string& path, const std::vector<ShownFrame>& frames) {
    std::ofstream out{std::filesystem::path{std::u8string{path.begin(), path.end()}}};
    for (const ShownFrame& frame : frames) {
        out << frame.at.time_since_epoch().count() << ' ' << frame.pts.time_since_epoch().count()
            << ' ' << frame.difference.value_or(Duration{}).count() << '\n';
    }
    if (!out.flush()) return fail(Errc::cannot_open, path + ": frames cannot be written there");
    return {};
}

} // namespace

std::shared_ptr<RunOptions> add_run_options(CLI::App& mode) {
    auto options = std::make_shared<RunOptions>();
    mode.add_option("FILE", options->file, "What to play")->required();
    mode.add_option("SECONDS", options->length, "How long; to its end if not given");
    mode.add_flag("--sdl", options->sdl, "In a window and with the sound device");
    mode.add_option("--frames", options->frames,
                    "Write a line for each frame there: host_ns pts_ns difference_ns");
    return options;
}

Result<Presented> play_and_watch(const RunOptions& options) {
    Duration length = longest;
    if (!options.length.empty()) {
        const auto given = parse_seconds(options.length);
        if (!given) return fail(given.error());
        length = *given;
    }
    Presented shown;
    Rig rig{options.sdl ? Outputs::sdl : Outputs::nowhere};
    if (auto opened = rig.open(options.file); !opened) return fail(opened.error());
    shown.with_sound = rig.player().presentation()->best(StreamKind::audio) != nullptr;
    rig.on_shown([&](const VideoFrame& frame, HostTime at) {
        shown.frames.push_back({frame.pts, at, rig.video().last_difference()});
    });
    if (Status s = rig.complete(rig.player().play()); !s.ok()) return fail(std::move(s));
    if (!rig.run_until([&] { return rig.ended(); }, length) && !rig.failure().ok()) {
        return fail(rig.failure());
    }
    shown.dropped = rig.video().frames_late();
    shown.underruns = rig.audio().underruns();
    if (shown.frames.empty()) return fail(Errc::no_streams, options.file + ": no picture came");
    if (!options.frames.empty()) {
        if (auto written = write(options.frames, shown.frames); !written)
            return fail(written.error());
    }
    return shown;
}

std::string counts(const Presented& shown) {
    return "frames " + std::to_string(shown.frames.size()) + " dropped " +
           std::to_string(shown.dropped) + " underruns " + std::to_string(shown.underruns);
}

} // namespace playhead::bench
