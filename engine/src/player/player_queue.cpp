// The part of PlayerCore that queues items: beside the other commands, since it may take its time.
#include "player/player_core.h"

#include <algorithm>
#include <utility>

namespace playhead {

void PlayerCore::begin_queueing(Command command) {
    auto open = engine_->open(std::move(command.request));
    if (!open) {
        done(command.id, open.error());
        return;
    }
    Queued queued;
    queued.id = command.id;
    queued.open = *open;
    queued_.push_back(std::move(queued));
}

void PlayerCore::drop_queueing() {
    for (auto& queued : queued_) {
        if (queued.open != 0) (void)engine_->cancel(queued.open);
    }
}

bool PlayerCore::hear_queued(const Event& event) {
    const auto at = std::find_if(queued_.begin(), queued_.end(), [&](const Queued& q) {
        return event.command != 0 && (q.open == event.command || q.set == event.command);
    });
    if (at == queued_.end()) return false;
    auto& queued = *at;
    if (const auto* opened = event.as<SourceOpened>()) {
        queued.open = 0;
        if (!event.status.ok()) {
            give_up(at, event.status);
            return true;
        }
        queued.source = opened->source;
        queued.presentation = opened->presentation;
        auto topology = topology_of(queued.source, *queued.presentation);
        if (topology.nodes().empty()) {
            give_up(at, nothing_to_play(*queued.presentation));
            return true;
        }
        auto set = session_.set_topology(std::move(topology));
        if (!set) {
            give_up(at, set.error());
        } else {
            queued.set = *set;
        }
        return true;
    }
    const auto* set = event.as<TopologySet>();
    if (!set) return false;
    queued.set = 0;
    if (!event.status.ok()) {
        give_up(at, event.status);
    } else {
        queued.topology = set->topology;
        done(queued.id, {});
    }
    return true;
}

void PlayerCore::give_up(std::deque<Queued>::iterator at, Status status) {
    const auto id = at->id;
    queued_.erase(at);
    done(id, std::move(status));
}

void PlayerCore::item_started(TopologyId topology) {
    const auto at = std::find_if(queued_.begin(), queued_.end(),
                                 [&](const Queued& q) { return q.topology == topology; });
    if (topology == 0 || at == queued_.end()) return;
    source_ = at->source;
    topology_ = topology;
    media_stop_.reset();
    publish([&](Public& p) {
        p.presentation = at->presentation;
        p.offset = offsets_[topology];
    });
    show_tracks();
    Event event;
    event.session = session_.id();
    event.body = PlayerItemStarted{id_, at->id};
    queued_.erase(at);
    offsets_.clear();
    services_->bus.publish(std::move(event));
}

} // namespace playhead
