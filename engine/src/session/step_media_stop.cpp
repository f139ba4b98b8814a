// How the end of a presentation is moved while it waits or plays.
//
//   found? --waits, or stands--------> [it is noted]                               --> done
//       +--all of it is past---------> [the end is here]                           --> done
//       +--else--> limited? --fits---> [what moves ends there]                     --> done
//                        +--does not-> [the sources begin anew where the clock is] --> done
#include "session/step.h"

namespace playhead {

void Step::set_media_stop() {
    await(Await::resolved);
    act(FindStop{});
}

void Step::each_facts(const std::function<void(PresentationFacts&)>& visit) {
    if (m_.current) visit(*m_.current);
    for (auto& joined : m_.joined) visit(joined.facts);
    if (m_.next) visit(m_.next->facts);
    for (auto& facts : m_.queue) visit(facts);
}

void Step::media_stop_changed() {
    const auto& command = m_.operation->command;
    complete(MediaStopChanged{command.topology, command.source, command.media_stop});
}

void Step::take(const StopFound& in) {
    if (!m_.operation || m_.operation->command.kind != CommandKind::set_media_stop) return;
    if (!in.status.ok()) {
        fail(in.status);
        return;
    }
    auto& op = *m_.operation;
    const auto topology = op.command.topology;
    each_facts([&](PresentationFacts& facts) {
        if (facts.topology != topology) return;
        op.facts = facts;
        facts.duration = in.duration;
    });
    act(ApplyStop{topology});
    if (m_.next && m_.next->facts.topology == topology) { // its sources run towards the old one
        act(TakeBack{{topology}});
        m_.queue.push_front(m_.next->facts);
        m_.next.reset();
    }
    const bool goes = m_.active && !m_.cold && m_.gait != Gait::reverse && progress_of(topology) &&
                      (m_.state == SessionState::started || m_.state == SessionState::paused);
    if (!goes) {
        media_stop_changed();
        prepare_next();
        return;
    }
    const MediaTime now = op.position.value_or(media_zero);
    const bool past = in.ends && now - media_zero - m_.progress.offset >= *in.ends;
    if (past && m_.gait == Gait::forward && m_.current->topology == topology) {
        end_here(now);
        return;
    }
    await(Await::limited);
    act(ArmBound{});
    act(LimitTo{topology, !m_.current->seekable});
}

// Nothing more of it is shown, from now on.
void Step::end_here(MediaTime now) {
    media_stop_changed();
    if (m_.progress.end_due || m_.progress.starved) return; // it has come to its end already
    take_back();
    if (!m_.progress.delivered) end_of_presentation(*m_.current, false);
    m_.progress.read = m_.progress.delivered = true;
    m_.line_end = now - media_zero;
    m_.progress.end_due = now;
    act(RaiseEpoch{});
    act(StopSources{});
    act(FlushSinks{});
}

void Step::take(const Limited& in) {
    if (!m_.operation || m_.operation->await != Await::limited) return;
    act(DisarmBound{});
    await(Await::nothing);
    if (in.reads) {
        if (auto* progress = progress_of(m_.operation->command.topology)) progress->read = false;
    }
    if (in.fits || m_.gait != Gait::forward) {
        media_stop_changed();
        return;
    }
    if (gait_of(m_.rate) != m_.gait) { // paused, and the next start begins in another way
        m_.stale = true;
        media_stop_changed();
        return;
    }
    if (m_.current->seekable) {
        begin_anew(in.clock);
        return;
    }
    const auto before = *m_.operation->facts;
    each_facts([&](PresentationFacts& facts) {
        if (facts.topology == before.topology) facts.duration = before.duration;
    });
    act(RestoreStop{before.topology});
    fail({Errc::not_seekable, "what was passed over in reading cannot be read again"});
}

// As a seek to where the clock is, which ends in the state that it found.
void Step::begin_anew(std::optional<MediaTime> clock) {
    const MediaTime now = clock.value_or(m_.operation->position.value_or(media_zero));
    take_back();
    go(now);
}

} // namespace playhead
