#include <string>

#include "playhead/engine.h"
#include "playhead/topology.h"

namespace playhead {
namespace {

// Within a quoted DOT string: titles and locators are whatever a file says.
std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) >= 0x20) {
            result += c;
        } else {
            result += ' ';
        }
    }
    return result;
}

// A label of several lines, and what sets the kind of node apart.
struct Look {
    std::string shape;
    std::string label;

    void line(const std::string& text) { label += (label.empty() ? "" : "\\n") + escaped(text); }
};

std::string type_of(const MediaType& type) {
    return std::holds_alternative<std::monostate>(type) ? std::string{} : describe(type);
}

Look look_of(const SourceNode& source) {
    Look look{"box", {}};
    if (!source.source) {
        look.line("no source");
        return look;
    }
    const Presentation& presentation = source.source->presentation();
    look.line(presentation.locator.empty() ? "source" : presentation.locator);
    std::string stream = "stream " + std::to_string(source.stream);
    if (source.stream >= 0 &&
        static_cast<std::size_t>(source.stream) < presentation.streams.size()) {
        const StreamInfo& info = presentation.streams[static_cast<std::size_t>(source.stream)];
        stream += ": " + std::string{to_string(info.kind)};
        stream += info.codec.empty() ? "" : " " + info.codec;
        stream += info.language.empty() ? "" : " (" + info.language + ")";
    }
    look.line(stream);
    if (source.media_start) {
        look.line("from " + format_time(source.media_start->time_since_epoch()));
    }
    if (source.media_stop) {
        look.line("to " + format_time(source.media_stop->time_since_epoch()));
    }
    return look;
}

Look look_of(const TransformNode& transform) {
    Look look{"ellipse", {}};
    switch (transform.kind) {
    case TransformNode::Kind::decoder: look.line("decoder"); break;
    case TransformNode::Kind::audio_converter: look.line("audio converter"); break;
    case TransformNode::Kind::video_converter: look.line("video converter"); break;
    case TransformNode::Kind::custom: look.line("transform"); break;
    }
    if (!transform.label.empty()) {
        look.line(transform.label);
    }
    return look;
}

Look look_of(const OutputNode& output) {
    Look look{"house", {}};
    if (output.sink) {
        look.line(std::string{to_string(output.sink->kind())} + " output");
    } else if (output.factory) {
        look.line(std::string{to_string(output.factory->kind())} + " output, made when needed");
    } else {
        look.line("no output");
    }
    std::string flags;
    flags += output.keep_alive ? " keep_alive" : "";
    flags += output.disable_preroll ? " disable_preroll" : "";
    flags += output.rateless ? " rateless" : "";
    if (!flags.empty()) {
        look.line(flags.substr(1));
    }
    return look;
}

Look look_of(const TeeNode&) {
    Look look{"diamond", {}};
    look.line("tee");
    return look;
}

} // namespace

std::string Topology::dot() const {
    std::string text = "digraph topology {\n    rankdir=LR;\n    node [fontname=\"sans-serif\"];\n";
    for (const Node& node : nodes_) {
        Look look = std::visit([](const auto& body) { return look_of(body); }, node.body);
        // What leaves a node stands on its edges; an output has none, so it says what it takes.
        if (std::holds_alternative<OutputNode>(node.body) && !type_of(node.type).empty()) {
            look.line(type_of(node.type));
        }
        text += "    n" + std::to_string(node.id) + " [shape=" + look.shape + ", label=\"" +
                look.label + "\"];\n";
    }
    for (const Edge& edge : edges_) {
        const Node* from = find(edge.from);
        const std::string type = from == nullptr ? std::string{} : type_of(from->type);
        text += "    n" + std::to_string(edge.from) + " -> n" + std::to_string(edge.to) +
                (type.empty() ? "" : " [label=\"" + escaped(type) + "\"]") + ";\n";
    }
    return text + "}\n";
}

} // namespace playhead
