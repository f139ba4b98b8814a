#include "length_limit.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace playhead::apps {

// Shared with the sinks, which may outlive the program's objects by a little.
struct LengthLimit::State {
    std::function<void()> wake;
    std::atomic<MediaTime::rep> end{MediaTime::max().time_since_epoch().count()};
    std::atomic<int> playing{0}; // sinks that play now
    std::atomic<int> over{0};    // of those, how many have had it all

    MediaTime end_time() const { return MediaTime{Duration{end.load()}}; }
};

namespace {

template <class State>
class LimitedSink final : public StreamSink {
public:
    LimitedSink(std::shared_ptr<StreamSink> sink, std::shared_ptr<State> state)
        : sink_(std::move(sink)),
          state_(std::move(state)) {}
    ~LimitedSink() override { leave(); }

    StreamKind kind() const override { return sink_->kind(); }
    SinkTraits traits() const override { return sink_->traits(); }
    Result<MediaType> negotiate(const MediaType& offered) const override {
        return sink_->negotiate(offered);
    }
    ClockTimeSource* time_source() override { return sink_->time_source(); }

    void attach(const SinkContext& context) override {
        leave();
        host_ = context.host;
        swallowed_ = 0;
        sink_->attach(context);
    }
    void preroll(MediaTime t) override {
        enter();
        // The sink still counts on what it asked for and we kept.
        if (swallowed_ > 0) host_->request(std::exchange(swallowed_, 0));
        sink_->preroll(t);
    }
    void change_over(MediaTime t) override {
        enter();
        if (swallowed_ > 0) host_->request(std::exchange(swallowed_, 0));
        sink_->change_over(t);
    }
    void shut_down() override {
        leave();
        host_.reset();
        sink_->shut_down();
    }

    void process(Sample sample) override {
        const MediaTime end = state_->end_time();
        if (auto* block = std::get_if<AudioBlock>(&sample)) {
            if (block->pts + block->length() >= end) {
                finish();
                const auto fit = duration_to_frames(std::max(Duration{}, end - block->pts),
                                                    block->buffer->format().rate_hz);
                block->frames = std::min(block->frames, fit);
                if (block->frames == 0) {
                    ++swallowed_;
                    return;
                }
            }
        } else if (begin_of(sample) >= end) {
            finish();
            ++swallowed_; // not asking for more is how it stays finished
            return;
        }
        sink_->process(std::move(sample));
    }

    void place_marker(const Marker& marker) override {
        if (marker.kind == Marker::Kind::end_of_segment) finish(); // it ended before its limit
        sink_->place_marker(marker);
    }
    void flush() override { sink_->flush(); }
    void on_start(HostTime when, MediaTime at) override { sink_->on_start(when, at); }
    void on_restart(HostTime when) override { sink_->on_restart(when); }
    void on_pause(HostTime when) override { sink_->on_pause(when); }
    void on_stop(HostTime when) override { sink_->on_stop(when); }
    void on_set_rate(HostTime when, double rate) override { sink_->on_set_rate(when, rate); }
    void cut(MediaTime t) override { sink_->cut(t); }
    void step() override { sink_->step(); }

private:
    static MediaTime begin_of(const Sample& sample) {
        const auto* frame = std::get_if<VideoFrame>(&sample);
        return frame != nullptr ? frame->pts : std::get<SubtitleCue>(sample).pts;
    }
    void enter() {
        leave();
        if (is_sparse(kind())) {
            return; // its next one may be far, or never come
        }
        entered_ = true;
        ++state_->playing;
    }
    void leave() {
        if (std::exchange(entered_, false)) --state_->playing;
        if (std::exchange(finished_, false)) --state_->over;
    }
    void finish() {
        if (entered_ && !std::exchange(finished_, true)) {
            ++state_->over;
            host_->prerolled(); // it may wait for more than there is
            state_->wake();
        }
    }

    const std::shared_ptr<StreamSink> sink_;
    const std::shared_ptr<State> state_;
    std::shared_ptr<StreamSinkHost> host_;
    int swallowed_ = 0; // samples kept from the sink, whose requests are still to be answered
    bool entered_ = false;
    bool finished_ = false;
};

} // namespace

LengthLimit::LengthLimit(std::function<void()> wake) : state_(std::make_shared<State>()) {
    state_->wake = std::move(wake);
}

LengthLimit::~LengthLimit() = default;

void LengthLimit::set(MediaTime end) { state_->end.store(end.time_since_epoch().count()); }

std::shared_ptr<StreamSink> LengthLimit::before(std::shared_ptr<StreamSink> sink) {
    return std::make_shared<LimitedSink<State>>(std::move(sink), state_);
}

bool LengthLimit::reached() const {
    const int playing = state_->playing.load();
    return playing > 0 && state_->over.load() >= playing;
}

} // namespace playhead::apps
