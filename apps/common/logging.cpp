#include "common/logging.h"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <future>
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

constexpr auto last_lines_patience = std::chrono::milliseconds{500};

// Tells that what was logged before has been written: flushes come through the queue, too.
class Written final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    std::future<void> next() { return all_.get_future(); }

private:
    void sink_it_(const spdlog::details::log_msg&) override {}
    void flush_() override { all_.set_value(); }

    std::promise<void> all_;
};

// Nobody who logs waits for whoever reads stderr: what cannot be written in time is left out. Never
// destroyed: that would wait for the reader.
struct Log {
    std::shared_ptr<spdlog::details::thread_pool> writer =
        std::make_shared<spdlog::details::thread_pool>(lines_waiting, 1);
    std::shared_ptr<spdlog::sinks::sink> to_stderr =
        std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    spdlog::level::level_enum level = spdlog::level::off;

    std::shared_ptr<spdlog::logger> make(std::string name, spdlog::sinks_init_list sinks) const {
        auto logger = std::make_shared<spdlog::async_logger>(
            std::move(name), sinks, writer, spdlog::async_overflow_policy::overrun_oldest);
        logger->set_level(level);
        return logger;
    }
};
Log* log_of_program = nullptr; // none: silence

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
    if (wanted != LogLevel::off) {
        log_of_program = new Log;
        log_of_program->level = level.spdlogs;
        log_of_program->to_stderr->set_pattern("%H:%M:%S.%e %-7l %n: %v");
        spdlog::register_logger(logger_of("ffmpeg"));
    }
    ffmpeg::install_log_bridge(level.ffmpegs);
}

std::shared_ptr<spdlog::logger> logger_of(std::string_view room) {
    if (log_of_program == nullptr) {
        return nullptr;
    }
    return log_of_program->make(std::string{room}, {log_of_program->to_stderr});
}

void finish_logging() {
    if (log_of_program == nullptr) {
        return;
    }
    const auto written = std::make_shared<Written>();
    auto all = written->next();
    log_of_program->make("last", {written})->flush();
    (void)all.wait_for(last_lines_patience);
}

} // namespace playhead::apps
