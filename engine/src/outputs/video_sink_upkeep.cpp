// The part of VideoSink that decides: which frame is current, what has been reached, whom to wake,
// and when to look again.
#include <algorithm>

#include "outputs/video_sink.h"

namespace playhead {
namespace {

constexpr Duration puller_counts_as_gone = std::chrono::milliseconds{500};
constexpr Duration behind_a_puller = std::chrono::milliseconds{250};
constexpr Duration longest_freeze =
    std::chrono::milliseconds{250}; // rather a late picture than none

} // namespace

VideoSink::Moment VideoSink::moment_locked(HostTime now, const Timeline& line) const {
    switch (state_) {
    case State::running: return {now, line, line.media_at(now)};
    case State::stopped: return {now, Timeline{}, media_zero};
    case State::ready:
    case State::paused: break;
    }
    return {now, Timeline{now, held_at_, 0.0}, held_at_};
}

// When it becomes current: the first nanosecond inside its interval, from whichever side. None: never,
// as the line runs now.
std::optional<HostTime> VideoSink::due_locked(const Entry& entry, const Timeline& line) const {
    return line.host_at(reverse_locked() ? entry.end - Duration{1} : entry.decoded.pts);
}

// Makes current what is due; returns how many frames had to be passed over unseen.
int VideoSink::retire_locked(const Moment& moment, bool pulled, std::vector<Entry>& retired) {
    if (state_ == State::stopped || rate_ == 0.0) return 0;
    // A clock that runs but is held (for a seek, for a device) makes nothing new due.
    if (state_ == State::running && moment.line.rate() == 0.0) return 0;
    const auto due = [&](const Entry& entry) {
        return reverse_locked() ? moment.position < entry.end
                                : entry.decoded.pts <= moment.position;
    };
    int unseen = 0;
    bool fresh = false;
    const bool first = state_ == State::ready && (!current_ || stale_);
    while (!queue_.empty() && (due(queue_.front()) || (first && !fresh))) {
        const bool unshown = current_ && current_new_ && !stale_;
        if (pulled && unshown && state_ == State::running) {
            if (!options_.allow_drop) break;
            ++unseen;
        }
        if (current_) retired.push_back(std::move(*current_));
        current_ = std::move(queue_.front());
        queue_.pop_front();
        current_new_ = fresh = true;
        stale_ = false;
    }
    if (fresh) new_since_ = moment.now;
    return unseen;
}

// At rate 0: the frame that a start or a step waits for, whatever its time; the end, if none is left.
void VideoSink::scrub_locked(News& news, std::vector<Entry>& retired) {
    if (!scrubbing_ || rate_ != 0.0) return;
    if (queue_.empty()) {
        if (!ended_) return;
    } else {
        if (current_) retired.push_back(std::move(*current_));
        current_ = std::move(queue_.front());
        queue_.pop_front();
        current_new_ = true;
        stale_ = false;
        news.scrubbed_to = current_->decoded.pts;
    }
    scrubbing_ = false;
    news.scrubbed = true;
}

// Came when its time was over. After a long freeze even that is better than nothing.
bool VideoSink::late_locked(const Moment& moment, const Entry& entry) const {
    if (!options_.allow_drop || state_ != State::running || moment.line.rate() == 0.0) return false;
    if (!current_ || stale_ || moment.now - new_since_ > longest_freeze) return false;
    return reverse_locked() ? entry.decoded.pts > moment.position : entry.end <= moment.position;
}

int VideoSink::ask_locked() {
    // Also behind an end: what follows there joins without a gap.
    if (!asking_ || state_ == State::stopped) return 0;
    const int wanted = rate_ == 0.0 ? static_cast<int>(scrubbing_) : options_.frames_ahead;
    const int more = wanted - static_cast<int>(queue_.size()) - open_requests_;
    if (more <= 0) return 0;
    open_requests_ += more;
    return more;
}

bool VideoSink::prerolled_locked() const {
    if (ended_) return true;
    if (!current_ || stale_) return false;
    const bool holds =
        reverse_locked() ? current_->decoded.pts <= held_at_ : current_->end > held_at_;
    return holds || !queue_.empty();
}

std::optional<HostTime> VideoSink::front_due_locked(const Moment& moment) const {
    if (state_ != State::running || rate_ == 0.0 || queue_.empty()) return std::nullopt;
    return due_locked(queue_.front(), moment.line);
}

// Whether frame_due() would now say something else than it promised.
bool VideoSink::wakes_locked(const Moment& moment) {
    if (woken_) return false;
    const auto due = current_new_ ? std::optional{moment.now} : front_due_locked(moment);
    if (!due || (promised_ && *promised_ <= *due)) return false;
    woken_ = true;
    return true;
}

std::optional<HostTime> VideoSink::next_locked(const Moment& moment) const {
    if (state_ != State::running || moment.line.rate() == 0.0) return std::nullopt;
    std::optional<HostTime> next;
    const auto consider = [&](std::optional<HostTime> t) {
        if (t && (!next || *t < *next)) next = t;
    };
    if (!queue_.empty()) {
        const bool pulled = pulled_ && moment.now - *pulled_ < puller_counts_as_gone;
        const Entry& last = pulled || queue_.size() < 2 ? queue_.back() : queue_[queue_.size() - 2];
        const auto due = due_locked(last, moment.line);
        consider(due && pulled ? std::optional{std::max(*due, moment.now) + behind_a_puller} : due);
    }
    if (!markers_.empty() && markers_.front().after) {
        const MediaRange& after = *markers_.front().after;
        consider(moment.line.host_at(reverse_locked() ? after.begin : after.end));
    }
    if (next) next = std::max(*next, moment.now + Duration{1});
    return next;
}

// Whether the clock has passed everything before the marker.
bool VideoSink::gone_by_locked(const Waiting& waiting, const Moment& moment) const {
    if (rate_ == 0.0) return false; // an end that one steps onto is not the end of playing
    if (!waiting.after) return true;
    if (state_ == State::running && moment.line.rate() == 0.0) return false;
    const MediaRange& after = *waiting.after;
    const bool passed =
        reverse_locked() ? moment.position <= after.begin : moment.position >= after.end;
    if (!passed || options_.allow_drop || queue_.empty()) return passed;
    const MediaTime front = queue_.front().decoded.pts; // shown late rather than never
    return reverse_locked() ? front < after.begin : front > after.begin;
}

VideoSink::News VideoSink::update_locked(const Moment& moment, std::vector<Entry>& retired) {
    News news;
    retire_locked(moment, false, retired);
    scrub_locked(news, retired);
    news.requests = ask_locked();
    while (!markers_.empty() && gone_by_locked(markers_.front(), moment)) {
        news.reached.push_back(markers_.front());
        markers_.pop_front();
    }
    if (state_ == State::ready && !prerolled_ && prerolled_locked())
        prerolled_ = news.prerolled = true;
    news.wake = wakes_locked(moment);
    arm_locked(next_locked(moment));
    return news;
}

void VideoSink::advance() {
    const auto clock = this->clock();
    if (!clock) {
        tell({});
        return;
    }
    const Timeline line = clock->timeline();
    News news;
    std::vector<Entry> retired; // destroyed without the lock
    {
        const std::scoped_lock lock(mutex_);
        if (!context_.executor) return;
        news = update_locked(moment_locked(context_.executor->now(), line), retired);
    }
    tell(news);
}

// Leaves a timer that is early enough alone: it then looks again.
void VideoSink::arm_locked(std::optional<HostTime> due) {
    if (timer_ != 0 && due && timer_due_ <= *due) return;
    if (timer_ != 0) context_.executor->cancel(timer_);
    timer_ = 0;
    if (!due) return;
    timer_due_ = *due;
    timer_ = context_.executor->at(*due, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        {
            const std::scoped_lock lock(self->mutex_);
            self->timer_ = 0;
        }
        self->on_turn();
    });
}

void VideoSink::tell(const News& news) {
    if (const auto host = this->host()) {
        if (news.late > 0) {
            {
                const std::scoped_lock lock(mutex_);
                late_ += static_cast<std::uint64_t>(news.late);
            }
            host->dropped(news.late);
        }
        if (news.requests > 0) host->request(news.requests);
        if (news.prerolled) host->prerolled();
        if (news.scrubbed) host->scrub_complete(news.scrubbed_to);
        for (const Waiting& waiting : news.reached) host->marker_reached(waiting.marker, {});
    }
    if (!news.wake) return;
    const std::scoped_lock lock(wake_mutex_);
    if (wake_) wake_();
}

} // namespace playhead
