// Logs: the loggers of the engine's rooms, silent ones where the application gave none.
#pragma once

#include <spdlog/logger.h>

#include "playhead/log.h"

namespace playhead {

using Log = std::shared_ptr<spdlog::logger>;

Log silent_log(const char* room);

struct Logs {
    explicit Logs(const LoggerOf& given);
    const Log engine;
    const Log session;
    const Log pipeline;
};

} // namespace playhead
