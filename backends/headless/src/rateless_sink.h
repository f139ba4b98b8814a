// RatelessSink: the duties of a stream sink that takes samples as fast as they come.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <variant>

#include "playhead/backend/stream_sink.h"

namespace playhead::headless {

// What is done with the samples. Threads: the sink's strand.
class SampleWork {
public:
    virtual ~SampleWork() = default;
    // What went wrong for good, or ok.
    virtual Status take(const Sample& sample, const SinkContext& context) {
        static_cast<void>(sample);
        static_cast<void>(context);
        return {};
    }
    // Everything so far is to be kept safe: at the end, at a stop, at a shutdown.
    virtual Status finish() { return {}; }
    // The next sample does not follow the last.
    virtual void interrupted() {}
};

// Before the clock starts, samples wait (a start may still be overtaken by another); while it runs
// they are taken at once; while it is paused they wait again. At rate 0 a sink of pictures takes one
// for each start and step, and one of sound none. Previews of a seek are never taken.
// Threads: as StreamSink says; the counters from anywhere.
class RatelessSink final : public StreamSink {
public:
    RatelessSink(StreamKind kind, std::shared_ptr<SampleWork> work);

    StreamKind kind() const override { return kind_; }
    SinkTraits traits() const override;
    Result<MediaType> negotiate(const MediaType& offered) const override;
    void attach(const SinkContext& context) override;
    void process(Sample sample) override;
    void place_marker(const Marker& marker) override;
    void flush() override;
    void change_over(MediaTime t) override;
    void preroll(MediaTime t) override;
    void step() override;
    void shut_down() override;

    void on_start(HostTime when, MediaTime at) override;
    void on_restart(HostTime when) override;
    void on_pause(HostTime when) override;
    void on_stop(HostTime when) override;
    void on_set_rate(HostTime when, double rate) override;

    std::uint64_t frames() const { return frames_.load(std::memory_order_relaxed); }
    // Ever, in whatever topology.
    bool failed() const { return has_failed_.load(std::memory_order_acquire); }
    std::uint64_t samples() const { return samples_.load(std::memory_order_relaxed); }

private:
    using Item = std::variant<Sample, Marker>;

    void take_waiting();
    void take(const Sample& sample);
    void scrub();
    void ask();
    void tell_trouble(Status status);

    const StreamKind kind_;
    const std::shared_ptr<SampleWork> work_;
    SinkContext context_;
    std::deque<Item> waiting_;
    int waiting_samples_ = 0;
    int open_requests_ = 0;
    bool running_ = false;
    bool prerolling_ = false;
    bool ended_ = false;
    bool failed_ = false; // since it was attached
    std::atomic<bool> has_failed_{false};
    double rate_ = 1.0;
    bool scrubbing_ = false; // rate 0: a start or a step waits for its picture
    std::atomic<std::uint64_t> frames_{0};
    std::atomic<std::uint64_t> samples_{0};
};

} // namespace playhead::headless
