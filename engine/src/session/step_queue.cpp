// How presentations follow each other: media-session.md sections 1.5 and 6.
#include "session/step.h"

namespace playhead {

void Step::take(const Resolved& in) {
    if (!m_.operation || m_.operation->await != Await::resolved) return;
    act(DisarmBound{});
    if (!in.status.ok()) {
        fail(in.status);
    } else if (m_.operation->command.kind == CommandKind::set_topology) {
        topology_resolved(in);
    } else {
        segment_resolved(in);
    }
}

void Step::topology_resolved(const Resolved& in) {
    const bool clear = has(in.flags, SetTopology::clear_current);
    const bool immediate = has(in.flags, SetTopology::immediate);
    if (!in.facts) {
        const auto op = *m_.operation;
        complete(TopologySet{});
        if (!clear || !m_.current) return;
        if (op.command.segment != 0) {
            if (m_.active && !m_.progress.delivered) end_of_presentation(*m_.current, true);
            take_back();
            forget(op.command.segment);
        }
        let_go(op.position);
        return;
    }
    const auto& facts = *in.facts;
    complete(TopologySet{facts.topology, nullptr});
    if (immediate) {
        let_go_of_joined();
        clear_queue();
    }
    if (!m_.current || m_.ended) {
        if (m_.active) halt();
        adopt(facts, facts.base);
    } else if (!immediate) {
        m_.queue.push_back(facts);
        prepare_next();
    } else if (m_.state == SessionState::paused) {
        m_.queue.push_back(facts);
        m_.switch_on_start = true;
    } else if (m_.state == SessionState::started) {
        advance(facts, facts.base);
    } else {
        if (m_.active) halt();
        adopt(facts, facts.base);
    }
}

// A start or a cue at a segment: the one that plays is cancelled, the wanted one takes its place.
void Step::segment_resolved(const Resolved& in) {
    const auto& position = m_.operation->command.position;
    const auto* segment = std::get_if<StartSegment>(&position);
    const Duration offset = segment ? segment->offset : Duration{};
    const auto& facts = *in.facts;
    const Status before{Errc::invalid_position, "the position is before the segment"};
    if (auto refused = offset < Duration{} ? before : judge(facts, offset, false); !refused.ok()) {
        act(DropTopology{facts.topology});
        fail(std::move(refused));
        return;
    }
    if (m_.active && !m_.progress.delivered) end_of_presentation(*m_.current, true);
    for (const auto& joined : m_.joined) {
        if (!joined.progress.delivered) end_of_presentation(joined.facts, true);
    }
    let_go_of_joined();
    clear_queue();
    post(NewPresentation{facts.segment});
    post(TopologySet{facts.topology, nullptr});
    if (m_.active) halt();
    adopt(facts, facts.base);
    begin(beginning() + offset);
}

// Becomes current. The state is kept where the session goes on with it, from there; else it is stopped.
void Step::adopt(const PresentationFacts& facts, Duration offset, std::optional<Duration> goes_on) {
    if (m_.current) {
        end_buffering(m_.current->topology);
        tell_ended();
    }
    act(AdoptTopology{facts.topology});
    m_.current = facts;
    if (!goes_on) m_.state = SessionState::stopped;
    m_.cold = m_.stale = false;
    m_.ended = m_.told_ended = false;
    m_.switch_on_start = false;
    m_.progress = {};
    m_.progress.offset = offset;
    const MediaTime begin = media_zero + offset + goes_on.value_or(Duration{});
    post(NotifyPresentationTime{facts.topology, begin, offset, begin});
    capabilities(m_.state == SessionState::started ? running_capabilities() : facts.capabilities);
    fall_back_rate(facts);
    post(TopologyStatus{facts.topology, TopologyState::ready});
}

// Takes the current one's place while the session stays started: at once, or where the one before
// ended too early for it to be joined.
void Step::advance(const PresentationFacts& facts, Duration offset) {
    take_back();
    act(StopSources{});
    m_.operation = SessionModel::Operation{};
    m_.operation->command.kind = CommandKind::advance;
    m_.operation->fresh = true;
    adopt(facts, offset, facts.start_on_switch);
    go(media_zero + offset + facts.start_on_switch);
}

void Step::let_go(std::optional<MediaTime> position) {
    const bool played = m_.state == SessionState::started || m_.state == SessionState::paused;
    take_back();
    if (!m_.queue.empty()) {
        const auto facts = m_.queue.front();
        m_.queue.pop_front();
        if (m_.state == SessionState::started) {
            advance(facts, facts.base);
        } else if (m_.state == SessionState::paused) {
            // It waits at its beginning for the next start.
            act(RaiseEpoch{});
            act(StopSources{});
            adopt(facts, facts.base, Duration{});
            m_.cold = true;
            act(CueClock{media_zero + facts.base});
        } else {
            if (m_.active) halt();
            adopt(facts, facts.base);
        }
        return;
    }
    const auto topology = m_.current->topology;
    const bool told = m_.told_ended;
    if (m_.active) halt();
    act(DropCurrent{});
    m_.current.reset();
    m_.state = SessionState::idle;
    capabilities(0);
    if (!told) post(TopologyStatus{topology, TopologyState::ended});
    if (played) post(SessionEnded{position.value_or(media_zero)});
}

void Step::clear_queue() {
    if (m_.next) {
        act(TakeBack{{m_.next->facts.topology}});
        m_.queue.push_front(m_.next->facts);
        m_.next.reset();
    }
    for (const auto& facts : m_.queue) act(DropTopology{facts.topology});
    m_.queue.clear();
    m_.switch_on_start = false;
}

// Nothing of the queue is wanted any more: what had begun behind the current one has ended.
void Step::let_go_of_joined() {
    for (const auto& joined : m_.joined) {
        post(TopologyStatus{joined.facts.topology, TopologyState::ended});
    }
    take_back();
}

// What was prepared or joined waits again, in its order.
void Step::take_back() {
    TakeBack back;
    if (m_.next) {
        m_.queue.push_front(m_.next->facts);
        back.topologies.push_back(m_.next->facts.topology);
        m_.next.reset();
    }
    for (; !m_.joined.empty(); m_.joined.pop_back()) {
        end_buffering(m_.joined.back().facts.topology);
        m_.queue.push_front(m_.joined.back().facts);
        back.topologies.push_back(m_.joined.back().facts.topology);
    }
    if (!back.topologies.empty()) act(std::move(back));
}

// ---- one behind the other --------------------------------------------------------------------

Progress* Step::progress_of(TopologyId topology, const PresentationFacts** facts) {
    if (m_.current && m_.current->topology == topology) {
        if (facts) *facts = &*m_.current;
        return &m_.progress;
    }
    for (auto& joined : m_.joined) {
        if (joined.facts.topology != topology) continue;
        if (facts) *facts = &joined.facts;
        return &joined.progress;
    }
    return nullptr;
}

void Step::take(const SourcesRead& in) {
    if (auto* progress = progress_of(in.topology)) {
        progress->read = true;
    } else if (m_.next && m_.next->facts.topology == in.topology) {
        m_.next->read = true;
    }
    prepare_next();
}

void Step::prepare_next() {
    const bool goes = m_.active && m_.current && m_.gait == Gait::forward &&
                      (m_.state == SessionState::started || m_.state == SessionState::paused);
    if (!goes || m_.next || m_.queue.empty() || m_.switch_on_start || !tail().read) return;
    m_.next = SessionModel::Next{m_.queue.front()};
    m_.queue.pop_front();
    act(PrepareNext{m_.next->facts.topology, m_.next->facts.start_on_switch});
}

void Step::take(const NextReady& in) {
    if (!m_.next || m_.next->facts.topology != in.topology) return;
    if (!in.status.ok()) {
        drop_next(in.status);
        return;
    }
    m_.next->ready = true;
}

// It cannot be played: what follows it takes its place.
void Step::drop_next(Status status) {
    const auto topology = m_.next->facts.topology;
    m_.next.reset();
    act(TakeBack{{topology}});
    act(DropTopology{topology});
    post(NonFatalError{}, std::move(status));
    post(TopologyStatus{topology, TopologyState::ended});
    prepare_next();
}

void Step::take(const Delivered& in) {
    const PresentationFacts* facts = nullptr;
    auto* progress = progress_of(in.topology, &facts);
    if (!m_.active || !progress || m_.gait == Gait::scrub) return;
    if (std::exchange(progress->delivered, true)) return;
    m_.line_end = in.end - media_zero;
    end_of_presentation(*facts, false);
}

void Step::join_next() {
    if (!m_.active || !undisturbed() || !m_.next || !m_.next->ready || !tail().delivered) return;
    // The outputs that pass to it still owe the one before it their answer.
    using Wait = SessionModel::ClockWait;
    if (m_.clock_wait == Wait::asked || m_.clock_wait == Wait::going) return;
    const auto next = *std::exchange(m_.next, std::nullopt);
    const auto& facts = next.facts;
    const Duration offset = facts.timed ? facts.base : m_.line_end - facts.start_on_switch;
    const TopologyId behind = tail_id();
    fall_back_rate(facts);
    post(NotifyPresentationTime{facts.topology, media_zero + offset + facts.start_on_switch, offset,
                                media_zero + m_.line_end});
    post(TopologyStatus{facts.topology, TopologyState::ready});
    post(TopologyStatus{facts.topology, TopologyState::started_source});
    act(JoinNext{facts.topology, behind, offset});
    Progress progress;
    progress.offset = offset;
    progress.read = next.read;
    m_.joined.push_back({facts, progress});
    for (int i = 0; i < next.buffering; ++i) begin_buffering(facts.topology);
    prepare_next();
}

// The rate outlives its topology, unless the next one cannot do it.
void Step::fall_back_rate(const PresentationFacts& facts) {
    if (facts.rates.is_supported(m_.thinning, m_.rate).status.ok()) return;
    m_.rate = 1.0;
    m_.thinning = Thinning::none;
    act(ApplyRate{m_.rate, m_.thinning});
    post(RateChanged{m_.rate});
}

void Step::end_of_presentation(const PresentationFacts& facts, bool cancelled) {
    if (facts.segment != 0 && (!facts.last || cancelled)) {
        post(EndOfPresentationSegment{facts.segment, cancelled});
    } else {
        post(EndOfPresentation{cancelled});
    }
}

void Step::take(const Rendered& in) {
    auto* progress = progress_of(in.topology);
    if (!m_.active || !progress || m_.gait == Gait::scrub) return;
    progress->end_due = in.position;
}

void Step::end_if_due() {
    while (m_.progress.end_due && undisturbed() && m_.state == SessionState::started) {
        if (!m_.joined.empty()) {
            switch_joined();
        } else if (m_.operation) {
            return;
        } else if (m_.gait == Gait::reverse) {
            end(); // the beginning; what is queued is behind the end
        } else if (m_.next || !m_.queue.empty()) {
            const Duration at = *m_.progress.end_due - media_zero;
            take_back();
            const auto facts = m_.queue.front();
            m_.queue.pop_front();
            advance(facts, facts.timed ? facts.base : at - facts.start_on_switch);
        } else if (m_.current->segment != 0 && !m_.current->last) {
            if (std::exchange(m_.progress.starved, true)) return;
            end_buffering(m_.current->topology); // it stands anyway
            act(HoldClock{*m_.progress.end_due});
            return;
        } else {
            end();
        }
    }
}

void Step::take(const MarkLast& in) {
    const auto mark = [&](PresentationFacts& facts) {
        if (facts.segment == in.segment) facts.last = in.last;
    };
    if (m_.current) mark(*m_.current);
    for (auto& joined : m_.joined) mark(joined.facts);
    if (m_.next) mark(m_.next->facts);
    for (auto& facts : m_.queue) mark(facts);
    // The end it was to have without being the last is the presentation's.
    const bool waited = m_.active && m_.current && m_.progress.starved;
    if (!waited || !m_.current->last) return;
    if (!std::exchange(m_.progress.told_last, true)) post(EndOfPresentation{});
}

void Step::take(const Withdraw& in) {
    if (m_.operation && m_.operation->command.id == in.command &&
        m_.operation->await == Await::resolved) {
        act(DropResolved{});
        fail({Errc::cancelled, "the segment was withdrawn"});
    }
    if (m_.next && m_.next->facts.segment == in.segment) {
        act(TakeBack{{m_.next->facts.topology}});
        m_.queue.push_front(m_.next->facts);
        m_.next.reset();
    }
    forget(in.segment);
    prepare_next();
}

// It is not in the queue any more.
void Step::forget(SegmentId segment) {
    const auto gone = [segment](const PresentationFacts& facts) {
        return facts.segment == segment;
    };
    if (!m_.queue.empty() && gone(m_.queue.front())) m_.switch_on_start = false;
    for (const auto& facts : m_.queue) {
        if (gone(facts)) act(DropTopology{facts.topology});
    }
    std::erase_if(m_.queue, gone);
}

// Once for each time that it is played.
void Step::tell_ended() {
    if (std::exchange(m_.told_ended, true)) return;
    post(TopologyStatus{m_.current->topology, TopologyState::ended});
}

void Step::switch_joined() {
    end_buffering(m_.current->topology);
    tell_ended();
    m_.told_ended = false;
    const auto joined = m_.joined.front();
    m_.joined.pop_front();
    act(SwitchTo{joined.facts.topology});
    m_.current = joined.facts;
    m_.progress = joined.progress;
    fall_back_rate(joined.facts); // one that was chosen after it was joined
    capabilities(running_capabilities());
    post(TopologyStatus{m_.current->topology, TopologyState::sink_switched});
    prepare_next();
}

void Step::end() {
    const auto position = *m_.progress.end_due;
    end_buffering();
    act(StopClock{});
    act(StopSources{});
    act(FlushSinks{});
    m_.active = false;
    m_.progress.end_due.reset();
    m_.ended = m_.queue.empty();
    m_.state = SessionState::stopped;
    tell_ended();
    capabilities(m_.current->capabilities);
    post(SessionEnded{position});
}

} // namespace playhead
