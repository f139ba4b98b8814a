#include "pipeline/group_plan.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

constexpr Duration instant{1};
constexpr Duration most_delay = std::chrono::seconds{1};
constexpr Duration first_step_back = std::chrono::milliseconds{500};

MediaTime just_after(MediaTime t) { return t == MediaTime::max() ? t : t + instant; }

} // namespace

GroupPlan::GroupPlan(MediaTime at, std::optional<MediaTime> stop, Thinning thinning,
                     std::size_t most_bytes)
    : stop_(stop),
      thinning_(thinning),
      most_bytes_(most_bytes),
      upper_(just_after(at)),
      passage_(upper_) {}

MediaTime GroupPlan::seek_target() const {
    return std::max(media_zero,
                    upper_ > media_zero + back_ ? upper_ - instant - back_ : media_zero);
}

void GroupPlan::arrived() {
    at_beginning_ = seek_target() <= media_zero;
    begin_.reset();
    packets_.clear();
    bytes_ = 0;
    passage_ = Passage(upper_);
}

GroupPlan::Verdict GroupPlan::take(Packet packet) {
    const auto stamp = packet.pts ? packet.pts : packet.dts;
    const bool passed = passage_.passed(packet);
    if (stamp && *stamp < upper_ && !passed && (packet.key || (!begin_ && at_beginning_))) {
        // The source came out earlier than need be, or this is where it begins: a stream without key
        // frames has one group. What lies before a later key frame is read again for the next group.
        packets_.clear();
        bytes_ = 0;
        begin_ = stamp;
        exact_ = packet.pts.has_value();
        if (thinning_ == Thinning::key_frames && packet.key) {
            packets_.push_back(std::move(packet));
            return conclude();
        }
    }
    if (passed) return conclude();
    // Shown before the key frame though it comes after it: taken with the group before.
    const bool leading = begin_ && stamp && *stamp < *begin_;
    if (!begin_ || leading) return Verdict::more;
    bytes_ += packet.data ? packet.data->size_bytes() : 0;
    packets_.push_back(std::move(packet));
    return bytes_ > most_bytes_ ? Verdict::too_long : Verdict::more;
}

GroupPlan::Verdict GroupPlan::take_end() { return conclude(); }

GroupPlan::Verdict GroupPlan::conclude() {
    if (begin_) {
        upper_ = *begin_;
        back_ = {};
        // A picture that has no time of its own is shown later than it is decoded.
        over_ = upper_ <= media_zero ||
                (stop_ && upper_ + (exact_ ? Duration{} : most_delay) <= *stop_);
        return Verdict::group;
    }
    if (at_beginning_) {
        over_ = true;
        return Verdict::end;
    }
    back_ = back_ == Duration{} ? first_step_back : back_ * 2;
    return Verdict::elsewhere;
}

std::vector<Packet> GroupPlan::packets() { return std::exchange(packets_, {}); }

} // namespace playhead
