// Result<T>, Status and Errc: how everything in Playhead says that it worked or why it did not.
//
// A function that can be refused returns Result<T>. What goes wrong later, in the pipeline, is told
// by an Event that carries a Status. Nothing throws across a thread, a callback or an interface.
// The names of the codes follow Media Foundation's (engine/README.md has the table).
#pragma once

#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace playhead {

enum class Errc {
    // The session and its calls.
    invalid_request = 1, // the state does not allow it
    shut_down,           // the object was shut down before
    invalid_argument,
    pause_while_stopped,
    invalid_position, // beyond the end of the presentation
    not_seekable,
    unsupported_time_format,
    cancelled,  // overtaken by stop, close or cancel
    superseded, // Player only: a later seek took its place
    not_found,
    no_events,
    multiple_begin,
    multiple_subscribers,
    too_many_commands,
    too_many_orphans,
    component_busy, // a detached component without a factory has not come back yet
    limit_exceeded,
    source_shut_down,
    timed_out,
    // Topologies.
    topo_missing_source,
    topo_missing_presentation_descriptor,
    topo_missing_stream_descriptor,
    topo_stream_not_selected,
    topo_invalid_time_attributes,
    topo_codec_not_found,
    topo_cannot_connect,
    topo_unsupported,
    // Rates.
    unsupported_rate,
    unsupported_rate_transition,
    reverse_unsupported,
    thinning_unsupported,
    // Clock, sinks and sources.
    no_time_source,
    state_already_set,
    clock_not_simple,
    clock_stopped,
    state_transition_pending,
    not_initialized,
    invalid_state_transition,
    stream_sink_removed,
    aborted,
    wrong_state,
    end_of_stream,
    device_lost,
    no_more_drop_modes,        // of quality: the component leaves out no more
    format_change_not_allowed, // the topology forbids it in mid-stream
    // Media and the outside world.
    cannot_open,          // the system would not open it (the text says why)
    is_a_directory,       // a folder where a file is meant
    empty_file,           // nothing in it
    unknown_format,       // no demuxer recognises it
    protocol_unsupported, // this build has no such protocol
    no_streams,           // nothing in it that could be played
    protected_content,    // encrypted, and no key for it
    damaged,              // data that cannot be decoded
    out_of_memory,
    internal,
};

const std::error_category& engine_category() noexcept;
inline std::error_code make_error_code(Errc e) noexcept {
    return {static_cast<int>(e), engine_category()};
}

} // namespace playhead

template <>
struct std::is_error_code_enum<playhead::Errc> : std::true_type {};

namespace playhead {

// A code, and one sentence for a person that names the object and the remedy. An empty code is
// success. Compare with Errc: `status == Errc::cancelled`; a backend's own category maps its codes
// to ours where there is a match.
struct [[nodiscard]] Status {
    std::error_code code;
    std::string text;

    Status() = default;
    Status(Errc e, std::string why = {}) : code(make_error_code(e)), text(std::move(why)) {}
    Status(std::error_code c, std::string why = {}) : code(c), text(std::move(why)) {}

    bool ok() const noexcept { return !code; }
    // The sentence; where none was given, the code's own message; "ok" for success.
    std::string message() const;
    // A short stable word for traces and scripts: "ok", "invalid_request", ...; a backend's code
    // prints as "category:value".
    std::string word() const;

    // Through the code's category: one that overrides default_error_condition() with our codes has
    // its own compare equal to them.
    friend bool operator==(const Status& s, Errc e) noexcept {
        return s.code == std::error_condition(static_cast<int>(e), engine_category());
    }
};

using Error = Status; // a Status known not to be ok

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc e, std::string why = {}) {
    return tl::unexpected<Error>(Error{e, std::move(why)});
}
inline tl::unexpected<Error> fail(Error e) { return tl::unexpected<Error>(std::move(e)); }

} // namespace playhead
