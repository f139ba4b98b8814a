// playhead: plays files and URLs.
#include <cstdio>

#include "common/platform/console.h"
#include "options.h"
#include "player_app.h"

int main(int argc, char* argv[]) {
    using namespace playhead::apps;

    keep_standard_streams();
    Terminal terminal{"playhead"};
    auto parsed = parse_options(argc, argv);
    if (const auto* exit = std::get_if<Exit>(&parsed)) {
        if (exit->code != 0) {
            terminal.say(exit->text);
        } else {
            std::fputs(exit->text.c_str(), stdout);
        }
        return exit->code;
    }
    auto& options = std::get<Options>(parsed);
    set_up_logging(options.log_level);
    const int code = PlayerApp{std::move(options), terminal}.run();
    finish_logging();
    return code;
}
