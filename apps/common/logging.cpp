#include "common/logging.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <string>
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

constexpr std::size_t lines_waiting = 8192;

// Nobody who logs waits for whoever reads stderr: what cannot be written in time is left out.
std::shared_ptr<spdlog::logger> made_for(std::string name, spdlog::level::level_enum level) {
    static const auto to_stderr = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    to_stderr->set_pattern("%H:%M:%S.%e %-7l %n: %v");
    auto logger =
        std::make_shared<spdlog::async_logger>(std::move(name), to_stderr, spdlog::thread_pool(),
                                               spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(level);
    return logger;
}

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
    if (wanted == LogLevel::off) {
        spdlog::set_level(spdlog::level::off);
        ffmpeg::install_log_bridge(ffmpeg::LogLevel::off);
        return;
    }
    const Level& level = levels[static_cast<std::size_t>(wanted)];
    spdlog::init_thread_pool(lines_waiting, 1);
    spdlog::set_level(level.spdlogs);
    spdlog::register_logger(made_for("ffmpeg", level.spdlogs));
    ffmpeg::install_log_bridge(level.ffmpegs);
}

std::shared_ptr<spdlog::logger> logger_of(std::string_view room) {
    const auto level = spdlog::get_level();
    return level == spdlog::level::off ? nullptr : made_for(std::string{room}, level);
}

} // namespace playhead::apps
