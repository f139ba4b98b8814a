// Events: plain values, one struct per thing that can happen (media-session.md section 3).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "playhead/audio_session.h"
#include "playhead/command.h"
#include "playhead/presentation.h"
#include "playhead/quality.h"
#include "playhead/result.h"

namespace playhead {

class Source;
class Topology;

enum class TopologyState {
    ready = 100,
    started_source = 200,
    dynamic_changed = 210,
    sink_switched = 300,
    ended = 400,
};
std::string_view to_string(TopologyState state);

// Engine.
struct SourceOpened { // completes Engine::open; the event's command field is the OpenId
    std::shared_ptr<const Presentation> presentation;
    std::shared_ptr<Source> source; // both null unless ok
};

// Completions of session commands. Their position is none on failure.
struct TopologySet {
    TopologyId topology = 0;
    std::shared_ptr<const Topology> resolved; // none for a null topology, or on failure
};
struct TopologiesCleared {};
struct SessionStarted {
    std::optional<MediaTime> position;  // the time asked for: where the clock is; none on failure
    std::optional<MediaTime> shown_pts; // of the frame that is on screen for it
    bool seek = false;                  // from started or paused to a position
};
struct SessionPaused {
    std::optional<MediaTime> position; // the clock's when the command took effect
};
struct SessionStopped {
    std::optional<MediaTime> position; // none if nothing was playing
};
struct SessionClosed {};
struct RateChanged {
    std::optional<double> rate; // the new one; none on failure
};
struct StreamSwitched {
    int node = -1;           // of the output; -1 on failure
    StreamIndex stream = -1; // what feeds it now; -1: nothing, it is switched off
};
struct MediaStopChanged {
    TopologyId topology = 0;       // 0 on failure
    int node = -1;                 // of the source; 0: of every source in it; -1 on failure
    std::optional<MediaTime> stop; // in the source's own time; none: where it ends by itself
};

// What happens to a presentation.
struct TopologyStatus {
    TopologyId topology = 0;
    TopologyState state = TopologyState::ready;
};
struct NotifyPresentationTime {
    TopologyId topology = 0;
    MediaTime start{};
    Duration offset{}; // presentation time - source time
    MediaTime at_sinks{};
};
struct CapabilitiesChanged {
    Capabilities now = 0;
    Capabilities delta = 0;
};
struct ScrubSampleComplete { // every output has shown its frame of a start at rate 0
    std::optional<MediaTime> shown_pts;
};
struct EndOfPresentation {
    bool cancelled = false;
};
struct EndOfPresentationSegment { // the same, and another segment follows
    SegmentId segment = 0;
    bool cancelled = false;
};
struct NewPresentation { // of a Sequencer: what comes next is known; queue its topology now
    SegmentId segment = 0;
};
struct TopologyUpdated { // of a Sequencer: a segment's topology has been replaced
    SegmentId segment = 0;
};
struct SessionEnded {
    MediaTime position{};
};
struct SinkInvalidated {
    int node = -1;
};
struct AudioSessionChanged { // where it costs the output, SinkInvalidated follows
    int node = -1;
    AudioSessionReason reason = AudioSessionReason::device_removed;
};
struct StreamSinkFormatChanged {
    int node = -1;
};
struct QualityChanged { // a stream is given up a step, or taken back
    StreamIndex stream = -1;
    DropMode from = DropMode::none;
    DropMode to = DropMode::none;
    Duration lateness{}; // the worst of late; negative: everything was early
};
// Data are short: the clock stands, the state does not change. One Stopped for each Started, at the
// latest just before the event that ends playing; several may be open at once.
struct BufferingStarted {};
struct BufferingStopped {};
struct ReconnectStarted {}; // playing goes on from what there is
struct ReconnectEnded {};
// Of a source while it plays; `node` is its number in the topology.
struct SourceMetadataChanged {
    int node = -1;
    std::map<std::string, std::string> metadata; // all of it
};
struct SourceCharacteristicsChanged {
    int node = -1;
    SourceCharacteristics before = 0;
    SourceCharacteristics now = 0;
};
struct RateChangeRequested { // a wish: nothing changes unless the application does it
    int node = -1;
    double rate = 1.0;
    Thinning thinning = Thinning::none;
};
struct SessionError { // fatal; the cause is the event's status
    std::optional<MediaTime> position;
};
struct NonFatalError { // playback goes on; the cause is the event's status
    std::optional<MediaTime> position;
    StreamIndex stream = -1;
};

// Player.
struct PlayerCommandDone { // the event's command field is the player command's id
    PlayerId player = 0;
};
struct PlayerItemStarted { // what Player::queue queued has begun, without a gap
    PlayerId player = 0;
    CommandId item = 0; // the queue command
};
struct PlayerEnded {
    PlayerId player = 0;
};

// The application's own, put in order with the rest by Session::queue_event.
struct UserEvent {
    std::uint64_t kind = 0;
    std::shared_ptr<const void> payload;
};

using EventBody =
    std::variant<SourceOpened, TopologySet, TopologiesCleared, SessionStarted, SessionPaused,
                 SessionStopped, SessionClosed, RateChanged, StreamSwitched, MediaStopChanged,
                 TopologyStatus, NotifyPresentationTime, CapabilitiesChanged, ScrubSampleComplete,
                 EndOfPresentation, EndOfPresentationSegment, NewPresentation, TopologyUpdated,
                 SessionEnded, SinkInvalidated, StreamSinkFormatChanged, AudioSessionChanged,
                 QualityChanged, BufferingStarted, BufferingStopped, ReconnectStarted,
                 ReconnectEnded, SourceMetadataChanged, SourceCharacteristicsChanged,
                 RateChangeRequested, SessionError, NonFatalError, PlayerCommandDone,
                 PlayerItemStarted, PlayerEnded, UserEvent>;

struct Event {
    std::uint64_t sequence = 0; // rising over the whole bus, from 1
    SessionId session = 0;
    CommandId command = 0; // of the command this completes; 0: nobody asked
    Status status;
    HostTime host_time{};
    EventBody body;

    template <class T>
    const T* as() const {
        return std::get_if<T>(&body);
    }
};

// "session-stopped": the stable name that traces and scripts use.
std::string_view name(const EventBody& body);
// The position an event speaks of, where it has one.
std::optional<MediaTime> position(const EventBody& body);
// The completion events of session commands.
bool is_completion(const EventBody& body);

} // namespace playhead
