#include <algorithm>

#include "support/foreign.h"
#include "support/scripted.h"
#include "support/scripted_samples.h"

namespace playhead::test {

void ScriptedSink::note(const std::string& what) {
    journal_->note(std::string(to_string(kind_)) + " " + what);
}

void ScriptedSink::attach(const SinkContext& context) {
    foreign();
    std::lock_guard lock(context_mutex_);
    context_ = context;
    open_requests_ = 0;
    rate_ = 1.0; // the clock tells if it is another
    held_.clear();
}

Result<MediaType> ScriptedSink::negotiate(const MediaType& offered) const {
    foreign();
    const auto* video = std::get_if<VideoFormat>(&offered);
    if (video && video->width > widest) return fail(Errc::topo_cannot_connect, "it is too wide");
    return offered;
}

int ScriptedSink::samples_held() const {
    return static_cast<int>(
        std::count_if(held_.begin(), held_.end(), [](const Held& h) { return !h.marker; }));
}

std::shared_ptr<StreamSinkHost> ScriptedSink::host() {
    std::lock_guard lock(context_mutex_);
    return context_.host;
}

void ScriptedSink::fail_now(Status status) {
    if (const auto to = host()) to->failed(std::move(status));
}

void ScriptedSink::invalidate_format() {
    if (const auto to = host()) to->format_invalidated();
}

void ScriptedSink::change_audio_session(AudioSessionReason reason) {
    if (const auto to = host()) to->audio_session_changed(reason);
}

void ScriptedSink::ask() {
    const int wanted = rate_ == 0.0 ? (showing_ ? 1 : 0) : ahead - samples_held();
    const int missing = wanted - open_requests_;
    if (missing <= 0) return;
    open_requests_ += missing;
    context_.host->request(missing);
}

void ScriptedSink::process(Sample sample) {
    foreign();
    --open_requests_;
    ended_ = false;
    ++processed;
    (void)process_gate.pass(*context_.executor, nullptr);
    Held held;
    if (const auto* frame = std::get_if<VideoFrame>(&sample)) {
        held.pts = frame->pts;
        held.end = frame->pts + frame->duration.value_or(Duration{});
        last_stream = static_cast<const ScriptedPicture&>(*frame->picture).stream;
    } else {
        const auto& block = std::get<AudioBlock>(sample);
        held.pts = block.pts;
        held.end = block.pts + block.length();
        last_stream = static_cast<const ScriptedBuffer&>(*block.buffer).stream;
    }
    if (note_samples) note("process " + milliseconds(held.pts));
    if (showing_) {
        show(held);
        return;
    }
    held_.push_back(held);
    report_prerolled();
    ask();
    if (held_.size() == 1) arm();
}

void ScriptedSink::show(const Held& held) {
    showing_ = false;
    ++rendered;
    note("show " + milliseconds(held.pts));
    context_.host->scrub_complete(held.pts);
}

void ScriptedSink::step() {
    foreign();
    if (!held_.empty() && !held_.front().marker) { // asked for while it played
        const Held next = held_.front();
        held_.erase(held_.begin());
        show(next);
        return;
    }
    if (ended_) {
        context_.host->scrub_complete(std::nullopt);
        return;
    }
    showing_ = true;
    ask();
}

void ScriptedSink::report_prerolled() {
    if (!prerolling_ || mute_acks) return;
    prerolling_ = false;
    context_.host->prerolled();
}

void ScriptedSink::place_marker(const Marker& marker) {
    foreign();
    ended_ = true;
    if (std::exchange(showing_, false)) context_.host->scrub_complete(std::nullopt);
    const MediaTime at = held_.empty() ? media_zero : held_.back().end;
    held_.push_back({at, at, marker});
    report_prerolled();
    if (held_.size() == 1) tick();
}

void ScriptedSink::flush() {
    foreign();
    note("flush");
    for (const auto& held : std::exchange(held_, {})) {
        if (held.marker) context_.host->marker_reached(*held.marker, Errc::aborted);
    }
    showing_ = ended_ = false;
    ++generation_;
}

void ScriptedSink::preroll(MediaTime t) {
    foreign();
    note("preroll " + milliseconds(t));
    prerolling_ = true;
    ask();
}

void ScriptedSink::change_over(MediaTime t) {
    foreign();
    flush();
    note("change-over " + milliseconds(t));
    ask();
}

void ScriptedSink::shut_down() {
    foreign();
    note("shut-down");
    held_.clear();
    ++generation_;
    running = false;
    is_shut_down = true;
    std::lock_guard lock(context_mutex_);
    context_ = {};
}

void ScriptedSink::on_start(HostTime, MediaTime at) {
    foreign();
    note("on-start " + milliseconds(at));
    running = true;
    if (!mute_acks) context_.host->started();
    if (rate_ == 0.0 && told.scrubs) step();
    arm();
}

void ScriptedSink::on_restart(HostTime) {
    foreign();
    note("on-restart");
    running = true;
    if (!mute_acks) context_.host->started();
    arm();
}

void ScriptedSink::on_pause(HostTime) {
    foreign();
    note("on-pause");
    running = false;
    ++generation_;
    if (!mute_acks) context_.host->paused();
}

void ScriptedSink::on_stop(HostTime) {
    foreign();
    note("on-stop");
    running = false;
    ++generation_;
    if (!mute_acks) context_.host->stopped();
}

void ScriptedSink::on_set_rate(HostTime, double rate) {
    foreign();
    note("on-set-rate " + std::to_string(static_cast<int>(rate * 100)) + "%");
    rate_ = rate;
    if (running) arm();
}

// One timer: for the end of the sample at the front.
void ScriptedSink::arm() {
    ++generation_;
    if (!running) return;
    const MediaTime end = held_.empty() ? media_zero
                          : rate_ < 0   ? held_.front().pts
                                        : held_.front().end;
    const auto when = context_.clock->timeline().host_at(end);
    if (!when) return; // the clock is held: the next start arms anew
    context_.executor->at(*when, [this, host = context_.host, mine = generation_] {
        host->post([this, mine] {
            if (mine == generation_) tick();
        });
    });
}

void ScriptedSink::tick() {
    if (!running) return;
    const auto now = context_.clock->time().value_or(media_zero);
    const auto done = [&](const Held& held) {
        return held.marker || (rate_ < 0 ? now <= held.pts : held.end <= now);
    };
    while (!held_.empty() && done(held_.front())) {
        const Held held = held_.front();
        held_.erase(held_.begin());
        if (held.marker) {
            context_.host->marker_reached(*held.marker, {});
        } else {
            ++rendered;
        }
    }
    if (!held_.empty()) arm();
    ask();
}

} // namespace playhead::test
