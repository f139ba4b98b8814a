#include "scenarios/real_rig.h"

#include <algorithm>

#include "playhead/ffmpeg/backend.h"
#include "playhead/io/byte_sources.h"
#include "support/session_rig.h"

namespace playhead::test {

RealRig::RealRig(std::shared_ptr<Executor> lanes) : executor(std::move(lanes)) {
    EngineOptions options;
    options.executor = executor;
    options.sources = ffmpeg::make_source_factory(io::make_byte_source_factory());
    options.decoders = ffmpeg::make_decoder_factory();
    options.converters = ffmpeg::make_converter_factory();
    engine = std::make_unique<Engine>(std::move(options));
    queue = engine->bus().queue();
    session = engine->create_session({.queue_events = false});
}

RealRig::~RealRig() {
    session = Session{};
    events.clear();
    queue = EventQueue{};
    engine.reset();
    if (auto* simulation = dynamic_cast<headless::Simulation*>(executor.get())) {
        simulation->run_for(std::chrono::seconds{1});
        simulation->end();
    }
}

bool RealRig::until(const std::string& event_name, Duration limit) {
    const HostTime deadline = executor->now() + limit;
    while (auto event = queue.next_for(deadline - executor->now())) {
        lines.push_back(line_of(*event));
        events.push_back(std::move(*event));
        if (name(events.back().body) == event_name) return true;
        if (events.back().as<SessionError>()) return false;
    }
    return false;
}

int RealRig::count(const std::string& event_name) const {
    return static_cast<int>(std::count_if(events.begin(), events.end(), [&](const Event& event) {
        return name(event.body) == event_name;
    }));
}

std::shared_ptr<Source> RealRig::open(const std::string& path) {
    (void)engine->open({path, nullptr, {}});
    if (!until("source-opened")) return nullptr;
    opened = events.back().status;
    return events.back().as<SourceOpened>()->source;
}

} // namespace playhead::test
