#include "pipeline/decode_stage.h"

#include <algorithm>
#include <utility>

#include "media/picture_length.h"

namespace playhead {

namespace {

constexpr Duration lateness_pause = std::chrono::milliseconds{250};

}  // namespace

DecodeStage::DecodeStage(std::shared_ptr<Executor> executor, DecoderRecipe recipe,
                         std::unique_ptr<Decoder> decoder, std::shared_ptr<PacketQueue> queue,
                         std::unique_ptr<Outlet> outlet, std::vector<Outlet::Port> ports,
                         std::shared_ptr<const PresentationClock> clock, std::uint64_t account,
                         std::size_t reverse_bytes)
    : executor_(executor), recipe_(std::move(recipe)), queue_(std::move(queue)),
      clock_(std::move(clock)), first_ports_(std::move(ports)),
      strand_(std::move(executor), account), outlet_(std::move(outlet)),
      decoder_(std::move(decoder)), back_(reverse_bytes) {
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

void DecodeStage::accept(Sample sample) {
    std::visit([this](auto& s) { accept(std::move(s)); }, sample);
}

void DecodeStage::accept(AudioBlock block) {
    if (!block.buffer || block.frames <= 0) return;
    const int rate = block.buffer->format().rate_hz;
    if (!reached_ && block.pts < order_.target) {
        const auto cut = std::min(block.frames, duration_to_frames(order_.target - block.pts, rate));
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
        executor_->post([listener = listener_.types_changed,
                         changes = std::move(offered.changes)] { listener(changes); });
    }
    if (offered.refused.ok()) return true;
    live_ = false;
    executor_->post([listener = listener_.failed,
                     status = std::move(offered.refused)]() mutable { listener(std::move(status)); });
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
    if (!video_ || !listener_.late || !due || now <= *due || (lateness_told_ && now - *lateness_told_ < lateness_pause)) return;
    lateness_told_ = now;
    executor_->post([listener = listener_.late, by = now - *due] { listener(by); });
}

// A picture at or after the stop has come out, so the one before it lasts until there.
void DecodeStage::end_at_stop() {
    if (*order_.stop <= order_.target) candidate_.reset();  // an empty stretch
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
    executor_->post([listener = listener_.delivered_last,
                     last = LastSample{order_.epoch, last_}] { listener(last); });
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

}  // namespace playhead
