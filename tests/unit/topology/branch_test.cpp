// Branches of a graph that are taken out and put in.
#include "playhead/topology.h"
#include "support/catch.h"

using namespace playhead;

namespace {

Topology film() {
    Topology made;
    made.add_branch(nullptr, 0, nullptr);                                              // 1 -> 2
    made.add_branch(nullptr, 1, nullptr);                                              // 3 -> 4
    made.insert_between(3, 4, TransformNode{TransformNode::Kind::decoder, "aac", {}}); // 5
    return made;
}

StreamIndex stream_of(const Topology& topology, NodeId output) {
    NodeId at = output;
    while (!topology.predecessors(at).empty()) at = topology.predecessors(at).front();
    const Node* node = topology.find(at);
    const auto* source = node ? std::get_if<SourceNode>(&node->body) : nullptr;
    return source ? source->stream : -1;
}

} // namespace

TEST_CASE("a branch that is taken out takes along what feeds nothing else", "[topology][switch]") {
    Topology topology = film();
    topology.remove_branch(4);
    CHECK(topology.nodes().size() == 2);
    CHECK(topology.edges() == std::vector<Edge>{{1, 2}});

    Topology shared = film();
    const NodeId second = shared.add(OutputNode{});
    shared.connect(5, second);
    shared.remove_branch(4);
    CHECK(shared.find(5) != nullptr);
    CHECK(stream_of(shared, second) == 1);
}

TEST_CASE("a branch is put in under the number of an output, or a new one", "[topology][switch]") {
    Topology branch;
    branch.add_branch(nullptr, 7, nullptr);
    Topology topology = film();
    topology.remove_branch(4);
    CHECK(topology.adopt_branch(branch, 4) == 4);
    CHECK(stream_of(topology, 4) == 7);
    CHECK(stream_of(topology, 2) == 0);
    const NodeId added = topology.adopt_branch(branch, 0);
    CHECK(added > 5);
    CHECK(stream_of(topology, added) == 7);
    CHECK(topology.nodes().size() == 6);
}
