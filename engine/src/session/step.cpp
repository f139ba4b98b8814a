#include "session/step.h"

namespace playhead {

void Step::take(const Execute& in) {
    m_.operation = SessionModel::Operation{};
    m_.operation->command = in.command;
    m_.operation->position = in.clock;
    switch (in.command.kind) {
    case CommandKind::set_topology: await(Await::resolved), act(ResolveTopology{}); break;
    case CommandKind::clear_topologies:
        clear_queue();
        complete(TopologiesCleared{});
        break;
    case CommandKind::start: start(in.command.position); break;
    case CommandKind::pause: pause(); break;
    case CommandKind::cue: cue(in.command.target); break;
    case CommandKind::set_rate: set_rate(in.command.rate, in.command.thinning); break;
    case CommandKind::switch_stream: switch_stream(); break;
    case CommandKind::set_media_stop: set_media_stop(); break;
    case CommandKind::stop:
    case CommandKind::close:
        m_.overtaken = m_.impatient = false;
        stop();
        break;
    case CommandKind::advance: m_.operation.reset(); break; // nobody's to ask for
    }
}

void Step::take(const Reached& in) {
    if (clock_taken(in)) return;
    if (!m_.operation || m_.operation->await != in.what) return;
    auto& op = *m_.operation;
    switch (in.what) {
    case Await::sources:
        if (in.landed) {
            op.target = *in.landed;
            if (op.seek) act(HoldClock{op.target});
        }
        if (op.fresh) {
            m_.told_ended = false;
            post(TopologyStatus{m_.current->topology, TopologyState::started_source});
            act(ChooseTimeSource{});
        }
        if (m_.gait == Gait::scrub) {
            m_.scrub = SessionModel::Scrub{op.step, op.step, {}};
            await(Await::running);
            act(AdmitSinks{op.seek});
            act(StartClock{op.target});
        } else {
            await(Await::prerolled);
            act(PrerollSinks{op.target, op.seek});
        }
        break;
    case Await::prerolled:
        if (op.command.kind == CommandKind::cue ||
            (op.command.kind == CommandKind::set_media_stop && m_.state == SessionState::paused)) {
            act(CueClock{op.target});
            settle_paused(op.target);
        } else {
            await(Await::running);
            act(StartClock{op.target});
        }
        break;
    case Await::running: settle_started(); break;
    case Await::held: settle_paused(op.position); break;
    case Await::rate:
        m_.rate = op.command.rate;
        m_.thinning = op.command.thinning;
        complete(RateChanged{m_.rate});
        break;
    case Await::switched: switched(); break;
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
    case Await::limited:
    case Await::resolved: break;
    }
}

void Step::take(const TimedOut& in) {
    if (!m_.operation) return;
    switch (m_.operation->await) {
    case Await::resolved:
        m_.operation->bounded = false;
        m_.impatient = m_.overtaken;
        act(DropResolved{});
        fail({Errc::cancelled, "overtaken by a stop"});
        break;
    case Await::silent:
    case Await::sources_idle:
    case Await::flushed:
        // Whoever is stuck is left behind; the next step has its own bound.
        act(LeaveStragglers{});
        if (m_.operation->await != Await::flushed) act(ArmBound{});
        take(Reached{m_.operation->await, {}});
        break;
    case Await::released: settle_closed(); break;
    case Await::limited: take(Limited{false, in.clock}); break;
    default: break;
    }
}

void Step::take(const Failed& in) {
    if (!m_.operation) return;
    const auto& op = *m_.operation;
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
    case Await::held:
    case Await::rate:
    case Await::switched: fail(in.status); break;
    default: break;
    }
}

void Step::take(const Preempted&) { m_.overtaken = true; }

// What is under way gives way to the stop that waits, and so does whatever came of it meanwhile.
void Step::give_way() {
    if (!m_.overtaken || !m_.operation) return;
    const auto kind = m_.operation->command.kind;
    if (kind == CommandKind::set_media_stop) { // it is in force; the rest is the stop's
        act(DisarmBound{});
        media_stop_changed();
    } else if (m_.operation->await == Await::resolved && kind != CommandKind::switch_stream) {
        if (m_.impatient) {
            take(TimedOut{});
        } else if (!std::exchange(m_.operation->bounded, true)) {
            act(ArmBound{}); // it may finish in time
        }
    } else if (kind == CommandKind::advance) {
        m_.operation.reset();
    } else if (can_be_overtaken(kind)) {
        // What had begun from a stop reaches no sink any more, however long the stop still waits.
        if (m_.operation->fresh) act(RaiseEpoch{});
        fail({Errc::cancelled, "overtaken by a stop"});
    }
}

void Step::take(const Scrubbed& in) {
    if (!m_.scrub) return;
    if (m_.operation && m_.operation->await == Await::running) {
        m_.scrub->shown = in.shown; // told once the start is complete
    } else {
        scrubbed(in.shown);
    }
}

void Step::take(const Broken& in) {
    if (m_.state == SessionState::closed || m_.state == SessionState::idle) return;
    if (m_.next && in.topology == m_.next->facts.topology) {
        drop_next(in.status);
        return;
    }
    const bool stopping = m_.operation && (m_.operation->command.kind == CommandKind::stop ||
                                           m_.operation->command.kind == CommandKind::close);
    if (stopping) return; // it is being let go anyway
    if (in.outputs_gone && m_.active && m_.current) tell_ended();
    if (m_.active) halt();
    if (m_.operation && m_.operation->await != Await::resolved) {
        if (m_.operation->command.kind == CommandKind::advance) {
            m_.operation.reset();
        } else {
            fail(in.status);
        }
    }
    m_.ended = true;
    post(SessionError{in.position}, in.status);
}

StepResult Step::finish() && {
    give_way();
    // What the end of a presentation brings waits for the command that is under way.
    join_next();
    end_if_due();
    give_way();
    settle_clock();
    return {std::move(m_), std::move(actions_)};
}

void Step::complete(EventBody body) {
    act(Complete{m_.operation->command.id, std::move(body), {}});
    m_.operation.reset();
}

void Step::fail(Status status) {
    const auto command = m_.operation->command;
    if (m_.operation->bounded || m_.operation->await == Await::limited) act(DisarmBound{});
    m_.operation.reset();
    if (command.kind == CommandKind::advance) {
        m_.ended = true;
        post(SessionError{}, std::move(status));
    } else {
        if (command.kind == CommandKind::switch_stream) act(AbandonSwitch{});
        act(Complete{command.id, empty_completion(command.kind), std::move(status)});
    }
}

// ---- commands -------------------------------------------------------------------------------

} // namespace playhead
