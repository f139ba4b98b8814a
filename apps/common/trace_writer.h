// TraceWriter: each event of a bus as one line of JSON.
//
//   {"seq":7,"session":1,"event":"session-stopped","command":3,"status":"ok","host_ns":..,"position_ns":..}
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "playhead/bus.h"
#include "playhead/result.h"

namespace playhead::apps {

// The line for one event, without its end. position_ns stands only where the event has a position.
std::string trace_line(const Event& event);

// Threads: made and ended on the application's; lines are written on a thread of the blocking lane,
// each flushed as it is written.
class TraceWriter {
public:
    // `failed` is told, once and on its thread, when a line could not be written; there are no more
    // then.
    static Result<std::unique_ptr<TraceWriter>> create(Bus bus, std::shared_ptr<Executor> executor,
                                                       const std::string& path,
                                                       std::function<void(std::string)> failed);
    // Waits until all that was published before it is written (2 s at most).
    ~TraceWriter();
    TraceWriter(const TraceWriter&) = delete;
    TraceWriter& operator=(const TraceWriter&) = delete;

private:
    struct File;
    TraceWriter(Bus bus, std::shared_ptr<Executor> executor, std::shared_ptr<File> file);

    Bus bus_;
    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<File> file_;
};

} // namespace playhead::apps
