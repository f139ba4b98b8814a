// Steps from picture to picture: at rate 0 each start shows one, the next one or that of a time.
#include <algorithm>

#include "player/player_core.h"

namespace playhead {

void PlayerCore::begin_step(PlayerState state) {
    const auto now = snapshot();
    const bool pictures = std::any_of(now.tracks.begin(), now.tracks.end(), [](const Track& track) {
        return track.kind == StreamKind::video && track.selected;
    });
    if (!pictures) return finish({Errc::invalid_request, "there are no pictures to step through"});
    const double rate = session_.rate().value_or(1.0);
    if (rate < 0) {
        return finish(
            {Errc::unsupported_rate_transition, "steps begin at rate 0 or from forward play"});
    }
    const bool back = executing_->direction == Direction::reverse;
    const MediaTime at =
        now.ended_at ? *now.ended_at : session_.position().value_or(media_zero) - now.offset;
    step_ = Step{};
    step_->rate = rate;
    step_->looking = back && !stepped_to_;
    if (rate != 0.0) {
        if (state == PlayerState::playing) (void)session_.pause();
        (void)session_.set_rate(0.0);
    }
    // What ends where the shown picture begins is the one before it.
    constexpr Duration just_before{1};
    if (!back) {
        submitted(session_.start());
    } else if (step_->looking) {
        submitted(session_.start(StartAt{at}));
    } else {
        submitted(session_.start(StartAt{std::max(*stepped_to_ - just_before, media_zero)}));
    }
}

void PlayerCore::hear_step(const Event& event) {
    if (event.as<SessionStarted>() && event.status.ok()) {
        publish([](Public& p) { p.offset = {}; });
    }
    if (event.as<SessionError>()) set_state(PlayerState::failed);
    if (step_->leaving) {
        if (event.command != session_command_ || session_command_ == 0) return;
        const Step step = *std::exchange(step_, std::nullopt);
        stepped_to_ = step.shown;
        const auto session = session_.state().value_or(SessionState::closed);
        if (session == SessionState::paused) set_state(PlayerState::paused);
        if (session == SessionState::started) set_state(PlayerState::playing);
        if (session == SessionState::stopped && snapshot().state != PlayerState::failed) {
            set_state(PlayerState::stopped);
        }
        return finish(step.status);
    }
    if (event.as<SessionStopped>() && event.status.ok()) {
        return leave_step({Errc::cancelled, "overtaken by a stop"});
    }
    if (event.as<SessionError>()) return leave_step(event.status);
    if (event.command == session_command_ && !event.status.ok()) return leave_step(event.status);
    const auto* shown = event.as<ScrubSampleComplete>();
    if (!shown) return;
    const bool first = shown->shown_pts && *shown->shown_pts <= media_zero;
    if (std::exchange(step_->looking, false) && shown->shown_pts && !first) {
        return submitted(session_.start(StartAt{*shown->shown_pts - Duration{1}}));
    }
    step_->shown = shown->shown_pts;
    leave_step({});
}

// Back to the rate from which it came, paused there.
void PlayerCore::leave_step(Status status) {
    step_->leaving = true;
    step_->status = std::move(status);
    if (step_->rate != 0.0) (void)session_.pause();
    submitted(session_.set_rate(step_->rate));
}

} // namespace playhead
