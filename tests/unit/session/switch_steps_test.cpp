// What a switch_stream does in each state, without threads.
#include <string>
#include <vector>

#include "session/transitions.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

PresentationFacts film() {
    PresentationFacts facts;
    facts.duration = 10s;
    facts.seekable = true;
    facts.capabilities = 0x43;
    facts.topology = 1;
    return facts;
}

struct Machine {
    explicit Machine(SessionState state) {
        model.state = state;
        if (state == SessionState::idle) return;
        model.current = film();
        model.active = state == SessionState::started || state == SessionState::paused;
        model.capabilities = 0x43 | (state == SessionState::started ? 0x4U : 0U);
    }
    std::vector<std::string> put(const SessionInput& input) {
        auto result = step(std::move(model), input);
        model = std::move(result.model);
        std::vector<std::string> words;
        for (const auto& action : result.actions) {
            if (std::holds_alternative<ResolveStream>(action)) words.push_back("resolve");
            if (std::holds_alternative<BeginSwitch>(action)) words.push_back("begin");
            if (std::holds_alternative<AbandonSwitch>(action)) words.push_back("abandon");
            if (std::holds_alternative<TakeBack>(action)) words.push_back("take-back");
            if (std::holds_alternative<PrepareNext>(action)) words.push_back("prepare");
            if (const auto* commit = std::get_if<CommitSwitch>(&action)) {
                words.push_back(commit->playing ? "commit" : "note");
            }
            if (const auto* done = std::get_if<Complete>(&action)) {
                words.push_back("done " + done->status.word());
            }
            if (const auto* post = std::get_if<Post>(&action)) {
                words.emplace_back(name(post->body));
            }
        }
        return words;
    }
    std::vector<std::string> ask() {
        CommandInput input;
        input.id = 1;
        input.kind = CommandKind::switch_stream;
        return put(Execute{input, media_zero});
    }
    std::vector<std::string> resolved(bool seekable = true, StreamIndex stream = 2) {
        StreamResolved answer;
        answer.facts = film();
        answer.node = 4;
        answer.stream = stream;
        answer.seekable = seekable;
        return put(answer);
    }
    SessionModel model;
};
using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("where nothing plays a switch is noted for the next start", "[session][switch][transitions]") {
    Machine idle(SessionState::idle);
    CHECK(idle.ask() == Words{"abandon", "done invalid_request"});
    Machine stopped(SessionState::stopped);
    CHECK(stopped.ask() == Words{"resolve"});
    CHECK(stopped.resolved(false) == Words{"note", "done ok", "topology-status"});
}

TEST_CASE("while playing the stream is changed when its reader is there", "[session][switch][transitions]") {
    for (const auto state : {SessionState::started, SessionState::paused}) {
        Machine m(state);
        CHECK(m.ask() == Words{"resolve"});
        CHECK(m.resolved() == Words{"begin"});
        CHECK(m.put(Reached{Await::switched, {}}) == Words{"commit", "done ok", "topology-status"});
        CHECK(m.model.state == state);
    }
    Machine off(SessionState::started);
    off.ask();
    CHECK(off.resolved(true, -1) == Words{"commit", "done ok", "topology-status"});
}

TEST_CASE("a switch that cannot be changes nothing", "[session][switch][transitions]") {
    Machine m(SessionState::started);
    m.ask();
    CHECK(m.resolved(false) == Words{"abandon", "done not_seekable"});
    m.ask();
    m.resolved();
    CHECK(m.put(Failed{Errc::cannot_open}) == Words{"abandon", "done cannot_open"});
    m.ask();
    CHECK(m.put(Preempted{}) == Words{"abandon", "done cancelled"});
    m.ask();
    m.resolved();
    CHECK(m.put(Preempted{}) == Words{"abandon", "done cancelled"});
    CHECK(m.model.state == SessionState::started);
}

TEST_CASE("what has been delivered meanwhile is not taken back", "[session][switch][transitions]") {
    Machine m(SessionState::started);
    m.ask();
    m.resolved();
    m.put(Delivered{1, media_at(10s)});
    CHECK(m.put(Reached{Await::switched, {}}) == Words{"note", "done ok", "topology-status"});
}

TEST_CASE("what was prepared behind is prepared anew, behind the new stream",
          "[session][switch][transitions]") {
    Machine m(SessionState::started);
    auto next = film();
    next.topology = 2;
    m.model.progress.read = true;
    m.model.next = SessionModel::Next{next, true, false};
    m.ask();
    m.resolved();
    CHECK(m.put(Reached{Await::switched, {}}) ==
          Words{"take-back", "commit", "done ok", "topology-status", "prepare"});
}
