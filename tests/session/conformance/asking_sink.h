// AskingSink: a picture sink that asks when the test says so, and writes down what it is given.
#pragma once

#include <mutex>
#include <vector>

#include "playhead/backend/stream_sink.h"

namespace playhead::test {

// Threads: ask_for() and the records from the test, everything else on the sink's strand.
class AskingSink final : public StreamSink {
public:
    // How many it asks for by itself as soon as it is attached, and how long its shutdown takes.
    int at_attach = 0;
    Duration shutdown_takes{};
    // Drives the clock, if there is one.
    std::shared_ptr<ClockTimeSource> driver;

    void ask_for(int n) {
        std::shared_ptr<StreamSinkHost> host;
        {
            const std::lock_guard lock{mutex_};
            host = context_.host;
        }
        if (host) host->request(n);
    }
    std::vector<int> taken() { // in milliseconds; the end is a -1
        const std::lock_guard lock{mutex_};
        return std::exchange(taken_, {});
    }
    bool is_shut_down() const {
        const std::lock_guard lock{mutex_};
        return shut_down_;
    }

    StreamKind kind() const override { return StreamKind::video; }
    SinkTraits traits() const override { return {}; }
    Result<MediaType> negotiate(const MediaType& offered) const override { return offered; }
    void attach(const SinkContext& context) override {
        {
            const std::lock_guard lock{mutex_};
            context_ = context;
        }
        if (at_attach > 0) context.host->request(at_attach);
    }
    void process(Sample sample) override {
        {
            const std::lock_guard lock{mutex_};
            const auto& frame = std::get<VideoFrame>(sample);
            taken_.push_back(
                static_cast<int>(frame.pts.time_since_epoch() / std::chrono::milliseconds{1}));
        }
        report_prerolled();
    }
    void place_marker(const Marker& marker) override {
        if (marker.kind == Marker::Kind::end_of_segment) {
            const std::lock_guard lock{mutex_};
            taken_.push_back(-1);
        }
        report_prerolled();
        context_.host->marker_reached(marker, {});
    }
    void flush() override {}
    ClockTimeSource* time_source() override { return driver.get(); }
    void preroll(MediaTime) override { prerolling_ = true; }
    void shut_down() override {
        if (shutdown_takes > Duration{}) {
            (void)context_.executor->make_signal()->wait(context_.executor->now() + shutdown_takes);
        }
        const std::lock_guard lock{mutex_};
        context_ = {};
        shut_down_ = true;
    }
    void on_start(HostTime, MediaTime) override { context_.host->started(); }
    void on_restart(HostTime) override { context_.host->started(); }
    void on_pause(HostTime) override { context_.host->paused(); }
    void on_stop(HostTime) override { context_.host->stopped(); }
    void on_set_rate(HostTime, double) override { context_.host->rate_set({}); }

private:
    void report_prerolled() {
        if (std::exchange(prerolling_, false)) context_.host->prerolled();
    }

    mutable std::mutex mutex_;
    SinkContext context_;
    std::vector<int> taken_;
    bool prerolling_ = false;
    bool shut_down_ = false;
};

} // namespace playhead::test
