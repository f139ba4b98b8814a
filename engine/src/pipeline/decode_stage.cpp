#include "pipeline/decode_stage.h"

#include <algorithm>
#include <utility>

#include "media/picture_length.h"

namespace playhead {

DecodeStage::DecodeStage(std::shared_ptr<Executor> executor, DecoderRecipe recipe,
                         std::unique_ptr<Decoder> decoder, std::shared_ptr<PacketQueue> queue,
                         std::unique_ptr<Outlet> outlet, std::vector<Outlet::Port> ports,
                         std::shared_ptr<const PresentationClock> clock, std::uint64_t account,
                         std::size_t reverse_bytes)
    : executor_(executor),
      recipe_(std::move(recipe)),
      queue_(std::move(queue)),
      clock_(std::move(clock)),
      first_ports_(std::move(ports)),
      strand_(std::move(executor), account),
      outlet_(std::move(outlet)),
      decoder_(std::move(decoder)),
      back_(reverse_bytes) {
    outlet_->connect(first_ports_);
    video_ = outlet_->is_video();
}

void DecodeStage::connect(Listener listener) {
    listener_ = std::move(listener);
    const auto wake = [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->wake();
    };
    queue_->on_data(wake);
    for (const auto& to : std::exchange(first_ports_, {})) to.port->on_demand(wake);
}

void DecodeStage::take_ports(std::vector<Outlet::Port> ports, Duration shift) {
    if (last_restart_) last_restart_->shift = shift;
    if (ports.empty()) {
        strand_.post([self = shared_from_this()] { self->outlet_->disconnect_all(); });
        return;
    }
    for (const auto& to : ports) {
        to.port->on_demand([weak = weak_from_this()] {
            if (auto self = weak.lock()) self->wake();
        });
    }
    strand_.post([self = shared_from_this(), ports = std::move(ports), shift]() mutable {
        self->outlet_->connect(std::move(ports));
        self->video_ = self->outlet_->is_video();
        self->order_.shift = shift;
        self->wake();
    });
}

void DecodeStage::drop_port(int output_node) {
    strand_.post([self = shared_from_this(), output_node] {
        self->outlet_->disconnect(output_node);
        self->wake();
    });
}

void DecodeStage::rest(std::vector<int> output_nodes) {
    strand_.post([self = shared_from_this(), nodes = std::move(output_nodes)] {
        self->outlet_->rest(nodes);
    });
}

void DecodeStage::set_thinning(Thinning thinning) {
    if (last_restart_) last_restart_->thinning = thinning;
    strand_.post([self = shared_from_this(), thinning] { self->order_.thinning = thinning; });
}

void DecodeStage::limit(std::optional<MediaTime> stop, LateEnd late,
                        std::function<void(bool)> answer) {
    if (last_restart_) last_restart_->stop = stop;
    strand_.post([self = shared_from_this(), stop, late, answer = std::move(answer)] {
        answer(self->limit_to(stop, late));
    });
}

bool DecodeStage::limit_to(std::optional<MediaTime> stop, LateEnd late) {
    if (stop == order_.stop) return true;
    const bool sooner = stop && (!order_.stop || *stop < *order_.stop);
    const bool behind = last_ && stop && last_->end > *stop + order_.shift;
    const bool too_late = sooner ? behind && late == LateEnd::refuse : stopped_short_;
    if (!too_late) order_.stop = stop;
    return !too_late;
}

void DecodeStage::set_skip_floor(SkipLevel floor) {
    asked_floor_ = floor;
    strand_.post([self = shared_from_this(), floor] { self->floor_ = floor; });
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
        // A codec can hang in its flush as well as in a step.
        self->step_epoch_.store(order.epoch, std::memory_order_release);
        const bool ready = self->make_ready();
        self->step_epoch_.store(0, std::memory_order_release);
        if (!ready) return;
        self->order_ = order;
        self->live_ = true;
        self->ending_ = false;
        self->stopped_short_ = false;
        self->reached_ = self->previewed_ = self->alone_ = self->thinned_ = false;
        self->thinned_from_.reset();
        self->refused_.reset();
        self->candidate_.reset();
        self->early_.reset();
        self->last_.reset();
        self->decoded_before_.reset();
        self->spacing_ = {};
        self->lateness_told_.reset();
        self->back_.restart(order.target, order.stop);
        self->wake();
    });
}

// A decoder that was left behind is replaced here, on the lane where codecs run.
bool DecodeStage::make_ready() {
    std::optional<Error> failed;
    if (decoder_) {
        decoder_->flush();
    } else if (auto made = recipe_()) {
        decoder_ = std::move(*made);
    } else {
        failed = made.error();
    }
    if (!failed) {
        if (auto ok = outlet_->make_ready(); !ok) failed = ok.error();
    }
    if (failed) {
        executor_->post([listener = listener_.failed, error = std::move(*failed)]() mutable {
            listener(std::move(error));
        });
        return false;
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
    if (order_.epoch != wanted_epoch_.load(std::memory_order_acquire)) return;
    if (!outlet_->connected()) return;
    const bool all_out = outlet_->serve(order_.epoch, order_.shift);
    if (ending_ && all_out) tell_last();
    if (!live_) return;
    const bool wanted = outlet_->wants();
    if (!wanted && (!backward() || back_.waits())) return;
    step_epoch_.store(order_.epoch, std::memory_order_release);
    const HostTime begun = executor_->now();
    const bool more = backward() ? decode_back(wanted) : decode_on();
    counters_->decode_ns.fetch_add((executor_->now() - begun).count(), std::memory_order_relaxed);
    step_epoch_.store(0, std::memory_order_release);
    if (more) wake();
}

bool DecodeStage::decode_on() {
    decoder_->set_followed(followed_.load(std::memory_order_relaxed));
    auto outcome = decoder_->receive();
    if (auto* sample = std::get_if<Sample>(&outcome)) {
        counters_->decoded.fetch_add(1, std::memory_order_relaxed);
        accept(std::move(*sample));
        return live_;
    }
    if (std::holds_alternative<NotYet>(outcome)) return fetch();
    if (std::holds_alternative<EndOfStream>(outcome)) {
        if (std::exchange(alone_, false)) {
            decoder_->flush();
            return true;
        }
        finish();
        return false;
    }
    auto& error = std::get<Error>(outcome);
    const bool fatal = final(error);
    on_damage(std::move(error));
    return !fatal;
}

bool DecodeStage::fetch() {
    if (refused_) return send(*std::exchange(refused_, std::nullopt));
    auto popped = queue_->pop();
    if (!popped) return false;
    if (std::holds_alternative<EndOfStream>(popped->item)) {
        decoder_->drain();
        return true;
    }
    if (std::holds_alternative<EndOfGroup>(popped->item)) return true;
    auto& packet = std::get<Packet>(popped->item);
    if (packet.epoch != order_.epoch) return true;
    if (leave_out(packet)) {
        counters_->thinned.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    set_skip(popped->before_target);
    counters_->packets.fetch_add(1, std::memory_order_relaxed);
    return send(std::move(packet));
}

void DecodeStage::set_skip(bool before_target) {
    const auto wanted = before_target ? SkipLevel::non_reference : SkipLevel::none;
    // Non_key is carried out by leaving packets out.
    const auto skip = std::max(wanted, std::min(floor_, SkipLevel::non_reference));
    if (skip != skip_) decoder_->set_skip(skip_ = skip);
}

// Whether thinning leaves this packet out.
bool DecodeStage::leave_out(const Packet& packet) {
    if (!video_) return false;
    if (order_.thinning == Thinning::key_frames || floor_ >= SkipLevel::non_key) {
        thinned_ = true;
    } else if (packet.key) {
        thinned_ = false;
        thinned_from_.reset();
    }
    if (!thinned_ || packet.key) return false;
    // Nothing before this one in the file is later than the target and nothing after it earlier: no
    // need to wait for the next key frame to know which one holds it.
    if (!reached_ && candidate_ && packet.dts && *packet.dts > order_.target) {
        settle(candidate_->pts + picture_length(*candidate_, spacing_));
    }
    return true;
}

bool DecodeStage::send(Packet packet) {
    if (listener_.took) listener_.took();
    if (video_ && thinned_ && !thinned_from_) thinned_from_ = packet.pts;
    auto sent = decoder_->send(packet);
    if (!sent) {
        const bool fatal = final(sent.error());
        on_damage(std::move(sent.error()));
        return !fatal;
    }
    if (*sent == SendOutcome::full) {
        refused_ = std::move(packet);
    } else if (thinned_) {
        // A decoder holds pictures back until those after them have come; here none come.
        alone_ = true;
        decoder_->drain();
    }
    return true;
}

bool DecodeStage::final(const Error& error) const {
    return error == Errc::out_of_memory || error == Errc::limit_exceeded ||
           error == Errc::protected_content ||
           error == Errc::topo_cannot_connect; // a transform takes no such input
}

void DecodeStage::on_damage(Error error) {
    counters_->errors.fetch_add(1, std::memory_order_relaxed);
    const bool fatal = final(error);
    if (fatal) live_ = false;
    executor_->post([listener = fatal ? listener_.failed : listener_.damage,
                     error = std::move(error)]() mutable { listener(std::move(error)); });
}

} // namespace playhead
