#include "session/conformance/stage.h"

namespace playhead::test {

using namespace std::chrono_literals;

Stage::Stage(SessionState state, RigOptions options) : SessionRig(options) {
    session = engine->create_session(); // with a queue of its own
    if (state == SessionState::idle) return;
    load();
    if (state != SessionState::stopped) {
        start();
        simulation->run_for(2s);
    }
    switch (state) {
    case SessionState::paused:
        (void)session.pause();
        until("session-paused");
        break;
    case SessionState::closed:
        (void)session.close();
        until("session-closed");
        break;
    case SessionState::shut_down: (void)session.shutdown(); break;
    default: break;
    }
    simulation->settle();
    events();
    taken.clear();
    journal->take();
    while (session.try_next()) {
    }
    if (state == SessionState::shut_down) {
        REQUIRE(session.state().error() == Errc::shut_down);
    } else {
        REQUIRE(session.state() == state);
    }
}

Lines Stage::now() { return after(0s); }

Lines Stage::after(Duration length) {
    simulation->run_for(length);
    return events();
}

Lines Stage::calls(StreamKind kind) {
    const std::string other = kind == StreamKind::video ? "audio" : "video";
    Lines found;
    for (auto& line : journal->take()) {
        if (line.rfind(other, 0) != 0) found.push_back(std::move(line));
    }
    return found;
}

void Stage::load_into(const std::vector<std::shared_ptr<StreamSink>>& sinks) {
    if (!source) open();
    Topology into;
    for (const auto& sink : sinks) {
        into.add_branch(source, source->presentation().best(sink->kind())->index, sink);
    }
    REQUIRE(session.set_topology(std::move(into)));
    now();
    journal->take();
}

void Stage::note_events() {
    noting_ = engine->bus().queue([journal = journal](const Event& event) {
        journal->note("event " + line_of(event));
        return false;
    });
}

Topology Stage::other_topology() {
    other_video = std::make_shared<ScriptedSink>(StreamKind::video, std::make_shared<Journal>());
    other_audio = std::make_shared<ScriptedSink>(StreamKind::audio, std::make_shared<Journal>());
    Topology made;
    for (const auto& stream : source->presentation().streams) {
        made.add_branch(source, stream.index,
                        stream.kind == StreamKind::video ? other_video : other_audio);
    }
    return made;
}

std::vector<CommandId> Stage::completed() const {
    std::vector<CommandId> ids;
    for (const auto& event : taken) {
        if (is_completion(event.body)) ids.push_back(event.command);
    }
    return ids;
}

} // namespace playhead::test
