#include "pipeline/sink_port.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "media/picture_length.h"

namespace playhead {

// What the presentation clock holds instead of the sink: the sink's own calls must come on its
// strand, and the clock posts each of these there.
class SinkPort::ClockSide final : public ClockStateSink {
public:
    ClockSide(std::shared_ptr<StreamSink> sink, std::shared_ptr<Intake> intake)
        : sink_(std::move(sink)),
          intake_(std::move(intake)) {}
    void on_start(HostTime when, MediaTime at) override {
        intake_->run();
        sink_->on_start(when, at);
    }
    void on_restart(HostTime when) override {
        intake_->run();
        sink_->on_restart(when);
    }
    void on_pause(HostTime when) override {
        intake_->wait();
        sink_->on_pause(when);
    }
    void on_stop(HostTime when) override {
        intake_->wait();
        sink_->on_stop(when);
    }
    void on_set_rate(HostTime when, double rate) override { sink_->on_set_rate(when, rate); }

private:
    const std::shared_ptr<StreamSink> sink_;
    const std::shared_ptr<Intake> intake_;
};

// What the sink holds instead of the port, which holds the sink. Calls that come after the port has
// gone fall away.
class SinkPort::HostSide final : public StreamSinkHost {
public:
    explicit HostSide(std::weak_ptr<SinkPort> port) : port_(std::move(port)) {}
    void request(int n) override {
        if (auto p = port_.lock()) p->request(n);
    }
    void prerolled() override {
        if (auto p = port_.lock()) p->prerolled();
    }
    void started() override {
        if (auto p = port_.lock()) p->started();
    }
    void paused() override {
        if (auto p = port_.lock()) p->paused();
    }
    void stopped() override {
        if (auto p = port_.lock()) p->stopped();
    }
    void rate_set(Status status) override {
        if (auto p = port_.lock()) p->rate_set(std::move(status));
    }
    void marker_reached(const Marker& marker, Status status) override {
        if (auto p = port_.lock()) p->marker_reached(marker, std::move(status));
    }
    void scrub_complete(std::optional<MediaTime> rendered) override {
        if (auto p = port_.lock()) p->scrub_complete(rendered);
    }
    void failed(Status status) override {
        if (auto p = port_.lock()) p->failed(std::move(status));
    }
    void format_invalidated() override {
        if (auto p = port_.lock()) p->format_invalidated();
    }
    void audio_session_changed(AudioSessionReason reason) override {
        if (auto p = port_.lock()) p->audio_session_changed(reason);
    }
    void post(Task task) override {
        if (auto p = port_.lock()) p->post(std::move(task));
    }
    void dropped(int samples) override {
        if (auto p = port_.lock()) p->dropped(samples);
    }
    void underran(int times) override {
        if (auto p = port_.lock()) p->underran(times);
    }
    void presented(Duration difference) override {
        if (auto p = port_.lock()) p->presented(difference);
    }

private:
    const std::weak_ptr<SinkPort> port_;
};

SinkPort::Item SinkPort::item_of(Sample sample) {
    Item item;
    if (const auto* block = std::get_if<AudioBlock>(&sample)) {
        item.begin = block->pts;
        item.end = block->pts + block->length();
    } else if (const auto* frame = std::get_if<VideoFrame>(&sample)) {
        item.begin = frame->pts;
        item.end = frame->pts + picture_length(*frame, {});
    } else {
        const auto& cue = std::get<SubtitleCue>(sample);
        item.begin = cue.pts;
        item.end = cue.pts + cue.duration.value_or(Duration{});
    }
    item.sample = std::move(sample);
    return item;
}

SinkPort::SinkPort(std::shared_ptr<Executor> executor, std::shared_ptr<StreamSink> sink, int node,
                   std::shared_ptr<WorkStrand> strand)
    : executor_(std::move(executor)),
      sink_(std::move(sink)),
      node_(node),
      strand_(std::move(strand)),
      clock_sink_(std::make_shared<ClockSide>(sink_, intake_)) {}

void SinkPort::attach(std::weak_ptr<SinkPortListener> listener,
                      std::shared_ptr<const PresentationClock> clock,
                      const SinkBackends& backends) {
    {
        std::lock_guard lock(mutex_);
        listener_ = std::move(listener);
    }
    clock_ = clock;
    log_ = backends.log;
    SinkContext context{executor_, std::make_shared<HostSide>(weak_from_this()), std::move(clock),
                        backends.converters, backends.stretchers};
    strand_->post([sink = sink_, context = std::move(context)] { sink->attach(context); });
}

void SinkPort::belong_to(std::weak_ptr<SinkPortListener> listener, int node) {
    node_ = node;
    std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
}

void SinkPort::follow(Epoch epoch, std::optional<MediaTime> cut) {
    if (cut) floor_.store(epoch, std::memory_order_release);
    epoch_.store(epoch, std::memory_order_release);
    prerolled_epoch_.store(epoch, std::memory_order_release);
    // Behind the end of what it follows.
    strand_->post([intake = intake_, sink = sink_, cut] {
        if (cut) sink->cut(*cut);
        intake->goes_on();
    });
}

void SinkPort::on_demand(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    on_demand_ = std::move(wake);
}

void SinkPort::flush() {
    strand_->post([self = shared_from_this(), epoch = epoch()] {
        self->forget_given();
        self->sink_->flush();
        self->intake_->forget();
        self->tell([self, epoch](SinkPortListener& l) { l.on_ack(*self, Ack::flushed, epoch); });
    });
}

void SinkPort::forget_given() {
    given_.clear();
    again_.clear();
    resending_.store(false, std::memory_order_release);
}

void SinkPort::preroll(MediaTime at) {
    strand_->post([self = shared_from_this(), at, epoch = epoch()] {
        self->delivered_epoch_.store(epoch, std::memory_order_release);
        self->intake_->wait();
        self->sink_->preroll(at);
    });
    prerolled_epoch_.store(epoch(), std::memory_order_release);
    wake_stage();
}

void SinkPort::change_over(MediaTime at) {
    strand_->post([self = shared_from_this(), at, epoch = epoch()] {
        self->delivered_epoch_.store(epoch, std::memory_order_release);
        self->forget_given();
        self->intake_->forget();
        self->sink_->change_over(at);
    });
    prerolled_epoch_.store(epoch(), std::memory_order_release);
    wake_stage();
}

void SinkPort::admit() {
    strand_->post([self = shared_from_this(), epoch = epoch()] {
        self->delivered_epoch_.store(epoch, std::memory_order_release);
    });
    prerolled_epoch_.store(epoch(), std::memory_order_release);
    wake_stage();
}

void SinkPort::step() {
    strand_->post([self = shared_from_this()] { self->sink_->step(); });
}

ClockNotify SinkPort::notify() {
    return [weak = weak_from_this()](Task task) {
        if (auto self = weak.lock()) self->strand_->post(std::move(task));
    };
}

std::shared_ptr<ClockStateSink> SinkPort::clock_sink() { return clock_sink_; }

bool SinkPort::detach() { return strand_->detach(); }

void SinkPort::shut_down_sink(std::shared_ptr<void> until) {
    raise(std::numeric_limits<Epoch>::max()); // nothing is handed to it any more
    strand_->post([self = shared_from_this(), until = std::move(until)]() mutable {
        self->sink_->shut_down();
        until.reset();
    });
}

void SinkPort::leave_sink(std::shared_ptr<void> until) {
    strand_->post(
        [self = shared_from_this(), until = std::move(until)]() mutable { until.reset(); });
}

bool SinkPort::take_request() {
    int open = demand_.load(std::memory_order_acquire);
    while (open > 0) {
        if (demand_.compare_exchange_weak(open, open - 1, std::memory_order_acq_rel)) return true;
    }
    return false;
}

void SinkPort::deliver(Sample sample, Epoch epoch) {
    strand_->post([self = shared_from_this(), sample = std::move(sample), epoch]() mutable {
        if (epoch < self->floor_.load(std::memory_order_acquire)) {
            // Refused: the request it would have answered is open again.
            self->stale_.fetch_add(1, std::memory_order_relaxed);
            self->request(1);
            return;
        }
        self->delivered_.fetch_add(1, std::memory_order_relaxed);
        if (auto* block = std::get_if<AudioBlock>(&sample)) {
            self->samples_.fetch_add(static_cast<std::uint64_t>(block->frames),
                                     std::memory_order_relaxed);
        }
        Item item = item_of(std::move(sample));
        if (self->log_->should_log(spdlog::level::trace)) {
            using Ms = std::chrono::duration<double, std::milli>;
            self->log_->trace("{} at {:.3f} ms", to_string(self->sink_->kind()),
                              Ms{item.begin.time_since_epoch()}.count());
        }
        self->hand_over(std::move(item));
    });
}

void SinkPort::end(Epoch epoch) {
    strand_->post([self = shared_from_this(), epoch] {
        if (epoch < self->floor_.load(std::memory_order_acquire)) return;
        Item end;
        end.marker = Marker{Marker::Kind::end_of_segment, {}, epoch};
        self->hand_over(std::move(end));
    });
}

void SinkPort::request(int n) {
    if (n <= 0) return;
    demand_.fetch_add(n, std::memory_order_acq_rel);
    if (resending_.load(std::memory_order_acquire)) {
        strand_->post([self = shared_from_this()] { self->serve(); });
    } else {
        wake_stage();
    }
}

void SinkPort::wake_stage() {
    std::function<void()> wake;
    {
        std::lock_guard lock(mutex_);
        wake = on_demand_;
    }
    if (wake) wake();
}

void SinkPort::marker_reached(const Marker& marker, Status status) {
    if (marker.kind != Marker::Kind::end_of_segment || !status.ok()) return;
    strand_->post([self = shared_from_this(), context = marker.context] {
        auto& given = self->given_;
        const auto end = std::find_if(given.begin(), given.end(), [&](const Item& item) {
            return item.marker && item.marker->context == context;
        });
        if (end != given.end()) given.erase(given.begin(), end + 1);
    });
    tell([self = shared_from_this(), epoch = marker.context](SinkPortListener& l) {
        l.on_end_rendered(*self, epoch);
    });
}

void SinkPort::scrub_complete(std::optional<MediaTime> rendered) {
    tell([self = shared_from_this(), rendered,
          epoch = delivered_epoch_.load(std::memory_order_acquire)](SinkPortListener& l) {
        l.on_scrubbed(*self, rendered, epoch);
    });
}

void SinkPort::format_invalidated() {
    tell([self = shared_from_this()](SinkPortListener& l) { l.on_format_invalidated(*self); });
}

void SinkPort::audio_session_changed(AudioSessionReason reason) {
    tell([self = shared_from_this(), reason](SinkPortListener& l) {
        l.on_audio_session(*self, reason);
    });
}

void SinkPort::failed(Status status) {
    tell([self = shared_from_this(), status = std::move(status)](SinkPortListener& l) {
        l.on_sink_failed(*self, status);
    });
}

void SinkPort::post(Task task) {
    // The strand stays the sink's until this has run, also when the port is let go: the next port's
    // calls come behind it.
    strand_->post([self = shared_from_this(), task = std::move(task)]() mutable { task(); });
}

void SinkPort::dropped(int samples) {
    late_.fetch_add(static_cast<std::uint64_t>(samples), std::memory_order_relaxed);
    tell([self = shared_from_this(), samples](SinkPortListener& l) {
        l.on_dropped(*self, samples);
    });
}

void SinkPort::underran(int times) {
    underruns_.fetch_add(static_cast<std::uint64_t>(times), std::memory_order_relaxed);
}

void SinkPort::presented(Duration difference) {
    difference_.store(difference, std::memory_order_relaxed);
}

std::optional<Duration> SinkPort::difference() const {
    const Duration told = difference_.load(std::memory_order_relaxed);
    return told == not_told ? std::nullopt : std::optional{told};
}

void SinkPort::ack(Ack ack) {
    tell([self = shared_from_this(), ack, epoch = delivered_epoch_.load(std::memory_order_acquire)](
             SinkPortListener& l) { l.on_ack(*self, ack, epoch); });
}

void SinkPort::tell(std::function<void(SinkPortListener&)> what) {
    std::weak_ptr<SinkPortListener> listener;
    {
        std::lock_guard lock(mutex_);
        listener = listener_;
    }
    executor_->post([weak = std::move(listener), what = std::move(what)] {
        if (auto l = weak.lock()) what(*l);
    });
}

} // namespace playhead
