#include "pipeline/packet_queue.h"

#include <algorithm>

namespace playhead {

namespace {

// Decode order rises with dts; where a container has none, pts does nearly.
std::optional<MediaTime> stamp(const Packet& packet) {
    return packet.dts ? packet.dts : packet.pts;
}

} // namespace

PacketQueue::PacketQueue(StreamIndex stream, bool gating, PacketMarks marks)
    : stream_(stream),
      gating_(gating),
      marks_(marks) {}

void PacketQueue::on_data(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    on_data_ = std::move(wake);
}

void PacketQueue::on_room(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    on_room_ = std::move(wake);
}

void PacketQueue::on_flow(std::function<void()> changed) {
    std::lock_guard lock(mutex_);
    on_flow_ = std::move(changed);
}

bool PacketQueue::await_amount(Duration enough) {
    std::lock_guard lock(mutex_);
    if (holds_locked(enough)) return true;
    amount_wanted_ = enough;
    return false;
}

bool PacketQueue::holds_locked(Duration enough) const {
    if (closed_ || ended_ || bytes_ >= plenty_bytes) return true;
    if (groups_ == 0 && span_locked() >= enough) return true;
    return enough <= marks_.high && fill_locked() == Fill::full;
}

// Something has come: who waits for so much is told.
std::function<void()> PacketQueue::flow_locked() {
    dry_told_ = false;
    if (!amount_wanted_ || !holds_locked(*amount_wanted_)) return nullptr;
    amount_wanted_.reset();
    return on_flow_;
}

bool PacketQueue::push(Packet packet) {
    std::function<void()> wake, flow;
    {
        std::lock_guard lock(mutex_);
        if (packet.epoch != epoch_ || closed_) {
            ++stale_;
            return packet.epoch == epoch_;
        }
        if (target_ && packet.pts && *packet.pts <= *target_ &&
            (!best_before_target_ || *best_before_target_ < *packet.pts)) {
            best_before_target_ = packet.pts;
        }
        if (auto t = stamp(packet)) {
            newest_ = newest_ ? std::max(*newest_, *t) : *t;
            if (!oldest_) oldest_ = t;
        }
        bytes_ += packet.data ? packet.data->size_bytes() : 0;
        items_.emplace_back(std::move(packet));
        if (std::exchange(data_wanted_, false)) wake = on_data_;
        flow = flow_locked();
    }
    if (wake) wake();
    if (flow) flow();
    return true;
}

bool PacketQueue::push_end_of_group(Epoch epoch) { return push_mark(epoch, EndOfGroup{}); }

bool PacketQueue::push_end(Epoch epoch) { return push_mark(epoch, EndOfStream{}); }

bool PacketQueue::take_back_end(Epoch epoch) {
    std::lock_guard lock(mutex_);
    if (epoch != epoch_ || items_.empty() || !std::holds_alternative<EndOfStream>(items_.back())) {
        return false;
    }
    items_.pop_back();
    ended_ = false;
    return true;
}

bool PacketQueue::push_mark(Epoch epoch, Item mark) {
    std::function<void()> wake, flow;
    {
        std::lock_guard lock(mutex_);
        if (epoch != epoch_) return false;
        if (ended_) return true;
        if (std::holds_alternative<EndOfStream>(mark)) {
            ended_ = true;
        } else if (closed_) {
            return true;
        } else {
            ++groups_;
        }
        items_.push_back(std::move(mark));
        if (std::exchange(data_wanted_, false)) wake = on_data_;
        flow = flow_locked();
    }
    if (wake) wake();
    if (flow) flow();
    return true;
}

std::optional<PacketQueue::Popped> PacketQueue::pop() {
    std::optional<Popped> popped;
    std::function<void()> wake, flow;
    {
        std::lock_guard lock(mutex_);
        if (items_.empty()) {
            data_wanted_ = true;
            if (!closed_ && !ended_ && !std::exchange(dry_told_, true)) flow = on_flow_;
        } else {
            popped = Popped{std::move(items_.front()), false};
            items_.pop_front();
            if (auto* packet = std::get_if<Packet>(&popped->item)) {
                bytes_ -= packet->data ? packet->data->size_bytes() : 0;
                if (auto t = stamp(*packet)) oldest_ = oldest_ ? std::max(*oldest_, *t) : *t;
                popped->before_target =
                    best_before_target_ && packet->pts && *packet->pts < *best_before_target_;
            } else if (std::holds_alternative<EndOfGroup>(popped->item)) {
                --groups_;
            }
        }
        if (room_wanted_ && fill_locked() <= Fill::low) {
            room_wanted_ = false;
            wake = on_room_;
        }
    }
    if (wake) wake();
    if (flow) flow();
    return popped;
}

void PacketQueue::raise(Epoch epoch, std::optional<MediaTime> target, bool closed) {
    std::deque<Item> dropped;
    std::function<void()> wake, flow;
    {
        std::lock_guard lock(mutex_);
        dropped.swap(items_);
        stale_ += dropped.size();
        epoch_ = epoch;
        bytes_ = groups_ = 0;
        ended_ = dry_told_ = false;
        if (std::exchange(amount_wanted_, std::nullopt)) flow = on_flow_;
        closed_ = closed;
        target_ = target;
        best_before_target_.reset();
        newest_.reset();
        oldest_.reset();
        if (std::exchange(room_wanted_, false)) wake = on_room_;
    }
    if (wake) wake();
    if (flow) flow();
}

Duration PacketQueue::span_locked() const {
    return newest_ && oldest_ ? *newest_ - *oldest_ : Duration{};
}

PacketQueue::Fill PacketQueue::fill_locked() const {
    if (closed_ || ended_) return Fill::full;
    if (items_.empty()) return Fill::starving;
    if (groups_ > 0) {
        // Stamps fall from group to group: they tell nothing about how much there is.
        const bool enough =
            groups_ >= marks_.high_groups || items_.size() >= marks_.high_group_packets;
        return enough ? Fill::full : Fill::low;
    }
    if (span_locked() >= marks_.high || items_.size() >= marks_.high_packets) return Fill::full;
    if (span_locked() <= marks_.low && items_.size() <= marks_.low_packets) return Fill::low;
    return Fill::comfortable;
}

PacketQueue::Level PacketQueue::level() const {
    std::lock_guard lock(mutex_);
    return {items_.size(), bytes_, span_locked(), fill_locked()};
}

void PacketQueue::wait_for_room() {
    std::lock_guard lock(mutex_);
    room_wanted_ = true;
}

Epoch PacketQueue::epoch() const {
    std::lock_guard lock(mutex_);
    return epoch_;
}

bool PacketQueue::closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
}

std::uint64_t PacketQueue::stale() const {
    std::lock_guard lock(mutex_);
    return stale_;
}

} // namespace playhead
