// What a Pipeline can be asked: its clock, its rates, its figures.
#include <algorithm>

#include "pipeline/pipeline_parts.h"

namespace playhead {

// Those of all outputs that playing waits for; none where one of them keeps time or looks at it.
std::vector<std::shared_ptr<Intake>> Pipeline::rateless_intakes() const {
    std::vector<std::shared_ptr<Intake>> intakes;
    for (auto& branch : branches_) {
        if (branch->dead || !is_awaited(*branch)) continue;
        const SinkTraits traits = branch->plan.sink->traits();
        const bool looks = traits.renders_by_clock || branch->plan.sink->time_source();
        if (!traits.rateless && (!branch->plan.rateless || looks)) return {};
        const auto& port = branch->port ? branch->port : branch->lent;
        if (port) intakes.push_back(port->intake());
    }
    return intakes;
}

void Pipeline::renew_time_source() const {
    const auto source = clock_->time_source();
    if (source && !has_time_source(source)) (void)clock_->set_time_source(choose_time_source());
}

std::shared_ptr<ClockTimeSource> Pipeline::choose_time_source() const {
    if (auto intakes = rateless_intakes(); !intakes.empty()) {
        return IntakeClock::create(std::move(intakes));
    }
    for (auto& branch : branches_) {
        if (branch->dead) continue;
        const auto& sink = branch->plan.sink;
        if (auto* source = sink->time_source()) return {sink, source};
    }
    return std::make_shared<SystemClockSource>();
}

bool Pipeline::has_time_source(const std::shared_ptr<ClockTimeSource>& source) const {
    if (!source) return false;
    const auto* rateless = dynamic_cast<const IntakeClock*>(source.get());
    if (const auto intakes = rateless_intakes(); rateless || !intakes.empty()) {
        return rateless && !intakes.empty() && rateless->follows(intakes);
    }
    bool any = false;
    for (auto& branch : branches_) {
        auto* own = branch->dead ? nullptr : branch->plan.sink->time_source();
        if (own == source.get()) return true;
        any |= own != nullptr;
    }
    return !any && std::dynamic_pointer_cast<SystemClockSource>(source) != nullptr;
}

std::optional<MediaTime> Pipeline::shown_pts() const {
    for (auto& branch : branches_) {
        if (branch->plan.kind == StreamKind::video && !branch->dead)
            return branch->trunk->stage->first_pts();
    }
    return std::nullopt;
}

// Playing ends with it, not before. It does not with sparse outputs, unless there is no other.
bool Pipeline::is_awaited(const Branch& branch) const {
    const auto gates = [](const Branch& b) { return b.plan.sink->traits().gating; };
    return gates(branch) || std::none_of(branches_.begin(), branches_.end(),
                                         [&](auto& b) { return !b->off && gates(*b); });
}

// One that is being switched to has no streams yet.
bool Pipeline::is_awaited(const Feed& feed) const {
    return feed.trunks.empty() ||
           std::any_of(feed.trunks.begin(), feed.trunks.end(), [this](const Trunk* trunk) {
               return trunk->any([this](auto* b) { return is_awaited(*b); });
           });
}

// A sink that captures wants all of its stream, however sparse.
bool Pipeline::is_wanted_whole(const Branch& branch) const {
    return is_awaited(branch) || branch.plan.sink->traits().rateless;
}

bool Pipeline::any_live(int besides_node) const {
    return std::any_of(branches_.begin(), branches_.end(), [=, this](auto& b) {
        return !b->dead && b->plan.output_node != besides_node && is_awaited(*b);
    });
}

std::vector<Counted> Pipeline::counted() const {
    std::vector<Counted> counted;
    for (auto& branch : branches_) {
        const Trunk& trunk = *branch->trunk;
        if (branch->off || !trunk.stage) continue;
        counted.push_back({branch->plan.stream, branch->plan.kind, trunk.stage, trunk.queue,
                           branch->port ? branch->port : branch->lent, trunk.quality});
    }
    return counted;
}

StreamStatistics Counted::statistics() const {
    const auto& counters = stage->counters();
    const auto level = queue->level();
    StreamStatistics s;
    s.stream = stream;
    s.kind = kind;
    s.packets = counters.packets.load();
    s.decoded = counters.decoded.load();
    s.before_start = counters.before_start.load();
    s.errors = counters.errors.load();
    s.decode_time = Duration{counters.decode_ns.load()};
    s.stale = queue->stale();
    if (port) {
        s.delivered = port->delivered();
        s.late = port->dropped_late();
        s.stale += port->stale();
        s.samples = port->samples();
        s.underruns = port->underruns();
        s.difference = port->difference();
    }
    if (quality) {
        s.drop_mode = quality->mode();
        s.quality_changes = quality->steps();
    }
    s.queued_packets = level.packets;
    s.queued_bytes = level.bytes;
    s.queued_time = level.span;
    return s;
}

void Pipeline::restrict_rates(RateSupport& rates) const {
    for (auto& branch : branches_) {
        if (branch->off) continue;
        const SinkTraits traits = branch->plan.sink->traits();
        // Who takes samples as fast as they come can follow any rate.
        if (!traits.rateless && !branch->plan.rateless) rates.restrict_to(traits.rates);
    }
}

} // namespace playhead
