// The part of SessionCore that has topologies resolved, on the work lane.
#include <utility>

#include "session/facts.h"
#include "session/session_core.h"

namespace playhead {

void SessionCore::begin_resolving() {
    ++resolve_ticket_;
    if (!model_.operation) return; // a stop would not wait for it
    const bool clear = has(resolving_.flags, SetTopology::clear_current);
    if (const SegmentId leaves = model_.operation->command.segment; leaves != 0) {
        const bool same = model_.current && model_.current->segment == leaves;
        feed(Resolved{{}, std::nullopt, same ? SetTopology::clear_current : SetTopology::none});
    } else if (resolving_.topology && clear && !has(resolving_.flags, SetTopology::immediate)) {
        // It names the topology to be cleared, if that is the current one.
        const auto* c = current();
        const bool same =
            c && (*c->given == *resolving_.topology || *c->topology == *resolving_.topology);
        feed(Resolved{{}, std::nullopt, same ? SetTopology::clear_current : SetTopology::none});
    } else if (!resolving_.topology) {
        feed(Resolved{{}, std::nullopt, resolving_.flags});
    } else {
        resolve_on_work_lane(resolving_.topology, resolving_.flags);
    }
}

void SessionCore::begin_resolving_segment() {
    ++resolve_ticket_;
    if (!model_.operation) return;
    std::shared_ptr<SegmentProvider> segments;
    {
        std::lock_guard lock(mutex_);
        segments = segments_.lock();
    }
    const auto& position = model_.operation->command.position;
    if (!segments) {
        feed(Resolved{
            {Errc::unsupported_time_format, "only a session with a sequencer has segments"},
            std::nullopt,
            {}});
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
void SessionCore::resolve_on_work_lane(std::shared_ptr<const Topology> topology,
                                       SetTopology flags) {
    WorkOptions options;
    options.deadline = services_->executor->now();
    options.account = id_;
    services_->executor->post_work(options, [self = shared_from_this(), ticket = resolve_ticket_,
                                             topology = std::move(topology), flags,
                                             resolver = services_->resolver_services()]() mutable {
        auto resolution = std::make_shared<Resolution>(
            resolve(topology, has(flags, SetTopology::no_resolution), resolver));
        auto& executor = *self->services_->executor;
        executor.post(
            [self = std::move(self), ticket, topology = std::move(topology), resolution]() mutable {
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
            SinkBackends{services_->options.converters, services_->options.stretchers,
                         services_->logs.pipeline},
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

} // namespace playhead
