// sync FILE [SECONDS] [--sdl]
// Picture against sound when each frame became visible, in ms: over all frames, and without the first
// second.
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "presentation_run.h"

namespace playhead::bench {
namespace {

constexpr Duration first_second = std::chrono::seconds{1};

Result<void> sync(const RunOptions& options) {
    const auto shown = play_and_watch(options);
    if (!shown) return fail(shown.error());
    if (!shown->with_sound) note("there is no sound in it: the picture is held against the clock");
    std::vector<Duration> all;
    std::vector<Duration> later;
    for (const ShownFrame& frame : shown->frames) {
        if (!frame.difference) continue;
        all.push_back(*frame.difference);
        if (frame.at - shown->frames.front().at >= first_second) later.push_back(*frame.difference);
    }
    print("av_difference all " + spread(all));
    print("av_difference after_1s " + spread(later));
    print(counts(*shown));
    return {};
}

} // namespace

void add_sync(CLI::App& app, Work& work) {
    auto* mode = app.add_subcommand("sync", "Picture against sound: |A/V difference|, ms");
    auto options = add_run_options(*mode);
    mode->callback([options, &work] { work = [options] { return sync(*options); }; });
}

} // namespace playhead::bench
