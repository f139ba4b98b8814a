// Logging for programs: spdlog on stderr, FFmpeg's messages through it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

namespace spdlog {
class logger;
}

namespace playhead::apps {

enum class LogLevel { off, error, warning, info, debug, trace };
std::optional<LogLevel> log_level_named(std::string_view name);
inline constexpr std::string_view log_level_names = "off, error, warning, info, debug or trace";

// Before the first engine is made. `off` is what a person wants who is told of troubles anyway.
void set_up_logging(LogLevel level);
// Last of all in main(): what was logged is written, unless nobody reads it.
void finish_logging();
// The engine's room's logger, as its options want it.
std::shared_ptr<spdlog::logger> logger_of(std::string_view room);

} // namespace playhead::apps
