// Pipeline: the moving parts of one resolved topology: readers, queues, decoders, ports.
//
//   Reader --> PacketQueue --> DecodeStage --> SinkPort --> StreamSink
//   blocking lane              work lane      work lane
//
// It carries out what the session decides and reports what has come about; it decides nothing but
// whom to leave behind.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/decode_stage.h"
#include "pipeline/reader.h"
#include "pipeline/sink_port.h"
#include "playhead/engine.h"
#include "playhead/statistics.h"

namespace playhead {

// One stream from source to sink, as resolution found it.
struct BranchPlan {
    std::shared_ptr<Source> source;
    StreamIndex stream = -1;
    StreamKind kind = StreamKind::data;
    DecoderRecipe recipe;
    std::unique_ptr<Decoder> decoder;  // made during resolution
    std::shared_ptr<StreamSink> sink;
    std::shared_ptr<StreamSinkFactory> sink_factory;
    int output_node = -1;
    bool keep_alive = false;
    bool disable_preroll = false;
};

// Threads: control lane.
class PipelineListener {
public:
    virtual ~PipelineListener() = default;
    virtual void on_sources_started(Status status) = 0;
    virtual void on_sources_stopped() = 0;
    virtual void on_acked(Ack ack) = 0;        // every live port has
    virtual void on_all_delivered() = 0;       // the last sample has reached every sink
    virtual void on_all_rendered() = 0;        // and has been shown
    virtual void on_pipeline_failed(Status status) = 0;
    virtual void on_damage(Status status, StreamIndex stream) = 0;
    virtual void on_sink_lost(Status status, int node) = 0;
};

// Threads: control lane, save statistics() (any).
class Pipeline final : public SinkPortListener, public std::enable_shared_from_this<Pipeline> {
public:
    Pipeline(std::shared_ptr<Executor> executor, std::shared_ptr<PresentationClock> clock,
             SinkBackends backends, std::vector<BranchPlan> plans,
             SessionId session);
    ~Pipeline() override;

    void open(std::weak_ptr<PipelineListener> listener);  // attaches sinks
    // Leaves everything: sinks are shut down unless kept alive, sources let go. `done` follows on the
    // control lane when all sinks have been; never, if one is stuck.
    void release(std::function<void()> done = {});

    // Nothing older passes from here on. A step of a decoder that goes on for too long is written off.
    void raise();
    // on_sources_started follows. Component_busy at once if something left behind has not come back.
    Status start_sources(MediaTime at);
    void stop_sources();  // on_sources_stopped follows
    void preroll(MediaTime at);  // on_acked(prerolled) follows
    void flush_sinks();          // on_acked(flushed) follows
    // The clock is about to tell the sinks: on_acked(ack) follows once all have answered.
    void expect(Ack ack);
    // Whoever has not answered what is expected now is left behind, if it is stuck in a call.
    void leave_stragglers();

    std::shared_ptr<ClockTimeSource> choose_time_source() const;
    std::optional<MediaTime> shown_pts() const;  // of the first picture since the last start
    bool any_live() const;
    void statistics(SessionStatistics& into) const;

    // SinkPortListener
    void on_ack(SinkPort& port, Ack ack, Epoch epoch) override;
    void on_end_rendered(SinkPort& port, Epoch epoch) override;
    void on_scrubbed(SinkPort& port, std::optional<MediaTime> shown, Epoch epoch) override;
    void on_sink_failed(SinkPort& port, Status status) override;

private:
    struct Branch;
    struct Feed;
    Branch* find(const SinkPort& port);
    std::shared_ptr<SinkPort> make_port(Branch& branch);
    void connect(Branch& branch);
    void check_acks();
    void check_ends();
    Status revive();

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<PresentationClock> clock_;
    const SinkBackends backends_;
    const SessionId session_;
    std::weak_ptr<PipelineListener> listener_;
    std::vector<std::unique_ptr<Branch>> branches_;
    std::vector<Feed> feeds_;
    Epoch epoch_ = 1;
    std::optional<Ack> expected_;
    int sources_awaited_ = 0;
    Status sources_status_;
    Status read_error_;  // of a source: told once what was read before it has been rendered
    bool delivered_told_ = false;
    bool rendered_told_ = false;
};

}  // namespace playhead
