// The part of PlayerCore that queues items: beside the other commands, since it may take its time.
#include "player/player_core.h"

#include <algorithm>
#include <utility>

namespace playhead {

namespace {

Status dropped() { return {Errc::cancelled, "dropped before its turn came"}; }

} // namespace

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

// What the session has not been given yet is cancelled.
void PlayerCore::drop_queueing() {
    for (auto& queued : queued_) {
        if (queued.open == 0) continue;
        queued.dropped = true; // it may have opened by now
        (void)engine_->cancel(queued.open);
    }
    for (auto at = queued_.begin(); at != queued_.end();) {
        const bool waits = at->source && at->set == 0 && at->topology == 0;
        const auto id = at->id;
        at = waits ? queued_.erase(at) : std::next(at);
        if (waits) done(id, dropped());
    }
}

// What the session has goes with what plays.
void PlayerCore::forget_queued() {
    for (auto& queued : queued_) queued.dropped |= queued.set != 0;
    std::erase_if(queued_, [](const Queued& queued) { return queued.topology != 0; });
}

// The session gets them in their order, behind what is being opened.
void PlayerCore::set_queued() {
    const auto opens = [](const Command& command) { return command.kind == Kind::open; };
    if ((executing_ && opens(*executing_)) || std::any_of(waiting_.begin(), waiting_.end(), opens))
        return;
    for (auto at = queued_.begin(); at != queued_.end();) {
        if (!at->source) return;
        if (at->set != 0 || at->topology != 0) {
            ++at;
            continue;
        }
        const auto set = session_.set_topology(topology_of(at->source, *at->presentation));
        if (!set) {
            const auto id = at->id;
            at = queued_.erase(at);
            done(id, set.error());
        } else {
            (at++)->set = *set;
        }
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
        if (!event.status.ok() || queued.dropped) {
            give_up(at, event.status.ok() ? dropped() : event.status);
            return true;
        }
        queued.source = opened->source;
        queued.presentation = opened->presentation;
        if (topology_of(queued.source, *queued.presentation).nodes().empty()) {
            give_up(at, nothing_to_play(*queued.presentation));
        } else {
            set_queued();
        }
        return true;
    }
    const auto* set = event.as<TopologySet>();
    if (!set) return false;
    queued.set = 0;
    if (!event.status.ok()) {
        give_up(at, event.status);
    } else if (queued.dropped) {
        give_up(at, dropped());
    } else {
        queued.topology = set->topology;
        done(queued.id, {});
        // With nothing left that plays it has taken its place at once.
        if (is_current(set->topology)) {
            item_started(set->topology);
            if (session_.state() == SessionState::stopped) set_state(PlayerState::stopped);
        }
    }
    return true;
}

bool PlayerCore::is_current(TopologyId topology) const {
    const auto now = session_.full_topology(), found = session_.full_topology(topology);
    return now && found && *now == *found;
}

// Where a stop comes between two of them nothing is switched at the outputs.
void PlayerCore::follow_current() {
    const auto at = std::find_if(queued_.begin(), queued_.end(), [this](const Queued& queued) {
        return queued.topology != 0 && is_current(queued.topology);
    });
    if (at != queued_.end()) item_started(at->topology);
}

void PlayerCore::give_up(std::deque<Queued>::iterator at, Status status) {
    const auto id = at->id;
    queued_.erase(at);
    done(id, std::move(status));
    set_queued();
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
    offsets_.erase(topology);
    services_->bus.publish(std::move(event));
}

} // namespace playhead
