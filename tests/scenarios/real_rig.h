// RealRig: the whole engine with FFmpeg on the executor that is given, one session, and its events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "playhead/engine.h"
#include "playhead/headless/simulation.h"

namespace playhead::test {

struct RealRig {
    explicit RealRig(std::shared_ptr<Executor> executor);
    ~RealRig();

    // Null, and the status in `opened`, if it cannot be opened.
    std::shared_ptr<Source> open(const std::string& path);
    // Waits for the event; every event up to it is added to `lines` as "name status".
    bool until(const std::string& event_name, Duration limit = std::chrono::hours{3});
    int count(const std::string& event_name) const;

    std::shared_ptr<Executor> executor;
    std::unique_ptr<Engine> engine;
    EventQueue queue;
    Session session;
    Status opened;
    std::vector<Event> events;
    std::vector<std::string> lines;
};

} // namespace playhead::test
