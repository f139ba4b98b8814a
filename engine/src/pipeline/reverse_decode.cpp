#include "pipeline/reverse_decode.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

// Of the packets at the beginning of a group that may wait for the group before.
constexpr std::size_t most_head_bytes = 32u << 20;
// Of those, how many the group before may have brought along itself.
constexpr std::size_t most_overlap = 64;

std::size_t bytes_of(const VideoFrame& frame) {
    return frame.picture ? frame.picture->size_bytes() : 0;
}

std::optional<MediaTime> stamp(const Packet& packet) {
    return packet.pts ? packet.pts : packet.dts;
}

} // namespace

void ReverseDecode::restart(MediaTime target, std::optional<MediaTime> stop) {
    stop_ = stop;
    above_.reset();
    packets_.clear();
    head_.clear();
    earliest_.reset();
    group_complete_ = stream_complete_ = no_more_ = false;
    // The picture that begins at the target holds it.
    upper_ = target == MediaTime::max() ? target : target + Duration{1};
    ready_.clear();
    begin_pass();
}

void ReverseDecode::begin_pass() {
    next_ = 0;
    left_out_ = pass_over_ = false;
    pass_.clear();
    pass_bytes_ = 0;
}

ReverseDecode::Feed ReverseDecode::feed() const {
    // In a later pass the packets at the end of the group have nothing to give.
    const bool complete = group_complete_ || stream_complete_;
    if (next_ == packets_.size()) return complete ? Feed::drain : Feed::queue;
    const auto& next = packets_[next_];
    const bool beyond = next.pts && next.dts && *next.dts >= upper_;
    return complete && beyond ? Feed::drain : Feed::packet;
}

void ReverseDecode::add(Packet packet) { packets_.push_back(std::move(packet)); }

std::optional<MediaTime> ReverseDecode::begin() const {
    return packets_.empty() ? std::nullopt : stamp(packets_.front());
}

void ReverseDecode::close_group() {
    group_complete_ = true;
    const auto overlap =
        packets_.end() - static_cast<std::ptrdiff_t>(std::min(packets_.size(), most_overlap));
    const std::vector<Packet> brought(overlap, packets_.end());
    for (auto& packet : std::exchange(head_, {})) {
        const bool there = std::any_of(brought.begin(), brought.end(), [&](const Packet& other) {
            return other.pts == packet.pts && other.dts == packet.dts;
        });
        if (!there) packets_.push_back(std::move(packet));
    }
}

void ReverseDecode::close_stream() {
    stream_complete_ = true;
    if (packets_.empty()) no_more_ = true;
}

bool ReverseDecode::wanted(const Packet& packet) const {
    const auto t = stamp(packet);
    return !t || *t < upper_;
}

bool ReverseDecode::keep(VideoFrame frame) {
    if (const auto first = begin(); first && frame.pts < *first) return false;
    if (!earliest_ || frame.pts < *earliest_) earliest_ = frame.pts;
    if (frame.pts >= upper_) {
        if (!above_ && ready_.empty()) above_ = frame.pts; // until there the first one lasts
        return false;
    }
    const auto later = [](MediaTime t, const VideoFrame& other) { return t < other.pts; };
    const auto place = std::upper_bound(pass_.begin(), pass_.end(), frame.pts, later);
    if (place != pass_.begin() && std::prev(place)->pts == frame.pts) return false;
    pass_bytes_ += bytes_of(frame);
    pass_.insert(place, std::move(frame));
    // Of those that lie before the stop only the last can reach beyond it.
    while (stop_ && pass_.size() > 1 && pass_[1].pts <= *stop_) {
        pass_bytes_ -= bytes_of(pass_.front());
        pass_.pop_front();
    }
    while (pass_.size() > 1 && pass_bytes_ > budget_bytes_ / 2) {
        pass_bytes_ -= bytes_of(pass_.front());
        pass_.pop_front();
        left_out_ = true;
    }
    return true;
}

void ReverseDecode::close_pass() {
    pass_over_ = true;
    if (ready_.empty()) hand_over();
}

// What was decoded is handed out; then the rest of this group is decoded, or the one before.
void ReverseDecode::hand_over() {
    if (!pass_.empty()) upper_ = pass_.front().pts;
    ready_ = std::move(pass_);
    const bool again = left_out_ && !ready_.empty();
    begin_pass();
    if (again) return;
    leave_group();
    no_more_ = stream_complete_;
}

void ReverseDecode::leave_group() {
    if (const auto first = begin()) {
        const auto from = earliest_.value_or(upper_);
        std::size_t bytes = 0;
        for (auto& packet : packets_) {
            if (from == *first || stamp(packet) >= from) break;
            bytes += packet.data ? packet.data->size_bytes() : 0;
            head_.push_back(std::move(packet));
        }
        if (bytes > most_head_bytes) head_.clear();
        upper_ = std::min(upper_, head_.empty() ? *first : from);
    }
    packets_.clear();
    earliest_.reset();
    group_complete_ = false;
}

VideoFrame ReverseDecode::take(bool thinned) {
    VideoFrame frame = std::move(ready_.back());
    ready_.pop_back();
    if (above_ && (!thinned || (frame.duration && frame.pts + *frame.duration > *above_))) {
        frame.duration = *above_ - frame.pts;
    }
    above_ = frame.pts;
    if (stop_ && frame.pts <= *stop_) {
        if (frame.duration) frame.duration = frame.pts + *frame.duration - *stop_;
        frame.pts = *stop_;
        ready_.clear();
        begin_pass();
        no_more_ = true;
    } else if (ready_.empty() && pass_over_) {
        hand_over();
    }
    return frame;
}

} // namespace playhead
