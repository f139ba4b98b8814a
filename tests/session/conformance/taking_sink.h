// TakingSink: takes one sample after the other, so long after each, without a look at the clock.
#pragma once

#include <memory>
#include <optional>

#include "playhead/backend/stream_sink.h"

namespace playhead::test {

// Threads: as StreamSink says; what it has taken is to be read while the simulation stands.
class TakingSink final : public StreamSink, public std::enable_shared_from_this<TakingSink> {
public:
    TakingSink(StreamKind kind, Duration pace, bool says_so)
        : kind_(kind),
          pace_(pace),
          says_so_(says_so) {}

    int taken = 0;
    std::optional<MediaRange> last; // taken, in presentation time
    std::optional<MediaTime> first; // since the last flush or stop

    StreamKind kind() const override { return kind_; }
    SinkTraits traits() const override {
        SinkTraits traits;
        traits.rateless = says_so_;
        return traits;
    }
    Result<MediaType> negotiate(const MediaType& offered) const override { return offered; }
    void attach(const SinkContext& context) override {
        context_ = context;
        open_ = 0;
        waiting_.reset();
        running_ = prerolling_ = false;
    }
    void preroll(MediaTime) override {
        running_ = false;
        prerolling_ = true;
        ask();
    }
    void process(Sample sample) override {
        --open_;
        MediaRange range;
        if (const auto* block = std::get_if<AudioBlock>(&sample)) {
            range = {block->pts, block->pts + block->length()};
        } else {
            const auto& frame = std::get<VideoFrame>(sample);
            if (frame.provisional) return ask();
            range = {frame.pts, frame.pts + *frame.duration};
        }
        if (std::exchange(prerolling_, false)) context_.host->prerolled();
        waiting_ = range;
        take();
    }
    void place_marker(const Marker& marker) override {
        if (std::exchange(prerolling_, false)) context_.host->prerolled();
        marker_ = marker;
        take();
    }
    void flush() override {
        waiting_.reset();
        first.reset();
        if (const auto marker = std::exchange(marker_, std::nullopt)) {
            context_.host->marker_reached(*marker, Errc::aborted);
        }
    }
    void change_over(MediaTime) override {
        flush();
        ask();
    }
    void shut_down() override {
        ++generation_;
        context_ = {};
    }
    void on_start(HostTime, MediaTime) override { go(); }
    void on_restart(HostTime) override { go(); }
    void on_pause(HostTime) override {
        running_ = false;
        ++generation_;
        context_.host->paused();
    }
    void on_stop(HostTime) override {
        running_ = false;
        ++generation_;
        first.reset();
        context_.host->stopped();
    }
    void on_set_rate(HostTime, double) override { context_.host->rate_set({}); }

private:
    void go() {
        running_ = true;
        context_.host->started();
        take();
    }
    void ask() {
        if (open_ > 0 || waiting_) return;
        ++open_;
        context_.host->request(1);
    }
    void take() {
        if (!running_) return;
        if (waiting_) {
            ++taken;
            last = *waiting_;
            if (!first) first = waiting_->begin;
            waiting_.reset();
            context_.executor->at(
                context_.executor->now() + pace_,
                [weak = weak_from_this(), host = context_.host, mine = ++generation_] {
                    host->post([weak, mine] {
                        const auto self = weak.lock();
                        if (self && mine == self->generation_) self->ask();
                    });
                });
        } else if (!marker_) {
            ask();
        }
        if (const auto marker = std::exchange(marker_, std::nullopt)) {
            context_.host->marker_reached(*marker, {});
            ask(); // what follows joins
        }
    }

    const StreamKind kind_;
    const Duration pace_;
    const bool says_so_;
    SinkContext context_;
    std::optional<MediaRange> waiting_;
    std::optional<Marker> marker_;
    int open_ = 0;
    bool running_ = false;
    bool prerolling_ = false;
    std::uint64_t generation_ = 0;
};

} // namespace playhead::test
