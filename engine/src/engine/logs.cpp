#include "engine/logs.h"

namespace playhead {
namespace {

Log log_of(const LoggerOf& given, const char* room) {
    Log log = given ? given(room) : nullptr;
    return log ? log : silent_log(room);
}

} // namespace

Log silent_log(const char* room) {
    auto log = std::make_shared<spdlog::logger>(room);
    log->set_level(spdlog::level::off);
    return log;
}

Logs::Logs(const LoggerOf& given)
    : engine(log_of(given, "engine")),
      session(log_of(given, "session")),
      pipeline(log_of(given, "pipeline")) {}

} // namespace playhead
