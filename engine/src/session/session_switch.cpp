// The part of SessionCore that switches streams.
#include <algorithm>
#include <utility>

#include "playhead/engine.h"
#include "session/facts.h"
#include "session/session_core.h"

namespace playhead {

namespace {

bool same_output(const OutputNode& a, const OutputNode& b) {
    return a.sink ? a.sink == b.sink : a.factory && a.factory == b.factory;
}

// What the application has put before that output, from the decoder on.
std::vector<TransformNode> own_transforms(const Topology& given, NodeId output) {
    std::vector<TransformNode> found;
    for (auto before = given.predecessors(output); !before.empty();
         before = given.predecessors(before.front())) {
        const auto* node = std::get_if<TransformNode>(&given.find(before.front())->body);
        if (node && node->kind != TransformNode::Kind::decoder) found.push_back(*node);
    }
    std::reverse(found.begin(), found.end());
    return found;
}

std::size_t outputs_of(const Topology& topology) {
    std::size_t count = 0;
    for (const Node& node : topology.nodes())
        count += std::holds_alternative<OutputNode>(node.body);
    return count;
}

} // namespace

// Which output it is, and what it consists of; one that is new has no number yet.
Status SessionCore::name_output(const Entry& entry, const StreamChoice& choice) {
    auto& made = *switching_;
    const auto is = [&](NodeId id, const OutputNode& output) {
        return choice.node != 0 ? id == choice.node : same_output(choice.output, output);
    };
    made.output = choice.output;
    for (const Node& node : entry.topology->nodes()) {
        const auto* output = std::get_if<OutputNode>(&node.body);
        if (!output || !is(node.id, *output)) continue;
        made.node = node.id;
        made.output = *output;
    }
    for (const auto& [id, output] : entry.outputs) {
        if (made.node != 0 || !is(id, output)) continue;
        made.node = id;
        made.output = output;
    }
    if (made.node == 0 && choice.node != 0) return {Errc::not_found, "no output has this number"};
    if (made.node == 0 && !choice.to.source)
        return {Errc::not_found, "the presentation has no such output"};
    if (auto sink = entry.pipeline->sink_of(made.node)) made.output.sink = std::move(sink);
    return {};
}

void SessionCore::begin_switching() {
    const auto ticket = ++resolve_ticket_;
    const auto& now = *current();
    const auto& choice = *resolving_.stream;
    switching_.emplace();
    switching_->of = current_;
    if (auto status = name_output(now, choice); !status.ok()) {
        feed(StreamResolved{std::move(status), {}});
        return;
    }
    if (!choice.to.source) {
        auto without = std::make_shared<Topology>(*now.topology);
        without->remove_branch(switching_->node);
        // One that is lost is none.
        if (outputs_of(*without) == 0 || !now.pipeline->any_live(switching_->node)) {
            feed(StreamResolved{{Errc::invalid_request, "the last output cannot be switched off"},
                                {}});
            return;
        }
        switching_->topology = std::move(without);
        tell_switched(now, -1, true);
        return;
    }
    Topology branch;
    NodeId at = branch.add(choice.to);
    for (auto& transform : own_transforms(*now.given, switching_->node)) {
        const NodeId next = branch.add(std::move(transform));
        branch.connect(at, next);
        at = next;
    }
    branch.connect(at, branch.add(switching_->output));
    if (auto status = validate(branch); !status.ok()) {
        feed(StreamResolved{std::move(status), {}});
        return;
    }
    WorkOptions options;
    options.deadline = services_->executor->now();
    options.account = id_;
    services_->executor->post_work(
        options, [self = shared_from_this(), ticket, resolver = services_->resolver_services(),
                  topology = std::make_shared<const Topology>(std::move(branch))]() mutable {
            auto resolution = std::make_shared<Resolution>(resolve(topology, false, resolver));
            auto& executor = *self->services_->executor;
            executor.post([self = std::move(self), ticket, resolution] {
                self->on_stream_resolved(ticket, std::move(*resolution));
            });
        });
}

void SessionCore::on_stream_resolved(std::uint64_t ticket, Resolution resolution) {
    if (dead_ || ticket != resolve_ticket_ || !switching_) return;
    const auto* now = current();
    if (!now || !resolution.status.ok()) {
        feed(StreamResolved{std::move(resolution.status), {}});
        return;
    }
    auto& made = *switching_;
    if (made.of != current_) { // one that was joined has taken its place meanwhile
        feed(StreamResolved{{Errc::invalid_request, "the presentation that it was for is over"},
                            {}});
        return;
    }
    auto with = std::make_shared<Topology>(*now->topology);
    with->remove_branch(made.node);
    made.node = with->adopt_branch(*resolution.topology, made.node);
    made.topology = std::move(with);
    made.plan = std::move(resolution.plans.front());
    made.plan->output_node = made.node;
    for (NodeId at = made.node; at != 0;) { // its chain has one of each
        const auto before = made.topology->predecessors(at);
        made.plan->source_node = std::exchange(at, before.empty() ? 0 : before.front());
    }
    const auto& plan = *made.plan;
    tell_switched(*now, plan.stream, plan.source->presentation().seekable);
}

void SessionCore::tell_switched(const Entry& entry, StreamIndex stream, bool seekable) {
    auto& made = *switching_;
    StreamResolved answer;
    answer.node = made.node;
    answer.stream = stream;
    answer.seekable = seekable;
    answer.facts.topology = entry.id;
    answer.facts.segment = entry.facts.segment;
    answer.facts.last = entry.facts.last;
    answer.status = source_facts(*made.topology, answer.facts);
    for (const Node& node : made.topology->nodes()) {
        const auto* output = std::get_if<OutputNode>(&node.body);
        if (!output || !output->sink || output->rateless) continue;
        const SinkTraits traits = output->sink->traits();
        if (!traits.rateless) answer.facts.rates.restrict_to(traits.rates);
    }
    find_capabilities(answer.facts, *made.topology);
    feed(std::move(answer));
}

void SessionCore::commit_switch(bool playing) {
    auto& now = *current();
    auto made = *std::exchange(switching_, std::nullopt);
    if (!made.topology) return;
    if (!made.plan) {
        now.pipeline->switch_off(made.node);
        now.outputs.insert_or_assign(made.node, std::move(made.output));
    } else {
        now.outputs.erase(made.node);
        if (playing) {
            now.pipeline->commit_switch();
        } else if (made.begun) {
            now.pipeline->postpone_switch();
        } else {
            now.pipeline->change_stream(std::move(*made.plan));
        }
    }
    now.topology = std::move(made.topology);
}

void SessionCore::abandon_switch() {
    ++resolve_ticket_;
    switching_.reset();
    if (auto* pipeline = current_pipeline()) pipeline->abandon_switch();
}

void SessionCore::on_switch_ready(Pipeline& from, Status status) {
    if (&from != current_pipeline()) return;
    if (status.ok()) {
        feed(Reached{Await::switched, {}});
    } else {
        feed(Failed{std::move(status)});
    }
}

} // namespace playhead
