#include "playhead/result.h"

#include <new>
#include <string_view>

namespace playhead {
namespace {

struct Entry {
    std::string_view word;
    std::string_view message;
};

// No default case: the compiler names the code that is forgotten here.
Entry entry(Errc e) {
    switch (e) {
    case Errc::invalid_request:
        return {"invalid_request", "the present state does not allow this request"};
    case Errc::shut_down: return {"shut_down", "the object has been shut down"};
    case Errc::invalid_argument: return {"invalid_argument", "an argument is not valid"};
    case Errc::pause_while_stopped:
        return {"pause_while_stopped", "what is stopped cannot be paused"};
    case Errc::invalid_position:
        return {"invalid_position", "the position lies beyond the end of the presentation"};
    case Errc::not_seekable: return {"not_seekable", "the source cannot seek"};
    case Errc::unsupported_time_format:
        return {"unsupported_time_format", "positions of this kind are not supported"};
    case Errc::cancelled: return {"cancelled", "cancelled by a later command"};
    case Errc::superseded: return {"superseded", "a later seek took its place"};
    case Errc::not_found: return {"not_found", "there is no such thing"};
    case Errc::no_events: return {"no_events", "no event is queued"};
    case Errc::multiple_begin:
        return {"multiple_begin", "the same caller already waits for an event"};
    case Errc::multiple_subscribers:
        return {"multiple_subscribers", "another caller already waits for an event"};
    case Errc::too_many_commands: return {"too_many_commands", "too many commands are pending"};
    case Errc::too_many_orphans:
        return {"too_many_orphans", "too many abandoned threads have not come back yet"};
    case Errc::component_busy:
        return {"component_busy", "a component that was left behind has not come back yet"};
    case Errc::limit_exceeded: return {"limit_exceeded", "a limit was exceeded"};
    case Errc::source_shut_down: return {"source_shut_down", "the source has been shut down"};
    case Errc::timed_out: return {"timed_out", "nothing happened within the time allowed"};
    case Errc::topo_missing_source:
        return {"topo_missing_source", "a source node of the topology has no source"};
    case Errc::topo_missing_presentation_descriptor:
        return {"topo_missing_presentation_descriptor",
                "a source node of the topology has no presentation"};
    case Errc::topo_missing_stream_descriptor:
        return {"topo_missing_stream_descriptor",
                "a source node of the topology names no stream of its source"};
    case Errc::topo_stream_not_selected:
        return {"topo_stream_not_selected",
                "a source node of the topology names a stream that is not selected"};
    case Errc::topo_invalid_time_attributes:
        return {"topo_invalid_time_attributes", "start and stop of the topology contradict"};
    case Errc::topo_codec_not_found:
        return {"topo_codec_not_found", "this build has no decoder for the stream"};
    case Errc::topo_cannot_connect:
        return {"topo_cannot_connect", "two nodes of the topology do not fit together"};
    case Errc::topo_unsupported:
        return {"topo_unsupported", "a topology of this shape is not supported"};
    case Errc::unsupported_rate: return {"unsupported_rate", "the rate is not supported"};
    case Errc::unsupported_rate_transition:
        return {"unsupported_rate_transition", "the rate cannot be changed to this one now"};
    case Errc::reverse_unsupported:
        return {"reverse_unsupported", "reverse playback is not supported"};
    case Errc::thinning_unsupported:
        return {"thinning_unsupported", "thinned playback is not supported"};
    case Errc::no_time_source: return {"no_time_source", "the clock has no time source"};
    case Errc::state_already_set: return {"state_already_set", "it is in that state already"};
    case Errc::clock_not_simple:
        return {"clock_not_simple", "the time source does not tick in the clock's unit"};
    case Errc::clock_stopped: return {"clock_stopped", "the clock is stopped"};
    case Errc::state_transition_pending:
        return {"state_transition_pending", "an earlier change of state is not complete"};
    case Errc::not_initialized: return {"not_initialized", "it has not been set up yet"};
    case Errc::invalid_state_transition:
        return {"invalid_state_transition", "it cannot go to that state from here"};
    case Errc::stream_sink_removed:
        return {"stream_sink_removed", "the stream sink has been removed"};
    case Errc::aborted: return {"aborted", "dropped by a flush"};
    case Errc::wrong_state: return {"wrong_state", "the source is not in a state for this"};
    case Errc::end_of_stream: return {"end_of_stream", "the stream has ended"};
    case Errc::device_lost: return {"device_lost", "the device is gone"};
    case Errc::no_more_drop_modes:
        return {"no_more_drop_modes", "the component leaves out no more"};
    case Errc::format_change_not_allowed:
        return {"format_change_not_allowed", "the topology forbids a change of format"};
    case Errc::cannot_open: return {"cannot_open", "it cannot be opened"};
    case Errc::is_a_directory: return {"is_a_directory", "it is a folder, not a file"};
    case Errc::empty_file: return {"empty_file", "the file is empty"};
    case Errc::unknown_format: return {"unknown_format", "the format is not recognised"};
    case Errc::protocol_unsupported:
        return {"protocol_unsupported", "this build has no such protocol"};
    case Errc::no_streams: return {"no_streams", "nothing in it can be played"};
    case Errc::protected_content:
        return {"protected_content", "it is encrypted and there is no key for it"};
    case Errc::damaged: return {"damaged", "the data is damaged and cannot be decoded"};
    case Errc::out_of_memory: return {"out_of_memory", "there is not enough memory"};
    case Errc::internal: return {"internal", "a fault inside Playhead"};
    }
    return {"unknown", "an unknown error"};
}

class EngineCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "playhead"; }
    std::string message(int value) const override {
        return std::string{entry(static_cast<Errc>(value)).message};
    }
};

} // namespace

const std::error_category& engine_category() noexcept {
    // Never destroyed: a thread that was left behind may still speak of an error while the process
    // ends.
    alignas(EngineCategory) static unsigned char storage[sizeof(EngineCategory)];
    static const EngineCategory* const category = new (storage) EngineCategory;
    return *category;
}

std::string Status::message() const {
    if (ok()) {
        return "ok";
    }
    return text.empty() ? code.message() : text;
}

std::string Status::word() const {
    if (ok()) {
        return "ok";
    }
    if (code.category() == engine_category()) {
        return std::string{entry(static_cast<Errc>(code.value())).word};
    }
    return std::string{code.category().name()} + ":" + std::to_string(code.value());
}

} // namespace playhead
