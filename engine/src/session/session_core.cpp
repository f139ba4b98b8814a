#include "session/session_core.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

constexpr int max_pending = 1024;
// design.md: who does not answer a flush within this is left behind.
constexpr Duration answer_bound = std::chrono::milliseconds{20};
constexpr Duration shutdown_bound = std::chrono::milliseconds{100};

Status source_facts(const Topology& topology, PresentationFacts& facts) {
    bool any = false;
    facts.seekable = true;
    bool network = false;
    for (const Node& node : topology.nodes()) {
        const auto* source = std::get_if<SourceNode>(&node.body);
        if (!source) continue;
        const Presentation& p = source->source->presentation();
        any = true;
        facts.seekable &= p.seekable;
        facts.can_pause &= !p.live;
        network |= p.uses_network;
        if (p.duration) {
            facts.duration = std::max(facts.duration.value_or(Duration{}), *p.duration);
        }
    }
    facts.capabilities = static_cast<unsigned>(Capability::start);
    if (facts.seekable) facts.capabilities |= static_cast<unsigned>(Capability::seek);
    if (!network) facts.capabilities |= static_cast<unsigned>(Capability::does_not_use_network);
    return any ? Status{} : Status{Errc::invalid_argument, "a topology without a source"};
}

}  // namespace

SessionCore::SessionCore(std::shared_ptr<EngineServices> services, SessionId id,
                         SessionOptions options)
    : services_(std::move(services)), id_(id),
      clock_(std::make_shared<PresentationClock>(services_->executor)),
      events_(services_->bus.queue(options.queue_events
                                     ? of_session(id)
                                     : EventFilter([](const Event&) { return false; }))) {}

// ---- any thread ------------------------------------------------------------------------------

Result<CommandId> SessionCore::submit(CommandInput command, Topologies with) {
    bool first = false;
    {
        std::lock_guard lock(mutex_);
        if (shut_) return fail(Errc::shut_down, "the session was shut down");
        if (closing_) return fail(Errc::invalid_request, "the session is closed");
        if (pending_ >= max_pending) {
            return fail(Errc::too_many_commands, "1,024 commands are waiting already");
        }
        command.id = services_->next_command();
        closing_ = command.kind == CommandKind::close;
        ++pending_;
        first = inbox_.empty();
        inbox_.push_back({command, std::move(with)});
    }
    if (first) {
        services_->executor->post([self = shared_from_this()] { self->drain(); });
    }
    return command.id;
}

Result<void> SessionCore::shutdown() {
    {
        std::lock_guard lock(mutex_);
        if (shut_) return fail(Errc::shut_down, "the session was shut down before");
        shut_ = true;
    }
    auto& executor = *services_->executor;
    const std::shared_ptr<Signal> done = executor.make_signal();
    executor.post([self = shared_from_this(), done] {
        self->die();
        done->set();
    });
    if (!executor.on_control_lane()) (void)done->wait(executor.now() + shutdown_bound);
    services_->bus.silence(id_);
    events_.shut_down();
    return {};
}

Result<void> SessionCore::alive() const {
    std::lock_guard lock(mutex_);
    if (shut_) return fail(Errc::shut_down, "the session was shut down");
    return {};
}

Result<std::shared_ptr<const PresentationClock>> SessionCore::clock() const {
    return alive().map([this] { return std::shared_ptr<const PresentationClock>(clock_); });
}

Result<Capabilities> SessionCore::capabilities() const {
    return alive().map([this] {
        std::lock_guard lock(mutex_);
        return public_.capabilities;
    });
}

Result<std::shared_ptr<const Topology>> SessionCore::full_topology() const {
    if (auto ok = alive(); !ok) return fail(ok.error());
    std::lock_guard lock(mutex_);
    if (!public_.topology) return fail(Errc::invalid_request, "there is no current presentation");
    return public_.topology;
}

Result<SessionState> SessionCore::state() const {
    return alive().map([this] {
        std::lock_guard lock(mutex_);
        return public_.state;
    });
}

Result<MediaTime> SessionCore::position() const {
    if (auto ok = alive(); !ok) return fail(ok.error());
    return clock_->time().value_or(media_zero);
}

Result<SessionStatistics> SessionCore::statistics() const {
    if (auto ok = alive(); !ok) return fail(ok.error());
    std::shared_ptr<Pipeline> pipeline;
    {
        std::lock_guard lock(mutex_);
        pipeline = public_.pipeline;
    }
    SessionStatistics statistics;
    if (pipeline) pipeline->statistics(statistics);
    return statistics;
}

Result<void> SessionCore::queue_event(UserEvent event) {
    if (auto ok = alive(); !ok) return ok;
    Event wrapped;
    wrapped.session = id_;
    wrapped.body = std::move(event);
    services_->bus.publish(std::move(wrapped));
    return {};
}

// ---- control lane: commands ------------------------------------------------------------------

void SessionCore::drain() {
    std::deque<Pending> arrived;
    {
        std::lock_guard lock(mutex_);
        arrived.swap(inbox_);
    }
    if (dead_) return;
    bool overtakes = false;
    for (auto& pending : arrived) {
        overtakes |= pending.command.kind == CommandKind::stop ||
                     pending.command.kind == CommandKind::close;
        fifo_.push_back(std::move(pending));
    }
    if (overtakes && model_.operation) feed(Preempted{});
    pump();
}

// A stop or close waits behind what is at the head.
bool SessionCore::overtaken() const {
    return std::any_of(fifo_.begin(), fifo_.end(), [](const Pending& p) {
        return p.command.kind == CommandKind::stop || p.command.kind == CommandKind::close;
    });
}

void SessionCore::pump() {
    while (!stepping_ && !model_.operation && !fifo_.empty() && !dead_) {
        Pending next = std::move(fifo_.front());
        fifo_.pop_front();
        const bool hurry = overtaken();
        if (hurry && can_be_overtaken(next.command.kind)) {
            Complete done{next.command.id, empty_completion(next.command.kind),
                          Status{Errc::cancelled, "overtaken by a stop"}};
            complete(done);
            continue;
        }
        resolving_ = std::move(next.with);
        feed(Execute{next.command, clock_reading()});
        if (hurry && model_.operation) feed(Preempted{});
    }
}

void SessionCore::feed(SessionInput input) {
    if (dead_) return;
    inputs_.push_back(std::move(input));
    if (stepping_) return;
    stepping_ = true;
    while (!inputs_.empty() && !dead_) {
        auto in = std::move(inputs_.front());
        inputs_.pop_front();
        auto result = step(std::move(model_), in);
        model_ = std::move(result.model);
        for (auto& action : result.actions) carry_out(action);
        publish_state();
    }
    stepping_ = false;
    pump();
}

std::optional<MediaTime> SessionCore::clock_reading() const {
    auto time = clock_->time();
    return time ? std::optional<MediaTime>(*time) : std::nullopt;
}

// ---- control lane: actions -------------------------------------------------------------------

void SessionCore::carry_out(SessionAction& action) {
    struct Visitor {
        SessionCore& s;
        Pipeline* pipeline() const { return s.current_ ? s.current_->pipeline.get() : nullptr; }
        // What the clock refuses is the command's failure.
        void judge(const Result<void>& result) const {
            if (!result) s.feed(Failed{result.error()});
        }

        void operator()(ResolveTopology&) const { s.begin_resolving(); }
        void operator()(AdoptTopology&) const { s.adopt(std::move(*s.resolved_)); }
        void operator()(QueueTopology&) const { s.queue_.push_back(std::move(*s.resolved_)); }
        void operator()(DropResolved&) const {
            ++s.resolve_ticket_;
            s.resolved_.reset();
        }
        void operator()(DropCurrent&) const {
            if (s.current_) s.current_->pipeline->release();
            s.current_.reset();
        }
        void operator()(ClearQueue&) const { s.queue_.clear(); }
        void operator()(StartSources& a) const {
            auto status = pipeline()->start_sources(a.at);
            if (!status.ok()) s.feed(Failed{std::move(status)});
        }
        void operator()(ChooseTimeSource&) const {
            s.clock_->set_time_source(pipeline()->choose_time_source());
        }
        void operator()(HoldClock& a) const { (void)s.clock_->hold(a.at); }
        void operator()(PrerollSinks& a) const {
            if (a.flush_first) pipeline()->flush_sinks();
            pipeline()->preroll(a.at);
        }
        void operator()(StartClock& a) const {
            pipeline()->expect(Ack::started);
            judge(s.clock_->start(a.at));
        }
        void operator()(ResumeClock&) const {
            pipeline()->expect(Ack::started);
            judge(s.clock_->start_current());
        }
        void operator()(PauseClock&) const {
            pipeline()->expect(Ack::paused);
            judge(s.clock_->pause());
            if (s.model_.operation) s.model_.operation->position = s.clock_reading();
        }
        void operator()(CueClock& a) const { (void)s.clock_->cue(a.at); }
        void operator()(StopClock&) const {
            pipeline()->raise();
            pipeline()->expect(Ack::stopped);
            // A clock that does not run has no one to tell.
            if (!s.clock_->stop()) s.feed(Reached{Await::silent});
        }
        void operator()(RaiseEpoch&) const { pipeline()->raise(); }
        void operator()(StopSources&) const { pipeline()->stop_sources(); }
        void operator()(FlushSinks&) const { pipeline()->flush_sinks(); }
        void operator()(ArmBound&) const { s.arm_bound(); }
        void operator()(DisarmBound&) const { s.disarm_bound(); }
        void operator()(LeaveStragglers&) const { pipeline()->leave_stragglers(); }
        void operator()(Post& a) const { s.post(std::move(a.body), std::move(a.status)); }
        void operator()(Complete& a) const { s.complete(a); }
        void operator()(ReleaseAll&) const {
            if (!s.current_) {
                s.feed(Reached{Await::released});
                return;
            }
            s.current_->pipeline->release([weak = s.weak_from_this()] {
                if (auto self = weak.lock()) self->feed(Reached{Await::released});
            });
            s.current_.reset();
        }
    };
    std::visit(Visitor{*this}, action);
}

void SessionCore::begin_resolving() {
    const auto ticket = ++resolve_ticket_;
    if (!resolving_.topology) {
        feed(Resolved{{}, std::nullopt, resolving_.flags});
        return;
    }
    // Codecs and sinks are asked, so this is no work for the control lane.
    WorkOptions options;
    options.deadline = services_->executor->now();
    options.account = id_;
    services_->executor->post_work(
        options, [self = shared_from_this(), ticket, with = resolving_,
                  resolver = services_->resolver_services()]() mutable {
            auto resolution = std::make_shared<Resolution>(resolve(
                with.topology, has(with.flags, SetTopology::no_resolution), resolver));
            auto& executor = *self->services_->executor;
            executor.post([self = std::move(self), ticket, resolution] {
                self->on_resolved(ticket, std::move(*resolution));
            });
        });
}

void SessionCore::on_resolved(std::uint64_t ticket, Resolution resolution) {
    if (dead_ || ticket != resolve_ticket_) return;
    Resolved answer;
    answer.flags = resolving_.flags;
    answer.status = std::move(resolution.status);
    if (answer.status.ok()) {
        Entry entry;
        entry.id = ++last_topology_;
        answer.status = source_facts(*resolution.topology, entry.facts);
        entry.facts.topology = entry.id;
        entry.topology = std::move(resolution.topology);
        entry.pipeline = std::make_shared<Pipeline>(services_->executor, clock_,
                                                    SinkBackends{services_->options.converters,
                                                                 services_->options.stretchers},
                                                    std::move(resolution.plans), id_);
        answer.facts = entry.facts;
        resolved_ = std::move(entry);
    }
    feed(std::move(answer));
}

void SessionCore::adopt(Entry entry) {
    if (current_) current_->pipeline->release();
    current_ = std::move(entry);
    resolved_.reset();
    current_->pipeline->open(weak_from_this());
}

void SessionCore::complete(Complete& done) {
    if (auto* set = std::get_if<TopologySet>(&done.body); set && done.status.ok() && resolved_) {
        set->resolved = resolved_->topology;
    }
    if (auto* started = std::get_if<SessionStarted>(&done.body); started && done.status.ok()) {
        started->shown_pts = current_->pipeline->shown_pts();
    }
    {
        std::lock_guard lock(mutex_);
        --pending_;
    }
    publish_state();
    post(std::move(done.body), std::move(done.status), done.id);
}

void SessionCore::post(EventBody body, Status status, CommandId command) {
    Event event;
    event.session = id_;
    event.command = command;
    event.status = std::move(status);
    event.body = std::move(body);
    services_->bus.publish(std::move(event));
}

void SessionCore::arm_bound() {
    disarm_bound();
    auto& executor = *services_->executor;
    bound_ = executor.at(executor.now() + answer_bound, [weak = weak_from_this()] {
        if (auto self = weak.lock()) {
            self->bound_ = 0;
            self->feed(TimedOut{});
        }
    });
}

void SessionCore::disarm_bound() {
    if (bound_ != 0) services_->executor->cancel(std::exchange(bound_, 0));
}

// Before each completion event, so that whoever hears it sees the state it speaks of.
void SessionCore::publish_state() {
    Public now{model_.state, model_.capabilities, current_ ? current_->topology : nullptr,
               current_ ? current_->pipeline : nullptr};
    std::lock_guard lock(mutex_);
    std::swap(public_, now);
}

// Shutdown: what was accepted completes, then everything is let go.
void SessionCore::die() {
    if (dead_) return;
    std::vector<CommandInput> owed;
    if (model_.operation) owed.push_back(model_.operation->command);
    for (auto& pending : fifo_) owed.push_back(pending.command);
    {
        std::lock_guard lock(mutex_);
        for (auto& pending : inbox_) owed.push_back(pending.command);
        inbox_.clear();
    }
    fifo_.clear();
    inputs_.clear();
    for (auto& command : owed) {
        Complete done{command.id, empty_completion(command.kind),
                      Status{Errc::shut_down, "the session was shut down"}};
        complete(done);
    }
    dead_ = true;
    model_.operation.reset();
    disarm_bound();
    if (current_) {
        (void)clock_->stop();
        current_->pipeline->release();
    }
    current_.reset();
    resolved_.reset();
    queue_.clear();
    model_.state = SessionState::shut_down;
    clock_->shut_down();
    publish_state();
}

// ---- control lane: what the pipeline reports --------------------------------------------------

void SessionCore::on_sources_started(Status status) {
    if (status.ok()) {
        feed(Reached{Await::sources});
    } else {
        feed(Failed{std::move(status)});
    }
}

void SessionCore::on_sources_stopped() { feed(Reached{Await::sources_idle}); }

void SessionCore::on_acked(Ack ack) {
    switch (ack) {
        case Ack::prerolled: feed(Reached{Await::prerolled}); break;
        case Ack::started: feed(Reached{Await::running}); break;
        case Ack::paused: feed(Reached{Await::held}); break;
        case Ack::stopped: feed(Reached{Await::silent}); break;
        case Ack::flushed: feed(Reached{Await::flushed}); break;
    }
}

void SessionCore::on_all_delivered() { feed(Delivered{}); }

void SessionCore::on_all_rendered() {
    feed(Rendered{clock_reading().value_or(media_zero)});
}

void SessionCore::on_pipeline_failed(Status status) {
    feed(Broken{std::move(status), clock_reading().value_or(media_zero)});
}

void SessionCore::on_damage(Status status, StreamIndex stream) {
    post(NonFatalError{clock_reading(), stream}, std::move(status));
}

void SessionCore::on_sink_lost(Status status, int node) {
    post(SinkInvalidated{node}, status);
    if (!current_) return;
    if (!current_->pipeline->any_live()) {
        feed(Broken{std::move(status), clock_reading().value_or(media_zero)});
        return;
    }
    // The clock goes on from where it is, by another sink or by host time.
    if (clock_->time_source()) clock_->set_time_source(current_->pipeline->choose_time_source());
}

}  // namespace playhead
