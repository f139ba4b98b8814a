#include "session/transitions.h"

#include "session/step.h"

namespace playhead {

StepResult step(SessionModel model, const SessionInput& input) {
    Step s{std::move(model)};
    std::visit([&](const auto& in) { s.take(in); }, input);
    return std::move(s).finish();
}

std::string_view to_string(CommandKind kind) {
    switch (kind) {
    case CommandKind::set_topology: return "set_topology";
    case CommandKind::clear_topologies: return "clear_topologies";
    case CommandKind::start: return "start";
    case CommandKind::pause: return "pause";
    case CommandKind::cue: return "cue";
    case CommandKind::set_rate: return "set_rate";
    case CommandKind::switch_stream: return "switch_stream";
    case CommandKind::set_media_stop: return "set_media_stop";
    case CommandKind::stop: return "stop";
    case CommandKind::close: return "close";
    case CommandKind::advance: break;
    }
    return "advance";
}

EventBody empty_completion(CommandKind kind) {
    switch (kind) {
    case CommandKind::set_topology: return TopologySet{};
    case CommandKind::clear_topologies: return TopologiesCleared{};
    case CommandKind::start:
    case CommandKind::advance: return SessionStarted{};
    case CommandKind::pause:
    case CommandKind::cue: return SessionPaused{};
    case CommandKind::set_rate: return RateChanged{};
    case CommandKind::switch_stream: return StreamSwitched{};
    case CommandKind::set_media_stop: return MediaStopChanged{};
    case CommandKind::stop: return SessionStopped{};
    case CommandKind::close: return SessionClosed{};
    }
    return SessionStopped{};
}

bool can_be_overtaken(CommandKind kind) {
    return kind == CommandKind::start || kind == CommandKind::pause || kind == CommandKind::cue ||
           kind == CommandKind::set_rate || kind == CommandKind::switch_stream ||
           kind == CommandKind::set_media_stop || kind == CommandKind::advance;
}

std::string_view to_string(Await await) {
    switch (await) {
    case Await::nothing: return "nothing";
    case Await::resolved: return "the topology to be resolved";
    case Await::sources: return "sources to reach the position";
    case Await::prerolled: return "sinks to hold their first item";
    case Await::running: return "sinks to start";
    case Await::held: return "sinks to pause";
    case Await::rate: return "the clock to take the rate";
    case Await::switched: return "a reader of the new stream to reach the position";
    case Await::limited: return "it to be known whether what moves can end there";
    case Await::silent: return "sinks to stop";
    case Await::sources_idle: return "sources to stop";
    case Await::flushed: return "sinks to be empty";
    case Await::released: return "sinks to be shut down";
    }
    return "";
}

} // namespace playhead
