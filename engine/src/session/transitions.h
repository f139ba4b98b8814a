// The session's decisions as one pure function: step(state, input) -> {state, actions}.
//
//   stopped --start--> sources? --> preroll? --> running? --> started
//   started --at t---> (clock held) sources? --> preroll? --> running? --> started
//   any     --stop---> silent? --> sources_idle? --> flushed? --> stopped         (each ? is one wait)
//
// No thread, no clock, no pipeline in here: SessionCore carries the actions out and comes back with
// what has been reached. At most one asynchronous step is under way, and the state names it.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "playhead/command.h"
#include "playhead/event.h"
#include "playhead/result.h"

namespace playhead {

enum class CommandKind { set_topology, clear_topologies, start, pause, cue, stop, close };

// What is needed to judge a command; the topology itself stays with the core.
struct CommandInput {
    CommandId id = 0;
    CommandKind kind = CommandKind::stop;
    StartPosition position;  // start
    MediaTime target{};      // cue
};

enum class Await {
    nothing,
    resolved,
    sources,       // every source stands at the position
    prerolled,     // every gating sink holds its first item
    running,       // every sink follows the started clock
    held,          // every sink follows the paused clock
    silent,        // every sink follows the stopped clock
    sources_idle,  // no source reads any more
    flushed,       // no sink holds anything any more
    released,      // every sink has been shut down
};
std::string_view to_string(Await await);

// What is known of the current presentation.
struct PresentationFacts {
    std::optional<Duration> duration;
    bool seekable = false;
    bool can_pause = true;
    Capabilities capabilities = 0;  // all but `pause`, which comes and goes with running
    TopologyId topology = 0;
};

struct SessionModel {
    SessionState state = SessionState::idle;
    std::optional<PresentationFacts> current;
    Capabilities capabilities = 0;
    // Something may be moving below: sources read, sinks hold samples.
    bool active = false;
    // The last presentation ended by itself (or failed): set_topology may replace it.
    bool ended = false;
    bool delivered = false;  // EndOfPresentation has been posted for this play-through
    // Everything has been shown, at this position, but a command is under way or the clock is paused:
    // the end is due.
    std::optional<MediaTime> end_due;

    // The command that executes, if any.
    struct Operation {
        CommandInput command;
        Await await = Await::nothing;
        MediaTime target{};
        bool seek = false;            // from started or paused
        bool fresh = false;           // from stopped: the presentation begins
        std::optional<MediaTime> position;  // of the clock when the command took effect
    };
    std::optional<Operation> operation;
};

// Inputs.
struct Execute {
    CommandInput command;
    std::optional<MediaTime> clock;  // its reading now
};
struct Reached {
    Await what = Await::nothing;
};
struct Failed {  // of what is awaited
    Status status;
};
struct TimedOut {};  // a bounded wait has lasted too long
struct Preempted {};  // stop or close has been accepted behind the executing command
struct Resolved {     // answers Await::resolved
    Status status;
    std::optional<PresentationFacts> facts;  // none: a null topology
    SetTopology flags = SetTopology::none;
};
struct Delivered {};
struct Rendered {
    MediaTime position{};
};
struct Broken {  // fatal, from anywhere
    Status status;
    MediaTime position{};
};
using SessionInput = std::variant<Execute, Reached, Failed, TimedOut, Preempted, Resolved, Delivered,
                                  Rendered, Broken>;

// Actions, carried out in order.
struct ResolveTopology {};  // -> Resolved
struct AdoptTopology {};    // the resolved one becomes current: its pipeline is opened
struct QueueTopology {};    // it waits behind the current one
struct DropResolved {};     // it is not wanted any more
struct DropCurrent {};      // the current presentation is let go
struct ClearQueue {};
struct StartSources {
    MediaTime at{};
};  // -> Reached(sources) or Failed
struct ChooseTimeSource {};
struct HoldClock {
    MediaTime at{};
};
struct PrerollSinks {
    MediaTime at{};
    bool flush_first = false;
};  // -> Reached(prerolled)
struct StartClock {
    MediaTime at{};
};  // -> Reached(running) or Failed (vetoed)
struct ResumeClock {};  // -> Reached(running) or Failed
struct PauseClock {};   // -> Reached(held) or Failed
struct CueClock {
    MediaTime at{};
};  // -> Reached(held)
struct StopClock {};  // everything older is refused from here on; -> Reached(silent)
struct RaiseEpoch {};
struct StopSources {};     // -> Reached(sources_idle)
struct FlushSinks {};      // -> Reached(flushed)
struct ArmBound {};        // -> TimedOut, unless disarmed
struct DisarmBound {};
struct LeaveStragglers {};
struct Post {
    EventBody body;
    Status status;
};
struct Complete {  // the executing command, or a refused one
    CommandId id = 0;
    EventBody body;
    Status status;
};
struct ReleaseAll {};  // close: pipelines, queue, sources; -> Reached(released)
using SessionAction =
    std::variant<ResolveTopology, AdoptTopology, QueueTopology, DropResolved, DropCurrent, ClearQueue,
                 StartSources, ChooseTimeSource, HoldClock, PrerollSinks, StartClock, ResumeClock,
                 PauseClock, CueClock, StopClock, RaiseEpoch, StopSources, FlushSinks, ArmBound,
                 DisarmBound, LeaveStragglers, Post, Complete, ReleaseAll>;

struct StepResult {
    SessionModel model;
    std::vector<SessionAction> actions;
};

StepResult step(SessionModel model, const SessionInput& input);

// The completion event of a command that did not succeed.
EventBody empty_completion(CommandKind kind);
// Commands that stop and close overtake.
bool can_be_overtaken(CommandKind kind);

}  // namespace playhead
