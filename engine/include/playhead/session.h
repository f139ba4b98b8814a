// Session: plays topologies. Media Foundation's media session as a C++ object (media-session.md).
//
//          set_topology            start                    pause
//   idle ---------------> stopped --------> started <===================> paused
//                            ^                 |        start (resume)       |
//                            +------ stop -----+-------------- stop ---------+
//   any --close--> closed        any --shutdown--> shut_down
//
// Commands are asynchronous: they answer at once whether they are accepted, and an accepted one ends
// in exactly one completion event that carries its id. Whether it fits the state is judged when it
// is executed. They execute one at a time in the order given, but stop and close overtake: what they
// find still under way is cancelled.
#pragma once

#include <memory>
#include <optional>

#include "playhead/bus.h"
#include "playhead/clock.h"
#include "playhead/command.h"
#include "playhead/event.h"
#include "playhead/rate_support.h"
#include "playhead/result.h"
#include "playhead/statistics.h"
#include "playhead/topology.h"

namespace playhead {

class EngineCore;
class SessionCore;

// Threads: every call from any thread, event handlers and I/O callbacks included. Commands take one
// lock that is held for a few instructions and never by I/O, codec, device or user code.
// Errors at once: shut_down; invalid_request after close was accepted; too_many_commands (1,024
// pending); invalid_argument; of set_topology also the topo_ codes of validate().
// Ownership: a movable handle; destroying it is shutdown(), and never waits for anything that
// could block.
class Session {
public:
    Session();
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    SessionId id() const;

    // -> TopologySet
    Result<CommandId> set_topology(Topology topology, SetTopology flags = SetTopology::none);
    // -> TopologySet with no topology
    Result<CommandId> clear_current_topology();
    // -> TopologiesCleared. What is queued is let go, but for what NotifyPresentationTime has told of: that
    // follows at the outputs already.
    Result<CommandId> clear_topologies();
    // -> SessionStarted, once the first frame for the position can be shown.
    // Position beyond the end, or over a century from 0: invalid_position. A source that cannot seek:
    // not_seekable.
    Result<CommandId> start(StartPosition position = current);
    // -> SessionPaused
    Result<CommandId> pause();
    // -> SessionPaused(position), once the frame for t can be shown. Ours, not Media Foundation's: a
    // seek that ends paused, from stopped, started or paused. No sound, no frame but the one. At rate 0,
    // where a start does that, unsupported_rate.
    Result<CommandId> cue(MediaTime t, SeekMode mode = SeekMode::exact);
    // -> RateChanged. The rate outlives stop, seek and topology. Negative plays in reverse, 0 scrubs:
    // each start then shows one picture and ends in a ScrubSampleComplete of its own. Started: only to
    // another rate of the same direction; paused: also to 0 and back to forward; stopped: any. What
    // does not fit: unsupported_rate_transition; what cannot be done: unsupported_rate,
    // reverse_unsupported, thinning_unsupported.
    Result<CommandId> set_rate(double rate, Thinning thinning = Thinning::none);
    // -> StreamSwitched. From now on the branch that ends in this output is fed from this stream, of
    // whatever opened source; from none (`{}`) it is switched off. The other branches go on as if
    // nothing had happened, the clock too: while playing, the stream gets a reader of its own, and
    // what was fed before is heard or seen until that stands at the position. Kept over stop and seek.
    // What the application's topology has between decoder and output is made anew for the new stream.
    // An output that was switched off keeps its number; one that the presentation has not had so far
    // is added. Where everything has reached the outputs already it counts from the next start on.
    // A number that is no output's: not_found. A stream without a decoder: topo_codec_not_found; of
    // another kind than the output: topo_cannot_connect. While playing also not_seekable, and
    // component_busy if an application's own I/O would be read by two. The last output that is left
    // cannot be switched off: invalid_request.
    // `of`: only if that is what plays, else invalid_request; 0: whatever does.
    Result<CommandId> switch_stream(NodeId output, SourceNode to, TopologyId of = 0);
    Result<CommandId> switch_stream(OutputNode output, SourceNode to, TopologyId of = 0);
    // -> MediaStopChanged. Where this source of a topology (none named: each of its sources) ends from
    // now on, in the source's own time; none: where it ends by itself. The topology plays or waits: its
    // number is in its TopologySet. What plays goes on; where the clock is beyond the new end of the whole,
    // it ends there at once, and what is queued follows. If the outputs hold something of behind an
    // earlier end, or have been told of the end already that a later one is to replace, the sources are
    // started anew at the position, as by a seek that leaves the state as it is: the clock stands and
    // the sound is silent until that can be heard, and nothing of behind the end is shown. Of a source
    // that cannot seek what the outputs hold is shown and heard to its end, and a later end that comes too
    // late is not_seekable and leaves the end as it was. In reverse and while stopped it counts from the
    // next start, at rate 0 from there at the latest. No such topology, or no
    // such source in it: not_found; an end before the beginning: topo_invalid_time_attributes.
    Result<CommandId> set_media_stop(TopologyId topology, NodeId source,
                                     std::optional<MediaTime> stop);
    Result<CommandId> set_media_stop(TopologyId topology, std::optional<MediaTime> stop);
    // -> SessionStopped. Bound: the call returns within a millisecond from any thread; the event is
    // retrievable within 100 ms at the most, 5 ms in the median, whatever the source, a decoder or
    // a sink is doing: who does not answer within 20 ms is left behind and made anew at the next
    // start. After the event nothing more is handed to a device.
    Result<CommandId> stop();
    // -> SessionClosed, the last event of the session. Same bound as stop.
    Result<CommandId> close();
    // Pending commands complete with shut_down, then everything is released. Blocks for at most
    // 100 ms; from then on every call says shut_down and no handler of this session begins.
    Result<void> shutdown();

    Result<std::shared_ptr<const PresentationClock>> clock() const;
    Result<Capabilities> capabilities() const;
    // Resolved, of the current presentation or of a queued one. None current: invalid_request; a number
    // that is neither: not_found.
    Result<std::shared_ptr<const Topology>> full_topology() const;
    Result<std::shared_ptr<const Topology>> full_topology(TopologyId id) const;
    Result<double> rate() const; // as of the last RateChanged
    // What the current presentation can do; changes with every topology. None: invalid_request.
    Result<RateSupport> rate_support() const;
    Result<SessionState> state() const; // as of the last executed command
    Result<MediaTime> position() const; // the clock's; 0 while stopped
    Result<SessionStatistics> statistics() const;

    // The session's own queue of events. After shutdown: shut_down, queued events are gone.
    Result<Event> try_next();
    Result<Event> next();
    Result<Event> next_for(Duration timeout);
    Result<void> queue_event(UserEvent event);

    const std::shared_ptr<SessionCore>& core() const { return core_; } // the engine's own side

private:
    friend class EngineCore;
    explicit Session(std::shared_ptr<SessionCore> core);
    std::shared_ptr<SessionCore> core_;
};

} // namespace playhead
