// The part of Step that carries commands out: start, cue, pause, rate, stop, and how each settles.
#include <algorithm>

#include "session/step.h"

namespace playhead {

namespace {

bool same_rates(const RateSupport& a, const RateSupport& b, Direction direction) {
    for (const Thinning thinning : {Thinning::none, Thinning::key_frames}) {
        if (a.slowest(direction, thinning).value_or(0.0) !=
                b.slowest(direction, thinning).value_or(0.0) ||
            a.fastest(direction, thinning).value_or(0.0) !=
                b.fastest(direction, thinning).value_or(0.0)) {
            return false;
        }
    }
    return true;
}

// So far from 0 sums of times still fit into 64 bits of nanoseconds.
constexpr Duration farthest = std::chrono::hours{24 * 365 * 100};

bool too_far(Duration from_zero) { return from_zero > farthest || from_zero < -farthest; }

Status no_such_time() { return {Errc::invalid_position, "the position is over a century from 0"}; }

} // namespace

void Step::start(const StartPosition& position) {
    auto& op = *m_.operation;
    const bool loaded = m_.state == SessionState::stopped || m_.state == SessionState::started ||
                        m_.state == SessionState::paused;
    if (!loaded) {
        fail({Errc::invalid_request, "there is no presentation to start"});
        return;
    }
    const auto* at = std::get_if<StartAt>(&position);
    if (!at && !std::holds_alternative<StartCurrent>(position)) {
        await(Await::resolved);
        act(ResolveSegment{});
        return;
    }
    if (at && too_far(at->at - media_zero)) {
        fail(no_such_time());
        return;
    }
    if (m_.switch_on_start) {
        const auto facts = m_.queue.front();
        if (auto refused = judge(facts, at ? at->at - media_zero - facts.base : Duration{}, false);
            !refused.ok()) {
            fail(std::move(refused));
            return;
        }
        m_.queue.pop_front();
        if (m_.active) halt();
        adopt(facts, facts.base);
    }
    const MediaTime now = op.position.value_or(media_zero);
    if (at) {
        begin(at->at);
    } else if (m_.state == SessionState::stopped) {
        begin(beginning());
    } else if (m_.cold) {
        op.fresh = true;
        begin(beginning());
    } else if (gait_of(m_.rate) != m_.gait || m_.stale) {
        // What is at the outputs was meant for another way of going.
        op.step = m_.rate == 0.0;
        const MediaTime then = now - (m_.progress.offset - m_.current->base);
        const auto length = m_.current->duration;
        begin(length ? std::min(then, beginning() + *length) : then); // its end may be sooner now
    } else if (m_.state == SessionState::paused) {
        op.target = now;
        if (m_.gait == Gait::scrub) {
            // Outputs that are started at rate 0 show the next picture by themselves.
            m_.scrub = SessionModel::Scrub{false, true, {}};
            await(Await::running);
            act(AdmitSinks{});
            act(StartClock{now});
            return;
        }
        if (buffering()) {
            m_.clock_wait = SessionModel::ClockWait::held; // as the pause has left it
            settle_started();
            return;
        }
        await(Await::running);
        act(ResumeClock{});
        if (m_.progress.starved) act(HoldClock{now}); // it goes on waiting at its end
    } else {
        op.target = now;
        op.step = m_.rate == 0.0;
        settle_started();
    }
}

void Step::cue(MediaTime target) {
    if (!m_.current || m_.state == SessionState::closed) {
        fail({Errc::invalid_request, "there is no presentation to cue"});
    } else if (m_.rate == 0.0) {
        fail({Errc::unsupported_rate, "at rate 0 a start shows the frame"});
    } else if (std::holds_alternative<StartSegment>(m_.operation->command.position)) {
        await(Await::resolved);
        act(ResolveSegment{});
    } else if (too_far(target - media_zero)) {
        fail(no_such_time());
    } else {
        begin(target);
    }
}

// Whether a start at this place of a presentation can be; a seek, if something moves.
Status Step::judge(const PresentationFacts& facts, Duration own, bool moves) {
    if (too_far(own)) return no_such_time();
    if (facts.duration && own > *facts.duration) {
        return {Errc::invalid_position, "the position is beyond the end"};
    }
    if (!facts.seekable && (moves || own > Duration{})) {
        return {Errc::not_seekable, "the source cannot seek"};
    }
    return {};
}

// A start, seek or cue to t: the same road from here on. The current presentation's own time counts
// again from its beginning, wherever it stood in a sequence.
void Step::begin(MediaTime t) {
    const bool moves = m_.state != SessionState::stopped && !m_.cold;
    if (auto refused = judge(*m_.current, t - beginning(), moves); !refused.ok()) {
        fail(std::move(refused));
        return;
    }
    take_back();
    m_.progress = {};
    m_.progress.offset = m_.current->base;
    go(t);
}

// The sources are started at t on the clock's line; the current presentation's place there is known.
void Step::go(MediaTime t) {
    auto& op = *m_.operation;
    end_buffering();
    op.seek = m_.state != SessionState::stopped;
    op.fresh = op.fresh || !op.seek;
    op.target = t;
    if (op.seek) act(HoldClock{t});
    act(RaiseEpoch{});
    m_.active = true;
    m_.ended = false;
    m_.progress.read = m_.progress.delivered = false;
    m_.progress.starved = m_.progress.told_last = false;
    m_.progress.end_due.reset();
    m_.scrub.reset();
    m_.cold = m_.stale = false;
    m_.gait = gait_of(m_.rate);
    await(Await::sources);
    const bool key = op.command.seek_mode == SeekMode::key_frame && m_.gait != Gait::reverse;
    act(StartSources{t, m_.progress.offset, m_.gait, m_.thinning,
                     key ? SeekMode::key_frame : SeekMode::exact});
}

void Step::pause() {
    switch (m_.state) {
    case SessionState::started:
        if (m_.clock_wait == SessionModel::ClockWait::held) {
            settle_paused(m_.operation->position);
            return;
        }
        await(Await::held);
        if (m_.clock_wait == SessionModel::ClockWait::asked) return;
        if (m_.clock_wait == SessionModel::ClockWait::going) {
            m_.clock_wait = SessionModel::ClockWait::no; // nobody answers that any more
        }
        act(PauseClock{});
        break;
    case SessionState::stopped: fail({Errc::pause_while_stopped, "nothing is playing"}); break;
    default: fail({Errc::invalid_request, "nothing is playing"});
    }
}

// The table of media-session.md section 5.2.
void Step::set_rate(double rate, Thinning thinning) {
    if (!m_.current || m_.state == SessionState::closed) {
        fail({Errc::invalid_request, "there is no presentation whose rate could change"});
        return;
    }
    if (rate == m_.rate && thinning == m_.thinning) {
        complete(RateChanged{rate});
        return;
    }
    if (auto answer = m_.current->rates.is_supported(thinning, rate); !answer.status.ok()) {
        fail(std::move(answer.status));
        return;
    }
    const Gait from = gait_of(m_.rate), to = gait_of(rate);
    const bool crosses = from != to;
    const bool reverses = from == Gait::reverse || to == Gait::reverse;
    const bool allowed = m_.state == SessionState::stopped || !crosses ||
                         (m_.state == SessionState::paused && !reverses);
    if (!allowed) {
        fail({Errc::unsupported_rate_transition,
              reverses ? "stop before the direction changes" : "pause or stop before scrubbing"});
        return;
    }
    await(Await::rate);
    act(ApplyRate{rate, thinning});
}

// Stop, and the stop inside a close.
void Step::stop() {
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
    if (m_.state == SessionState::stopped) m_.operation->position.reset(); // it never began
    m_.progress.end_due.reset();
    m_.scrub.reset();
    take_back();
    end_buffering();
    await(Await::silent);
    act(ArmBound{});
    act(StopClock{});
}

void Step::settle_started() {
    const auto op = *m_.operation;
    m_.state = SessionState::started;
    capabilities(running_capabilities());
    if (op.command.kind == CommandKind::advance) {
        m_.operation.reset();
        post(TopologyStatus{m_.current->topology, TopologyState::sink_switched});
    } else if (op.command.kind == CommandKind::set_media_stop) {
        media_stop_changed();
    } else {
        complete(SessionStarted{op.target, {}, op.seek});
    }
    if (m_.scrub) {
        if (m_.scrub->shown) scrubbed(*m_.scrub->shown);
    } else if (op.step) {
        m_.scrub = SessionModel::Scrub{false, true, {}};
        act(StepSinks{});
    }
    prepare_next();
}

void Step::settle_paused(std::optional<MediaTime> position) {
    m_.state = SessionState::paused;
    m_.clock_wait = SessionModel::ClockWait::no;
    capabilities(m_.current->capabilities);
    if (m_.operation->command.kind == CommandKind::set_media_stop) {
        media_stop_changed();
        return;
    }
    complete(SessionPaused{position});
}

void Step::settle_stopped() {
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
    clear_queue();
    await(Await::released);
    act(ArmBound{});
    act(ReleaseAll{});
}

void Step::settle_closed() {
    m_.current.reset();
    m_.state = SessionState::closed;
    capabilities(0);
    complete(SessionClosed{});
}

void Step::scrubbed(std::optional<MediaTime> shown) {
    if (std::exchange(m_.scrub->step_first, false)) {
        m_.scrub->shown.reset();
        act(StepSinks{});
        return;
    }
    const bool stepping = m_.scrub->stepping;
    m_.scrub.reset();
    if (stepping && shown) act(HoldClock{*shown});
    post(ScrubSampleComplete{shown});
}

void Step::halt() {
    take_back();
    end_buffering();
    act(StopClock{});
    act(StopSources{});
    act(FlushSinks{});
    m_.active = false;
    m_.progress.end_due.reset();
    m_.scrub.reset();
    if (m_.state == SessionState::started || m_.state == SessionState::paused) {
        m_.state = SessionState::stopped;
    }
    capabilities(m_.current->capabilities);
}

Capabilities Step::running_capabilities() const {
    return m_.current->capabilities |
           (m_.current->can_pause ? static_cast<unsigned>(Capability::pause) : 0U);
}

// What stayed counts as changed if other rates go with it.
void Step::capabilities(Capabilities now) {
    Capabilities delta = now ^ m_.capabilities;
    const auto compare = [&](Capability capability, Direction direction) {
        if (!has(now & m_.capabilities, capability)) return;
        if (same_rates(m_.told_rates, m_.current->rates, direction)) return;
        delta |= static_cast<unsigned>(capability);
    };
    if (m_.current) {
        compare(Capability::rate_forward, Direction::forward);
        compare(Capability::rate_reverse, Direction::reverse);
        m_.told_rates = m_.current->rates;
    }
    if (delta == 0) return;
    m_.capabilities = now;
    post(CapabilitiesChanged{now, delta});
}

} // namespace playhead
