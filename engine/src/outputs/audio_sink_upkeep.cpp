// The part of AudioSink that runs whenever something has happened or is due: fill the ring, see what
// has become true, ask for more, and set the timer for the next moment.
#include <algorithm>
#include <utility>

#include "outputs/audio_sink.h"

namespace playhead {
namespace {

constexpr Duration tolerance = std::chrono::milliseconds{2}; // a converter holds some samples back
constexpr Duration slack = std::chrono::milliseconds{1};     // behind a callback that is expected
constexpr Duration shortest_wait = std::chrono::milliseconds{1};
constexpr Duration longest_flow_wait = std::chrono::seconds{1};
constexpr Duration longest_start_wait = std::chrono::milliseconds{20};
constexpr int most_requests = 64;

} // namespace

void AudioSink::advance() {
    follow_clock();
    pump();
    News news;
    Status trouble;
    bool rejoins = false;
    {
        const std::scoped_lock lock(mutex_);
        if (!context_.executor) return;
        const HostTime now = context_.executor->now();
        const RenderReport report = render_->report();
        trouble = watch_device_locked(now, report);
        rejoins = may_rejoin_locked(report);
    }
    if (const auto host = this->host(); host && !trouble.ok()) {
        host->audio_session_changed(AudioSessionReason::device_removed);
        host->failed(trouble);
    }
    if (rejoins) rejoin();
    {
        const std::scoped_lock lock(mutex_);
        if (!context_.executor) return;
        news = update_locked(context_.executor->now(), render_->report());
    }
    tell(news);
}

void AudioSink::pump() {
    std::shared_ptr<SampleRing> ring;
    std::shared_ptr<StreamSinkHost> host;
    AudioFeeder::Route route;
    {
        const std::scoped_lock lock(mutex_);
        if (!context_.executor) return;
        host = context_.host;
        const HostTime now = context_.executor->now();
        const RenderReport report = render_->report();
        if (std::exchange(joins_, false)) join_locked(now, report);
        if (silent_locked()) {
            const Timeline line = clock_.timeline(now, report);
            if (rate_ > 0.0) feeder_.drop_until(line.media_at(now));
        } else if (sounds_locked()) {
            ring = ring_;
        }
        route = {format_, rate_, orders_.discard_to, context_.converters, context_.stretchers};
    }
    Status trouble;
    if (ring) {
        const auto done = feeder_.pump(*ring, route, [this](const AudioMark& mark) {
            const std::scoped_lock lock(mutex_);
            clock_.mark(mark);
        });
        if (!done) {
            trouble = done.error();
            feeder_.begin(feeder_.end_time());
        }
    }
    {
        const std::scoped_lock lock(mutex_);
        waiting_ = feeder_.waiting();
        if (rate_ >= 0.0) fed_until_ = feeder_.end_time();
        feeder_done_ = feeder_.done();
        if (ring_) {
            clock_.set_data_end(ended_ ? std::nullopt : std::optional{ring_->written()});
            const std::int64_t end =
                feeder_done_ ? ring_->written() : std::numeric_limits<std::int64_t>::max();
            if (std::exchange(orders_.end, end) != end) order_locked();
        }
        if (reseat_ && state_ == State::running && in_ring_locked(render_->report()) > Duration{}) {
            reseat_ = false;
            ++orders_.generation;
            orders_.playing = orders_.fade_in = true;
            orders_.has_appointment = false;
            clock_.rejoin(orders_.generation);
            order_locked();
        }
    }
    if (!trouble.ok() && host) host->failed(trouble);
}

// A device that does not call, will not open or is lost must not stop the picture. Returns what the
// host has to know.
Status AudioSink::watch_device_locked(HostTime now, const RenderReport& report) {
    Status trouble;
    if (render_->was_lost() && !failed_) {
        failed_ = true;
        keeper_->want_closed(context_.executor);
        trouble = {Errc::device_lost,
                   "The audio device is gone; the picture goes on without sound. "
                   "Connect it again, or choose another audio output."};
    }
    if (state_ != State::running || silent_locked()) return trouble;
    if (!failed_ && now - alive_locked(report) < options_.device_patience) return trouble;
    go_silent_locked(now, report);
    return trouble;
}

// When the device last showed life, or was given reason to.
HostTime AudioSink::alive_locked(const RenderReport& report) const {
    if (!keeper_->is_open()) return opening_since_;
    return report.callbacks == callbacks_then_ ? quiet_since_
                                               : std::max(quiet_since_, report.called);
}

// As the report has it, not the ring itself: the device goes on meanwhile, and who finds that it has
// nothing left must not take it for one that has not begun.
Duration AudioSink::in_ring_locked(const RenderReport& report) const {
    if (!ring_ || silent_locked()) return {};
    const std::int64_t next = std::max(report.taken, orders_.discard_to);
    return frames_to_duration(std::max<std::int64_t>(ring_->written() - next, 0), format_.rate_hz);
}

// Whether nothing of before that time still waits for the device. Its thread may stand while the line
// goes on: what it has not asked for is not heard.
bool AudioSink::taken_locked(MediaTime at, const RenderReport& report) const {
    return clock_.freewheels() || in_ring_locked(report) == Duration{} ||
           at <= clock_.media_of(std::max(report.taken, orders_.discard_to));
}

Duration AudioSink::queued_locked(HostTime now, const RenderReport& report) const {
    if (!silent_locked() && sounds_locked())
        return in_ring_locked(report) + in_host_locked(waiting_);
    const MediaTime at = clock_.timeline(now, report).media_at(now);
    const Duration ahead = rate_ < 0.0 ? at - fed_until_ : fed_until_ - at;
    return in_host_locked(std::max(ahead, Duration{}));
}

void AudioSink::ask_locked(HostTime now, const RenderReport& report, News& news) {
    const bool over = ended_ && !gap_;
    if (state_ == State::stopped || !asking_ || rate_ == 0.0) return;
    if (over) {
        // What follows joins, also if the last block answered all that was asked for.
        if (open_requests_ == 0) news.requests = open_requests_ = 1;
        return;
    }
    const Duration length = in_host_locked(block_length_);
    const Duration there = queued_locked(now, report) + length * open_requests_;
    if (length <= Duration{}) {
        if (open_requests_ == 0) news.requests = 1; // its length tells how many more
    } else if (there <= options_.ahead / 2 || !prerolled_) {
        const auto room = (options_.ahead - there) / length;
        news.requests = static_cast<int>(std::clamp<Duration::rep>(
            room, there < options_.ahead / 2 && open_requests_ == 0 ? 1 : 0, most_requests));
    }
    open_requests_ += news.requests;
}

AudioSink::News AudioSink::update_locked(HostTime now, const RenderReport& report) {
    News news;
    if (feeder_done_ && ring_ && report.taken >= ring_->written() && state_ == State::running &&
        !clock_.freewheels() && (report.dry || !clock_.on_line(report))) {
        // The end came after a lack, or the last sound was taken before its start was known.
        clock_.freewheel(now, report, rate_);
    }
    const Timeline line = clock_.timeline(now, report);
    const MediaTime position = line.media_at(now);

    // Where the data ends the clock stands, a little before what a converter still holds.
    const bool stands = line.rate() == 0.0 && !ended_ && !clock_.freewheels();
    const Duration near = stands ? tolerance : Duration{};
    const auto passed = [&](MediaTime at) {
        return rate_ < 0.0 ? at >= position : at <= position + near;
    };
    while (!markers_.empty() && passed(markers_.front().at) &&
           taken_locked(markers_.front().at, report)) {
        news.reached.push_back(markers_.front());
        markers_.pop_front();
    }

    ask_locked(now, report, news);

    if (state_ == State::ready && !prerolled_) {
        const bool silent = !sounds_locked();
        const bool device =
            silent || settled_ || (offered_ && now - opening_since_ >= options_.device_patience);
        const bool nothing = ended_ && !fed_;
        const bool enough = silent || ended_ || queued_locked(now, report) >= options_.preroll;
        if (nothing || (device && enough)) {
            prerolled_ = news.prerolled = true;
            close_at_ = now + options_.close_after_pause;
        }
    }

    if (state_ == State::running) {
        news.turn = line.rate() != told_rate_;
        if (news.turn) flow_wait_ = {};
        told_rate_ = line.rate();
    }
    if (close_at_ && *close_at_ <= now) {
        close_at_.reset();
        keeper_->want_closed(context_.executor);
    }

    const std::uint64_t underruns = render_->underruns();
    news.underruns = underruns - underruns_told_;
    underruns_told_ = underruns;

    arm_locked(next_locked(now, report));
    return news;
}

// The next moment at which something will be due that nobody else will tell of.
std::optional<HostTime> AudioSink::next_locked(HostTime now, const RenderReport& report) {
    std::optional<HostTime> next;
    const auto consider = [&](HostTime t) {
        if (!next || t < *next) next = t;
    };
    if (state_ == State::ready && !prerolled_) {
        if (!settled_ && offered_ && now < opening_since_ + options_.device_patience) {
            consider(opening_since_ + options_.device_patience);
        }
        return next;
    }
    if (close_at_) consider(*close_at_);
    if (state_ != State::running) return next;
    const Timeline line = clock_.timeline(now, report);
    const bool silent = silent_locked();
    const bool open = keeper_->is_open();
    const Duration in_ring = in_ring_locked(report);
    const bool rest = ended_ && !feeder_done_; // drained when the ring runs low
    const bool more = in_ring > Duration{} || waiting_ > Duration{} || rest;
    const bool stands = line.rate() == 0.0 && open;
    const auto moves = stands ? clock_.moves_at(now, report) : std::nullopt;
    if (moves) {
        consider(*moves); // what the device has taken is heard then
    } else if ((stands && more && !silent) ||
               (silent && open && !failed_ && !ended_ && sounds_locked())) {
        // A callback is expected that will set the clock going, or that tells of the device's return.
        const Duration period = std::max(report.period, shortest_wait);
        // Only a device that takes nothing is looked at less and less often.
        if (std::exchange(taken_then_, report.taken) != report.taken) flow_wait_ = {};
        if (flow_wait_ == Duration{}) {
            const Duration since = now - report.called;
            flow_wait_ = report.callbacks > 0 && since < period ? period - since : period;
        } else {
            // At a start somebody watches: the pictures must not hear of it late. Some devices
            // take 300 ms for their second request.
            const bool starting = now - began_ < options_.device_patience;
            flow_wait_ = std::min(std::max(flow_wait_, period) * 2,
                                  starting ? longest_start_wait : longest_flow_wait);
        }
        consider(now + flow_wait_ + slack);
    }
    if (!silent) {
        const HostTime alive = alive_locked(report);
        const bool awaited = line.rate() == 0.0
                                 ? !open || report.callbacks == callbacks_then_ || more
                                 : now - alive > 2 * std::max(report.period, shortest_wait);
        if (awaited) consider(std::max(alive + options_.device_patience, now + shortest_wait));
    }
    if (line.rate() == 0.0) return next;
    if (const auto turn = clock_.turns_at(now, report)) consider(*turn);
    if ((!ended_ || gap_) && asking_ && open_requests_ == 0) {
        consider(now + std::max(queued_locked(now, report) - options_.ahead / 2, shortest_wait));
    }
    if ((waiting_ > Duration{} || rest) && !silent && ring_) {
        const Duration half = frames_to_duration(ring_->capacity() / 2, format_.rate_hz);
        consider(now + std::max(in_ring - half, shortest_wait));
    }
    if (!markers_.empty()) {
        const MediaTime at = markers_.front().at;
        const auto due = line.host_at(at);
        if (due && (*due > now || taken_locked(at, report))) {
            consider(std::max(*due, now + Duration{1}));
        } else if (due) { // the device stands
            consider(now + std::max(report.period, shortest_wait));
        }
    }
    if (!ended_ && !clock_.freewheels() && ring_) { // where the clock stops if nothing more comes
        const auto left = ring_->written() - report.frame;
        const HostTime dry = report.heard + frames_to_duration(left, format_.rate_hz);
        if (clock_.on_line(report)) consider(std::max(dry, now + shortest_wait));
    }
    return next;
}

// Leaves a timer that is early enough alone: it then looks again.
void AudioSink::arm_locked(std::optional<HostTime> due) {
    if (timer_ != 0 && due && timer_due_ <= *due) return;
    if (timer_ != 0) context_.executor->cancel(timer_);
    timer_ = 0;
    if (!due) return;
    timer_due_ = *due;
    timer_ = context_.executor->at(*due, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        std::shared_ptr<StreamSinkHost> host;
        {
            const std::scoped_lock lock(self->mutex_);
            self->timer_ = 0;
            host = self->context_.host;
        }
        if (host)
            host->post([weak] {
                if (const auto sink = weak.lock()) sink->advance();
            });
    });
}

void AudioSink::tell(const News& news) {
    const auto host = this->host();
    if (news.turn) {
        std::vector<std::weak_ptr<TimelineWatcher>> watchers;
        {
            const std::scoped_lock lock(mutex_);
            watchers = watchers_;
        }
        for (const auto& weak : watchers) {
            if (const auto watcher = weak.lock()) watcher->on_turn();
        }
    }
    if (!host) return;
    if (news.requests > 0) host->request(news.requests);
    if (news.underruns > 0) host->underran(static_cast<int>(news.underruns));
    if (news.prerolled) host->prerolled();
    for (const Waiting& waiting : news.reached) host->marker_reached(waiting.marker, {});
}

} // namespace playhead
