// The modes of playhead-bench: each a subcommand, each in a file of its name.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "playhead/result.h"

namespace playhead::bench {

// What the command line asks for. Its error is what could not be done.
using Work = std::function<Result<void>()>;

// Adds the subcommand; when it is given, `work` becomes its work.
void add_seek(CLI::App& app, Work& work);
void add_stop(CLI::App& app, Work& work);
void add_idle(CLI::App& app, Work& work);
void add_sync(CLI::App& app, Work& work);
void add_pacing(CLI::App& app, Work& work);
void add_decode(CLI::App& app, Work& work);
void add_start(CLI::App& app, Work& work);
void add_film(CLI::App& app, Work& work);

} // namespace playhead::bench
