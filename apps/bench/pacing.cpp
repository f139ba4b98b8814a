// pacing FILE [SECONDS]
// "interval n N p50 A p99 B max C": how far the time between two frames is from what it should be, ms,
// from the second frame on.
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "presentation_run.h"

namespace playhead::bench {
namespace {

Result<void> pacing(const RunOptions& options) {
    const auto shown = play_and_watch(options);
    if (!shown) return fail(shown.error());
    std::vector<Duration> deviations;
    for (std::size_t i = 1; i < shown->frames.size(); ++i) {
        const ShownFrame& a = shown->frames[i - 1];
        const ShownFrame& b = shown->frames[i];
        deviations.push_back((b.at - a.at) - (b.pts - a.pts));
    }
    if (!deviations.empty()) {
        // The first picture is there before the clock moves: that much earlier than it would be due.
        note("first interval " + fixed(milliseconds(deviations.front()), 2));
        deviations.erase(deviations.begin());
    }
    print("interval " + spread(deviations));
    print(counts(*shown));
    return {};
}

} // namespace

void add_pacing(CLI::App& app, Work& work) {
    auto* mode =
        app.add_subcommand("pacing", "How evenly frames come: deviation of their intervals, ms");
    auto options = add_run_options(*mode);
    mode->callback([options, &work] { work = [options] { return pacing(*options); }; });
}

} // namespace playhead::bench
