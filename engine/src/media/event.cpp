#include "playhead/event.h"

#include <type_traits>

namespace playhead {
namespace {

struct Name {
    std::string_view operator()(const SourceOpened&) const { return "source-opened"; }
    std::string_view operator()(const TopologySet&) const { return "topology-set"; }
    std::string_view operator()(const TopologiesCleared&) const { return "topologies-cleared"; }
    std::string_view operator()(const SessionStarted&) const { return "session-started"; }
    std::string_view operator()(const SessionPaused&) const { return "session-paused"; }
    std::string_view operator()(const SessionStopped&) const { return "session-stopped"; }
    std::string_view operator()(const SessionClosed&) const { return "session-closed"; }
    std::string_view operator()(const RateChanged&) const { return "rate-changed"; }
    std::string_view operator()(const StreamSwitched&) const { return "stream-switched"; }
    std::string_view operator()(const MediaStopChanged&) const { return "media-stop-changed"; }
    std::string_view operator()(const TopologyStatus&) const { return "topology-status"; }
    std::string_view operator()(const NotifyPresentationTime&) const {
        return "notify-presentation-time";
    }
    std::string_view operator()(const CapabilitiesChanged&) const { return "capabilities-changed"; }
    std::string_view operator()(const ScrubSampleComplete&) const {
        return "scrub-sample-complete";
    }
    std::string_view operator()(const EndOfPresentation&) const { return "end-of-presentation"; }
    std::string_view operator()(const EndOfPresentationSegment&) const {
        return "end-of-presentation-segment";
    }
    std::string_view operator()(const NewPresentation&) const { return "new-presentation"; }
    std::string_view operator()(const SessionEnded&) const { return "session-ended"; }
    std::string_view operator()(const SinkInvalidated&) const { return "sink-invalidated"; }
    std::string_view operator()(const TopologyUpdated&) const { return "topology-updated"; }
    std::string_view operator()(const StreamSinkFormatChanged&) const {
        return "stream-sink-format-changed";
    }
    std::string_view operator()(const AudioSessionChanged&) const {
        return "audio-session-changed";
    }
    std::string_view operator()(const QualityChanged&) const { return "quality-changed"; }
    std::string_view operator()(const ReconnectStarted&) const { return "reconnect-started"; }
    std::string_view operator()(const ReconnectEnded&) const { return "reconnect-ended"; }
    std::string_view operator()(const SourceMetadataChanged&) const {
        return "source-metadata-changed";
    }
    std::string_view operator()(const SourceCharacteristicsChanged&) const {
        return "source-characteristics-changed";
    }
    std::string_view operator()(const RateChangeRequested&) const {
        return "rate-change-requested";
    }
    std::string_view operator()(const BufferingStarted&) const { return "buffering-started"; }
    std::string_view operator()(const BufferingStopped&) const { return "buffering-stopped"; }
    std::string_view operator()(const SessionError&) const { return "session-error"; }
    std::string_view operator()(const NonFatalError&) const { return "non-fatal-error"; }
    std::string_view operator()(const PlayerCommandDone&) const { return "player-command-done"; }
    std::string_view operator()(const PlayerItemStarted&) const { return "player-item-started"; }
    std::string_view operator()(const PlayerEnded&) const { return "player-ended"; }
    std::string_view operator()(const UserEvent&) const { return "user-event"; }
};

} // namespace

std::string_view name(const EventBody& body) { return std::visit(Name{}, body); }

std::optional<MediaTime> position(const EventBody& body) {
    return std::visit(
        [](const auto& event) -> std::optional<MediaTime> {
            if constexpr (requires { event.position; }) {
                return event.position;
            } else if constexpr (std::is_same_v<std::decay_t<decltype(event)>,
                                                NotifyPresentationTime>) {
                return event.start;
            } else {
                return std::nullopt;
            }
        },
        body);
}

bool is_completion(const EventBody& body) {
    return std::holds_alternative<TopologySet>(body) ||
           std::holds_alternative<TopologiesCleared>(body) ||
           std::holds_alternative<SessionStarted>(body) ||
           std::holds_alternative<SessionPaused>(body) ||
           std::holds_alternative<SessionStopped>(body) ||
           std::holds_alternative<SessionClosed>(body) ||
           std::holds_alternative<RateChanged>(body) ||
           std::holds_alternative<StreamSwitched>(body) ||
           std::holds_alternative<MediaStopChanged>(body);
}

std::string_view to_string(AudioSessionReason reason) {
    switch (reason) {
    case AudioSessionReason::device_removed: return "device_removed";
    case AudioSessionReason::disconnected: return "disconnected";
    case AudioSessionReason::format_changed: return "format_changed";
    case AudioSessionReason::exclusive_override: return "exclusive_override";
    case AudioSessionReason::volume_changed: return "volume_changed";
    }
    return "unknown";
}

std::string_view to_string(TopologyState state) {
    switch (state) {
    case TopologyState::ready: return "ready";
    case TopologyState::started_source: return "started_source";
    case TopologyState::dynamic_changed: return "dynamic_changed";
    case TopologyState::sink_switched: return "sink_switched";
    case TopologyState::ended: return "ended";
    }
    return "unknown";
}

} // namespace playhead
