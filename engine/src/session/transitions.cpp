#include "session/transitions.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

// One call of step(): the model being changed, and what is to be done about it.
class Step {
public:
    explicit Step(SessionModel model) : m_(std::move(model)) {}

    void take(const Execute& in) {
        m_.operation = SessionModel::Operation{};
        m_.operation->command = in.command;
        m_.operation->position = in.clock;
        switch (in.command.kind) {
            case CommandKind::set_topology: await(Await::resolved), act(ResolveTopology{}); break;
            case CommandKind::clear_topologies:
                act(ClearQueue{});
                complete(TopologiesCleared{});
                break;
            case CommandKind::start: start(in.command.position); break;
            case CommandKind::pause: pause(); break;
            case CommandKind::cue: cue(in.command.target); break;
            case CommandKind::stop: stop(); break;
            case CommandKind::close: stop(); break;
        }
    }

    void take(const Reached& in) {
        if (!m_.operation || m_.operation->await != in.what) return;
        auto& op = *m_.operation;
        switch (in.what) {
            case Await::sources:
                if (op.fresh) {
                    act(Post{TopologyStatus{m_.current->topology, TopologyState::started_source}, {}});
                    act(ChooseTimeSource{});
                }
                await(Await::prerolled);
                act(PrerollSinks{op.target, op.seek});
                break;
            case Await::prerolled:
                if (op.command.kind == CommandKind::cue) {
                    act(CueClock{op.target});
                    settle_paused(op.target);
                } else {
                    await(Await::running);
                    act(StartClock{op.target});
                }
                break;
            case Await::running: settle_started(); break;
            case Await::held: settle_paused(op.position); break;
            case Await::silent:
                await(Await::sources_idle);
                act(StopSources{});
                break;
            case Await::sources_idle:
                await(Await::flushed);
                act(FlushSinks{});
                break;
            case Await::flushed:
                act(DisarmBound{});
                settle_stopped();
                break;
            case Await::released:
                act(DisarmBound{});
                settle_closed();
                break;
            case Await::nothing:
            case Await::resolved: break;
        }
    }

    void take(const TimedOut&) {
        if (!m_.operation) return;
        switch (m_.operation->await) {
            case Await::resolved:
                act(DropResolved{});
                fail({Errc::cancelled, "overtaken by a stop"});
                break;
            case Await::silent:
            case Await::sources_idle:
            case Await::flushed:
                // Whoever is stuck is left behind; the next step has its own bound.
                act(LeaveStragglers{});
                if (m_.operation->await != Await::flushed) act(ArmBound{});
                take(Reached{m_.operation->await});
                break;
            case Await::released: settle_closed(); break;
            default: break;
        }
    }

    void take(const Failed& in) {
        if (!m_.operation) return;
        auto& op = *m_.operation;
        switch (op.await) {
            case Await::sources:
            case Await::prerolled:
                // The position is lost either way: what played before has been let go.
                halt();
                fail(in.status);
                break;
            case Await::running:
                if (op.fresh || op.seek) halt();
                fail(in.status);
                break;
            case Await::held: fail(in.status); break;
            default: break;
        }
    }

    void take(const Preempted&) {
        if (!m_.operation) return;
        if (m_.operation->await == Await::resolved) {
            act(ArmBound{});  // it may still finish in time
        } else if (can_be_overtaken(m_.operation->command.kind)) {
            fail({Errc::cancelled, "overtaken by a stop"});
        }
    }

    void take(const Resolved& in) {
        if (!m_.operation || m_.operation->await != Await::resolved) return;
        act(DisarmBound{});
        if (!in.status.ok()) {
            fail(in.status);
            return;
        }
        const bool clear = has(in.flags, SetTopology::clear_current);
        const bool immediate = has(in.flags, SetTopology::immediate);
        if (!in.facts) {
            complete(TopologySet{});
            if (clear && m_.current) let_go();
            return;
        }
        complete(TopologySet{in.facts->topology, nullptr});
        if (immediate) act(ClearQueue{});
        if (m_.current && !m_.ended && !immediate) {
            act(QueueTopology{});
            return;
        }
        if (m_.current && m_.active) halt();
        if (m_.current && !m_.ended) {
            act(Post{TopologyStatus{m_.current->topology, TopologyState::ended}, {}});
        }
        adopt(*in.facts);
    }

    void take(const Delivered&) {
        if (!m_.active || std::exchange(m_.delivered, true)) return;
        act(Post{EndOfPresentation{}, {}});
    }

    void take(const Rendered& in) {
        if (!m_.active) return;
        m_.end_due = in.position;
    }

    void take(const Broken& in) {
        if (m_.state == SessionState::closed || m_.state == SessionState::idle) return;
        const bool stopping = m_.operation && (m_.operation->command.kind == CommandKind::stop ||
                                               m_.operation->command.kind == CommandKind::close);
        if (stopping) return;  // it is being let go anyway
        if (m_.active) halt();
        if (m_.operation && m_.operation->await != Await::resolved) fail(in.status);
        m_.ended = true;
        act(Post{SessionError{in.position}, in.status});
    }

    StepResult finish() && {
        // The end of a presentation waits for the command that was under way.
        end_if_due();
        return {std::move(m_), std::move(actions_)};
    }

private:
    template <class A>
    void act(A action) {
        actions_.emplace_back(std::move(action));
    }
    void await(Await what) { m_.operation->await = what; }

    void complete(EventBody body) {
        act(Complete{m_.operation->command.id, std::move(body), {}});
        m_.operation.reset();
    }
    void fail(Status status) {
        act(Complete{m_.operation->command.id, empty_completion(m_.operation->command.kind),
                     std::move(status)});
        m_.operation.reset();
    }

    void start(const StartPosition& position) {
        const auto* at = std::get_if<StartAt>(&position);
        switch (m_.state) {
            case SessionState::stopped: begin(at ? at->at : media_zero); break;
            case SessionState::started:
                if (at) {
                    begin(at->at);
                } else {
                    complete(SessionStarted{m_.operation->position.value_or(media_zero), {}, false});
                }
                break;
            case SessionState::paused:
                if (at) {
                    begin(at->at);
                } else {
                    m_.operation->target = m_.operation->position.value_or(media_zero);
                    await(Await::running);
                    act(ResumeClock{});
                }
                break;
            default: fail({Errc::invalid_request, "there is no presentation to start"});
        }
    }

    void cue(MediaTime target) {
        if (!m_.current || m_.state == SessionState::closed) {
            fail({Errc::invalid_request, "there is no presentation to cue"});
        } else {
            begin(target);
        }
    }

    // A start, seek or cue to t: the same road from here on.
    void begin(MediaTime t) {
        auto& op = *m_.operation;
        const auto& facts = *m_.current;
        if (facts.duration && t - media_zero > *facts.duration) {
            fail({Errc::invalid_position, "the position is beyond the end"});
            return;
        }
        op.seek = m_.state != SessionState::stopped;
        op.fresh = !op.seek;
        op.target = t;
        if (!facts.seekable && (op.seek || t > media_zero)) {
            fail({Errc::not_seekable, "the source cannot seek"});
            return;
        }
        if (op.seek) act(HoldClock{t});
        act(RaiseEpoch{});
        m_.active = true;
        m_.ended = false;
        m_.delivered = false;
        m_.end_due.reset();
        await(Await::sources);
        act(StartSources{t});
    }

    void pause() {
        switch (m_.state) {
            case SessionState::started:
                await(Await::held);
                act(PauseClock{});
                break;
            case SessionState::stopped: fail({Errc::pause_while_stopped, "nothing is playing"}); break;
            default: fail({Errc::invalid_request, "nothing is playing"});
        }
    }

    // Stop, and the stop inside a close.
    void stop() {
        const bool closing = m_.operation->command.kind == CommandKind::close;
        if (m_.state == SessionState::idle && !closing) {
            fail({Errc::invalid_request, "there is no presentation to stop"});
            return;
        }
        if (!m_.active) {
            m_.operation->position.reset();
            settle_stopped();
            return;
        }
        if (m_.state == SessionState::stopped) m_.operation->position.reset();  // it never began
        m_.end_due.reset();
        await(Await::silent);
        act(ArmBound{});
        act(StopClock{});
    }

    void settle_started() {
        const auto& op = *m_.operation;
        m_.state = SessionState::started;
        capabilities(m_.current->capabilities |
                     (m_.current->can_pause ? static_cast<unsigned>(Capability::pause) : 0U));
        complete(SessionStarted{op.target, {}, op.seek});
    }

    void settle_paused(std::optional<MediaTime> position) {
        m_.state = SessionState::paused;
        capabilities(m_.current->capabilities);
        complete(SessionPaused{position});
    }

    void settle_stopped() {
        const auto command = m_.operation->command;
        const auto position = m_.operation->position;
        m_.active = false;
        if (m_.current) {
            m_.state = SessionState::stopped;
            capabilities(m_.current->capabilities);
        }
        if (command.kind == CommandKind::stop) {
            complete(SessionStopped{position});
            return;
        }
        act(ClearQueue{});
        await(Await::released);
        act(ArmBound{});
        act(ReleaseAll{});
    }

    void settle_closed() {
        m_.current.reset();
        m_.state = SessionState::closed;
        capabilities(0);
        complete(SessionClosed{});
    }

    // Lets go of what moves without waiting for it: later calls come in order behind it.
    void halt() {
        act(StopClock{});
        act(StopSources{});
        act(FlushSinks{});
        m_.active = false;
        m_.end_due.reset();
        if (m_.state == SessionState::started || m_.state == SessionState::paused) {
            m_.state = SessionState::stopped;
        }
        capabilities(m_.current->capabilities);
    }

    void let_go() {
        const bool played =
            m_.state == SessionState::started || m_.state == SessionState::paused;
        const auto topology = m_.current->topology;
        const bool ended = m_.ended;
        if (m_.active) halt();
        act(DropCurrent{});
        m_.current.reset();
        m_.state = SessionState::idle;
        capabilities(0);
        if (!ended) act(Post{TopologyStatus{topology, TopologyState::ended}, {}});
        if (played) act(Post{SessionEnded{}, {}});
    }

    void adopt(const PresentationFacts& facts) {
        act(AdoptTopology{});
        m_.current = facts;
        m_.state = SessionState::stopped;
        m_.ended = false;
        m_.delivered = false;
        m_.end_due.reset();
        act(Post{NotifyPresentationTime{facts.topology, media_zero, {}, media_zero}, {}});
        capabilities(facts.capabilities);
        act(Post{TopologyStatus{facts.topology, TopologyState::ready}, {}});
    }

    void end_if_due() {
        if (!m_.end_due || m_.operation || m_.state != SessionState::started) return;
        const auto position = *m_.end_due;
        act(StopClock{});
        act(StopSources{});
        act(FlushSinks{});
        m_.active = false;
        m_.end_due.reset();
        m_.ended = true;
        m_.state = SessionState::stopped;
        act(Post{TopologyStatus{m_.current->topology, TopologyState::ended}, {}});
        capabilities(m_.current->capabilities);
        act(Post{SessionEnded{position}, {}});
    }

    void capabilities(Capabilities now) {
        if (now == m_.capabilities) return;
        const Capabilities delta = now ^ m_.capabilities;
        m_.capabilities = now;
        act(Post{CapabilitiesChanged{now, delta}, {}});
    }

    SessionModel m_;
    std::vector<SessionAction> actions_;
};

}  // namespace

StepResult step(SessionModel model, const SessionInput& input) {
    Step s{std::move(model)};
    std::visit([&](const auto& in) { s.take(in); }, input);
    return std::move(s).finish();
}

EventBody empty_completion(CommandKind kind) {
    switch (kind) {
        case CommandKind::set_topology: return TopologySet{};
        case CommandKind::clear_topologies: return TopologiesCleared{};
        case CommandKind::start: return SessionStarted{};
        case CommandKind::pause:
        case CommandKind::cue: return SessionPaused{};
        case CommandKind::stop: return SessionStopped{};
        case CommandKind::close: return SessionClosed{};
    }
    return SessionStopped{};
}

bool can_be_overtaken(CommandKind kind) {
    return kind == CommandKind::start || kind == CommandKind::pause || kind == CommandKind::cue;
}

std::string_view to_string(Await await) {
    switch (await) {
        case Await::nothing: return "nothing";
        case Await::resolved: return "the topology to be resolved";
        case Await::sources: return "sources to reach the position";
        case Await::prerolled: return "sinks to hold their first item";
        case Await::running: return "sinks to start";
        case Await::held: return "sinks to pause";
        case Await::silent: return "sinks to stop";
        case Await::sources_idle: return "sources to stop";
        case Await::flushed: return "sinks to be empty";
        case Await::released: return "sinks to be shut down";
    }
    return "";
}

}  // namespace playhead
