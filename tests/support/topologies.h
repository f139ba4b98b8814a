// Topologies made and changed in a line: branches with transforms in them, nodes edited by kind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "playhead/topology.h"

namespace playhead::test {

// A node of an application's own.
TransformNode custom(std::shared_ptr<TransformFactory> factory, std::string label = {});

// Adds a branch from that stream to this sink, through these nodes in their order; the number of its
// output.
NodeId add_chain(Topology& topology, SourceNode from, std::vector<TransformNode> nodes,
                 std::shared_ptr<StreamSink> sink);

// Of each of its sources no more than that.
Topology trimmed(Topology topology, MediaTime start, MediaTime stop);

// Changes every node of that kind: for_each<OutputNode>(topology, [](OutputNode& node) { ... }).
template <class Body, class Change>
void for_each(Topology& topology, Change change) {
    for (const Node& node : topology.nodes()) {
        if (auto* body = std::get_if<Body>(&topology.find(node.id)->body)) change(*body);
    }
}

} // namespace playhead::test
