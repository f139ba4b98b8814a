#include "session/session_core.h"

#include <algorithm>
#include <utility>

#include "session/facts.h"

namespace playhead {

namespace {

constexpr int max_pending = 1024;
// design.md: who does not answer a flush within this is left behind.
constexpr Duration answer_bound = std::chrono::milliseconds{20};
constexpr Duration shutdown_bound = std::chrono::milliseconds{100};

std::shared_ptr<QualityDesk> make_desk(const EngineServices& services, SessionId id,
                                       const SessionOptions& options, PresentationClock& clock) {
    std::shared_ptr<QualityManager> manager;
    if (const auto* own = std::get_if<std::shared_ptr<QualityManager>>(&options.quality)) {
        manager = *own;
    } else if (std::holds_alternative<DefaultQuality>(options.quality) &&
               !services.options.bit_exact) {
        manager = std::make_shared<SteppedQuality>();
    }
    if (!manager) return nullptr;
    auto desk = std::make_shared<QualityDesk>(services.executor, std::move(manager), id);
    (void)clock.add_state_sink(desk, desk->notify());
    return desk;
}

}  // namespace

SessionCore::SessionCore(std::shared_ptr<EngineServices> services, SessionId id,
                         SessionOptions options)
    : services_(std::move(services)), id_(id), options_(options),
      clock_(std::make_shared<PresentationClock>(services_->executor)),
      quality_(make_desk(*services_, id, options_, *clock_)),
      events_(services_->bus.queue(options.queue_events
                                     ? of_session(id)
                                     : EventFilter([](const Event&) { return false; }))) {}

// ---- any thread ------------------------------------------------------------------------------

// Project times belong to a session with global time, and to no other.
Status SessionCore::check_times(const Topology& topology) const {
    const auto& start = topology.project_start;
    const auto& stop = topology.project_stop;
    if (!options_.global_time) {
        if (!start && !stop) return {};
        return {Errc::topo_invalid_time_attributes,
                "project times belong to a session with global time"};
    }
    if (!start || !stop || *stop < *start) {
        return {Errc::topo_invalid_time_attributes,
                "a session with global time needs a project start and a project stop behind it"};
    }
    return {};
}

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
        inbox_.push_back({command, std::move(with), false});
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
        self->die([done] { done->set(); });
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

Result<std::shared_ptr<const Topology>> SessionCore::full_topology(TopologyId id) const {
    if (auto ok = alive(); !ok) return fail(ok.error());
    std::lock_guard lock(mutex_);
    if (id == 0 && public_.current == 0) {
        return fail(Errc::invalid_request, "there is no current presentation");
    }
    const auto found = public_.topologies.find(id == 0 ? public_.current : id);
    if (found == public_.topologies.end()) {
        return fail(Errc::not_found, "no topology of this number is current or queued");
    }
    return found->second;
}

Result<double> SessionCore::rate() const {
    return alive().map([this] {
        std::lock_guard lock(mutex_);
        return public_.rate;
    });
}

Result<RateSupport> SessionCore::rate_support() const {
    if (auto ok = alive(); !ok) return fail(ok.error());
    std::lock_guard lock(mutex_);
    if (public_.current == 0) {
        return fail(Errc::invalid_request, "there is no current presentation");
    }
    return public_.rates;
}

void SessionCore::mark_last(SegmentId segment, bool last) { feed(MarkLast{segment, last}); }

bool SessionCore::withdraw(SegmentId segment, CommandId command) {
    const auto has = [&](const PresentationFacts& facts) { return facts.segment == segment; };
    const bool at_outputs =
        (model_.current && has(*model_.current)) ||
        std::any_of(model_.joined.begin(), model_.joined.end(),
                    [&](const SessionModel::Joined& joined) { return has(joined.facts); });
    if (at_outputs) return false;
    const auto mark = [command](std::deque<Pending>& waiting) {
        for (auto& pending : waiting) pending.withdrawn |= pending.command.id == command;
    };
    mark(fifo_);
    {
        std::lock_guard lock(mutex_);
        mark(inbox_);
    }
    feed(Withdraw{segment, command});
    asked_behind_ = 0;
    ask_for_next();
    return true;
}

// Every presentation at the outputs but the last one is followed, and that one if something waits.
void SessionCore::mark_followed() {
    if (dead_ || !model_.current) return;
    const bool waits = model_.next || !model_.queue.empty();
    const auto mark = [this](TopologyId id, bool followed) {
        if (auto* e = entry(id)) e->pipeline->set_followed(followed);
    };
    mark(model_.current->topology, waits || !model_.joined.empty());
    for (auto& joined : model_.joined) {
        mark(joined.facts.topology, waits || &joined != &model_.joined.back());
    }
}

void SessionCore::ask_for_next() {
    if (dead_ || !model_.current || !model_.queue.empty() || model_.next) return;
    const auto& tail = model_.joined.empty() ? *model_.current : model_.joined.back().facts;
    if (tail.segment == 0 || asked_behind_ == tail.topology) return;
    asked_behind_ = tail.topology;
    std::shared_ptr<SegmentProvider> segments;
    {
        std::lock_guard lock(mutex_);
        segments = segments_.lock();
    }
    if (segments) segments->wants_next(tail.segment);
}

void SessionCore::attach(std::weak_ptr<SegmentProvider> segments) {
    std::lock_guard lock(mutex_);
    segments_ = std::move(segments);
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
        if (next.withdrawn || (hurry && can_be_overtaken(next.command.kind))) {
            Complete done{next.command.id, empty_completion(next.command.kind),
                          Status{Errc::cancelled, next.withdrawn ? "the segment was withdrawn"
                                                                 : "overtaken by a stop"}};
            complete(done);
            continue;
        }
        resolving_ = std::move(next.with);
        feed(Execute{next.command, clock_reading()});
        // By now others may have been executed behind it.
        const auto& still = model_.operation;
        if (hurry && still && still->command.id == next.command.id) feed(Preempted{});
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
    mark_followed();
    ask_for_next();
    pump();
}

std::optional<MediaTime> SessionCore::clock_reading() const {
    auto time = clock_->time();
    return time ? std::optional<MediaTime>(*time) : std::nullopt;
}

// ---- control lane: actions -------------------------------------------------------------------

SessionCore::Entry* SessionCore::entry(TopologyId id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

SessionCore::Entry* SessionCore::current() { return entry(current_); }

Pipeline* SessionCore::current_pipeline() {
    auto* c = current();
    return c ? c->pipeline.get() : nullptr;
}

Pipeline* SessionCore::output_pipeline() {
    if (model_.joined.empty()) return current_pipeline();
    auto* last = entry(model_.joined.back().facts.topology);
    return last ? last->pipeline.get() : current_pipeline();
}

TopologyId SessionCore::id_of(const Pipeline& pipeline) const {
    for (const auto& [id, entry] : entries_) {
        if (entry.pipeline.get() == &pipeline) return id;
    }
    return 0;
}

void SessionCore::carry_out(SessionAction& action) {
    struct Visitor {
        SessionCore& s;
        Pipeline* pipeline() const { return s.current_pipeline(); }
        // What the clock refuses is the command's failure.
        void judge(const Result<void>& result) const {
            if (!result) s.feed(Failed{result.error()});
        }
        // The same, where there may be no command that waits for it.
        void judge(const Result<void>& result, Await by) const {
            const auto& operation = s.model_.operation;
            if (result || (operation && operation->await == by)) return judge(result);
            s.feed(ClockRefused{result.error()});
        }

        void operator()(ResolveTopology&) const { s.begin_resolving(); }
        void operator()(ResolveSegment&) const { s.begin_resolving_segment(); }
        void operator()(ResolveStream&) const { s.begin_switching(); }
        void operator()(BeginSwitch&) const {
            s.switching_->begun = true;
            auto status = pipeline()->begin_switch(std::move(*s.switching_->plan));
            if (!status.ok()) s.feed(Failed{std::move(status)});
        }
        void operator()(CommitSwitch& a) const { s.commit_switch(a.playing); }
        void operator()(AbandonSwitch&) const { s.abandon_switch(); }
        void operator()(AdoptTopology& a) const { s.adopt(a.topology); }
        void operator()(DropTopology& a) const { s.drop(a.topology); }
        void operator()(DropResolved&) const {
            ++s.resolve_ticket_;
            if (s.resolved_ != 0) s.drop(std::exchange(s.resolved_, 0));
        }
        void operator()(DropCurrent&) const { s.drop(std::exchange(s.current_, 0)); }
        void operator()(StartSources& a) const {
            SourcesStart start;
            start.at = a.at;
            start.offset = a.offset;
            start.direction = a.gait == Gait::reverse ? Direction::reverse : Direction::forward;
            start.thinning = a.thinning;
            start.preview = a.gait == Gait::forward;
            start.to_key = a.mode == SeekMode::key_frame;
            auto status = pipeline()->start_sources(start);
            if (!status.ok()) s.feed(Failed{std::move(status)});
        }
        void operator()(PrepareNext& a) const {
            auto& next = *s.entry(a.topology)->pipeline;
            next.prepare(s.weak_from_this());
            next.raise();
            SourcesStart start;
            start.at = media_zero + a.from;
            start.thinning = s.model_.thinning;
            auto status = next.start_sources(start);
            if (!status.ok()) s.feed(NextReady{a.topology, std::move(status)});
        }
        void operator()(JoinNext& a) const {
            s.entry(a.topology)->pipeline->follow(s.entry(a.behind)->pipeline, a.offset);
        }
        void operator()(TakeBack& a) const {
            for (const auto id : a.topologies) {
                auto* entry = s.entry(id);
                if (!entry) continue;
                if (pipeline()) entry->pipeline->give_back_outputs(*pipeline());
                entry->pipeline->raise();
                entry->pipeline->stop_sources();
            }
        }
        void operator()(SwitchTo& a) const {
            const auto old = std::exchange(s.current_, a.topology);
            // The clock goes on from where it is, by a sink of the new one or by host time.
            auto& outputs = *s.output_pipeline();
            if (!outputs.has_time_source(s.clock_->time_source())) {
                s.clock_->set_time_source(outputs.choose_time_source());
            }
            s.drop(old);
        }
        void operator()(ChooseTimeSource&) const {
            if (!pipeline()->has_time_source(s.clock_->time_source())) {
                s.clock_->set_time_source(pipeline()->choose_time_source());
            }
            if (s.clock_->rate() != s.model_.rate) judge(s.clock_->set_rate(s.model_.rate));
        }
        void operator()(HoldClock& a) const { (void)s.clock_->hold(a.at); }
        void operator()(PrerollSinks& a) const {
            if (a.flush_first) pipeline()->flush_sinks();
            pipeline()->preroll(a.at);
        }
        void operator()(AdmitSinks& a) const {
            if (a.flush_first) pipeline()->flush_sinks();
            pipeline()->admit();
        }
        void operator()(StepSinks&) const { pipeline()->step(); }
        void operator()(StartClock& a) const {
            pipeline()->expect(Ack::started);
            judge(s.clock_->start(a.at));
        }
        void operator()(ResumeClock&) const {
            s.output_pipeline()->expect(Ack::started);
            judge(s.clock_->start_current(), Await::running);
        }
        void operator()(PauseClock&) const {
            s.output_pipeline()->expect(Ack::paused);
            judge(s.clock_->pause(), Await::held);
            if (s.model_.operation) s.model_.operation->position = s.clock_reading();
        }
        void operator()(CueClock& a) const { (void)s.clock_->cue(a.at); }
        void operator()(ApplyRate& a) const {
            // Before the first start there is no time source yet: it is told when it is chosen.
            Result<void> done;
            if (s.clock_->time_source()) done = s.clock_->set_rate(a.rate);
            if (done && s.model_.active) s.output_pipeline()->set_thinning(a.thinning);
            if (s.model_.operation && s.model_.operation->await == Await::rate) {
                if (done) s.feed(Reached{Await::rate, {}});
                judge(done);
            }
        }
        void operator()(StopClock&) const {
            pipeline()->raise();
            pipeline()->expect(Ack::stopped);
            // A clock that does not run has no one to tell.
            if (!s.clock_->stop()) s.feed(Reached{Await::silent, {}});
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
            if (!pipeline()) {
                s.feed(Reached{Await::released, {}});
                return;
            }
            pipeline()->release([weak = s.weak_from_this()] {
                if (auto self = weak.lock()) self->feed(Reached{Await::released, {}});
            });
            s.entries_.erase(std::exchange(s.current_, 0));
        }
    };
    std::visit(Visitor{*this}, action);
}

void SessionCore::begin_resolving() {
    ++resolve_ticket_;
    const bool clear = has(resolving_.flags, SetTopology::clear_current);
    if (resolving_.topology && clear && !has(resolving_.flags, SetTopology::immediate)) {
        // It names the topology to be cleared, if that is the current one.
        const auto* c = current();
        const bool same = c && (*c->given == *resolving_.topology || *c->topology == *resolving_.topology);
        feed(Resolved{{}, std::nullopt, same ? SetTopology::clear_current : SetTopology::none});
    } else if (!resolving_.topology) {
        feed(Resolved{{}, std::nullopt, resolving_.flags});
    } else {
        resolve_on_work_lane(resolving_.topology, resolving_.flags);
    }
}

void SessionCore::begin_resolving_segment() {
    ++resolve_ticket_;
    std::shared_ptr<SegmentProvider> segments;
    {
        std::lock_guard lock(mutex_);
        segments = segments_.lock();
    }
    const auto& position = model_.operation->command.position;
    if (!segments) {
        feed(Resolved{{Errc::unsupported_time_format, "only a session with a sequencer has segments"},
                      std::nullopt, {}});
        return;
    }
    const auto* by_id = std::get_if<StartSegment>(&position);
    const auto* by_entry = std::get_if<StartEntry>(&position);
    auto choice = by_id ? segments->choose(by_id->segment, 0)
                        : segments->choose(model_.current->segment, by_entry->entries);
    if (!choice) {
        feed(Resolved{choice.error(), std::nullopt, {}});
        return;
    }
    resolve_on_work_lane(std::move(*choice), SetTopology::none);
}

// Codecs and sinks are asked, so this is no work for the control lane.
void SessionCore::resolve_on_work_lane(std::shared_ptr<const Topology> topology, SetTopology flags) {
    WorkOptions options;
    options.deadline = services_->executor->now();
    options.account = id_;
    services_->executor->post_work(
        options, [self = shared_from_this(), ticket = resolve_ticket_, topology = std::move(topology),
                  flags, resolver = services_->resolver_services()]() mutable {
            auto resolution = std::make_shared<Resolution>(
                resolve(topology, has(flags, SetTopology::no_resolution), resolver));
            auto& executor = *self->services_->executor;
            executor.post([self = std::move(self), ticket, topology = std::move(topology),
                           resolution]() mutable {
                self->on_resolved(ticket, std::move(topology), std::move(*resolution));
            });
        });
}

void SessionCore::on_resolved(std::uint64_t ticket, std::shared_ptr<const Topology> given,
                              Resolution resolution) {
    if (dead_ || ticket != resolve_ticket_) return;
    Resolved answer;
    answer.flags = resolving_.flags;
    answer.status = std::move(resolution.status);
    if (answer.status.ok()) {
        Entry made;
        made.id = ++last_topology_;
        made.given = std::move(given);
        answer.status = source_facts(*resolution.topology, made.facts);
        made.facts.topology = made.id;
        made.facts.segment = resolution.topology->segment;
        made.facts.last = resolution.topology->last_segment;
        made.topology = std::move(resolution.topology);
        made.pipeline = std::make_shared<Pipeline>(
            services_->executor, clock_,
            SinkBackends{services_->options.converters, services_->options.stretchers},
            std::move(resolution.plans), id_, epochs_, services_->sink_strands);
        made.pipeline->set_quality(quality_);
        made.pipeline->restrict_rates(made.facts.rates);
        find_capabilities(made.facts, *made.topology);
        if (answer.status.ok()) {
            answer.facts = made.facts;
            resolved_ = made.id;
            entries_.emplace(made.id, std::move(made));
        }
    }
    feed(std::move(answer));
}

void SessionCore::adopt(TopologyId id) {
    resolved_ = 0;
    auto& taken = *entry(id);
    auto* old = current_pipeline();
    taken.pipeline->prepare(weak_from_this());
    taken.pipeline->raise();
    taken.pipeline->take_outputs(old);
    const auto before = std::exchange(current_, id);
    if (before != 0) drop(before);
}

void SessionCore::drop(TopologyId id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    const auto pipeline = std::move(found->second.pipeline);
    entries_.erase(found);
    std::set<const StreamSink*> wanted;
    for (const auto& [other, entry] : entries_) entry.pipeline->collect_sinks(wanted);
    pipeline->release({}, wanted);
}

void SessionCore::complete(Complete& done) {
    if (auto* set = std::get_if<TopologySet>(&done.body); set && done.status.ok() && set->topology != 0) {
        set->resolved = entry(set->topology)->topology;
        resolved_ = 0;
    }
    if (auto* started = std::get_if<SessionStarted>(&done.body); started && done.status.ok()) {
        started->shown_pts = current_pipeline()->shown_pts();
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
    Public now;
    now.state = model_.state;
    now.capabilities = model_.capabilities;
    now.rate = model_.rate;
    now.current = model_.current ? model_.current->topology : 0;
    if (model_.current) now.rates = model_.current->rates;
    for (const auto& [id, entry] : entries_) {
        if (id != resolved_) now.topologies.emplace(id, entry.topology);
    }
    if (const auto* c = current()) now.pipeline = c->pipeline;
    std::lock_guard lock(mutex_);
    std::swap(public_, now);
}

// Shutdown: what was accepted completes, then everything is let go.
void SessionCore::die(const std::function<void()>& released) {
    if (dead_) return released();
    std::vector<CommandInput> owed;
    if (model_.operation && model_.operation->command.kind != CommandKind::advance) {
        owed.push_back(model_.operation->command);
    }
    for (auto& pending : fifo_) owed.push_back(pending.command);
    {
        std::lock_guard lock(mutex_);
        for (auto& pending : inbox_) owed.push_back(pending.command);
        inbox_.clear();
    }
    fifo_.clear();
    inputs_.clear();
    for (const auto& [topology, open] : std::exchange(model_.buffering, {})) {
        for (int i = 0; i < open; ++i) post(BufferingStopped{}, {});
    }
    for (auto& command : owed) {
        Complete done{command.id, empty_completion(command.kind),
                      Status{Errc::shut_down, "the session was shut down"}};
        complete(done);
    }
    dead_ = true;
    model_.operation.reset();
    disarm_bound();
    if (current()) (void)clock_->stop();
    // Runs when the last pipeline has let go of its sinks; never, if one is stuck.
    const std::shared_ptr<void> all(nullptr, [released](void*) { released(); });
    for (auto& [id, entry] : entries_) {
        entry.pipeline->release([all] {}, {}, Pipeline::Sinks::all);
    }
    entries_.clear();
    current_ = resolved_ = 0;
    model_.state = SessionState::shut_down;
    clock_->shut_down();
    publish_state();
}

// ---- control lane: what the pipeline reports --------------------------------------------------

void SessionCore::on_sources_started(Pipeline& from, Status status,
                                     std::optional<MediaTime> landed) {
    const auto id = id_of(from);
    if (model_.next && model_.next->facts.topology == id) {
        feed(NextReady{id, std::move(status)});
    } else if (status.ok()) {
        feed(Reached{Await::sources, landed});
    } else {
        feed(Failed{std::move(status)});
    }
}

void SessionCore::on_sources_stopped(Pipeline& from) {
    if (&from == current_pipeline()) feed(Reached{Await::sources_idle, {}});
}

void SessionCore::on_sources_read(Pipeline& from) { feed(SourcesRead{id_of(from)}); }

void SessionCore::on_acked(Pipeline& from, Ack ack) {
    static_cast<void>(from);
    switch (ack) {
        case Ack::prerolled: feed(Reached{Await::prerolled, {}}); break;
        case Ack::started: feed(Reached{Await::running, {}}); break;
        case Ack::paused: feed(Reached{Await::held, {}}); break;
        case Ack::stopped: feed(Reached{Await::silent, {}}); break;
        case Ack::flushed: feed(Reached{Await::flushed, {}}); break;
    }
}

void SessionCore::on_all_delivered(Pipeline& from, MediaTime end) {
    feed(Delivered{id_of(from), end});
}

void SessionCore::on_all_rendered(Pipeline& from) {
    feed(Rendered{id_of(from), clock_reading().value_or(media_zero)});
}

void SessionCore::on_scrubbed(Pipeline& from, std::optional<MediaTime> shown) {
    if (&from == current_pipeline()) feed(Scrubbed{shown});
}

void SessionCore::on_pipeline_failed(Pipeline& from, Status status) {
    feed(Broken{std::move(status), clock_reading().value_or(media_zero), id_of(from), false});
}

void SessionCore::on_damage(Pipeline& from, Status status, StreamIndex stream) {
    static_cast<void>(from);
    post(NonFatalError{clock_reading(), stream}, std::move(status));
}

// The topology is a value that others hold: the new types stand in another one.
void SessionCore::on_type_changed(Pipeline& from, int source_node, const MediaType& type) {
    auto* changed = entry(id_of(from));
    if (!changed) return;
    changed->topology = retyped(*changed->topology, source_node, type);
    publish_state();
    post(TopologyStatus{changed->id, TopologyState::dynamic_changed}, {});
}

void SessionCore::on_sink_format_changed(Pipeline& from, int node) {
    static_cast<void>(from);
    post(StreamSinkFormatChanged{node}, {});
}

void SessionCore::on_audio_session(Pipeline& from, int node, AudioSessionReason reason) {
    static_cast<void>(from);
    post(AudioSessionChanged{node, reason}, {});
}

void SessionCore::on_quality_changed(Pipeline& from, const QualityChanged& change) {
    static_cast<void>(from);
    post(change, {});
}

void SessionCore::on_sink_lost(Pipeline& from, Status status, int node) {
    post(SinkInvalidated{node}, status);
    if (!from.any_live()) {
        feed(Broken{std::move(status), clock_reading().value_or(media_zero), 0, true});
        return;
    }
    // The clock goes on from where it is, by another sink or by host time.
    if (clock_->time_source()) clock_->set_time_source(from.choose_time_source());
}

}  // namespace playhead
