// Plays a file from its beginning and writes down when each frame became visible.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playhead/result.h"
#include "playhead/time.h"

namespace playhead::bench {

struct RunOptions {
    std::string file;
    std::string length; // in seconds; empty: to the end
    bool sdl = false;
    std::string frames; // a file to write each frame to; empty: none
};
std::shared_ptr<RunOptions> add_run_options(CLI::App& mode);

struct ShownFrame {
    MediaTime pts{};
    HostTime at{};
    std::optional<Duration> difference; // picture minus what is audible then
};

struct Presented {
    std::vector<ShownFrame> frames;
    std::uint64_t dropped = 0;
    std::uint64_t underruns = 0;
    bool with_sound = false;
};
Result<Presented> play_and_watch(const RunOptions& options);

// "frames 150 dropped 0 underruns 0"
std::string counts(const Presented& shown);

} // namespace playhead::bench
