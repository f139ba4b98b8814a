// SinkPort: one output of a pipeline. It owns the sink's strand, keeps count of the sink's requests,
// refuses samples of an old epoch, and turns what the sink says into acknowledgements.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "clock/intake_clock.h"
#include "engine/logs.h"
#include "playhead/backend/mutex.h"
#include "playhead/backend/stream_sink.h"
#include "playhead/backend/work_strand.h"

namespace playhead {

// What a sink can be waited for. One bit each.
enum class Ack : unsigned { prerolled = 1, started = 2, paused = 4, stopped = 8, flushed = 16 };

class SinkPort;

// What backends lend to sinks, either of which may be null, and where a pipeline says what it does.
struct SinkBackends {
    std::shared_ptr<ConverterFactory> converters;
    std::shared_ptr<TimeStretcherFactory> stretchers;
    Log log = silent_log("pipeline");
};

// Whoever runs the pipeline. Threads: control lane.
class SinkPortListener {
public:
    virtual ~SinkPortListener() = default;
    virtual void on_ack(SinkPort& port, Ack ack, Epoch epoch) = 0;
    virtual void on_end_rendered(SinkPort& port, Epoch epoch) = 0;
    virtual void on_scrubbed(SinkPort& port, std::optional<MediaTime> shown, Epoch epoch) = 0;
    virtual void on_sink_failed(SinkPort& port, Status status) = 0;
    virtual void on_dropped(SinkPort& port, int samples) = 0; // by the sink: late
    virtual void on_format_invalidated(SinkPort& port) = 0;
    virtual void on_audio_session(SinkPort& port, AudioSessionReason reason) = 0;
};

// Threads: control lane, save deliver(), end() and demand (the decode stage's strand) and the
// StreamSinkHost part (any).
class SinkPort final : public StreamSinkHost, public std::enable_shared_from_this<SinkPort> {
public:
    // `strand` is the sink's (SinkStrands).
    SinkPort(std::shared_ptr<Executor> executor, std::shared_ptr<StreamSink> sink, int node,
             std::shared_ptr<WorkStrand> strand);

    const std::shared_ptr<StreamSink>& sink() const { return sink_; }
    int node() const { return node_; }
    // What the sink has taken, if it is one that takes without a look at the clock.
    const std::shared_ptr<Intake>& intake() const { return intake_; }
    // Hands the port over to another pipeline, for which it is this node.
    void belong_to(std::weak_ptr<SinkPortListener> listener, int node);

    void attach(std::weak_ptr<SinkPortListener> listener,
                std::shared_ptr<const PresentationClock> clock, const SinkBackends& backends);
    // Called (any thread) when there are requests to serve again.
    void on_demand(std::function<void()> wake);

    // Nothing of an older epoch reaches the sink any more.
    void raise(Epoch epoch) {
        floor_.store(epoch, std::memory_order_release);
        epoch_.store(epoch, std::memory_order_release);
    }
    // Samples of this epoch follow those of the one before, which stay welcome: requests that are
    // open are served from it. With a cut they are not, and what the sink has of there and beyond is void.
    void follow(Epoch epoch, std::optional<MediaTime> cut = std::nullopt);
    Epoch epoch() const { return epoch_.load(std::memory_order_acquire); }
    void flush(); // acknowledged
    void preroll(MediaTime at);
    // The samples of the epoch that it has just been raised to are another stream's; the clock goes on.
    void change_over(MediaTime at);
    // Lets the sink's requests be served from here on without a preroll: a start at rate 0.
    void admit();
    // The sink is to show its next sample; on_scrubbed follows if it is one that scrubs.
    void step();
    // The sink is asked whether it takes this type; then it is given again, from the clock's position
    // on, what it has been given and has not rendered.
    void renew(const MediaType& type);
    // The clock's notifications go through here, in order with the samples.
    ClockNotify notify();
    std::shared_ptr<ClockStateSink> clock_sink();
    // Leaves the sink behind if it is inside a call; true if it was.
    bool detach();
    bool busy() const { return strand_->busy(); }
    // `until` is let go when it has been.
    void shut_down_sink(std::shared_ptr<void> until);
    // The sink stays as it is, and gets what is on its way to it; `until` is let go then.
    void leave_sink(std::shared_ptr<void> until);
    // Work until then is urgent.
    void set_deadline(std::optional<HostTime> deadline) { strand_->set_deadline(deadline); }

    // Decode stage: takes one request; false if none is open.
    bool take_request();
    // Requests are served from the preroll of the epoch on: what a sink asked for before a seek or a
    // stop stays open meanwhile, and nothing reaches it that it has not been told to expect.
    bool wants() const {
        return demand_.load(std::memory_order_acquire) > 0 &&
               !resending_.load(std::memory_order_acquire) && admitted();
    }
    // The sink has been told to expect something of the epoch.
    bool admitted() const { return prerolled_epoch_.load(std::memory_order_acquire) == epoch(); }
    void deliver(Sample sample, Epoch epoch);
    void end(Epoch epoch);

    std::uint64_t delivered() const { return delivered_.load(std::memory_order_relaxed); }
    std::uint64_t stale() const { return stale_.load(std::memory_order_relaxed); }
    std::uint64_t dropped_late() const { return late_.load(std::memory_order_relaxed); }
    std::uint64_t underruns() const { return underruns_.load(std::memory_order_relaxed); }
    std::optional<Duration> difference() const;
    std::uint64_t samples() const { return samples_.load(std::memory_order_relaxed); }

    // StreamSinkHost
    void request(int n) override;
    void prerolled() override { ack(Ack::prerolled); }
    void started() override { ack(Ack::started); }
    void paused() override { ack(Ack::paused); }
    void stopped() override { ack(Ack::stopped); }
    void rate_set(Status) override {}
    void marker_reached(const Marker& marker, Status status) override;
    void scrub_complete(std::optional<MediaTime> rendered) override;
    void failed(Status status) override;
    void format_invalidated() override;
    void audio_session_changed(AudioSessionReason reason) override;
    void post(Task task) override;
    void dropped(int samples) override;
    void underran(int times) override;
    void presented(Duration difference) override;

private:
    class ClockSide;
    class HostSide;
    static constexpr Duration not_told = Duration::min();
    // A sample, or a marker behind those before it.
    struct Item {
        std::optional<Sample> sample;
        std::optional<Marker> marker;
        MediaTime begin{};
        MediaTime end{};
    };
    static Item item_of(Sample sample);
    void hand_over(Item item);
    void forget_rendered();
    void forget_given();
    void resend();
    void serve();
    void ack(Ack ack);
    void wake_stage();
    void tell(std::function<void(SinkPortListener&)> what);

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<StreamSink> sink_;
    int node_; // control lane
    const std::shared_ptr<WorkStrand> strand_;
    const std::shared_ptr<Intake> intake_ = std::make_shared<Intake>();
    std::shared_ptr<ClockStateSink> clock_sink_;
    Log log_; // set before the strand's first task, as is the clock
    std::shared_ptr<const PresentationClock> clock_; // set before the strand's first task
    std::deque<Item> given_; // the strand's: and not rendered yet, as far as the clock tells
    std::deque<Item> again_; // the strand's: to be given again
    std::atomic<bool> resending_{false}; // again_ is not empty; written on the strand
    Mutex mutex_; // guards what the control lane sets and any thread calls: these two
    std::function<void()> on_demand_;
    std::weak_ptr<SinkPortListener> listener_;
    std::atomic<Epoch> epoch_{0};
    std::atomic<Epoch> floor_{0};           // samples older than this are refused
    std::atomic<Epoch> prerolled_epoch_{0}; // of the last preroll asked for
    std::atomic<Epoch> delivered_epoch_{0}; // of the last call that reached the sink
    std::atomic<int> demand_{0};
    std::atomic<std::uint64_t> delivered_{0}, stale_{0}, late_{0}, samples_{0}, underruns_{0};
    std::atomic<Duration> difference_{not_told};
};

} // namespace playhead
