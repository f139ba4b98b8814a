// Ids, and the values that commands take.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "playhead/time.h"

namespace playhead {

// Given when a command is accepted; its one completion event carries it. 0 = no command.
using CommandId = std::uint64_t;
using SessionId = std::uint64_t; // 0 = not of a session
using OpenId = std::uint64_t;    // of Engine::open
using PlayerId = std::uint64_t;
using TopologyId = std::uint64_t; // 0 = none
using SegmentId = std::uint64_t;  // of a Sequencer; 0 = none

// Where a start begins (media-session.md section 1.3).
struct StartCurrent {
}; // stopped: the beginning; paused: resume; started: nothing moves; at rate 0: one frame on
// Whether a seek goes to the picture that contains the time, or to the key frame at or before it,
// which is quicker: sound and clock then begin there too.
enum class SeekMode { exact, key_frame };
struct StartAt {
    // From the start of the presentation; with global time and a Sequencer, of the whole. A seek when
    // started or paused.
    MediaTime at{};
    SeekMode mode = SeekMode::exact;
};
struct StartSegment { // only with a Sequencer
    SegmentId segment = 0;
    Duration offset{}; // inside it
};
struct StartEntry {           // only with a Sequencer
    std::int32_t entries = 0; // from the one that plays; negative = back
};
using StartPosition = std::variant<StartCurrent, StartAt, StartSegment, StartEntry>;
inline constexpr StartCurrent current{};
constexpr StartAt at(Duration t, SeekMode mode = SeekMode::exact) { return {MediaTime{t}, mode}; }

// What set_rate asks of the pictures: all of them, or key frames only.
enum class Thinning { none, key_frames };
// Which way the programme runs.
enum class Direction { forward, reverse };

// How set_topology treats what is there (section 1.5). Flags combine. no_resolution: the topology is full,
// as Session::full_topology() gives it; one that is not is topo_unsupported.
enum class SetTopology : unsigned { none = 0, immediate = 1, no_resolution = 2, clear_current = 4 };
constexpr SetTopology operator|(SetTopology a, SetTopology b) {
    return static_cast<SetTopology>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(SetTopology set, SetTopology flag) {
    return (static_cast<unsigned>(set) & static_cast<unsigned>(flag)) != 0;
}

enum class SessionState { idle, stopped, started, paused, closed, shut_down };
std::string_view to_string(SessionState state);

// What the session can do now. The values are Media Foundation's.
enum class Capability : unsigned {
    start = 0x1,
    seek = 0x2,
    pause = 0x4,
    rate_forward = 0x10,
    rate_reverse = 0x20,
    does_not_use_network = 0x40,
};
using Capabilities = unsigned; // a set of Capability
constexpr bool has(Capabilities set, Capability c) { return (set & static_cast<unsigned>(c)) != 0; }

} // namespace playhead
