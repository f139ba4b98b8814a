#include "pipeline/decode_stage.h"

#include <algorithm>
#include <utility>

namespace playhead {

DecodeStage::DecodeStage(std::shared_ptr<Executor> executor, DecoderRecipe recipe,
                         std::unique_ptr<Decoder> decoder,
                         std::shared_ptr<PacketQueue> queue, std::shared_ptr<SinkPort> port,
                         std::shared_ptr<const PresentationClock> clock, std::uint64_t account)
    : executor_(executor), recipe_(std::move(recipe)), queue_(std::move(queue)),
      clock_(std::move(clock)), strand_(std::move(executor), account), port_(std::move(port)),
      decoder_(std::move(decoder)) {
    if (port_) traits_ = port_->sink()->traits();
}

void DecodeStage::connect(Listener listener) {
    listener_ = std::move(listener);
    const auto wake = [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->wake();
    };
    queue_->on_data(wake);
    if (port_) port_->on_demand(wake);
}

void DecodeStage::take_port(std::shared_ptr<SinkPort> port, Duration shift) {
    port->on_demand([weak = weak_from_this()] {
        if (auto self = weak.lock()) self->wake();
    });
    strand_.post([self = shared_from_this(), port = std::move(port), shift]() mutable {
        self->traits_ = port->sink()->traits();
        self->port_ = std::move(port);
        self->shift_ = shift;
        self->wake();
    });
}

void DecodeStage::restart(const DecodeOrder& order) {
    wanted_epoch_.store(order.epoch, std::memory_order_release);
    last_restart_ = order;
    {
        std::lock_guard lock(first_mutex_);
        first_pts_.reset();
    }
    strand_.set_deadline(executor_->now());
    strand_.post([self = shared_from_this(), order] {
        if (!self->make_ready()) return;
        self->epoch_ = order.epoch;
        self->target_ = order.target;
        self->shift_ = order.shift;
        self->live_ = true;
        self->draining_ = false;
        self->reached_ = false;
        self->urgent_ = true;
        self->refused_.reset();
        self->candidate_.reset();
        self->last_.reset();
        self->wake();
    });
}

// A decoder that was left behind is replaced here, on the lane where codecs run.
bool DecodeStage::make_ready() {
    if (!decoder_) {
        auto made = recipe_();
        if (!made) {
            executor_->post([listener = listener_.failed, error = std::move(made.error())]() mutable {
                listener(std::move(error));
            });
            return false;
        }
        decoder_ = std::move(*made);
    } else {
        decoder_->flush();
    }
    decoder_->set_skip(skip_ = SkipLevel::none);
    return true;
}

void DecodeStage::wake() {
    strand_.post_once([weak = weak_from_this()] {
        if (auto self = weak.lock()) self->step();
    });
}

bool DecodeStage::detach() { return strand_.detach(); }

bool DecodeStage::stuck_since(Epoch epoch) const {
    const Epoch running = step_epoch_.load(std::memory_order_acquire);
    return running != 0 && running < epoch;
}

std::optional<MediaTime> DecodeStage::first_pts() const {
    std::lock_guard lock(first_mutex_);
    return first_pts_;
}

void DecodeStage::step() {
    if (!live_ || epoch_ != wanted_epoch_.load(std::memory_order_acquire)) return;
    if (!port_ || !port_->wants()) return;
    step_epoch_.store(epoch_, std::memory_order_release);
    const HostTime begun = executor_->now();
    bool more = false;
    auto outcome = decoder_->receive();
    if (auto* sample = std::get_if<Sample>(&outcome)) {
        counters_->decoded.fetch_add(1, std::memory_order_relaxed);
        accept(std::move(*sample));
        more = true;
    } else if (std::holds_alternative<NotYet>(outcome)) {
        more = fetch();
    } else if (std::holds_alternative<EndOfStream>(outcome)) {
        finish();
    } else {
        auto& error = std::get<Error>(outcome);
        more = !final(error);
        on_damage(std::move(error));
    }
    counters_->decode_ns.fetch_add((executor_->now() - begun).count(), std::memory_order_relaxed);
    step_epoch_.store(0, std::memory_order_release);
    if (more) wake();
}

bool DecodeStage::fetch() {
    Packet packet;
    if (refused_) {
        packet = std::move(*refused_);
        refused_.reset();
    } else {
        auto popped = queue_->pop();
        if (!popped) return false;
        if (std::holds_alternative<EndOfStream>(popped->item)) {
            draining_ = true;
            decoder_->drain();
            return true;
        }
        packet = std::move(std::get<Packet>(popped->item));
        if (packet.epoch != epoch_) return true;
        const auto skip = popped->before_target ? SkipLevel::non_reference : SkipLevel::none;
        if (skip != skip_) decoder_->set_skip(skip_ = skip);
        counters_->packets.fetch_add(1, std::memory_order_relaxed);
    }
    auto sent = decoder_->send(packet);
    if (!sent) {
        const bool fatal = final(sent.error());
        on_damage(std::move(sent.error()));
        return !fatal;
    }
    if (*sent == SendOutcome::full) refused_ = std::move(packet);
    return true;
}

void DecodeStage::accept(Sample sample) {
    std::visit([this](auto& s) { accept(std::move(s)); }, sample);
}

void DecodeStage::accept(AudioBlock block) {
    if (!block.buffer || block.frames <= 0) return;
    const int rate = block.buffer->format().rate_hz;
    MediaTime end = block.pts + block.length();
    if (!reached_ && block.pts < target_) {
        const auto cut = std::min(block.frames, duration_to_frames(target_ - block.pts, rate));
        block.first_frame += cut;
        block.frames -= cut;
        block.pts += frames_to_duration(cut, rate);
        if (block.frames == 0) {
            counters_->before_start.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        end = block.pts + block.length();
    }
    reached_ = true;
    block.epoch = epoch_;
    const auto pts = block.pts;
    give(std::move(block), pts, end);
}

void DecodeStage::accept(VideoFrame frame) {
    frame.epoch = epoch_;
    if (!reached_) {
        // Durations in containers lie; only the next picture proves which one holds the target.
        if (frame.pts < target_) {
            if (candidate_) counters_->before_start.fetch_add(1, std::memory_order_relaxed);
            candidate_ = std::move(frame);
            return;
        }
        reached_ = true;
        if (frame.pts > target_ && candidate_) {
            // The one before is on screen at the target. It takes this request, the later one asks
            // for another; with none open it is given all the same: it is one picture.
            auto shown = std::move(*candidate_);
            candidate_.reset();
            const auto pts = shown.pts;
            give(std::move(shown), pts, frame.pts);
        } else if (candidate_) {
            counters_->before_start.fetch_add(1, std::memory_order_relaxed);
            candidate_.reset();
        }
    }
    const auto pts = frame.pts;
    const auto end = pts + frame.duration.value_or(Duration{});
    give(std::move(frame), pts, end);
}

void DecodeStage::give(Sample sample, MediaTime pts, MediaTime end) {
    pts += shift_;
    end += shift_;
    std::visit([&](auto& s) { s.pts = pts; }, sample);
    last_ = MediaRange{pts, end};
    {
        std::lock_guard lock(first_mutex_);
        if (!first_pts_) first_pts_ = pts;
    }
    port_->take_request();
    port_->deliver(std::move(sample), epoch_);
    // The next one is due when this one ends.
    const auto due = clock_->timeline().host_at(end);
    const auto now = executor_->now();
    const auto deadline = due ? std::max(now, *due - traits_.lead) : now;
    if (traits_.rateless) {
        strand_.set_deadline(std::nullopt);
        port_->set_deadline(std::nullopt);
    } else {
        strand_.set_deadline(deadline);
        port_->set_deadline(deadline);
    }
}

void DecodeStage::finish() {
    if (candidate_) {
        auto last = std::move(*candidate_);
        candidate_.reset();
        const auto pts = last.pts;
        // Past the end of a stream its last picture stays on screen.
        give(std::move(last), pts, pts);
    }
    live_ = false;
    port_->end(epoch_);
    executor_->post([listener = listener_.delivered_last, last = LastSample{epoch_, last_}] {
        listener(last);
    });
}

bool DecodeStage::final(const Error& error) const {
    return error == Errc::out_of_memory || error == Errc::limit_exceeded ||
           error == Errc::protected_content;
}

void DecodeStage::on_damage(Error error) {
    counters_->errors.fetch_add(1, std::memory_order_relaxed);
    const bool fatal = final(error);
    if (fatal) live_ = false;
    executor_->post([listener = fatal ? listener_.failed : listener_.damage,
                     error = std::move(error)]() mutable { listener(std::move(error)); });
}

}  // namespace playhead
