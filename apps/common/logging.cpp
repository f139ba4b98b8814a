#include "common/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

#include "playhead/ffmpeg/backend.h"

namespace playhead::apps {
namespace {

struct Level {
    std::string_view name;
    LogLevel ours;
    spdlog::level::level_enum spdlogs;
    ffmpeg::LogLevel ffmpegs;
};

constexpr std::array levels{
    Level{"off", LogLevel::off, spdlog::level::off, ffmpeg::LogLevel::off},
    Level{"error", LogLevel::error, spdlog::level::err, ffmpeg::LogLevel::error},
    Level{"warning", LogLevel::warning, spdlog::level::warn, ffmpeg::LogLevel::warning},
    Level{"info", LogLevel::info, spdlog::level::info, ffmpeg::LogLevel::info},
    Level{"debug", LogLevel::debug, spdlog::level::debug, ffmpeg::LogLevel::debug},
    Level{"trace", LogLevel::trace, spdlog::level::trace, ffmpeg::LogLevel::debug},
};

} // namespace

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (const Level& level : levels) {
        if (level.name == name) {
            return level.ours;
        }
    }
    return std::nullopt;
}

void set_up_logging(LogLevel wanted) {
    const Level& level = levels[static_cast<std::size_t>(wanted)];
    spdlog::set_default_logger(spdlog::stderr_color_mt("playhead"));
    spdlog::set_pattern("%H:%M:%S.%e %-7l %n: %v");
    spdlog::set_level(level.spdlogs);
    ffmpeg::install_log_bridge(level.ffmpegs);
}

} // namespace playhead::apps
