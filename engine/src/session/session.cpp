#include "playhead/session.h"

#include <utility>

#include "session/session_core.h"

namespace playhead {

namespace {

tl::unexpected<Error> no_session() { return fail(Errc::shut_down, "no session"); }

CommandInput command(CommandKind kind, StartPosition position = current, MediaTime target = {}) {
    CommandInput made;
    made.kind = kind;
    made.position = position;
    if (const auto* at = std::get_if<StartAt>(&position)) made.seek_mode = at->mode;
    made.target = target;
    return made;
}

} // namespace

Session::Session() = default;
Session::Session(std::shared_ptr<SessionCore> core) : core_(std::move(core)) {}
Session::Session(Session&&) noexcept = default;

Session& Session::operator=(Session&& other) noexcept {
    if (this != &other) {
        if (core_) (void)core_->shutdown();
        core_ = std::move(other.core_);
    }
    return *this;
}

Session::~Session() {
    if (core_) (void)core_->shutdown();
}

SessionId Session::id() const { return core_ ? core_->id() : 0; }

Result<CommandId> Session::set_topology(Topology topology, SetTopology flags) {
    if (!core_) return no_session();
    if (auto status = validate(topology); !status.ok()) return fail(std::move(status));
    if (auto status = core_->check_times(topology); !status.ok()) return fail(std::move(status));
    return core_->submit(command(CommandKind::set_topology),
                         {std::make_shared<const Topology>(std::move(topology)), flags});
}

Result<CommandId> Session::clear_current_topology() {
    if (!core_) return no_session();
    return core_->submit(command(CommandKind::set_topology), {nullptr, SetTopology::clear_current});
}

Result<CommandId> Session::clear_topologies() {
    if (!core_) return no_session();
    return core_->submit(command(CommandKind::clear_topologies));
}

Result<CommandId> Session::start(StartPosition position) {
    if (!core_) return no_session();
    return core_->submit(command(CommandKind::start, position));
}

Result<CommandId> Session::pause() {
    if (!core_) return no_session();
    return core_->submit(command(CommandKind::pause));
}

Result<CommandId> Session::cue(MediaTime t, SeekMode mode) {
    if (!core_) return no_session();
    auto made = command(CommandKind::cue, {}, t);
    made.seek_mode = mode;
    return core_->submit(made);
}

Result<CommandId> Session::set_rate(double rate, Thinning thinning) {
    if (!core_) return no_session();
    auto made = command(CommandKind::set_rate);
    made.rate = rate;
    made.thinning = thinning;
    return core_->submit(made);
}

Result<CommandId> Session::switch_stream(NodeId output, SourceNode to, TopologyId of) {
    if (!core_) return no_session();
    Topologies with;
    with.stream =
        std::make_shared<const StreamChoice>(StreamChoice{output, OutputNode{}, std::move(to)});
    auto made = command(CommandKind::switch_stream);
    made.topology = of;
    return core_->submit(made, std::move(with));
}

Result<CommandId> Session::switch_stream(OutputNode output, SourceNode to, TopologyId of) {
    if (!core_) return no_session();
    if (!output.sink && !output.factory) {
        return fail(Errc::invalid_argument, "an output has a sink or a factory");
    }
    Topologies with;
    with.stream =
        std::make_shared<const StreamChoice>(StreamChoice{0, std::move(output), std::move(to)});
    auto made = command(CommandKind::switch_stream);
    made.topology = of;
    return core_->submit(made, std::move(with));
}

Result<CommandId> Session::set_media_stop(TopologyId topology, NodeId source,
                                          std::optional<MediaTime> stop) {
    if (!core_) return no_session();
    auto made = command(CommandKind::set_media_stop);
    made.topology = topology;
    made.source = source == 0 ? -1 : source; // no node has the number 0
    made.media_stop = stop;
    return core_->submit(made);
}

Result<CommandId> Session::set_media_stop(TopologyId topology, std::optional<MediaTime> stop) {
    if (!core_) return no_session();
    auto made = command(CommandKind::set_media_stop);
    made.topology = topology;
    made.media_stop = stop;
    return core_->submit(made);
}

Result<double> Session::rate() const {
    if (!core_) return no_session();
    return core_->rate();
}

Result<RateSupport> Session::rate_support() const {
    if (!core_) return no_session();
    return core_->rate_support();
}

Result<CommandId> Session::stop() {
    if (!core_) return no_session();
    return core_->submit(command(CommandKind::stop));
}

Result<CommandId> Session::close() {
    if (!core_) return no_session();
    return core_->submit(command(CommandKind::close));
}

Result<void> Session::shutdown() {
    if (!core_) return no_session();
    return core_->shutdown();
}

Result<std::shared_ptr<const PresentationClock>> Session::clock() const {
    if (!core_) return no_session();
    return core_->clock();
}

Result<Capabilities> Session::capabilities() const {
    if (!core_) return no_session();
    return core_->capabilities();
}

Result<std::shared_ptr<const Topology>> Session::full_topology() const {
    if (!core_) return no_session();
    return core_->full_topology(0);
}

Result<std::shared_ptr<const Topology>> Session::full_topology(TopologyId id) const {
    if (!core_) return no_session();
    if (id == 0) return fail(Errc::not_found, "no topology has the number 0");
    return core_->full_topology(id);
}

Result<SessionState> Session::state() const {
    if (!core_) return no_session();
    return core_->state();
}

Result<MediaTime> Session::position() const {
    if (!core_) return no_session();
    return core_->position();
}

Result<SessionStatistics> Session::statistics() const {
    if (!core_) return no_session();
    return core_->statistics();
}

Result<Event> Session::try_next() {
    if (!core_) return no_session();
    return core_->events().try_next();
}

Result<Event> Session::next() {
    if (!core_) return no_session();
    return core_->events().next();
}

Result<Event> Session::next_for(Duration timeout) {
    if (!core_) return no_session();
    return core_->events().next_for(timeout);
}

Result<void> Session::queue_event(UserEvent event) {
    if (!core_) return no_session();
    return core_->queue_event(std::move(event));
}

} // namespace playhead
