// playhead-clip: makes the clips that tests play, and the sample of `./run play`.
#include <cstdio>

#include "clip_options.h"
#include "clip_writer.h"

extern "C" {
#include <libavutil/log.h>
}

int main(int argc, char* argv[]) {
    using namespace playhead::clip;
    const auto parsed = parse_options(argc, argv);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
        if (refusal->exit_code == 0) {
            std::fputs(refusal->text.c_str(), stdout);
        } else {
            std::fprintf(stderr, "playhead-clip: %s\n", refusal->text.c_str());
        }
        return refusal->exit_code;
    }
    av_log_set_level(AV_LOG_WARNING);
    const auto& options = std::get<ClipOptions>(parsed);
    const std::string trouble = write_clip(options);
    if (!trouble.empty()) {
        std::fprintf(stderr, "playhead-clip: %s\n", trouble.c_str());
        std::remove(options.file.c_str());
        return 2;
    }
    return 0;
}
