// SessionCore: what a Session handle speaks to. Commands come in from any thread through one short
// lock; everything else lives on the control lane, where step() decides and this carries out.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/engine_core.h"
#include "pipeline/pipeline.h"
#include "playhead/backend/mutex.h"
#include "playhead/session.h"
#include "session/segments.h"
#include "session/transitions.h"
#include "topology/resolver.h"

namespace playhead {

// What a switch_stream command brings along.
struct StreamChoice {
    NodeId node = 0;   // of an output, or
    OutputNode output; // one that may be new
    SourceNode to;
};

// What a set_topology command brings along.
struct Topologies {
    std::shared_ptr<const Topology> topology; // null: only flags
    SetTopology flags = SetTopology::none;
    std::shared_ptr<const StreamChoice> stream = nullptr; // of a switch_stream
};

// The current presentation with another stream, as it will be.
struct SwitchedStream {
    TopologyId of = 0; // of the presentation whose stream it is
    std::shared_ptr<const Topology> topology;
    NodeId node = 0;
    std::optional<BranchPlan> plan; // none: the output is switched off
    OutputNode output;
    bool begun = false; // the plan is with the pipeline
};

class SessionCore final : public PipelineListener,
                          public std::enable_shared_from_this<SessionCore> {
public:
    SessionCore(std::shared_ptr<EngineServices> services, SessionId id, SessionOptions options);

    // Any thread.
    Status check_times(const Topology& topology) const;
    Result<CommandId> submit(CommandInput command, Topologies with = {});
    Result<void> shutdown();
    SessionId id() const { return id_; }
    Result<std::shared_ptr<const PresentationClock>> clock() const;
    Result<Capabilities> capabilities() const;
    Result<std::shared_ptr<const Topology>> full_topology(TopologyId id) const;
    Result<double> rate() const;
    Result<RateSupport> rate_support() const;
    const SessionOptions& options() const { return options_; }
    const std::shared_ptr<EngineServices>& services() const { return services_; }

    Status takes_commands() const; // any thread
    // The sequencer's. Control lane, but attach (any).
    void attach(std::weak_ptr<SegmentProvider> segments);
    void mark_last(SegmentId segment, bool last);
    SegmentId current_segment() const { return model_.current ? model_.current->segment : 0; }
    Thinning thinning() const { return model_.thinning; }
    // The segment does not wait any more, nor does the command that sets it. What is at the outputs
    // stays. False: it did not wait.
    bool withdraw(SegmentId segment, CommandId command);
    // The same of a command alone: it completes as cancelled when its turn comes. False: it did not wait.
    bool withdraw(CommandId command);
    void find_segment(CommandInput& command) const;
    void ask_again();          // for the segment behind the last one
    void tell(EventBody body); // unless the session is closed
    Result<SessionState> state() const;
    Result<MediaTime> position() const;
    Result<SessionStatistics> statistics() const;
    EventQueue& events() { return events_; }
    Result<void> queue_event(UserEvent event);

    // PipelineListener
    void on_sources_started(Pipeline& from, Status status,
                            std::optional<MediaTime> landed) override;
    void on_sources_stopped(Pipeline& from) override;
    void on_switch_ready(Pipeline& from, Status status) override;
    void on_sources_read(Pipeline& from) override;
    void on_acked(Pipeline& from, Ack ack) override;
    void on_all_delivered(Pipeline& from, MediaTime end) override;
    void on_all_rendered(Pipeline& from) override;
    void on_scrubbed(Pipeline& from, std::optional<MediaTime> shown) override;
    void on_pipeline_failed(Pipeline& from, Status status) override;
    void on_damage(Pipeline& from, Status status, StreamIndex stream) override;
    void on_sink_lost(Pipeline& from, Status status, int node) override;
    void on_types_changed(Pipeline& from, const std::vector<TypeChange>& changes) override;
    void on_sink_format_changed(Pipeline& from, int node) override;
    void on_audio_session(Pipeline& from, int node, AudioSessionReason reason) override;
    void on_quality_changed(Pipeline& from, const QualityChanged& change) override;
    void on_source_news(Pipeline& from, int source_node, const SourceNews& news) override;

private:
    struct Pending {
        CommandInput command;
        Topologies with;
        bool withdrawn = false;
    };
    // A resolved topology and its moving parts.
    struct Entry {
        TopologyId id = 0;
        std::shared_ptr<const Topology> given;
        std::shared_ptr<const Topology> topology;
        std::shared_ptr<Pipeline> pipeline;
        PresentationFacts facts;
        std::map<int, SourceCharacteristics>
            characters;                            // of source nodes that have told of a change
        std::map<NodeId, OutputNode> outputs = {}; // switched off at the moment
    };

    void drain();
    void pump();
    void feed(SessionInput input);
    bool overtaken() const;
    void log_event(const EventBody& body, const Status& status, CommandId command) const;
    void carry_out(SessionAction& action);
    void begin_resolving();
    void begin_resolving_segment();
    void resolve_on_work_lane(std::shared_ptr<const Topology> topology, SetTopology flags);
    // In session_switch.cpp.
    void begin_switching();
    void on_stream_resolved(std::uint64_t ticket, Resolution resolution);
    Status name_output(const Entry& entry, const StreamChoice& choice);
    void tell_switched(const Entry& entry, StreamIndex stream, bool seekable);
    void commit_switch(bool playing);
    void abandon_switch();
    // In session_media_stop.cpp.
    void find_stop();
    void apply_stop(TopologyId id, const std::shared_ptr<const Topology>& topology);
    void limit(TopologyId topology, LateEnd late);
    void on_resolved(std::uint64_t ticket, std::shared_ptr<const Topology> given,
                     Resolution resolution);
    void ask_for_next();
    void mark_followed();
    // Control lane; null where there is none.
    Entry* entry(TopologyId id);
    Entry* current();
    Pipeline* current_pipeline();
    Pipeline* output_pipeline(); // the one that has the outputs: current, or joined to it
    TopologyId id_of(const Pipeline& pipeline) const;
    void adopt(TopologyId id);
    void drop(TopologyId id);
    void complete(Complete& done);
    void post(EventBody body, Status status, CommandId command = 0);
    void arm_bound();
    void disarm_bound();
    void publish_state();
    void die(const std::function<void()>& released);
    std::optional<MediaTime> clock_reading() const;
    Result<void> alive() const;

    const std::shared_ptr<EngineServices> services_;
    const SessionId id_;
    const SessionOptions options_;
    const std::shared_ptr<PresentationClock> clock_;
    const std::shared_ptr<QualityDesk> quality_; // null: none
    EventQueue events_;

    // Written by callers and the control lane, under the lock, which is held for a few instructions.
    mutable Mutex mutex_;
    std::deque<Pending> inbox_;
    int pending_ = 0;      // accepted, not completed
    bool closing_ = false; // close was accepted
    bool shut_ = false;
    struct Public {
        SessionState state = SessionState::idle;
        Capabilities capabilities = 0;
        std::map<TopologyId, std::shared_ptr<const Topology>> topologies;
        TopologyId current = 0;
        double rate = 1.0;
        RateSupport rates;
    } public_;
    mutable Mutex counted_mutex_;             // held while the counters are read
    std::vector<Counted> counted_;            // of the current presentation
    std::weak_ptr<SegmentProvider> segments_; // under the lock

    // Control lane.
    SessionModel model_;
    std::deque<Pending> fifo_;
    Topologies resolving_;
    std::optional<SwitchedStream> switching_;
    std::shared_ptr<const Topology> limited_, unlimited_; // with its new end, and as it was before
    std::uint64_t limit_ticket_ = 0;
    std::uint64_t resolve_ticket_ = 0;
    std::map<TopologyId, Entry> entries_; // current, joined, prepared, queued, just resolved
    TopologyId resolved_ = 0;             // set, and not told of yet
    TopologyId current_ = 0;              // whose pipeline is carried out on
    TopologyId asked_behind_ = 0;         // what the sequencer was asked to follow last
    const EpochCounter epochs_ = std::make_shared<Epoch>(1);
    std::deque<SessionInput> inputs_;
    bool stepping_ = false;
    bool dead_ = false;
    TimerId bound_ = 0;
    TopologyId last_topology_ = 0;
};

} // namespace playhead
