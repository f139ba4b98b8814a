// playhead-bench: measures the library from outside, through its public interface.
//
// Results go to stdout in lines that a script can read, everything else to stderr.
// Exit codes: 0 measured, 1 bad options, 2 could not be measured.
#include <iostream>

#include "common/logging.h"
#include "common/platform/console.h"
#include "modes.h"
#include "notes.h"
#include "playhead/version.h"

using namespace playhead;

namespace {

constexpr int exit_bad_options = 1;
constexpr int exit_could_not = 2;

} // namespace

int main(int argc, char** argv) {
    apps::keep_standard_streams();
    CLI::App app{"Measures what playback costs and how fast it answers.", "playhead-bench"};
    app.set_version_flag("--version", std::string{"playhead-bench "}.append(version));
    app.require_subcommand(1);
    bench::Work work;
    for (const auto add :
         {bench::add_seek, bench::add_stop, bench::add_idle, bench::add_sync, bench::add_pacing,
          bench::add_decode, bench::add_start, bench::add_film}) {
        add(app, work);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return app.exit(asked); // --help, --version
    } catch (const CLI::ParseError& error) {
        bench::note(std::string{error.what()} + "; see playhead-bench --help");
        return exit_bad_options;
    }
    apps::set_up_logging(apps::LogLevel::off);
    const auto result = work();
    if (!result) {
        bench::note(result.error().message());
        return result.error() == Errc::invalid_argument ? exit_bad_options : exit_could_not;
    }
    return 0;
}
