#include "session/session_core.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

// design.md: who does not answer a flush within this is left behind.
constexpr Duration answer_bound = std::chrono::milliseconds{20};

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

} // namespace

SessionCore::SessionCore(std::shared_ptr<EngineServices> services, SessionId id,
                         SessionOptions options)
    : services_(std::move(services)),
      id_(id),
      options_(options),
      clock_(std::make_shared<PresentationClock>(services_->executor)),
      quality_(make_desk(*services_, id, options_, *clock_)),
      events_(services_->bus.queue(options.queue_events
                                       ? of_session(id)
                                       : EventFilter([](const Event&) { return false; }))) {}

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
        overtakes |=
            pending.command.kind == CommandKind::stop || pending.command.kind == CommandKind::close;
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
        if (options_.global_time) find_segment(next.command);
        resolving_ = std::move(next.with);
        feed(Execute{next.command, clock_reading()});
        if (model_.operation && overtaken()) feed(Preempted{});
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
        void operator()(FindStop&) const { s.find_stop(); }
        void operator()(ApplyStop& a) const { s.apply_stop(a.topology, s.limited_); }
        void operator()(RestoreStop& a) const {
            s.apply_stop(a.topology, s.unlimited_);
            s.limit(a.topology, LateEnd::refuse);
        }
        void operator()(LimitTo& a) const {
            s.limit(a.topology, a.let_be ? LateEnd::let_be : LateEnd::refuse);
        }
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
            // One that stands tells nobody; what has been prerolled meanwhile stops all the same.
            if (!s.clock_->stop()) pipeline()->stop_sinks();
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
    if (auto* set = std::get_if<TopologySet>(&done.body);
        set && done.status.ok() && set->topology != 0) {
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
    log_event(body, status, command);
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
            self->feed(TimedOut{self->clock_reading()});
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
    std::vector<Counted> counted;
    if (const auto* pipeline = current_pipeline()) counted = pipeline->counted();
    {
        std::lock_guard lock(mutex_);
        std::swap(public_, now);
    }
    std::lock_guard lock(counted_mutex_);
    std::swap(counted_, counted);
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

} // namespace playhead
