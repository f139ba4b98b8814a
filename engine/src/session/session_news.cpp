// What sources tell, as events and as inputs of the session.
#include "session/session_core.h"

namespace playhead {

void SessionCore::on_source_news(Pipeline& from, int source_node, const SourceNews& news) {
    if (dead_) return;
    struct Visitor {
        SessionCore& s;
        TopologyId topology;
        int node;

        void operator()(const SourceBuffers& n) const { s.feed(Buffering{topology, n.begins}); }
        void operator()(const SourceReconnects& n) const {
            if (n.begins) {
                s.post(ReconnectStarted{}, {});
            } else {
                s.post(ReconnectEnded{}, {});
            }
        }
        void operator()(const SourceMetadata& n) const {
            s.post(SourceMetadataChanged{node, n.metadata}, {});
        }
        void operator()(const SourceCharacter& n) const {
            auto* entry = s.entry(topology);
            if (!entry) return;
            const auto found = entry->characters.find(node);
            const auto before =
                found != entry->characters.end() ? found->second : at_opening(*entry->topology);
            entry->characters[node] = n.now;
            if (before == n.now) return;
            s.post(SourceCharacteristicsChanged{node, before, n.now}, {});
        }
        SourceCharacteristics at_opening(const Topology& of) const {
            const auto* found = of.find(node);
            const auto* source = found ? std::get_if<SourceNode>(&found->body) : nullptr;
            return source ? source->source->presentation().characteristics() : 0;
        }
        void operator()(const SourceWishesRate& n) const {
            s.post(RateChangeRequested{node, n.rate, n.thinning}, {});
        }
    };
    std::visit(Visitor{*this, id_of(from), source_node}, news);
}

} // namespace playhead
