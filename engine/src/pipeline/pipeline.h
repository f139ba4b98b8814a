// Pipeline: the moving parts of one resolved topology: readers, queues, decoders, ports.
//
//   Reader --> PacketQueue --> DecodeStage --> SinkPort --> StreamSink
//   blocking lane              work lane      work lane
//
// Behind a tee one stage serves several ports.
//
// It carries out what the session decides and reports what has come about; it decides nothing but
// whom to leave behind.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "pipeline/buffer_watch.h"
#include "pipeline/decode_stage.h"
#include "pipeline/quality_desk.h"
#include "pipeline/reader.h"
#include "pipeline/sink_port.h"
#include "pipeline/sink_strands.h"
#include "playhead/engine.h"
#include "playhead/event.h"
#include "playhead/statistics.h"

namespace playhead {

// One stream on its way to several outputs: the branches that have the same one are decoded together.
struct TeePlan {
    LimbPlan limbs;
    std::unique_ptr<Outlet> outlet; // made during resolution
};

// One stream from source to sink, as resolution found it.
struct BranchPlan {
    std::shared_ptr<Source> source;
    StreamIndex stream = -1;
    StreamKind kind = StreamKind::data;
    DecoderRecipe recipe;
    std::unique_ptr<Decoder> decoder; // made during resolution; of a tee, with its first branch
    std::shared_ptr<TeePlan> tee;     // null: the stream has one output
    std::shared_ptr<StreamSink> sink;
    std::shared_ptr<StreamSinkFactory> sink_factory;
    int source_node = -1;
    int output_node = -1;
    bool keep_alive = false;
    bool disable_preroll = false;
    bool rateless = false; // by its node; the sink may say it itself
    bool forbid_dynamic_change = false;
    Duration media_start{};              // where in the source the presentation begins
    std::optional<MediaTime> media_stop; // and ends
};

// One counter for all pipelines of a session, so that what comes later has the higher epoch whichever
// pipeline it comes from. Threads: control lane.
using EpochCounter = std::shared_ptr<Epoch>;

// How the sources of a pipeline are to run.
struct SourcesStart {
    MediaTime at{};    // presentation time
    Duration offset{}; // presentation time of the presentation's beginning
    Direction direction = Direction::forward;
    Thinning thinning = Thinning::none;
    bool preview = false;
    bool to_key = false; // at the key frame at or before `at`: on_sources_started tells which
};

class Pipeline;

// Threads: control lane.
class PipelineListener {
public:
    virtual ~PipelineListener() = default;
    virtual void on_sources_started(Pipeline& from, Status status,
                                    std::optional<MediaTime> landed) = 0;
    virtual void on_sources_stopped(Pipeline& from) = 0;
    virtual void on_switch_ready(Pipeline& from, Status status) = 0; // answers begin_switch
    virtual void on_sources_read(Pipeline& from) = 0;                // everything has been read
    virtual void on_acked(Pipeline& from, Ack ack) = 0;              // every live port has
    // The last sample has reached every sink; what follows begins at `end`.
    virtual void on_all_delivered(Pipeline& from, MediaTime end) = 0;
    virtual void on_all_rendered(Pipeline& from) = 0; // and has been shown
    virtual void on_scrubbed(Pipeline& from, std::optional<MediaTime> shown) = 0;
    virtual void on_pipeline_failed(Pipeline& from, Status status) = 0;
    virtual void on_damage(Pipeline& from, Status status, StreamIndex stream) = 0;
    virtual void on_sink_format_changed(Pipeline& from, int node) = 0;
    virtual void on_audio_session(Pipeline& from, int node, AudioSessionReason reason) = 0;
    virtual void on_sink_lost(Pipeline& from, Status status, int node) = 0;
    // What reaches these outputs is of another type from here on.
    virtual void on_types_changed(Pipeline& from, const std::vector<TypeChange>& changes) = 0;
    virtual void on_quality_changed(Pipeline& from, const QualityChanged& change) = 0;
    // Told by the source of that node; or seen here: its queues have run dry, or hold enough again.
    virtual void on_source_news(Pipeline& from, int source_node, const SourceNews& news) = 0;
};

// What is counted on the way of one stream to one output.
struct Counted {
    StreamIndex stream = -1;
    StreamKind kind = StreamKind::data;
    std::shared_ptr<const DecodeStage> stage;
    std::shared_ptr<const PacketQueue> queue;
    std::shared_ptr<const SinkPort> port;        // may be null
    std::shared_ptr<const QualityWatch> quality; // may be null

    StreamStatistics statistics() const; // any thread
};

// Threads: control lane.
class Pipeline final : public SinkPortListener, public std::enable_shared_from_this<Pipeline> {
public:
    Pipeline(std::shared_ptr<Executor> executor, std::shared_ptr<PresentationClock> clock,
             SinkBackends backends, std::vector<BranchPlan> plans, SessionId session,
             EpochCounter epochs, std::shared_ptr<SinkStrands> strands);
    ~Pipeline() override;

    // Before prepare(): who is told of how decoding keeps up. Null: nobody.
    void set_quality(std::shared_ptr<QualityDesk> desk) { desk_ = std::move(desk); }
    // The decoders are made ready; the sinks are not touched yet.
    void prepare(std::weak_ptr<PipelineListener> listener);
    // Takes the outputs: those that `from` (may be null) has in common with it come over as they are,
    // the others are attached.
    void take_outputs(Pipeline* from);
    // The same while `from` plays: what this one gives follows what that one gave, in the same sinks,
    // as presentation time from `offset` on.
    void follow(const std::shared_ptr<Pipeline>& from, Duration offset);
    // After follow(): `to` has them again. To be raised by both before anything else.
    void give_back_outputs(Pipeline& to);
    // Leaves everything: sinks are shut down unless kept alive or wanted by others, sources let go.
    // `done` follows on the control lane when all sinks have been; never, if one is stuck.
    enum class Sinks { by_attribute, all }; // all: also those that are to be kept alive
    void release(std::function<void()> done = {}, const std::set<const StreamSink*>& wanted = {},
                 Sinks which = Sinks::by_attribute);
    void collect_sinks(std::set<const StreamSink*>& into) const;

    // Nothing older passes from here on. A step of a decoder that goes on for too long is written off.
    void raise();
    // on_sources_started follows. Component_busy at once if something left behind has not come back.
    Status start_sources(const SourcesStart& start);
    void stop_sources();        // on_sources_stopped follows
    void preroll(MediaTime at); // on_acked(prerolled) follows
    // Instead of a preroll at rate 0. Once the clock has started, or a step was asked for, on_scrubbed
    // follows: when every sink that scrubs has shown its picture.
    void admit();
    void step();
    void set_thinning(Thinning thinning);
    void set_followed(bool followed);
    // A stream that is to take the place of what feeds this output (or to begin there) gets a reader,
    // started at the clock's position: on_switch_ready follows. Then commit_switch() puts it in: the
    // other branches are not touched, nor is the clock. Component_busy at once if it cannot be read.
    Status begin_switch(BranchPlan plan);
    void commit_switch();
    void abandon_switch();                               // nothing has changed
    void postpone_switch();                              // as change_stream() with what was begun
    void change_stream(BranchPlan plan);                 // the same from the next start on
    void switch_off(int node);                           // at once; never the last one
    std::shared_ptr<StreamSink> sink_of(int node) const; // null: there has been no such output
    // Where this source node's streams end, from the next start of the sources on.
    void set_media_stop(int source_node, std::optional<MediaTime> stop);
    // The streams that play forward are to end there from now on. `done` follows: false, if something of
    // behind an earlier end has been handed out, or what lies before a later one was left out; then only
    // a start of the sources helps. `reads` tells that sources which had been read are read on.
    void limit(LateEnd late, std::function<void(bool fits, bool reads)> done);
    void flush_sinks(); // on_acked(flushed) follows
    // The clock is about to tell the sinks: on_acked(ack) follows once all have answered.
    void expect(Ack ack);
    // In the place of a clock that is stopped already; on_acked(stopped) follows if it is expected.
    void stop_sinks();
    // Whoever has not answered what is expected now is left behind, if it is stuck in a call.
    void leave_stragglers();

    std::shared_ptr<ClockTimeSource> choose_time_source() const;
    // Whether it would do: a sink of these, or host time where none of them can drive a clock.
    bool has_time_source(const std::shared_ptr<ClockTimeSource>& source) const;
    // Lets the clock go on from where it is by a source that will do.
    void renew_time_source() const;
    std::optional<MediaTime> shown_pts() const; // of the first picture since the last start
    // Of those that playing waits for.
    bool any_live(int besides_node = -1) const;
    // Thinned or not, at which rates the sinks can follow; restricts `rates`.
    void restrict_rates(RateSupport& rates) const;
    std::vector<Counted> counted() const;

    // SinkPortListener
    void on_ack(SinkPort& port, Ack ack, Epoch epoch) override;
    void on_end_rendered(SinkPort& port, Epoch epoch) override;
    void on_scrubbed(SinkPort& port, std::optional<MediaTime> shown, Epoch epoch) override;
    void on_sink_failed(SinkPort& port, Status status) override;
    void on_dropped(SinkPort& port, int samples) override;
    void on_format_invalidated(SinkPort& port) override;
    void on_audio_session(SinkPort& port, AudioSessionReason reason) override;

private:
    struct Branch;
    struct Trunk;
    struct Feed;
    struct Switching;
    Branch* find(const SinkPort& port);
    std::shared_ptr<SinkPort> make_port(Branch& branch);
    Branch* take_port(Branch& branch, Pipeline& from);
    Branch* find_output(int node);
    bool is_awaited(const Branch& branch) const;
    bool is_awaited(const Feed& feed) const;
    bool is_wanted_whole(const Branch& branch) const;
    void group_feeds();
    void let_go(ReaderHandle& handle);
    void unfeed(Trunk& trunk);
    void check_read();
    std::vector<Trunk*> trunks() const;
    void make_stage(Trunk& trunk, std::unique_ptr<Decoder> decoder, std::unique_ptr<Outlet> outlet);
    void remake_stage(Trunk& trunk) { make_stage(trunk, nullptr, nullptr); }
    void give_ports(Trunk& trunk, Duration shift);
    void leave_out(Branch& branch);
    std::shared_ptr<Trunk> leave_trunk(Branch& branch);
    void read_enough();
    DecodeOrder order_of(const BranchPlan& plan, Duration own) const;
    ReaderStart reader_start(const std::shared_ptr<Feed>& feed, const BranchPlan& plan,
                             Duration own) const;
    Duration own_time() const; // where the clock is in this presentation
    Branch& replace_stream(BranchPlan plan, std::shared_ptr<PacketQueue> queue, Epoch epoch);
    void make_missing_ports();
    void await_scrub();
    void check_scrub();
    void restart_at_key();
    MediaTime end_time() const;
    void connect(Trunk& trunk);
    void watch_quality(Trunk& trunk);
    std::function<void(SourceNews)> news_from(const std::shared_ptr<Feed>& feed,
                                              int source_node) const;
    void tell_damage(Status status, StreamIndex stream);
    void watch_buffers(const Feed& feed);
    void check_acks();
    void check_ends();
    std::vector<std::shared_ptr<Intake>> rateless_intakes() const;
    Status revive();

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<PresentationClock> clock_;
    const SinkBackends backends_;
    const SessionId session_;
    std::weak_ptr<PipelineListener> listener_;
    std::shared_ptr<QualityDesk> desk_;
    std::shared_ptr<BufferWatch> buffers_;
    std::vector<std::unique_ptr<Branch>> branches_;
    std::vector<std::shared_ptr<Feed>> feeds_;
    std::unique_ptr<Switching> switching_;
    const EpochCounter epochs_;
    const std::shared_ptr<SinkStrands> strands_;
    Epoch epoch_ = 1;
    std::weak_ptr<Pipeline> predecessor_; // whose samples may still be in the sinks
    SourcesStart wanted_;                 // of the latest start
    Duration offset_{};
    MediaTime begun_at_{};
    std::optional<Ack> expected_;
    int sources_awaited_ = 0;
    std::optional<MediaTime> landed_; // presentation time
    Status sources_status_;
    Status read_error_; // of a source: told once what was read before it has been rendered
    bool delivered_told_ = false;
    bool rendered_told_ = false;
};

} // namespace playhead
