// Stage: a session on scripted surroundings in virtual time, brought into a state.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "session/clauses.h"
#include "support/catch.h"
#include "support/session_rig.h"

namespace playhead::test {

// Of what the scripted media can do: start, seek, no network.
inline constexpr Capabilities loaded_capabilities = 0x73;
inline constexpr Capabilities pause_capability = 0x4;

struct Stage : SessionRig {
    // Two seconds into it where it plays or has played; events and calls so far are taken.
    explicit Stage(SessionState state = SessionState::idle, RigOptions options = {});

    Lines now();                  // the events so far, once all that is ready has run
    Lines after(Duration length); // the same, after so much time
    // What the source and the sink of that kind were told since the last time this was asked.
    Lines calls(StreamKind kind = StreamKind::video);
    // Sets a topology that leads the source's streams to these sinks, of each kind the best; what that
    // brings is taken.
    void load_into(const std::vector<std::shared_ptr<StreamSink>>& sinks);
    // From now on every event stands in the journal too, "event session-stopped ok", at its place
    // among the calls.
    void note_events();
    // The same source to two sinks of its own.
    Topology other_topology();
    // The commands that have completed since the events were taken last, in order.
    std::vector<CommandId> completed() const;
    // The latest event of a type, among those taken.
    template <class T>
    T of_last() const {
        for (auto event = taken.rbegin(); event != taken.rend(); ++event) {
            if (const T* body = event->as<T>()) return *body;
        }
        FAIL("no such event came");
        return T{};
    }

    std::shared_ptr<ScriptedSink> other_video, other_audio; // of other_topology()

private:
    EventQueue noting_;
};

// Every one of these is refused with that error, at once, and nothing comes of it.
template <class Call>
void check_refused(SessionState state, Errc error, Call call) {
    INFO(to_string(state));
    Stage stage{state};
    const auto answer = call(stage);
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == error);
    CHECK(stage.after(std::chrono::seconds{1}).empty());
}
template <class Call>
void check_refused_when_over(Call call) {
    check_refused(SessionState::closed, Errc::invalid_request, call);
    check_refused(SessionState::shut_down, Errc::shut_down, call);
}

} // namespace playhead::test
