// Steps from picture to picture: at rate 0 each start shows one, the next one or that of a time.
#include <algorithm>

#include "player/player_core.h"
#include "session/session_core.h"

namespace playhead {

namespace {
// What ends where the shown picture begins is the one before it.
constexpr Duration just_before{1};
} // namespace

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
    if (!back && now.ended_at.value_or(media_zero) > media_zero)
        return finish({}); // nothing follows
    const auto support = session_.rate_support();
    const auto still =
        support ? support->is_supported(Thinning::none, 0.0).status : support.error();
    if (!still.ok()) return finish(still);
    MediaTime at = session_.position().value_or(media_zero) - now.offset;
    if (now.ended_at) { // in the last picture; what is there may go on behind the length that is told
        const auto told = now.presentation ? now.presentation->duration : std::nullopt;
        const MediaTime end = told ? std::min(*now.ended_at, media_zero + *told) : *now.ended_at;
        at = std::max(end - just_before, media_zero);
    }
    step_ = Step{};
    step_->rate = rate;
    step_->thinning = session_.core()->thinning();
    step_->looking = back && !stepped_to_;
    if (rate != 0.0) {
        if (state == PlayerState::playing) (void)session_.pause();
        step_->to_zero = session_.set_rate(0.0).value_or(0);
    }
    if (!back) {
        submitted(session_.start());
    } else if (step_->looking) {
        submitted(session_.start(StartAt{at}));
    } else {
        submitted(session_.start(StartAt{std::max(*stepped_to_ - just_before, media_zero)}));
    }
}

bool PlayerCore::hear_step(const Event& event) {
    const bool started = event.as<SessionStarted>() != nullptr;
    const bool stopped = event.as<SessionStopped>() != nullptr;
    const bool failed = event.as<SessionError>() != nullptr;
    const bool completes = session_command_ != 0 && event.command == session_command_;
    const auto* shown = event.as<ScrubSampleComplete>();
    const bool ok = event.status.ok();
    const bool moves = !ok && step_->to_zero != 0 && event.command == step_->to_zero;
    if (!started && !stopped && !failed && !completes && !shown && !moves &&
        !event.as<SessionPaused>()) {
        return false;
    }
    if ((started || stopped) && ok) publish([](Public& p) { p.offset = {}; });
    if (failed) set_state(PlayerState::failed);
    if (step_->leaving) {
        if (completes && event.status == Errc::cancelled) {
            go_back(); // the stop that overtook it comes first
        } else if (completes) {
            end_step();
        }
    } else if (stopped && ok) {
        leave_step({Errc::cancelled, "overtaken by a stop"});
    } else if (failed || moves || (completes && !ok)) {
        leave_step(event.status);
    } else if (shown) {
        const bool before = shown->shown_pts && *shown->shown_pts > media_zero;
        if (std::exchange(step_->looking, false) && before) {
            submitted(session_.start(StartAt{*shown->shown_pts - just_before}));
        } else {
            step_->shown = shown->shown_pts;
            leave_step({});
        }
    }
    return true;
}

void PlayerCore::end_step() {
    const Step step = *std::exchange(step_, std::nullopt);
    stepped_to_ = step.shown;
    const auto state = session_.state().value_or(SessionState::closed);
    if (state == SessionState::paused) set_state(PlayerState::paused);
    if (state == SessionState::started) set_state(PlayerState::playing);
    if (state == SessionState::stopped && snapshot().state != PlayerState::failed) {
        set_state(PlayerState::stopped);
    }
    finish(step.status);
}

// Back to the rate from which it came, paused there.
void PlayerCore::leave_step(Status status) {
    step_->leaving = true;
    step_->status = std::move(status);
    if (step_->rate != 0.0) (void)session_.pause();
    go_back();
}

void PlayerCore::go_back() {
    const auto back = session_.set_rate(step_->rate, step_->thinning);
    back ? submitted(back) : end_step();
}

} // namespace playhead
