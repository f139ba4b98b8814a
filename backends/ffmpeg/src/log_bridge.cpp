#include <atomic>
#include <cstdarg>

#include <spdlog/spdlog.h>

#include "handles.h"
#include "playhead/ffmpeg/backend.h"

extern "C" {
#include <libavutil/log.h>
}

namespace playhead::ffmpeg {

namespace {

std::atomic<int> most{AV_LOG_QUIET};

spdlog::level::level_enum level_of(int level) {
    return level <= AV_LOG_ERROR     ? spdlog::level::err
           : level <= AV_LOG_WARNING ? spdlog::level::warn
           : level <= AV_LOG_INFO    ? spdlog::level::info
                                     : spdlog::level::debug;
}

void on_message(void* object, int level, const char* format, va_list arguments) {
    level &= 0xff; // the upper bits are a colour
    if (level > most.load(std::memory_order_relaxed)) {
        return;
    }
    char line[1024];
    thread_local int prefix = 1;
    int length = av_log_format_line2(object, level, format, arguments, line, sizeof line, &prefix);
    length = length < static_cast<int>(sizeof line) ? length : static_cast<int>(sizeof line) - 1;
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) {
        --length;
    }
    if (length <= 0) {
        return;
    }
    const spdlog::string_view_t text(line, static_cast<std::size_t>(length));
    if (auto logger = spdlog::get("ffmpeg")) {
        logger->log(level_of(level), text);
    } else {
        spdlog::log(level_of(level), text);
    }
}

} // namespace

void install_log_bridge(LogLevel level) {
    int native = AV_LOG_QUIET;
    switch (level) {
    case LogLevel::off: native = AV_LOG_QUIET; break;
    case LogLevel::error: native = AV_LOG_ERROR; break;
    case LogLevel::warning: native = AV_LOG_WARNING; break;
    case LogLevel::info: native = AV_LOG_INFO; break;
    case LogLevel::debug: native = AV_LOG_DEBUG; break;
    }
    most.store(native, std::memory_order_relaxed);
    av_log_set_callback(&on_message);
}

} // namespace playhead::ffmpeg
