// idle FILE SECONDS
// "cpu_ms C switches S": what a paused player costs, from one second after its pause.
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "platform/usage.h"
#include "rig.h"

namespace playhead::bench {
namespace {

struct IdleOptions {
    std::string file;
    std::string length;
    bool sdl = false;
};

constexpr Duration a_second = std::chrono::seconds{1};

Result<void> idle(const IdleOptions& options) {
    const auto length = parse_seconds(options.length);
    if (!length) return fail(length.error());
    Rig rig{options.sdl ? Outputs::sdl : Outputs::nowhere};
    if (auto opened = rig.open(options.file); !opened) return opened;
    if (Status s = rig.complete(rig.player().play()); !s.ok()) return fail(std::move(s));
    rig.run_until([&] { return rig.ended(); }, a_second);
    if (rig.ended())
        return fail(Errc::end_of_stream, options.file + " is too short to be paused in");
    if (Status s = rig.complete(rig.player().pause()); !s.ok()) return fail(std::move(s));
    rig.run_for(a_second);
    const Usage before = usage_so_far();
    rig.run_for(*length);
    const Usage after = usage_so_far();
    const Duration cpu = after.cpu - before.cpu;
    print("cpu_ms " + fixed(milliseconds(cpu), 0) + " switches " +
          std::to_string(after.switches - before.switches));
    note("cpu " + fixed(milliseconds(cpu), 3) + " ms");
    return {};
}

} // namespace

void add_idle(CLI::App& app, Work& work) {
    auto* mode = app.add_subcommand("idle", "What a paused player costs: cpu_ms C switches S");
    auto options = std::make_shared<IdleOptions>();
    mode->add_option("FILE", options->file, "What to pause; more than a second of it")->required();
    mode->add_option("SECONDS", options->length, "How long to look")->required();
    mode->add_flag("--sdl", options->sdl, "With a window and the sound device");
    mode->callback([options, &work] { work = [options] { return idle(*options); }; });
}

} // namespace playhead::bench
