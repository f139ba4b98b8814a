// Topology: the graph of a presentation as a plain value: build, compare, print.
//
//   source node (a stream of a Source) --> [transform nodes] --> output node (a sink)
//                                            | tee
//                                            +--> [transform nodes] --> output node
//
// An application gives a partial one (source straight to output, or with transforms of its own in
// between); the session resolves it: decoders and converters are put in, sinks made from their
// factories, types agreed on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "playhead/backend/stream_sink.h"
#include "playhead/command.h"
#include "playhead/presentation.h"
#include "playhead/result.h"
#include "playhead/transform.h"

namespace playhead {

class Source; // engine.h: an opened source
using NodeId = int;

struct SourceNode {
    std::shared_ptr<Source> source;
    StreamIndex stream = -1;
    std::optional<MediaTime> media_start;
    std::optional<MediaTime> media_stop;
};

// Something between source and output. Resolution puts in the decoder, and a converter where the
// output wants another type than it is given. An application adds `custom` ones, with a factory, and
// converters of its own, with the type that is to leave them.
struct TransformNode {
    enum class Kind { decoder, audio_converter, video_converter, custom } kind = Kind::decoder;
    std::string label; // "h264"; what the application calls its own
    MediaType output;
    std::shared_ptr<TransformFactory> factory = {}; // of a custom one
};

// Give an instance, or a factory from which it can be made (again).
struct OutputNode {
    std::shared_ptr<StreamSink> sink;
    std::shared_ptr<StreamSinkFactory> factory;
    bool keep_alive = false; // not shut down when its topology leaves the session
    bool disable_preroll = false;
    // Says of a sink that does not say so itself that it takes samples as fast as they come. Where every
    // output does, the clock goes as fast as the slowest of them takes. One that keeps time, or renders
    // by the clock, does so all the same.
    bool rateless = false;
};

// Hands what comes in to each node behind it. Any other node that several stand behind does the same, so
// it may be left out. A stream is decoded once however many outputs it has, and what stands before a
// tee works once. A sample is made when any output asks; the others have it wait for them, 8 pictures
// or 64 blocks of sound at most: then the slowest one sets the pace of all. At rate 0, outputs that
// show no single pictures get nothing. An output that is lost, switched off or given another stream
// leaves the rest as it is.
struct TeeNode {};

struct Node {
    NodeId id = 0;
    std::variant<SourceNode, TransformNode, OutputNode, TeeNode> body;
    MediaType type; // what leaves it (of an output: what it takes); known once resolved
};

struct Edge {
    NodeId from = 0;
    NodeId to = 0;
    friend bool operator==(const Edge&, const Edge&) = default;
};

// Threads: a value, no thread of its own.
class Topology {
public:
    NodeId add(SourceNode node);
    NodeId add(TransformNode node);
    NodeId add(OutputNode node);
    NodeId add(TeeNode node);
    void connect(NodeId from, NodeId to);
    // Puts the node into the edge from -> to.
    NodeId insert_between(NodeId from, NodeId to, TransformNode node);
    // Puts the node behind that one: all that stood there stands behind the node.
    NodeId insert_behind(NodeId from, TransformNode node);

    // Takes the node out, with its edges.
    void remove(NodeId id);
    // Takes out the branch that ends in this output: all that feeds nothing else.
    void remove_branch(NodeId output);
    // Puts in the one branch that `branch` has; its output as number `output`, which is free, or 0: a
    // new number. Returns the number.
    NodeId adopt_branch(const Topology& branch, NodeId output);

    const std::vector<Node>& nodes() const { return nodes_; }
    const std::vector<Edge>& edges() const { return edges_; }
    const Node* find(NodeId id) const;
    Node* find(NodeId id);
    std::vector<NodeId> successors(NodeId id) const;
    std::vector<NodeId> predecessors(NodeId id) const;

    // Graphviz DOT.
    std::string dot() const;
    // Same shape, streams, sinks and attributes; node numbers do not matter less: they must agree.
    friend bool operator==(const Topology& a, const Topology& b);

    // Where it stands in the whole (only in a session with global_time, and there always).
    std::optional<MediaTime> project_start;
    std::optional<MediaTime> project_stop;

    // Where in it playing begins when it takes the place of another one while the session is started.
    // Not in a session with global time. Not negative.
    Duration start_on_switch{};

    // A stream that goes on in another format ends playback (format_change_not_allowed), where it
    // would be told as dynamic_changed otherwise.
    bool forbid_dynamic_change = false;

    // Of a sequence: set by the Sequencer.
    SegmentId segment = 0;
    bool last_segment = true;

    // The short way: each stream with the sink that suits its kind.
    Topology& add_branch(std::shared_ptr<Source> source, StreamIndex stream,
                         std::shared_ptr<StreamSink> sink);

private:
    NodeId next_ = 1;
    std::vector<Node> nodes_;
    std::vector<Edge> edges_;
};

// What set_topology checks before it accepts (section 1.5): the error, or ok.
Status validate(const Topology& topology);

} // namespace playhead
