#include "support/topologies.h"

#include <utility>

namespace playhead::test {

TransformNode custom(std::shared_ptr<TransformFactory> factory, std::string label) {
    TransformNode node;
    node.kind = TransformNode::Kind::custom;
    node.label = std::move(label);
    node.factory = std::move(factory);
    return node;
}

NodeId add_chain(Topology& topology, SourceNode from, std::vector<TransformNode> nodes,
                 std::shared_ptr<StreamSink> sink) {
    NodeId at = topology.add(std::move(from));
    for (auto& node : nodes) {
        const NodeId next = topology.add(std::move(node));
        topology.connect(at, next);
        at = next;
    }
    OutputNode output;
    output.sink = std::move(sink);
    const NodeId end = topology.add(std::move(output));
    topology.connect(at, end);
    return end;
}

Topology trimmed(Topology topology, MediaTime start, MediaTime stop) {
    for_each<SourceNode>(topology, [&](SourceNode& node) {
        node.media_start = start;
        node.media_stop = stop;
    });
    return topology;
}

} // namespace playhead::test
