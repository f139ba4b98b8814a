// The part of DecodeStage that chooses what of the decoded goes to the outputs, and ends the stream.
#include <algorithm>
#include <utility>

#include "media/picture_length.h"
#include "pipeline/decode_stage.h"

namespace playhead {

namespace {

constexpr Duration lateness_pause = std::chrono::milliseconds{250};

} // namespace

void DecodeStage::accept(Sample sample) {
    std::visit([this](auto& s) { accept(std::move(s)); }, sample);
}

void DecodeStage::accept(AudioBlock block) {
    if (!block.buffer || block.frames <= 0) return;
    const int rate = block.buffer->format().rate_hz;
    if (!reached_ && block.pts < order_.target) {
        const auto cut =
            std::min(block.frames, duration_to_frames(order_.target - block.pts, rate));
        block.first_frame += cut;
        block.frames -= cut;
        block.pts += frames_to_duration(cut, rate);
        if (block.frames == 0) {
            counters_->before_start.fetch_add(1, std::memory_order_relaxed);
            return;
        }
    }
    bool last = false;
    if (order_.stop) {
        const auto fit = duration_to_frames(*order_.stop - block.pts, rate);
        if (fit <= 0) {
            stopped_short_ = true;
            finish();
            return;
        }
        last = fit <= block.frames;
        block.frames = std::min(block.frames, fit);
    }
    reached_ = true;
    block.epoch = order_.epoch;
    const auto pts = block.pts;
    const auto end = pts + block.length();
    give(std::move(block), pts, end);
    stopped_short_ = last;
    if (last) finish();
}

void DecodeStage::accept(VideoFrame frame) {
    frame.epoch = order_.epoch;
    // What the decoder still held from before comes first.
    frame.thinned = thinned_from_ && frame.pts >= *thinned_from_;
    if (order_.stop && frame.pts >= *order_.stop) {
        end_at_stop();
        return;
    }
    if (decoded_before_ && frame.pts > *decoded_before_) spacing_ = frame.pts - *decoded_before_;
    decoded_before_ = frame.pts;
    if (!reached_) {
        // Durations in containers lie; only the next picture proves which one holds the target.
        if (frame.pts < order_.target) {
            preview(frame);
            if (candidate_) counters_->before_start.fetch_add(1, std::memory_order_relaxed);
            candidate_ = std::move(frame);
            return;
        }
        // The one before is on screen at the target. It takes this request, the later one asks for
        // another; with none open it is given all the same: it is one picture.
        if (frame.pts > order_.target && candidate_) settle(frame.pts);
        if (candidate_) {
            counters_->before_start.fetch_add(1, std::memory_order_relaxed);
            candidate_.reset();
        }
        reached_ = true;
    }
    give_picture(std::move(frame), std::nullopt);
}

void DecodeStage::accept(SubtitleCue cue) {
    if (!cue.content) return;
    if (cue.duration && cue.pts < order_.target && cue.pts + *cue.duration <= order_.target) {
        counters_->before_start.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (order_.stop && cue.pts >= *order_.stop) {
        stopped_short_ = true;
        finish();
        return;
    }
    if (order_.stop && (!cue.duration || cue.pts + *cue.duration > *order_.stop)) {
        cue.duration = *order_.stop - cue.pts;
    }
    reached_ = true;
    cue.epoch = order_.epoch;
    const auto pts = cue.pts;
    const auto end = pts + cue.duration.value_or(Duration{});
    give(std::move(cue), pts, end);
    // It may be minutes ahead, and what else is to be done there is not.
    strand_.set_deadline(executor_->now());
    outlet_->set_deadline(executor_->now());
}

// The candidate is the one that holds the target; it lasts until `next`.
void DecodeStage::settle(MediaTime next) {
    auto shown = std::move(*candidate_);
    candidate_.reset();
    reached_ = true;
    give_picture(std::move(shown), next);
}

void DecodeStage::preview(const VideoFrame& frame) {
    if (!order_.preview || std::exchange(previewed_, true)) return;
    outlet_->preview(frame, order_.epoch, order_.shift, types_fixed_);
}

void DecodeStage::give_picture(VideoFrame frame, std::optional<MediaTime> next) {
    const auto pts = frame.pts;
    auto end = next.value_or(pts + picture_length(frame, spacing_));
    if (order_.stop && end >= *order_.stop) {
        end = *order_.stop;
        frame.duration = end - pts;
    }
    give(std::move(frame), pts, end);
}

// What became of a sample on the way to the outputs. False: nothing more can come.
bool DecodeStage::accepted(Outlet::Offered offered) {
    for (auto& error : offered.damage) on_damage(std::move(error));
    if (!offered.changes.empty() && listener_.types_changed) {
        executor_->post([listener = listener_.types_changed, changes = std::move(offered.changes)] {
            listener(changes);
        });
    }
    if (offered.refused.ok()) return true;
    live_ = false;
    executor_->post([listener = listener_.failed, status = std::move(offered.refused)]() mutable {
        listener(std::move(status));
    });
    return false;
}

void DecodeStage::give(Sample sample, MediaTime pts, MediaTime end) {
    if (!accepted(outlet_->offer(std::move(sample), types_fixed_))) return;
    pts += order_.shift;
    end += order_.shift;
    last_ = MediaRange{pts, end};
    {
        // A step that was under way when a restart was asked for must not answer for that.
        std::lock_guard lock(first_mutex_);
        const bool wanted = order_.epoch == wanted_epoch_.load(std::memory_order_acquire);
        if (wanted && !first_pts_) first_pts_ = pts;
    }
    watch_lateness(backward() ? end - Duration{1} : pts);
    outlet_->give(order_.epoch, order_.shift);
    plan_next(backward() ? pts : end);
}

// The next one is due when the clock leaves this one.
void DecodeStage::plan_next(MediaTime end) {
    if (outlet_->rateless()) {
        strand_.set_deadline(std::nullopt);
        outlet_->set_deadline(std::nullopt);
        return;
    }
    const auto due = clock_->timeline().host_at(end);
    const auto now = executor_->now();
    const auto deadline = due ? std::max(now, *due - outlet_->lead()) : now;
    strand_.set_deadline(deadline);
    outlet_->set_deadline(deadline);
}

void DecodeStage::watch_lateness(MediaTime due_at) {
    if (outlet_->rateless()) return;
    const auto due = clock_->timeline().host_at(due_at);
    const auto now = executor_->now();
    if (listener_.gave) listener_.gave(due ? std::optional<Duration>(now - *due) : std::nullopt);
    if (!video_ || !listener_.late || !due || now <= *due) return;
    if (lateness_told_ && now - *lateness_told_ < lateness_pause) return;
    lateness_told_ = now;
    executor_->post([listener = listener_.late, by = now - *due] { listener(by); });
}

// A picture at or after the stop has come out, so the one before it lasts until there.
void DecodeStage::end_at_stop() {
    if (*order_.stop <= order_.target) candidate_.reset(); // an empty stretch
    if (candidate_) settle(*order_.stop);
    if (last_) last_->end = std::max(last_->end, *order_.stop + order_.shift);
    stopped_short_ = true;
    finish();
}

void DecodeStage::finish() {
    // Past the end of a stream its last picture stays on screen.
    if (candidate_) settle(candidate_->pts + picture_length(*candidate_, spacing_));
    live_ = false;
    if (!accepted(outlet_->offer_rest(types_fixed_))) return;
    outlet_->give(order_.epoch, order_.shift);
    outlet_->end();
    ending_ = true;
    if (outlet_->serve(order_.epoch, order_.shift)) tell_last();
}

// Everything has gone out, everywhere.
void DecodeStage::tell_last() {
    ending_ = false;
    executor_->post([listener = listener_.delivered_last, last = LastSample{order_.epoch, last_}] {
        listener(last);
    });
}

} // namespace playhead
