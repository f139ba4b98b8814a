// What pipelines report, as inputs of the session's steps and as events.
#include <utility>

#include "session/session_core.h"

namespace playhead {

void SessionCore::on_sources_started(Pipeline& from, Status status,
                                     std::optional<MediaTime> landed) {
    const auto id = id_of(from);
    if (model_.next && model_.next->facts.topology == id) {
        feed(NextReady{id, std::move(status)});
    } else if (status.ok()) {
        feed(Reached{Await::sources, landed});
    } else {
        feed(Failed{std::move(status)});
    }
}

void SessionCore::on_sources_stopped(Pipeline& from) {
    if (&from == current_pipeline()) feed(Reached{Await::sources_idle, {}});
}

void SessionCore::on_sources_read(Pipeline& from) { feed(SourcesRead{id_of(from)}); }

void SessionCore::on_acked(Pipeline& from, Ack ack) {
    static_cast<void>(from);
    switch (ack) {
    case Ack::prerolled: feed(Reached{Await::prerolled, {}}); break;
    case Ack::started: feed(Reached{Await::running, {}}); break;
    case Ack::paused: feed(Reached{Await::held, {}}); break;
    case Ack::stopped: feed(Reached{Await::silent, {}}); break;
    case Ack::flushed: feed(Reached{Await::flushed, {}}); break;
    }
}

void SessionCore::on_all_delivered(Pipeline& from, MediaTime end) {
    feed(Delivered{id_of(from), end});
}

void SessionCore::on_all_rendered(Pipeline& from) {
    feed(Rendered{id_of(from), clock_reading().value_or(media_zero)});
}

void SessionCore::on_scrubbed(Pipeline& from, std::optional<MediaTime> shown) {
    if (&from == current_pipeline()) feed(Scrubbed{shown});
}

void SessionCore::on_pipeline_failed(Pipeline& from, Status status) {
    feed(Broken{std::move(status), clock_reading().value_or(media_zero), id_of(from), false});
}

void SessionCore::on_damage(Pipeline& from, Status status, StreamIndex stream) {
    static_cast<void>(from);
    post(NonFatalError{clock_reading(), stream}, std::move(status));
}

// The topology is a value that others hold: the new types stand in another one.
void SessionCore::on_types_changed(Pipeline& from, const std::vector<TypeChange>& changes) {
    auto* changed = entry(id_of(from));
    if (!changed) return;
    for (const auto& change : changes) {
        changed->topology = retyped(*changed->topology, change.output_node, change.type);
    }
    publish_state();
    post(TopologyStatus{changed->id, TopologyState::dynamic_changed}, {});
}

void SessionCore::on_sink_format_changed(Pipeline& from, int node) {
    static_cast<void>(from);
    post(StreamSinkFormatChanged{node}, {});
}

void SessionCore::on_audio_session(Pipeline& from, int node, AudioSessionReason reason) {
    static_cast<void>(from);
    post(AudioSessionChanged{node, reason}, {});
}

void SessionCore::on_quality_changed(Pipeline& from, const QualityChanged& change) {
    static_cast<void>(from);
    post(change, {});
}

void SessionCore::on_sink_lost(Pipeline& from, Status status, int node) {
    post(SinkInvalidated{node}, status);
    if (!from.any_live()) {
        feed(Broken{std::move(status), clock_reading().value_or(media_zero), 0, true});
        return;
    }
    // The clock goes on from where it is, by another sink or by host time.
    if (clock_->time_source()) clock_->set_time_source(from.choose_time_source());
}

void SessionCore::log_event(const EventBody& body, const Status& status, CommandId command) const {
    const bool plays =
        std::holds_alternative<SessionStarted>(body) || std::holds_alternative<SessionEnded>(body);
    const auto level = std::holds_alternative<SessionError>(body)     ? spdlog::level::err
                       : !status.ok() && !(status == Errc::cancelled) ? spdlog::level::warn
                       : plays && status.ok()                         ? spdlog::level::info
                                                                      : spdlog::level::debug;
    const auto& log = services_->logs.session;
    if (!log->should_log(level)) return;
    std::string line = "session " + std::to_string(id_) + ": ";
    line += name(body);
    if (const auto* topology = std::get_if<TopologyStatus>(&body)) {
        line += ' ';
        line += to_string(topology->state);
    }
    if (command != 0) line += " #" + std::to_string(command);
    if (!status.ok()) line += ": " + status.message();
    log->log(level, line);
}

} // namespace playhead
