// The session's decisions as one pure function: step(state, input) -> {state, actions}.
//
//   stopped --start--> sources? --> preroll? --> running? --> started
//   started --at t---> (clock held) sources? --> preroll? --> running? --> started
//   at rate 0: sources? --> running? --> started, and each output shows one picture
//   any     --stop---> silent? --> sources_idle? --> flushed? --> stopped         (each ? is one wait)
//
// Topologies follow each other without a stop. The head of the queue is prepared once everything of
// the one before it has been read, and joined once all of that has been handed to the outputs:
//
//   queue --read--> next (preparing, ready) --delivered--> joined --rendered--> current
//
// While a source buffers the clock stands and the state stays; every start of the sources, and every
// end of playing, closes what is open.
//
// A stop, or a seek, takes what was prepared or joined back to the head of the queue: the current one
// is the one that is being rendered.
//
// No thread, no clock, no pipeline in here: SessionCore carries the actions out and comes back with
// what has been reached. At most one asynchronous step is under way, and the state names it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "playhead/command.h"
#include "playhead/event.h"
#include "playhead/rate_support.h"
#include "playhead/result.h"

namespace playhead {

// advance is the session's own: a topology that begins while the session goes on as started. It has
// no id and no completion.
enum class CommandKind {
    set_topology,
    clear_topologies,
    start,
    pause,
    cue,
    set_rate,
    switch_stream,
    set_media_stop,
    stop,
    close,
    advance
};

std::string_view to_string(CommandKind kind);

// What is needed to judge a command; the topology itself stays with the core.
struct CommandInput {
    CommandId id = 0;
    CommandKind kind = CommandKind::stop;
    StartPosition position; // start; of a cue, where that is in another segment
    MediaTime target{};     // cue
    SeekMode seek_mode = SeekMode::exact;
    double rate = 1.0; // set_rate
    Thinning thinning = Thinning::none;
    TopologyId topology = 0; // set_media_stop, switch_stream
    int source = 0;          // its node; 0: all of them
    std::optional<MediaTime> media_stop;
    SegmentId segment = 0; // set_topology that clears the current one: only if it is this
};

enum class Await {
    nothing,
    resolved,
    sources,      // every source stands at the position
    prerolled,    // every gating sink holds its first item
    running,      // every sink follows the started clock
    held,         // every sink follows the paused clock
    rate,         // the clock runs at the new rate
    switched,     // a reader for the new stream stands at the position
    limited,      // it is known whether what moves can end at its new end as it is
    silent,       // every sink follows the stopped clock
    sources_idle, // no source reads any more
    flushed,      // no sink holds anything any more
    released,     // every sink has been shut down
};
std::string_view to_string(Await await);

// What is known of a presentation.
struct PresentationFacts {
    std::optional<Duration> duration; // of what is to be played of it
    Duration base{};                  // presentation time of its beginning: project start, or 0
    Duration start_on_switch{};       // from its beginning, where it takes another one's place
    bool timed = false;               // base is given, and is kept when it follows another one
    bool seekable = false;
    bool can_pause = true;
    Capabilities capabilities = 0; // all but `pause`, which comes and goes with running
    TopologyId topology = 0;
    RateSupport rates;
    SegmentId segment = 0;
    bool last = true; // of its sequence
};

// How the sources have been started: going on in another way takes a start anew.
enum class Gait { forward, scrub, reverse };
constexpr Gait gait_of(double rate) {
    return rate > 0 ? Gait::forward : rate < 0 ? Gait::reverse : Gait::scrub;
}

// How far the current presentation, or one joined to it, has come.
struct Progress {
    Duration offset{};      // presentation time of its beginning
    bool read = false;      // everything of it has left its sources
    bool delivered = false; // and has reached the outputs
    // Everything has been shown, at this position; acted on once no command is under way and the
    // clock is not paused.
    std::optional<MediaTime> end_due;
    bool starved = false;   // the end has come, and the sequence goes on: the clock waits there
    bool told_last = false; // it is the sequence's after all, and has been told so
};

struct SessionModel {
    SessionState state = SessionState::idle;
    std::optional<PresentationFacts> current;
    Capabilities capabilities = 0;
    RateSupport told_rates; // those that went with them
    // Something may be moving below: sources read, sinks hold samples.
    bool active = false;
    // The last presentation ended by itself (or failed): set_topology may replace it.
    bool ended = false;
    bool told_ended = false; // TopologyStatus(ended) has been posted since it began last
    double rate = 1.0;
    Thinning thinning = Thinning::none;
    Gait gait = Gait::forward;
    bool cold = false;  // paused on a presentation whose sources have not been started yet
    bool stale = false; // its end has moved, and what has been read knows nothing of that

    Progress progress; // of the current one
    std::deque<PresentationFacts> queue;
    struct Joined {
        PresentationFacts facts;
        Progress progress;
    };
    std::deque<Joined> joined; // behind the current one, at the outputs
    struct Next {
        PresentationFacts facts;
        bool ready = false;
        bool read = false;
        int buffering = 0; // intervals that are open, and told once it is joined
    };
    std::optional<Next> next;     // behind those: its sources run
    Duration line_end{};          // presentation time at which what was delivered last ends
    bool switch_on_start = false; // an immediate topology came while paused: it is the queue's head

    // Intervals of buffering that are told and open, of the current one and of those joined to it.
    std::map<TopologyId, int> buffering;
    // While started, the clock stands for them: told to, done, told to go on, or it would not.
    enum class ClockWait { no, asked, held, going, refused };
    ClockWait clock_wait = ClockWait::no;

    // At rate 0: the outputs owe their picture.
    struct Scrub {
        bool step_first = false;                       // show the one after it
        bool stepping = false;                         // the clock moves to what is shown
        std::optional<std::optional<MediaTime>> shown; // came before the start was complete
    };
    std::optional<Scrub> scrub;

    // The command that executes, if any.
    struct Operation {
        CommandInput command;
        Await await = Await::nothing;
        MediaTime target{};
        bool seek = false;                 // from started or paused
        bool fresh = false;                // the presentation begins
        bool step = false;                 // at rate 0: a picture on
        bool bounded = false;              // a stop waits no longer than this for it to be resolved
        std::optional<MediaTime> position; // of the clock when the command took effect
        // switch_stream, once it is known what that is.
        int node = -1;
        StreamIndex stream = -1;
        // of the presentation with it; of set_media_stop: as it was before
        std::optional<PresentationFacts> facts;
    };
    std::optional<Operation> operation;
    bool overtaken = false; // a stop or close waits behind it, and behind what may come of it
    bool impatient = false; // and has waited as long as it may for something to be resolved
};

// Inputs.
struct Execute {
    CommandInput command;
    std::optional<MediaTime> clock; // its reading now
};
struct Reached {
    Await what = Await::nothing;
    std::optional<MediaTime> landed; // sources: at this key frame instead
};
struct Failed { // of what is awaited
    Status status;
};
struct TimedOut {                        // a bounded wait has lasted too long
    std::optional<MediaTime> clock = {}; // its reading now
};
struct Preempted {}; // stop or close has been accepted behind what is under way
struct Resolved {    // answers Await::resolved
    Status status;
    std::optional<PresentationFacts> facts; // none: a null topology
    SetTopology flags = SetTopology::none;
};
struct StreamResolved { // answers ResolveStream
    Status status;
    PresentationFacts facts; // of the presentation with it
    int node = -1;           // of the output
    StreamIndex stream = -1; // -1: it is switched off
    bool seekable = false;   // the source of the stream
};
struct StopFound { // answers FindStop
    Status status;
    std::optional<Duration> duration; // of what is to be played, as facts tell it
    std::optional<Duration> ends;     // where everything of it is over; none: not known
};
struct Limited {       // answers LimitTo
    bool fits = false; // what has reached the outputs and the queues is right as it is
    std::optional<MediaTime> clock;
    bool reads = false; // sources that had been read are read on
};
struct SourcesRead {
    TopologyId topology = 0;
};
struct NextReady {
    TopologyId topology = 0;
    Status status;
};
struct Delivered {
    TopologyId topology = 0;
    MediaTime end{}; // presentation time at which what follows begins
};
struct Rendered {
    TopologyId topology = 0;
    MediaTime position{};
};
struct Scrubbed {
    std::optional<MediaTime> shown;
};
struct Buffering { // a source of it has run out of data, or has enough again
    TopologyId topology = 0;
    bool begins = false;
};
struct ClockRefused { // to stand, or to go on, without a command
    Status status;
};
struct MarkLast { // a segment is the last of its sequence now, or is not any more
    SegmentId segment = 0;
    bool last = false;
};
struct Withdraw { // a segment that is queued or prepared is not wanted
    SegmentId segment = 0;
    CommandId command = 0; // the one that sets it, if it has not completed yet
};
struct Broken { // fatal, from anywhere
    Status status;
    MediaTime position{};
    TopologyId topology = 0;   // whose fault; 0: nobody's in particular
    bool outputs_gone = false; // there is nothing left to play on
};
using SessionInput =
    std::variant<Execute, Reached, Failed, TimedOut, Preempted, Resolved, StreamResolved, StopFound,
                 Limited, SourcesRead, NextReady, Delivered, Rendered, Scrubbed, Buffering,
                 ClockRefused, MarkLast, Withdraw, Broken>;

// Actions, carried out in order.
struct ResolveTopology {}; // -> Resolved
struct ResolveSegment {};  // the one that the start asks for; -> Resolved
struct ResolveStream {};   // the one that is to be switched to; -> StreamResolved
struct BeginSwitch {};     // it gets a reader; -> Reached(switched) or Failed
struct CommitSwitch {
    bool playing = false; // else it counts from the next start on
};
struct AbandonSwitch {}; // nothing has changed
struct FindStop {};      // what the topology is with its new end; -> StopFound
struct ApplyStop {
    TopologyId topology = 0;
}; // it is that from here on
struct RestoreStop {
    TopologyId topology = 0;
}; // it is not
struct LimitTo {
    TopologyId topology = 0;
    bool let_be = false; // what the outputs hold of behind the end; it cannot be taken back
};                       // what moves is to end there; -> Limited
struct DropResolved {};  // it is not wanted any more
struct AdoptTopology {
    TopologyId topology = 0;
}; // becomes current: its pipeline has the outputs now. What was current is let go
struct DropTopology {
    TopologyId topology = 0;
};
struct DropCurrent {}; // the current presentation is let go
struct StartSources {
    MediaTime at{};    // presentation time
    Duration offset{}; // of the presentation's beginning
    Gait gait = Gait::forward;
    Thinning thinning = Thinning::none;
    SeekMode mode = SeekMode::exact;
}; // -> Reached(sources) or Failed
struct PrepareNext {
    TopologyId topology = 0;
    Duration from{}; // in it
};                   // its sources are started -> NextReady
struct JoinNext {
    TopologyId topology = 0;
    TopologyId behind = 0;
    Duration offset{};
}; // its samples follow at the outputs
struct TakeBack {
    std::vector<TopologyId> topologies; // prepared or joined: they wait again
};
struct SwitchTo {
    TopologyId topology = 0;
}; // a joined one is current now, the one before it is let go
struct ChooseTimeSource {};
struct HoldClock {
    MediaTime at{};
};
struct PrerollSinks {
    MediaTime at{};
    bool flush_first = false;
}; // -> Reached(prerolled)
struct StartClock {
    MediaTime at{};
};                     // -> Reached(running) or Failed (vetoed)
struct ResumeClock {}; // -> Reached(running) or Failed
struct PauseClock {};  // -> Reached(held) or Failed
struct CueClock {
    MediaTime at{};
}; // -> Reached(held)
struct ApplyRate {
    double rate = 1.0;
    Thinning thinning = Thinning::none;
}; // -> Reached(rate) or Failed
struct AdmitSinks {
    bool flush_first = false;
}; // requests are served without a preroll; -> Scrubbed, once the clock has started
struct StepSinks {}; // -> Scrubbed
struct StopClock {}; // everything older is refused from here on; -> Reached(silent)
struct RaiseEpoch {};
struct StopSources {}; // -> Reached(sources_idle)
struct FlushSinks {};  // -> Reached(flushed)
struct ArmBound {};    // -> TimedOut, unless disarmed
struct DisarmBound {};
struct LeaveStragglers {};
struct Post {
    EventBody body;
    Status status;
};
struct Complete { // the executing command, or a refused one
    CommandId id = 0;
    EventBody body;
    Status status;
};
struct ReleaseAll {}; // close: pipelines, queue, sources; -> Reached(released)
using SessionAction =
    std::variant<ResolveTopology, ResolveSegment, ResolveStream, BeginSwitch, CommitSwitch,
                 AbandonSwitch, FindStop, ApplyStop, RestoreStop, LimitTo, DropResolved,
                 AdoptTopology, DropTopology, DropCurrent, StartSources, PrepareNext, JoinNext,
                 TakeBack, SwitchTo, ChooseTimeSource, HoldClock, PrerollSinks, StartClock,
                 ResumeClock, PauseClock, CueClock, ApplyRate, AdmitSinks, StepSinks, StopClock,
                 RaiseEpoch, StopSources, FlushSinks, ArmBound, DisarmBound, LeaveStragglers, Post,
                 Complete, ReleaseAll>;

struct StepResult {
    SessionModel model;
    std::vector<SessionAction> actions;
};

StepResult step(SessionModel model, const SessionInput& input);

// The completion event of a command that did not succeed.
EventBody empty_completion(CommandKind kind);
// Commands that stop and close overtake.
bool can_be_overtaken(CommandKind kind);

} // namespace playhead
