// The part of Pipeline that has its outputs: taken, handed on to what follows, made again, let go.
#include <algorithm>
#include <utility>

#include "pipeline/pipeline_parts.h"

namespace playhead {

// The stage hands out to the ports that its outputs have now.
void Pipeline::give_ports(Trunk& trunk, Duration shift) {
    std::vector<Outlet::Port> ports;
    for (auto* branch : trunk.outputs) {
        if (branch->port && !branch->dead)
            ports.push_back({branch->plan.output_node, branch->port});
    }
    trunk.stage->take_ports(std::move(ports), shift);
}

// Its output is of no use any more: the others of the stream go on.
void Pipeline::leave_out(Branch& branch) {
    auto& trunk = *branch.trunk;
    if (trunk.dead()) {
        trunk.queue->raise(trunk.epoch, std::nullopt, true);
    } else {
        trunk.stage->drop_port(branch.plan.output_node);
    }
}

std::shared_ptr<SinkPort> Pipeline::make_port(Branch& branch) {
    const auto& sink = branch.plan.sink;
    auto port = std::make_shared<SinkPort>(executor_, sink, branch.plan.output_node,
                                           strands_->of(sink, executor_, session_));
    port->raise(branch.trunk->epoch);
    port->attach(weak_from_this(), clock_, backends_);
    (void)clock_->add_state_sink(port->clock_sink(), port->notify());
    return port;
}

// The port of the same sink, if `from` has it and it is sound. The branch that it was taken from.
Pipeline::Branch* Pipeline::take_port(Branch& branch, Pipeline& from) {
    if (branch.port) return nullptr;
    for (auto& other : from.branches_) {
        if (!other->port || other->dead || other->stuck_port ||
            other->plan.sink != branch.plan.sink) {
            continue;
        }
        branch.port = std::exchange(other->port, nullptr);
        other->lent = branch.port;
        branch.port->belong_to(weak_from_this(), branch.plan.output_node);
        return other.get();
    }
    return nullptr;
}

void Pipeline::take_outputs(Pipeline* from) {
    for (auto& branch : branches_) {
        if (branch->off) continue;
        if (from) (void)take_port(*branch, *from);
        if (branch->port) {
            branch->port->raise(epoch_);
        } else {
            branch->port = make_port(*branch);
        }
        branch->lent.reset();
    }
    for (auto* trunk : trunks()) {
        if (trunk->any([](auto* b) { return !b->off; })) give_ports(*trunk, {});
    }
}

void Pipeline::follow(const std::shared_ptr<Pipeline>& from, Duration offset) {
    predecessor_ = from;
    offset_ = offset;
    for (auto& branch : branches_) {
        if (branch->dead) continue;
        // One that the pipeline before has no use for may still be playing what came before that.
        std::optional<MediaTime> cut;
        for (auto before = from; before && !branch->port; before = before->predecessor_.lock()) {
            auto* other = take_port(*branch, *before);
            if (!other || before->is_wanted_whole(*other)) continue;
            // Its stream goes on beyond the end that the others have come to.
            other->trunk->stage->drop_port(other->plan.output_node);
            cut = from->end_time();
        }
        if (branch->port) {
            branch->port->follow(epoch_, cut);
        } else {
            // Its sink has played nothing so far: what is missing until the join is silence.
            const auto& sink = branch->plan.sink;
            branch->port = std::make_shared<SinkPort>(executor_, sink, branch->plan.output_node,
                                                      strands_->of(sink, executor_, session_));
            branch->port->raise(epoch_);
            branch->port->attach(weak_from_this(), clock_, backends_);
            branch->port->preroll(clock_->time().value_or(media_zero));
            (void)clock_->add_state_sink(branch->port->clock_sink(), branch->port->notify());
        }
    }
    for (auto* trunk : trunks()) {
        if (!trunk->dead()) give_ports(*trunk, offset - trunk->plan().media_start);
    }
    buffers_->go_on();
}

void Pipeline::give_back_outputs(Pipeline& to) {
    predecessor_.reset();
    std::set<Trunk*> served;
    for (auto& branch : to.branches_) {
        if (!branch->lent) continue;
        for (auto& mine : branches_) {
            if (mine->port != branch->lent) continue;
            branch->port = std::exchange(mine->port, nullptr);
            branch->port->belong_to(to.weak_from_this(), branch->plan.output_node);
        }
        if (!branch->port) continue;
        branch->lent.reset();
        served.insert(branch->trunk.get());
    }
    for (auto* trunk : to.trunks()) {
        if (served.count(trunk) > 0) to.give_ports(*trunk, {});
    }
    for (auto* trunk : trunks()) trunk->stage->take_ports({}, {});
    for (auto& mine : branches_) {
        mine->lent.reset();
        if (!mine->port) continue;
        (void)clock_->remove_state_sink(mine->port->clock_sink());
        mine->port->flush();
        mine->port->leave_sink(nullptr);
        mine->port.reset();
    }
}

void Pipeline::release(std::function<void()> done, const std::set<const StreamSink*>& wanted,
                       Sinks which) {
    listener_.reset();
    raise();
    abandon_switch();
    for (auto& feed : feeds_) {
        auto& handle = *feed->handle;
        if (handle.user != session_ || handle.owner != this) continue;
        handle.user = 0;
        handle.owner = nullptr;
        handle.stop([] {});
    }
    for (auto& branch : branches_) { // sources that something else is read for at the moment
        auto& handle = *branch->plan.source->handle();
        if (handle.user != session_ || handle.owner != this) continue;
        handle.user = 0;
        handle.owner = nullptr;
    }
    // Runs when the last task that holds it is through.
    std::shared_ptr<void> last(nullptr, [executor = executor_, done = std::move(done)](void*) {
        if (done) executor->post(done);
    });
    for (auto& branch : branches_) {
        if (!branch->port) continue;
        (void)clock_->remove_state_sink(branch->port->clock_sink());
        const bool kept = branch->plan.keep_alive && which == Sinks::by_attribute;
        if (kept || wanted.count(branch->plan.sink.get()) > 0) {
            branch->port->leave_sink(last);
        } else {
            branch->port->shut_down_sink(last);
        }
    }
    feeds_.clear();
}

void Pipeline::collect_sinks(std::set<const StreamSink*>& into) const {
    for (auto& branch : branches_) {
        if (!branch->off) into.insert(branch->plan.sink.get());
    }
}

// What was left behind or lost is made again, where it can be.
Status Pipeline::revive() {
    std::set<const Trunk*> renewed;
    for (auto& branch : branches_) {
        if (branch->off || (!branch->stuck_port && !branch->dead)) continue;
        const bool lost = branch->dead || branch->stuck_port->busy();
        if (lost && !branch->plan.sink_factory) {
            if (branch->dead) continue; // the rest plays without it
            return {Errc::component_busy, "an output has not come back from its last call"};
        }
        if (lost) {
            auto sink = branch->plan.sink_factory->create();
            if (!sink) return sink.error();
            branch->plan.sink = std::move(*sink);
        }
        branch->dead = false;
        branch->stuck_port.reset();
        branch->port = make_port(*branch);
        renewed.insert(branch->trunk.get());
    }
    for (auto* trunk : trunks()) {
        if (renewed.count(trunk) > 0) remake_stage(*trunk);
    }
    if (any_live()) return {};
    return {Errc::stream_sink_removed, "every output is lost; set a topology with new ones"};
}

} // namespace playhead
