// The part of SessionCore that moves the end of a presentation.
#include <utility>

#include "session/facts.h"
#include "session/session_core.h"

namespace playhead {

void SessionCore::find_stop() {
    const auto command = model_.operation->command;
    const auto* of = entry(command.topology);
    const auto refuse = [this](Status status) { feed(StopFound{std::move(status), {}, {}}); };
    if (!of) return refuse({Errc::not_found, "no topology of this number is current or queued"});
    auto edited = std::make_shared<Topology>(*of->topology);
    bool any = false;
    for (const Node& node : of->topology->nodes()) {
        if (!std::holds_alternative<SourceNode>(node.body)) continue;
        if (command.source != 0 && command.source != node.id) continue;
        std::get<SourceNode>(edited->find(node.id)->body).media_stop = command.media_stop;
        any = true;
    }
    if (!any) return refuse({Errc::not_found, "no source of the topology has this number"});
    if (auto status = validate(*edited); !status.ok()) return refuse(std::move(status));
    StopFound found;
    PresentationFacts facts;
    found.status = source_facts(*edited, facts);
    found.duration = facts.duration;
    found.ends = end_of(*edited);
    unlimited_ = of->topology;
    limited_ = std::move(edited);
    feed(std::move(found));
}

void SessionCore::apply_stop(TopologyId id, const std::shared_ptr<const Topology>& topology) {
    auto* of = entry(id);
    if (!of) return;
    of->topology = topology;
    PresentationFacts facts;
    (void)source_facts(*topology, facts);
    of->facts.duration = facts.duration;
    for (const Node& node : topology->nodes()) {
        const auto* source = std::get_if<SourceNode>(&node.body);
        if (source) of->pipeline->set_media_stop(node.id, source->media_stop);
    }
}

void SessionCore::limit(TopologyId topology, LateEnd late) {
    const auto* of = entry(topology);
    if (!of) return;
    of->pipeline->limit(late,
                        [weak = weak_from_this(), ticket = ++limit_ticket_](bool fits, bool reads) {
                            auto self = weak.lock();
                            if (!self || ticket != self->limit_ticket_) return;
                            self->feed(Limited{fits, self->clock_reading(), reads});
                        });
}

} // namespace playhead
