#include "rateless_sink.h"

#include <algorithm>
#include <utility>

namespace playhead::headless {
namespace {

// Enough that decoder and sink work in turns of several samples.
constexpr int requests_for_pictures = 4;
constexpr int requests_for_others = 16;

} // namespace

RatelessSink::RatelessSink(StreamKind kind, std::shared_ptr<SampleWork> work)
    : kind_(kind),
      work_(std::move(work)) {}

SinkTraits RatelessSink::traits() const {
    SinkTraits traits;
    traits.rateless = true;
    traits.scrubs = kind_ == StreamKind::video;
    traits.gating = traits.can_preroll = !is_sparse(kind_);
    return traits;
}

Result<MediaType> RatelessSink::negotiate(const MediaType& offered) const {
    const bool fits = kind_ == StreamKind::audio ? std::holds_alternative<AudioFormat>(offered)
                      : kind_ == StreamKind::video
                          ? std::holds_alternative<VideoFormat>(offered)
                          : std::holds_alternative<SubtitleFormat>(offered);
    if (fits) return offered;
    return fail(Errc::topo_cannot_connect, "This output takes " + std::string(to_string(kind_)) +
                                               ", not " + describe(offered) + ".");
}

void RatelessSink::attach(const SinkContext& context) {
    context_ = context;
    waiting_.clear();
    waiting_samples_ = open_requests_ = 0;
    running_ = prerolling_ = ended_ = scrubbing_ = false;
    failed_ = false;
    rate_ = 1.0; // the clock tells if it is another
}

void RatelessSink::shut_down() {
    static_cast<void>(work_->finish());
    waiting_.clear();
    waiting_samples_ = 0;
    running_ = prerolling_ = scrubbing_ = false;
    context_ = {};
}

void RatelessSink::ask() {
    if (!context_.host) return;
    if (rate_ == 0.0) {
        if (!scrubbing_ || waiting_samples_ + open_requests_ > 0) return;
        ++open_requests_;
        context_.host->request(1);
        return;
    }
    const int most = kind_ == StreamKind::video ? requests_for_pictures : requests_for_others;
    const int more = most - waiting_samples_ - open_requests_;
    // In halves, so that not every sample wakes the stage before.
    if (more <= 0 || (open_requests_ > most / 2 && running_)) return;
    open_requests_ += more;
    context_.host->request(more);
}

void RatelessSink::tell_trouble(Status status) {
    if (status.ok() || failed_) return;
    failed_ = true; // once: what comes after is of the same kind
    has_failed_.store(true, std::memory_order_release);
    if (context_.host) context_.host->failed(std::move(status));
}

void RatelessSink::take(const Sample& sample) {
    if (!failed_) tell_trouble(work_->take(sample, context_));
    if (const auto* block = std::get_if<AudioBlock>(&sample)) {
        samples_.fetch_add(static_cast<std::uint64_t>(block->frames), std::memory_order_relaxed);
    } else {
        frames_.fetch_add(1, std::memory_order_relaxed);
    }
}

// The one picture of a start or a step at rate 0, or that there is none. An end stays where it is:
// one that is stepped onto is not the end of playing.
void RatelessSink::scrub() {
    if (!scrubbing_) return;
    std::optional<MediaTime> shown;
    if (waiting_.empty()) {
        if (!ended_) return;
    } else if (const auto* sample = std::get_if<Sample>(&waiting_.front())) {
        shown = std::get<VideoFrame>(*sample).pts;
        take(*sample);
        waiting_.pop_front();
        --waiting_samples_;
    }
    scrubbing_ = false;
    if (context_.host) context_.host->scrub_complete(shown);
}

void RatelessSink::take_waiting() {
    if (rate_ == 0.0) {
        scrub();
        ask();
        return;
    }
    while (running_ && !waiting_.empty()) {
        const Item item = std::move(waiting_.front());
        waiting_.pop_front();
        if (const auto* marker = std::get_if<Marker>(&item)) {
            if (marker->kind == Marker::Kind::end_of_segment) tell_trouble(work_->finish());
            if (context_.host) context_.host->marker_reached(*marker, {});
            continue;
        }
        const auto& sample = std::get<Sample>(item);
        --waiting_samples_;
        take(sample);
    }
    ask();
}

void RatelessSink::process(Sample sample) {
    if (!context_.host) return; // it was shut down
    open_requests_ = std::max(open_requests_ - 1, 0);
    if (const auto* frame = std::get_if<VideoFrame>(&sample); frame && frame->provisional) {
        ask();
        return;
    }
    ended_ = false; // of what came before
    waiting_.emplace_back(std::move(sample));
    ++waiting_samples_;
    if (prerolling_) {
        prerolling_ = false;
        if (context_.host) context_.host->prerolled();
    }
    take_waiting();
}

void RatelessSink::place_marker(const Marker& marker) {
    if (!context_.host) return;
    if (marker.kind == Marker::Kind::end_of_segment) ended_ = true;
    if (prerolling_ && ended_) {
        prerolling_ = false;
        if (context_.host) context_.host->prerolled();
    }
    if (waiting_.empty() && !running_ && rate_ != 0.0) { // nothing before it
        if (context_.host) context_.host->marker_reached(marker, {});
        return;
    }
    waiting_.emplace_back(marker);
    take_waiting();
}

void RatelessSink::flush() {
    std::deque<Item> waiting;
    waiting.swap(waiting_);
    waiting_samples_ = 0;
    ended_ = scrubbing_ = false;
    work_->interrupted();
    for (const Item& item : waiting) {
        const auto* marker = std::get_if<Marker>(&item);
        if (marker != nullptr && context_.host) {
            context_.host->marker_reached(
                *marker, {Errc::aborted, "The samples before the marker were flushed."});
        }
    }
}

void RatelessSink::change_over(MediaTime t) {
    static_cast<void>(t);
    flush();
    ask();
}

void RatelessSink::preroll(MediaTime t) {
    static_cast<void>(t);
    running_ = false;
    ended_ = false;
    prerolling_ = true;
    ask();
}

void RatelessSink::step() {
    if (rate_ != 0.0 || kind_ != StreamKind::video) return;
    scrubbing_ = true;
    take_waiting();
}

void RatelessSink::on_start(HostTime when, MediaTime at) {
    static_cast<void>(at);
    scrubbing_ = rate_ == 0.0 && kind_ == StreamKind::video;
    on_restart(when);
}

void RatelessSink::on_restart(HostTime when) {
    static_cast<void>(when);
    running_ = true;
    prerolling_ = false;
    if (context_.host) context_.host->started();
    take_waiting();
}

void RatelessSink::on_pause(HostTime when) {
    static_cast<void>(when);
    running_ = false;
    if (context_.host) context_.host->paused();
}

void RatelessSink::on_stop(HostTime when) {
    static_cast<void>(when);
    running_ = prerolling_ = scrubbing_ = false;
    std::deque<Item> waiting;
    waiting.swap(waiting_);
    waiting_samples_ = 0;
    work_->interrupted();
    tell_trouble(work_->finish());
    if (!context_.host) return;
    for (const Item& item : waiting) {
        if (const auto* marker = std::get_if<Marker>(&item))
            context_.host->marker_reached(*marker, {});
    }
    context_.host->stopped();
}

void RatelessSink::on_set_rate(HostTime when, double rate) {
    static_cast<void>(when);
    rate_ = rate;
    if (rate != 0.0) scrubbing_ = false;
    if (context_.host) context_.host->rate_set({});
}

} // namespace playhead::headless
