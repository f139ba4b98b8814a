#include "playhead/topology.h"

#include <algorithm>
#include <map>
#include <utility>

namespace playhead {
namespace {

bool same(const SourceNode& a, const SourceNode& b) {
    return a.source == b.source && a.stream == b.stream && a.media_start == b.media_start &&
           a.media_stop == b.media_stop;
}

bool same(const TransformNode& a, const TransformNode& b) {
    return a.kind == b.kind && a.label == b.label && a.output == b.output && a.factory == b.factory;
}

bool same(const OutputNode& a, const OutputNode& b) {
    return a.sink == b.sink && a.factory == b.factory && a.keep_alive == b.keep_alive &&
           a.disable_preroll == b.disable_preroll && a.rateless == b.rateless;
}

bool same(const TeeNode&, const TeeNode&) { return true; }

bool same(const Node& a, const Node& b) {
    if (a.id != b.id || a.type != b.type || a.body.index() != b.body.index()) {
        return false;
    }
    return std::visit(
        [&](const auto& body) {
            return same(body, std::get<std::decay_t<decltype(body)>>(b.body));
        },
        a.body);
}

template <class T, class Less>
std::vector<const T*> sorted(const std::vector<T>& items, Less less) {
    std::vector<const T*> result;
    result.reserve(items.size());
    for (const T& item : items) {
        result.push_back(&item);
    }
    std::sort(result.begin(), result.end(), [&](const T* a, const T* b) { return less(*a, *b); });
    return result;
}

// In whatever order they were added.
template <class T, class Less, class Same>
bool same_set(const std::vector<T>& a, const std::vector<T>& b, Less less, Same equal) {
    const std::vector<const T*> left = sorted(a, less);
    const std::vector<const T*> right = sorted(b, less);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](const T* x, const T* y) { return equal(*x, *y); });
}

} // namespace

NodeId Topology::add(SourceNode node) {
    nodes_.push_back({next_, std::move(node), {}});
    return next_++;
}

NodeId Topology::add(TransformNode node) {
    MediaType type = node.output;
    nodes_.push_back({next_, std::move(node), std::move(type)});
    return next_++;
}

NodeId Topology::add(OutputNode node) {
    nodes_.push_back({next_, std::move(node), {}});
    return next_++;
}

NodeId Topology::add(TeeNode node) {
    nodes_.push_back({next_, node, {}});
    return next_++;
}

void Topology::connect(NodeId from, NodeId to) {
    const Edge edge{from, to};
    if (std::find(edges_.begin(), edges_.end(), edge) == edges_.end()) {
        edges_.push_back(edge);
    }
}

NodeId Topology::insert_between(NodeId from, NodeId to, TransformNode node) {
    const NodeId between = add(std::move(node));
    std::erase(edges_, Edge{from, to});
    connect(from, between);
    connect(between, to);
    return between;
}

NodeId Topology::insert_behind(NodeId from, TransformNode node) {
    const std::vector<NodeId> behind = successors(from);
    const NodeId between = add(std::move(node));
    for (const NodeId to : behind) {
        std::erase(edges_, Edge{from, to});
        connect(between, to);
    }
    connect(from, between);
    return between;
}

void Topology::remove(NodeId id) {
    std::erase_if(nodes_, [&](const Node& node) { return node.id == id; });
    std::erase_if(edges_, [&](const Edge& edge) { return edge.from == id || edge.to == id; });
}

void Topology::remove_branch(NodeId output) {
    std::vector<NodeId> before = predecessors(output);
    remove(output);
    while (!before.empty()) {
        const NodeId id = before.back();
        before.pop_back();
        if (!successors(id).empty()) {
            continue;
        }
        for (const NodeId earlier : predecessors(id)) {
            before.push_back(earlier);
        }
        remove(id);
    }
}

NodeId Topology::adopt_branch(const Topology& branch, NodeId output) {
    std::map<NodeId, NodeId> numbers;
    NodeId end = 0;
    for (Node node : branch.nodes_) {
        const bool ends = std::holds_alternative<OutputNode>(node.body);
        const NodeId number = ends && output != 0 ? output : next_++;
        next_ = std::max(next_, number + 1);
        numbers[node.id] = number;
        end = ends ? number : end;
        node.id = number;
        nodes_.push_back(std::move(node));
    }
    for (const Edge& edge : branch.edges_) {
        connect(numbers[edge.from], numbers[edge.to]);
    }
    return end;
}

const Node* Topology::find(NodeId id) const {
    const auto found =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.id == id; });
    return found == nodes_.end() ? nullptr : &*found;
}

Node* Topology::find(NodeId id) {
    const auto found =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.id == id; });
    return found == nodes_.end() ? nullptr : &*found;
}

std::vector<NodeId> Topology::successors(NodeId id) const {
    std::vector<NodeId> result;
    for (const Edge& edge : edges_) {
        if (edge.from == id) {
            result.push_back(edge.to);
        }
    }
    return result;
}

std::vector<NodeId> Topology::predecessors(NodeId id) const {
    std::vector<NodeId> result;
    for (const Edge& edge : edges_) {
        if (edge.to == id) {
            result.push_back(edge.from);
        }
    }
    return result;
}

bool operator==(const Topology& a, const Topology& b) {
    if (a.forbid_dynamic_change != b.forbid_dynamic_change ||
        a.start_on_switch != b.start_on_switch) {
        return false;
    }
    const auto by_id = [](const Node& x, const Node& y) { return x.id < y.id; };
    const auto by_ends = [](const Edge& x, const Edge& y) {
        return std::pair{x.from, x.to} < std::pair{y.from, y.to};
    };
    return same_set(a.nodes_, b.nodes_, by_id,
                    [](const Node& x, const Node& y) { return same(x, y); }) &&
           same_set(a.edges_, b.edges_, by_ends,
                    [](const Edge& x, const Edge& y) { return x == y; });
}

Topology& Topology::add_branch(std::shared_ptr<Source> source, StreamIndex stream,
                               std::shared_ptr<StreamSink> sink) {
    const NodeId from = add(SourceNode{std::move(source), stream, {}, {}});
    OutputNode output;
    output.sink = std::move(sink);
    connect(from, add(std::move(output)));
    return *this;
}

} // namespace playhead
