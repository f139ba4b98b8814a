#include <map>
#include <string>

#include "playhead/engine.h"
#include "playhead/topology.h"

namespace playhead {
namespace {

std::string named(const Node& node) { return "node " + std::to_string(node.id); }

Status check_body(const Node& node, const SourceNode& source) {
    if (!source.source) {
        return {Errc::topo_missing_source, named(node) + " has no source"};
    }
    const Presentation& presentation = source.source->presentation();
    if (source.stream < 0 ||
        static_cast<std::size_t>(source.stream) >= presentation.streams.size()) {
        return {Errc::topo_missing_stream_descriptor,
                named(node) + " asks for stream " + std::to_string(source.stream) + " of " +
                    std::to_string(presentation.streams.size()) + " in " + presentation.locator};
    }
    const MediaTime start = source.media_start.value_or(media_zero);
    const MediaTime stop = source.media_stop.value_or(MediaTime::max());
    if (start < media_zero || stop < media_zero) {
        return {Errc::topo_invalid_time_attributes,
                named(node) + " starts or stops before the presentation begins"};
    }
    if (stop < start) {
        return {Errc::topo_invalid_time_attributes, named(node) + " stops before it starts"};
    }
    return {};
}

Status check_body(const Node& node, const TransformNode& transform) {
    using Kind = TransformNode::Kind;
    if (transform.kind == Kind::custom && !transform.factory) {
        return {Errc::invalid_argument, named(node) + " is a custom transform without a factory"};
    }
    const bool video = std::holds_alternative<VideoFormat>(transform.output);
    const bool audio = std::holds_alternative<AudioFormat>(transform.output);
    if ((transform.kind == Kind::video_converter && !video) ||
        (transform.kind == Kind::audio_converter && !audio)) {
        return {Errc::invalid_argument,
                named(node) + " is a converter that is not told what to convert to"};
    }
    return {};
}

Status check_body(const Node& node, const OutputNode& output) {
    if (!output.sink && !output.factory) {
        return {Errc::invalid_argument, named(node) + " has neither a sink nor a factory"};
    }
    return {};
}

Status check_body(const Node&, const TeeNode&) { return {}; }

// One stream goes in, except at a source; something comes out, except at an output. What comes out
// may go to several.
Status check_ends(const Topology& topology, const Node& node) {
    const bool source = std::holds_alternative<SourceNode>(node.body);
    const bool output = std::holds_alternative<OutputNode>(node.body);
    const std::size_t in = topology.predecessors(node.id).size();
    const std::size_t out = topology.successors(node.id).size();
    if (in != (source ? 0U : 1U)) {
        return {Errc::topo_unsupported,
                named(node) + (in == 0 ? " has no input" : " has more inputs than it takes")};
    }
    if (output ? out != 0 : out == 0) {
        return {Errc::topo_unsupported,
                named(node) + (output ? " is an output and has a successor" : " leads nowhere")};
    }
    return {};
}

// With one input each, a node that does not hang on a source hangs on a circle.
Status check_origin(const Topology& topology, const Node& node) {
    NodeId at = node.id;
    for (std::size_t steps = 0; steps < topology.nodes().size(); ++steps) {
        const std::vector<NodeId> before = topology.predecessors(at);
        if (before.empty()) {
            return {};
        }
        at = before.front();
    }
    return {Errc::topo_unsupported, named(node) + " is part of a circle or fed by one"};
}

// A sink plays one stream.
Status check_sinks(const Topology& topology) {
    std::map<const StreamSink*, NodeId> seen;
    for (const Node& node : topology.nodes()) {
        const auto* output = std::get_if<OutputNode>(&node.body);
        if (output == nullptr || !output->sink) {
            continue;
        }
        const auto [other, fresh] = seen.emplace(output->sink.get(), node.id);
        if (!fresh) {
            return {Errc::topo_unsupported,
                    named(node) + " has the same sink as node " + std::to_string(other->second)};
        }
    }
    return {};
}

} // namespace

Status validate(const Topology& topology) {
    if (topology.nodes().empty()) {
        return {Errc::invalid_argument, "the topology has no nodes"};
    }
    const bool timed = topology.project_start || topology.project_stop;
    if (topology.start_on_switch < Duration{} || (timed && topology.start_on_switch > Duration{})) {
        return {Errc::topo_invalid_time_attributes,
                timed ? "what has its place in the whole has no start of its own on a switch"
                      : "a start on a switch is not negative"};
    }
    for (const Node& node : topology.nodes()) {
        Status status =
            std::visit([&](const auto& body) { return check_body(node, body); }, node.body);
        if (!status.ok()) {
            return status;
        }
    }
    for (const Edge& edge : topology.edges()) {
        if (topology.find(edge.from) == nullptr || topology.find(edge.to) == nullptr) {
            return {Errc::topo_unsupported, "a connection from node " + std::to_string(edge.from) +
                                                " to node " + std::to_string(edge.to) +
                                                ", one of which does not exist"};
        }
    }
    for (const Node& node : topology.nodes()) {
        if (Status status = check_ends(topology, node); !status.ok()) {
            return status;
        }
    }
    for (const Node& node : topology.nodes()) {
        if (Status status = check_origin(topology, node); !status.ok()) {
            return status;
        }
    }
    return check_sinks(topology);
}

} // namespace playhead
