// start FILE
// "start_ms A opened_ms B": from the making of the engine to the first picture, and to the open source.
#include <optional>

#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "playhead/lanes.h"
#include "rig.h"

namespace playhead::bench {
namespace {

struct StartOptions {
    std::string file;
    bool sdl = false;
};

constexpr Duration patience = std::chrono::seconds{60};

Result<void> start(const StartOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    Rig rig{options.sdl ? Outputs::sdl : Outputs::nowhere};
    std::optional<HostTime> shown;
    rig.on_shown([&](const VideoFrame&, HostTime at) {
        if (!shown) shown = at;
    });
    if (auto opened = rig.open(options.file); !opened) return opened;
    const HostTime opened = rig.now();
    const auto play = rig.player().play();
    if (!play) return fail(play.error());
    if (!rig.run_until([&] { return shown.has_value(); }, patience)) {
        return fail(Errc::no_streams, options.file + ": no picture came");
    }
    print("start_ms " + fixed(milliseconds(*shown - begin), 1) + " opened_ms " +
          fixed(milliseconds(opened - begin), 1));
    return {};
}

} // namespace

void add_start(CLI::App& app, Work& work) {
    auto* mode = app.add_subcommand("start", "From making the engine to the first picture");
    auto options = std::make_shared<StartOptions>();
    mode->add_option("FILE", options->file, "What to play")->required();
    mode->add_flag("--sdl", options->sdl, "In a window and with the sound device");
    mode->callback([options, &work] { work = [options] { return start(*options); }; });
}

} // namespace playhead::bench
