// What the engine says besides its events, for whoever looks for a fault.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace playhead {

// The application's logger for a room of the engine; null: that room is silent. Asked as the engine is
// made: for "engine" (what is opened), "session" (commands, events) and "pipeline" (what was left behind,
// each sample).
// Levels: error, playback has failed; warning, a command or an open has, or something was left behind in
// a call; info, what is opened and played; debug, every command and event; trace, every sample.
// Threads: used on all lanes at once. It must not wait for whoever reads it, or a stop does, too: give
// asynchronous ones.
using LoggerOf = std::function<std::shared_ptr<spdlog::logger>(std::string_view room)>;

} // namespace playhead
