// The part of Pipeline that hears what outputs and decoders answer, and sees when all have.
#include <algorithm>
#include <utility>

#include "pipeline/pipeline_parts.h"

namespace playhead {

void Pipeline::on_format_invalidated(SinkPort& port) {
    auto* branch = find(port);
    if (!branch || branch->dead) return;
    if (auto l = listener_.lock()) l->on_sink_format_changed(*this, port.node());
    const auto& streams = branch->plan.source->presentation().streams;
    port.renew(branch->type.index() != 0
                   ? branch->type
                   : streams[static_cast<std::size_t>(branch->plan.stream)].type);
}

void Pipeline::on_audio_session(SinkPort& port, AudioSessionReason reason) {
    if (!find(port)) return;
    if (auto l = listener_.lock()) l->on_audio_session(*this, port.node(), reason);
}

void Pipeline::on_dropped(SinkPort& port, int samples) {
    auto* branch = find(port);
    if (branch && branch->trunk->quality) branch->trunk->quality->dropped(samples);
}

void Pipeline::await_scrub() {
    for (auto& branch : branches_) {
        branch->scrubbing = !branch->dead && branch->port && branch->plan.sink->traits().scrubs;
        branch->scrubbed.reset();
    }
    // Always from the lane's queue, so that whoever asked has returned first.
    executor_->post([weak = weak_from_this()] {
        if (auto self = weak.lock()) self->check_scrub();
    });
}

void Pipeline::on_scrubbed(SinkPort& port, std::optional<MediaTime> shown, Epoch epoch) {
    auto* branch = find(port);
    if (!branch || !branch->scrubbing || epoch != branch->trunk->epoch) return;
    branch->scrubbing = false;
    branch->scrubbed = shown;
    check_scrub();
}

void Pipeline::check_scrub() {
    std::optional<MediaTime> shown;
    for (auto& branch : branches_) {
        if (branch->scrubbing) return;
        if (branch->scrubbed) shown = branch->scrubbed;
    }
    if (auto l = listener_.lock()) l->on_scrubbed(*this, shown);
}

void Pipeline::expect(Ack ack) {
    expected_ = ack;
    for (auto& branch : branches_)
        branch->acked = branch->dead || branch->stuck_port || !branch->port;
}

void Pipeline::stop_sinks() {
    const auto now = executor_->now();
    if (const auto source = clock_->time_source()) (void)source->try_stop(now);
    for (auto& branch : branches_) {
        if (branch->dead || branch->stuck_port || !branch->port) continue;
        branch->port->notify()([sink = branch->port->clock_sink(), now] { sink->on_stop(now); });
    }
    check_acks();
}

void Pipeline::leave_stragglers() {
    for (auto& feed : feeds_) {
        if (sources_awaited_ > 0 && feed->handle->detach_if_silent()) {
            backends_.log->warn("session {}: a source was left behind in a call", session_);
        }
    }
    for (auto& branch : branches_) {
        if (branch->dead || branch->acked || !branch->port || !branch->port->busy()) continue;
        if (!branch->port->detach()) continue;
        backends_.log->warn("session {}: output {} was left behind in a call", session_,
                            branch->plan.output_node);
        strands_->leave_behind(branch->plan.sink.get());
        (void)clock_->remove_state_sink(branch->port->clock_sink());
        branch->stuck_port = branch->port;
        branch->trunk->stage->detach();
    }
    expected_.reset();
    sources_awaited_ = 0;
}

Pipeline::Branch* Pipeline::find(const SinkPort& port) {
    for (auto& branch : branches_) {
        if (branch->port.get() == &port || branch->lent.get() == &port) return branch.get();
    }
    return nullptr;
}

// Where what follows begins: behind the last sound, so that not a sample is put in or left out; the
// last picture may be cut short for it, or stay a little. Where the pictures go on beyond that, or
// there is no sound, behind the last of all.
MediaTime Pipeline::end_time() const {
    std::optional<MediaTime> sound, picture_begin, latest;
    for (auto* trunk : trunks()) {
        if (trunk->dead() || !trunk->last) continue;
        if (!trunk->any([this](auto* b) { return is_awaited(*b); })) continue;
        latest = latest ? std::max(*latest, trunk->last->end) : trunk->last->end;
        if (trunk->plan().kind == StreamKind::audio) {
            sound = sound ? std::max(*sound, trunk->last->end) : trunk->last->end;
        } else if (trunk->plan().kind == StreamKind::video) {
            picture_begin = trunk->last->begin;
        }
    }
    if (sound && (!picture_begin || *sound >= *picture_begin)) return *sound;
    return latest.value_or(begun_at_);
}

void Pipeline::on_ack(SinkPort& port, Ack ack, Epoch epoch) {
    auto* branch = find(port);
    if (!branch || expected_ != ack) return;
    if ((ack == Ack::prerolled || ack == Ack::flushed) && epoch != branch->trunk->epoch) return;
    branch->acked = true;
    check_acks();
}

void Pipeline::check_acks() {
    if (!expected_) return;
    for (auto& branch : branches_) {
        if (!branch->acked && !branch->dead) return;
    }
    const auto ack = *std::exchange(expected_, std::nullopt);
    // Always from the lane's queue, so that whoever asked has returned first.
    executor_->post([weak = listener_, self = weak_from_this(), ack, epoch = epoch_] {
        auto alive = self.lock();
        auto listener = weak.lock();
        if (!alive || !listener || epoch != alive->epoch_) return;
        listener->on_acked(*alive, ack);
        if (ack == Ack::started && epoch == alive->epoch_) alive->buffers_->begin();
    });
}

void Pipeline::on_end_rendered(SinkPort& port, Epoch epoch) {
    auto* branch = find(port);
    if (!branch || epoch != branch->trunk->epoch) {
        if (auto before = predecessor_.lock()) before->on_end_rendered(port, epoch);
        return;
    }
    branch->rendered = true;
    if (!branch->trunk->tee) branch->trunk->delivered = true;
    check_ends();
}

void Pipeline::check_ends() {
    bool delivered = true, rendered = true;
    for (auto& branch : branches_) {
        if (branch->dead || !is_wanted_whole(*branch)) continue;
        delivered &= branch->trunk->delivered;
        rendered &= branch->rendered;
    }
    auto listener = listener_.lock();
    if (!listener || !any_live()) return;
    const bool broken = !read_error_.ok();
    if (delivered && !delivered_told_ && !broken) read_enough();
    if (delivered && !std::exchange(delivered_told_, true) && !broken) {
        listener->on_all_delivered(*this, end_time());
    }
    if (!rendered || !delivered || std::exchange(rendered_told_, true)) return;
    if (broken) {
        listener->on_pipeline_failed(*this, read_error_);
    } else {
        listener->on_all_rendered(*this);
    }
}

// The sink is of no use any more: its stream is let go, the rest plays on without it.
void Pipeline::on_sink_failed(SinkPort& port, Status status) {
    auto* branch = find(port);
    if (!branch || branch->dead) return;
    branch->dead = true;
    branch->scrubbing = false;
    leave_out(*branch);
    if (!branch->port) { // it is with the one that follows, which tells of it
        if (auto before = predecessor_.lock()) before->on_sink_failed(port, status);
        check_ends();
        return;
    }
    if (auto before = predecessor_.lock()) before->on_sink_failed(port, status);
    (void)clock_->remove_state_sink(branch->port->clock_sink());
    branch->port->shut_down_sink(nullptr);
    if (auto l = listener_.lock()) l->on_sink_lost(*this, std::move(status), port.node());
    check_acks();
    check_ends();
}

} // namespace playhead
