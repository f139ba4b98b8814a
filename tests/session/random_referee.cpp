#include "session/random_referee.h"

#include <utility>

#include "support/session_rig.h"

namespace playhead::test {

namespace {

bool ends_playing(const Event& event) {
    return event.as<SessionEnded>() || event.as<SessionError>() ||
           (event.status.ok() && (event.as<SessionStopped>() || event.as<SessionClosed>())) ||
           event.status == Errc::shut_down;
}

} // namespace

void Referee::hear(const Event& event) {
    if (state_ == SessionState::shut_down) return complain("an event after shutdown", event);
    if (closed_) return complain("an event after SessionClosed", event);
    if (event.sequence <= sequence_) complain("the order of events", event);
    sequence_ = event.sequence;
    if (event.as<BufferingStarted>()) {
        ++buffering_;
    } else if (event.as<BufferingStopped>() && --buffering_ < 0) {
        complain("an end of buffering that has not begun", event);
    }
    if (buffering_ > 0 && ends_playing(event)) complain("buffering that has no end", event);
    if (is_completion(event.body) && event.command != 0) {
        completion(event);
    } else if (const auto* changed = event.as<RateChanged>()) {
        rate_ = changed->rate.value_or(rate_); // nobody asked: a topology could not do the rate
    } else if (event.as<TopologyStatus>()) {
        status(event);
    } else if (event.as<SessionEnded>()) {
        const bool cut_short = std::exchange(cut_short_, false);
        if (state_ != SessionState::started && !(state_ == SessionState::idle && cut_short)) {
            complain("an end of nothing", event);
        }
        if (state_ != SessionState::idle) state_ = SessionState::stopped;
    } else if (event.as<SessionError>()) {
        if (!faults_) complain("an error without a fault", event);
        if (state_ != SessionState::idle) state_ = SessionState::stopped;
    } else if (const auto* caps = event.as<CapabilitiesChanged>()) {
        if ((caps->now ^ caps_) != caps->delta || caps->delta == 0) {
            complain("capabilities that do not add up", event);
        }
        caps_ = caps->now;
        if (caps_ == 0 && std::exchange(cleared_, false)) {
            cut_short_ = state_ != SessionState::stopped;
            state_ = SessionState::idle;
        }
    }
}

void Referee::completion(const Event& event) {
    const auto found = pending_.find(event.command);
    if (found == pending_.end()) return complain("a completion that nobody is owed", event);
    if (found != pending_.begin()) return complain("a completion out of order", event);
    const Op op = found->second;
    pending_.erase(found);
    const bool ok = event.status.ok();
    const auto is = [&](Errc code) { return event.status == code; };
    if (shutting_ && is(Errc::shut_down)) return;
    if (is(Errc::cancelled)) {
        if (last_stop_ < event.command) complain("cancelled by nobody", event);
        return;
    }
    const bool loaded = state_ == SessionState::stopped || state_ == SessionState::started ||
                        state_ == SessionState::paused;
    switch (op.what) {
    case Do::set_topology:
        if (!event.as<TopologySet>()) complain("the kind of completion", event);
        // None of these is full.
        if (has(op.flags, SetTopology::no_resolution) ? !is(Errc::topo_unsupported) : !ok) {
            complain("set_topology", event);
        }
        break;
    case Do::clear_current:
        if (!ok) complain("clear_current", event);
        if (loaded) cleared_ = true;
        break;
    case Do::clear_topologies:
        if (!event.as<TopologiesCleared>() || !ok) complain("clear_topologies", event);
        break;
    case Do::start:
    case Do::start_at:
        if (!event.as<SessionStarted>()) complain("the kind of completion", event);
        if (!loaded) {
            if (!is(Errc::invalid_request)) complain("a start in idle", event);
        } else if (ok) {
            state_ = SessionState::started;
            stopped_ = false;
        } else if (op.what == Do::start_at &&
                   (is(Errc::invalid_position) || is(Errc::not_seekable))) {
            // Nothing has changed.
        } else if (faults_) {
            state_ = SessionState::stopped;
        } else {
            complain("a start that failed for no reason", event);
        }
        break;
    case Do::start_segment:
    case Do::start_entry:
        if (!is(loaded ? Errc::unsupported_time_format : Errc::invalid_request)) {
            complain("a segment without a sequencer", event);
        }
        break;
    case Do::pause:
        if (!event.as<SessionPaused>()) complain("the kind of completion", event);
        if (state_ == SessionState::started) {
            if (!ok && !faults_) complain("a pause while started", event);
            state_ = ok ? SessionState::paused : SessionState::stopped;
        } else if (state_ == SessionState::stopped) {
            if (!is(Errc::pause_while_stopped)) complain("a pause while stopped", event);
        } else if (!is(Errc::invalid_request)) {
            complain("a pause", event);
        }
        break;
    case Do::cue:
        if (ok) {
            state_ = SessionState::paused;
            stopped_ = false;
        } else if (loaded && faults_ && !is(Errc::invalid_position) && !is(Errc::not_seekable) &&
                   !is(Errc::unsupported_rate)) {
            state_ = SessionState::stopped;
        } else if (!is(Errc::invalid_request) && !is(Errc::invalid_position) &&
                   !is(Errc::not_seekable) && !is(Errc::unsupported_rate)) {
            complain("a cue", event);
        }
        break;
    case Do::set_rate: {
        const auto* changed = event.as<RateChanged>();
        if (!changed || changed->rate.has_value() != ok) complain("a rate", event);
        if (!loaded && !is(Errc::invalid_request)) complain("a rate in idle", event);
        const auto sign = [](double r) { return r > 0 ? 1 : r < 0 ? -1 : 0; };
        const bool same = sign(op.rate) == sign(rate_);
        if (ok) {
            if (!same && state_ == SessionState::started) complain("a turn while started", event);
            if (!same && state_ == SessionState::paused && (op.rate < 0 || rate_ < 0)) {
                complain("a turn while paused", event);
            }
            rate_ = op.rate;
        } else if (loaded && same && state_ != SessionState::stopped &&
                   is(Errc::unsupported_rate_transition)) {
            complain("a change refused that the table allows", event);
        }
        break;
    }
    case Do::switch_audio:
    case Do::switch_second:
    case Do::switch_subtitles:
    case Do::switch_video: {
        const auto* switched = event.as<StreamSwitched>();
        if (!switched || (switched->node > 0) != ok) {
            complain("the kind of completion", event);
        } else if (!loaded) {
            if (!is(Errc::invalid_request)) complain("a switch in idle", event);
        } else if (!ok && !faults_ && !is(Errc::not_found) && !is(Errc::invalid_request) &&
                   !is(Errc::topo_cannot_connect) && !is(Errc::not_seekable) &&
                   !is(Errc::topo_missing_stream_descriptor)) {
            complain("a switch that failed for no reason", event);
        }
        break;
    }
    case Do::media_stop: {
        const auto* changed = event.as<MediaStopChanged>();
        if (!changed || (changed->topology > 0) != ok) complain("a media stop", event);
        if (!ok && !is(Errc::not_found) && !is(Errc::not_seekable)) {
            if (!faults_) complain("a media stop that failed for no reason", event);
            if (loaded) state_ = SessionState::stopped;
        }
        break;
    }
    case Do::stop:
        if (!event.as<SessionStopped>()) complain("the kind of completion", event);
        if (!loaded) {
            if (!is(Errc::invalid_request)) complain("a stop in idle", event);
        } else {
            if (!ok) complain("a stop", event);
            state_ = SessionState::stopped;
            stopped_ = true;
        }
        break;
    case Do::close:
        if (!event.as<SessionClosed>() || !ok) complain("a close", event);
        state_ = SessionState::closed;
        closed_ = true;
        break;
    default: complain("a completion of no command", event);
    }
}

void Referee::status(const Event& event) {
    const auto& told = *event.as<TopologyStatus>();
    const int now = static_cast<int>(told.state);
    if (told.state == TopologyState::dynamic_changed) return; // at any time, any number of times
    auto& last = statuses_[told.topology];
    // Each start from stopped begins the presentation anew, also one that has ended; a topology
    // that is taken back from a join gets ready anew.
    const bool again = told.state == TopologyState::started_source ? last > 0
                       : told.state == TopologyState::ready        ? last < 300
                                                                   : false;
    if (!again && now <= last) complain("the order of statuses", event);
    if (told.state == TopologyState::ready && state_ == SessionState::idle) {
        state_ = SessionState::stopped;
    }
    last = now;
}

void Referee::complain(const std::string& what, const Event& event) {
    if (!complaint_.empty()) return;
    complaint_ = what + ": " + line_of(event) + " (command " + std::to_string(event.command) +
                 ", " + event.status.message() + ")";
}

} // namespace playhead::test
