// The part of SessionCore that any thread may call: what is refused at once, and what can be asked.
#include <algorithm>
#include <utility>

#include "session/session_core.h"

namespace playhead {

namespace {

constexpr int max_pending = 1024;
constexpr Duration shutdown_bound = std::chrono::milliseconds{100};

} // namespace

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

Status SessionCore::takes_commands() const {
    std::lock_guard lock(mutex_);
    if (shut_) return {Errc::shut_down, "the session was shut down"};
    if (closing_) return {Errc::invalid_request, "the session is closed"};
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
    services_->logs.session->debug("session {}: {} #{}", id_, to_string(command.kind), command.id);
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
    executor.post([self = shared_from_this(), done] { self->die([done] { done->set(); }); });
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

bool SessionCore::withdraw(CommandId command) {
    bool waited = false;
    const auto mark = [&](std::deque<Pending>& waiting) {
        for (auto& pending : waiting) {
            if (command == 0 || pending.command.id != command) continue;
            pending.withdrawn = waited = true;
        }
    };
    mark(fifo_);
    std::lock_guard lock(mutex_);
    mark(inbox_);
    return waited;
}

bool SessionCore::withdraw(SegmentId segment, CommandId command) {
    const auto has = [&](const PresentationFacts& facts) { return facts.segment == segment; };
    bool waited = (model_.next && has(model_.next->facts)) ||
                  std::any_of(model_.queue.begin(), model_.queue.end(), has) ||
                  (model_.operation && command != 0 && model_.operation->command.id == command);
    waited |= withdraw(command);
    feed(Withdraw{segment, command});
    return waited;
}

// A time of the whole may lie in another segment than the current one.
void SessionCore::find_segment(CommandInput& command) const {
    const auto* start = std::get_if<StartAt>(&command.position);
    const bool starts = command.kind == CommandKind::start && start;
    if (!model_.current || (!starts && command.kind != CommandKind::cue)) return;
    std::shared_ptr<SegmentProvider> segments;
    {
        std::lock_guard lock(mutex_);
        segments = segments_.lock();
    }
    if (!segments) return;
    const auto place = segments->place(starts ? start->at : command.target);
    if (place.segment != 0 && place.segment != model_.current->segment) command.position = place;
}

void SessionCore::ask_again() {
    asked_behind_ = 0;
    ask_for_next();
}

void SessionCore::tell(EventBody body) {
    if (!dead_ && model_.state != SessionState::closed) post(std::move(body), {});
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
    SessionStatistics statistics;
    std::lock_guard lock(counted_mutex_);
    bool sound = false;
    for (const auto& counted : counted_) {
        const auto& stream = statistics.streams.emplace_back(counted.statistics());
        sound |= stream.kind == StreamKind::audio;
        if (stream.difference) statistics.av_difference = stream.difference;
    }
    if (!sound) statistics.av_difference.reset();
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

} // namespace playhead
