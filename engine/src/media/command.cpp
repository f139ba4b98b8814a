#include "playhead/command.h"

namespace playhead {

std::string_view to_string(SessionState state) {
    switch (state) {
    case SessionState::idle: return "idle";
    case SessionState::stopped: return "stopped";
    case SessionState::started: return "started";
    case SessionState::paused: return "paused";
    case SessionState::closed: return "closed";
    case SessionState::shut_down: return "shut_down";
    }
    return "unknown";
}

} // namespace playhead
