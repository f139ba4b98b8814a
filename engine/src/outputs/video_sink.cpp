#include "outputs/video_sink.h"

#include <algorithm>
#include <utility>

#include "media/picture_length.h"

namespace playhead {

VideoSink::VideoSink(const VideoOutputOptions& options) : options_(options) {}

SinkTraits VideoSink::traits() const {
    SinkTraits traits;
    traits.scrubs = traits.previews = traits.renders_by_clock = true;
    return traits;
}

Result<MediaType> VideoSink::negotiate(const MediaType& offered) const {
    if (std::holds_alternative<VideoFormat>(offered)) return offered;
    return fail(Errc::topo_cannot_connect,
                "A video output takes pictures, not " + describe(offered) + ".");
}

void VideoSink::attach(const SinkContext& context) {
    const std::scoped_lock lock(mutex_);
    context_ = context;
    open_requests_ = 0;
    state_ = State::stopped;
    rate_ = 1.0; // the clock tells if it is another
    scrubbing_ = false;
    converter_.reset();
    conversion_failed_ = false;
}

void VideoSink::shut_down() {
    std::deque<Entry> queue; // destroyed without the lock
    std::optional<Entry> current;
    {
        const std::scoped_lock lock(mutex_);
        arm_locked(std::nullopt);
        queue.swap(queue_);
        current.swap(current_);
        if (current) current_new_ = true;
        markers_.clear();
        last_.reset();
        state_ = State::stopped;
        asking_ = stale_ = ended_ = scrubbing_ = false;
        context_ = {};
    }
    converter_.reset();
}

// ---- samples --------------------------------------------------------------------------------

VideoFrame VideoSink::convert(const VideoFrame& frame) {
    std::shared_ptr<const Wish> wish;
    std::shared_ptr<ConverterFactory> converters;
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        wish = wish_;
        converters = context_.converters;
        host = context_.host;
    }
    if (!wish || !frame.picture) return frame;
    const std::optional<VideoFormat> to = (*wish)(frame.picture->format());
    if (!to || *to == frame.picture->format()) return frame;
    if (!converter_ && converters) converter_ = converters->video();
    Result<std::shared_ptr<const Picture>> picture =
        converter_ ? converter_->convert(*frame.picture, *to)
                   : fail(Errc::topo_cannot_connect, "Pictures are to be converted, and the engine "
                                                     "was given no converter factory.");
    if (!picture) {
        if (!conversion_failed_ && host) host->failed(picture.error());
        conversion_failed_ = true;
        return frame;
    }
    VideoFrame converted = frame;
    converted.picture = std::move(*picture);
    return converted;
}

// Until when it stays current (in reverse: from when on), and the one before it likewise.
void VideoSink::settle_interval_locked(Entry& entry) {
    const VideoFrame& frame = entry.decoded;
    if (last_ && frame.pts != last_->begin)
        interval_ = frame.pts > last_->begin ? frame.pts - last_->begin : last_->begin - frame.pts;
    entry.end = frame.pts + picture_length(frame, interval_);
    if (reverse_locked()) {
        if (last_ && last_->begin > frame.pts) entry.end = std::min(entry.end, last_->begin);
    } else if (!queue_.empty() && queue_.back().end > frame.pts) {
        queue_.back().end = std::max(frame.pts, queue_.back().decoded.pts);
    }
    last_ = MediaRange{frame.pts, entry.end};
}

void VideoSink::process(Sample sample) {
    auto* frame = std::get_if<VideoFrame>(&sample);
    const auto clock = this->clock();
    if (frame == nullptr || !clock) return;
    Entry entry{*frame, convert(*frame), {}};
    const Timeline line = clock->timeline();
    News late;
    std::optional<Entry> replaced; // destroyed without the lock
    {
        const std::scoped_lock lock(mutex_);
        open_requests_ = std::max(open_requests_ - 1, 0);
        // A frame for a start at rate 0 may come before the start does.
        if ((state_ == State::stopped && rate_ != 0.0) || !context_.executor) return;
        asking_ = true;
        if (frame->provisional) {
            // Looks like what was there before the flush: whatever comes takes its place.
            replaced = std::exchange(current_, std::move(entry));
            current_new_ = stale_ = true;
        } else {
            ended_ = false; // of what came before
            settle_interval_locked(entry);
            if (late_locked(moment_locked(context_.executor->now(), line), entry)) {
                late.late = 1;
            } else {
                queue_.push_back(std::move(entry));
            }
        }
    }
    tell(late);
    advance();
}

void VideoSink::place_marker(const Marker& marker) {
    {
        const std::scoped_lock lock(mutex_);
        if (marker.kind == Marker::Kind::end_of_segment) ended_ = true;
        markers_.push_back({marker, last_});
    }
    advance();
}

void VideoSink::flush() {
    std::deque<Entry> queue;
    std::deque<Waiting> markers;
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        queue.swap(queue_);
        markers.swap(markers_);
        stale_ = current_.has_value();
        last_.reset();
        ended_ = asking_ = scrubbing_ = false;
        interval_ = {};
        host = context_.host;
    }
    if (!host) return;
    for (const Waiting& waiting : markers) {
        host->marker_reached(waiting.marker,
                             {Errc::aborted, "The frames before the marker were flushed."});
    }
}

void VideoSink::preroll(MediaTime t) {
    std::deque<Entry> queue;
    {
        const std::scoped_lock lock(mutex_);
        queue.swap(queue_);
        state_ = State::ready;
        held_at_ = t;
        stale_ = current_.has_value();
        last_.reset();
        ended_ = prerolled_ = scrubbing_ = false;
        asking_ = true;
    }
    advance();
}

// The picture on screen stays until one of the new stream is due.
void VideoSink::change_over(MediaTime t) {
    flush();
    bool ready = false;
    {
        const std::scoped_lock lock(mutex_);
        ready = state_ == State::ready;
        asking_ = true;
        scrubbing_ = rate_ == 0.0 && state_ != State::stopped;
    }
    if (ready) {
        preroll(t);
    } else {
        advance();
    }
}

void VideoSink::step() {
    {
        const std::scoped_lock lock(mutex_);
        if (rate_ != 0.0 || state_ == State::stopped) return;
        asking_ = scrubbing_ = true;
    }
    advance();
}

// ---- the clock's changes ----------------------------------------------------------------------

void VideoSink::on_start(HostTime when, MediaTime at) {
    {
        const std::scoped_lock lock(mutex_);
        scrubbing_ = rate_ == 0.0;
        if (scrubbing_) held_at_ = at;
    }
    restart(when, true);
}

void VideoSink::on_restart(HostTime when) { restart(when, true); }

void VideoSink::on_pause(HostTime when) { restart(when, false); }

void VideoSink::restart(HostTime when, bool running) {
    const auto clock = this->clock();
    if (!clock) return;
    const Timeline line = clock->timeline();
    const auto source = clock->time_source();
    bool watch = false;
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        host = context_.host;
        // What is prerolled stays at its place until the clock runs.
        if (!running && state_ == State::running) held_at_ = line.media_at(when);
        state_ = running ? State::running : State::paused;
        asking_ = true;
        watch = source && watched_.lock() != source;
        if (watch) watched_ = source;
    }
    if (watch) source->watch(weak_from_this());
    if (host) running ? host->started() : host->paused();
    advance();
}

void VideoSink::on_stop(HostTime when) {
    (void)when;
    std::deque<Entry> queue;
    std::optional<Entry> current;
    std::deque<Waiting> markers;
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        queue.swap(queue_);
        current.swap(current_);
        markers.swap(markers_);
        if (current) current_new_ = true;
        state_ = State::stopped;
        last_.reset();
        interval_ = {};
        ended_ = asking_ = stale_ = scrubbing_ = false;
        host = context_.host;
    }
    if (host) {
        for (const Waiting& waiting : markers) host->marker_reached(waiting.marker, {});
        host->stopped();
    }
    advance();
}

void VideoSink::on_set_rate(HostTime when, double rate) {
    (void)when;
    {
        const std::scoped_lock lock(mutex_);
        rate_ = rate;
        if (rate != 0.0) scrubbing_ = false;
    }
    if (const auto host = this->host()) host->rate_set({});
    advance();
}

void VideoSink::on_turn() {
    if (const auto host = this->host())
        host->post([weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->advance();
        });
}

// ---- whoever pulls ------------------------------------------------------------------------------

DueFrame VideoSink::frame_due(HostTime now) {
    const auto clock = this->clock();
    const Timeline line = clock ? clock->timeline() : Timeline{};
    DueFrame answer;
    News news;
    std::vector<Entry> retired; // destroyed without the lock
    {
        const std::scoped_lock lock(mutex_);
        const Moment moment = moment_locked(now, line);
        news.late = retire_locked(moment, true, retired);
        news.requests = ask_locked();
        answer.clock_position = moment.position;
        answer.is_new = current_new_;
        if (current_) answer.frame = current_->shown;
        if (current_ && current_new_) ++shown_;
        current_new_ = false;
        answer.ask_again = front_due_locked(moment);
        if (answer.ask_again) answer.ask_again = std::max(*answer.ask_again, now);
        promised_ = answer.ask_again;
        pulled_ = now;
        woken_ = false;
    }
    tell(news);
    return answer;
}

void VideoSink::on_change(std::function<void()> wake) {
    const bool listens = wake != nullptr;
    {
        const std::scoped_lock lock(wake_mutex_);
        wake_ = std::move(wake);
    }
    if (!listens) return;
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        woken_ = false; // that was another one, or nobody
        host = context_.host;
    }
    if (host)
        host->post([weak = weak_from_this()] {
            if (const auto sink = weak.lock()) sink->advance();
        });
}

void VideoSink::convert_to(Wish wish) {
    std::shared_ptr<StreamSinkHost> host;
    {
        auto shared = wish ? std::make_shared<const Wish>(std::move(wish)) : nullptr;
        const std::scoped_lock lock(mutex_);
        wish_.swap(shared);
        host = context_.host;
    }
    if (host)
        host->post([weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->reconvert();
        });
}

void VideoSink::reconvert() {
    std::vector<VideoFrame> frames;
    {
        const std::scoped_lock lock(mutex_);
        if (current_) frames.push_back(current_->decoded);
        for (const Entry& entry : queue_) frames.push_back(entry.decoded);
    }
    conversion_failed_ = false;
    for (const VideoFrame& frame : frames) {
        VideoFrame shown = convert(frame);
        const std::scoped_lock lock(mutex_);
        const auto replace = [&](Entry& entry) {
            if (entry.decoded.picture != frame.picture || entry.decoded.pts != frame.pts) return;
            const bool differs = entry.shown.picture != shown.picture;
            std::swap(entry.shown, shown);
            if (differs && current_ && &entry == &*current_) current_new_ = true;
        };
        if (current_) replace(*current_);
        for (Entry& entry : queue_) replace(entry);
    }
    advance();
}

void VideoSink::presented(const VideoFrame& frame, HostTime when) {
    const auto clock = this->clock();
    if (!clock) return;
    const Timeline line = clock->timeline();
    Duration difference{};
    std::shared_ptr<StreamSinkHost> host;
    {
        const std::scoped_lock lock(mutex_);
        if (state_ != State::running || line.rate() == 0.0) return;
        difference = reverse_locked()
                         ? frame.pts + picture_length(frame, interval_) - line.media_at(when)
                         : line.media_at(when) - frame.pts;
        difference_ = difference;
        host = context_.host;
    }
    if (host) host->presented(difference);
}

std::optional<Duration> VideoSink::last_difference() const {
    const std::scoped_lock lock(mutex_);
    return difference_;
}

std::uint64_t VideoSink::frames_shown() const {
    const std::scoped_lock lock(mutex_);
    return shown_;
}

std::uint64_t VideoSink::frames_late() const {
    const std::scoped_lock lock(mutex_);
    return late_;
}

std::shared_ptr<StreamSinkHost> VideoSink::host() const {
    const std::scoped_lock lock(mutex_);
    return context_.host;
}

std::shared_ptr<const PresentationClock> VideoSink::clock() const {
    const std::scoped_lock lock(mutex_);
    return context_.clock;
}

// ---- the face ---------------------------------------------------------------------------------

class VideoOutputCore {
public:
    explicit VideoOutputCore(const VideoOutputOptions& options)
        : video(std::make_shared<VideoSink>(options)),
          sink(video) {}
    const std::shared_ptr<VideoSink> video;
    const std::shared_ptr<StreamSink> sink;
};

VideoOutput::VideoOutput(VideoOutputOptions options)
    : core_(std::make_shared<VideoOutputCore>(options)) {}
VideoOutput::~VideoOutput() { core_->video->on_change({}); }

DueFrame VideoOutput::frame_due(HostTime now) { return core_->video->frame_due(now); }
void VideoOutput::on_change(std::function<void()> wake) {
    core_->video->on_change(std::move(wake));
}
void VideoOutput::convert_to(std::function<std::optional<VideoFormat>(const VideoFormat&)> wish) {
    core_->video->convert_to(std::move(wish));
}
void VideoOutput::presented(const VideoFrame& frame, HostTime when) {
    core_->video->presented(frame, when);
}
std::optional<Duration> VideoOutput::last_difference() const {
    return core_->video->last_difference();
}
std::uint64_t VideoOutput::frames_shown() const { return core_->video->frames_shown(); }
std::uint64_t VideoOutput::frames_late() const { return core_->video->frames_late(); }
const std::shared_ptr<StreamSink>& VideoOutput::sink() const { return core_->sink; }

} // namespace playhead
