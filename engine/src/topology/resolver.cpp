#include "topology/resolver.h"

#include <utility>

#include "pipeline/transforms.h"

namespace playhead {

namespace {

// The chain from a source node to its output, over whatever transforms lie between.
struct Chain {
    NodeId source = 0;
    std::vector<NodeId> transforms;
    NodeId output = 0;
};

Result<Chain> follow(const Topology& topology, const Node& source) {
    Chain chain{source.id, {}, 0};
    NodeId at = source.id;
    for (std::size_t hops = 0; hops <= topology.nodes().size(); ++hops) {
        const auto next = topology.successors(at);
        if (next.size() != 1) {
            return fail(Errc::topo_unsupported,
                        next.empty() ? "a node leads nowhere" : "a node leads to more than one");
        }
        const Node* node = topology.find(next.front());
        if (std::holds_alternative<OutputNode>(node->body)) {
            chain.output = node->id;
            return chain;
        }
        if (!std::holds_alternative<TransformNode>(node->body)) break;
        chain.transforms.push_back(node->id);
        at = node->id;
    }
    return fail(Errc::topo_unsupported, "a branch does not end in an output");
}

int decoder_threads(const StreamInfo& stream, const ResolverServices& services) {
    if (services.single_threaded) return 1;
    const auto* video = std::get_if<VideoFormat>(&stream.type);
    if (!video) return 1;
    if (video->width * video->height <= services.threading.single_thread_pixels) return 1;
    return services.threading.threads > 0 ? services.threading.threads : services.cores;
}

// What is to be made anew each time for what stands behind the decoder.
using TransformRecipe = std::function<Result<std::unique_ptr<Transform>>()>;

Result<std::vector<std::unique_ptr<Transform>>> make_all(const std::vector<TransformRecipe>& recipes) {
    std::vector<std::unique_ptr<Transform>> made;
    for (const auto& recipe : recipes) {
        auto transform = recipe();
        if (!transform) return fail(transform.error());
        if (!*transform) return fail(Errc::topo_unsupported, "a transform's factory gave nothing");
        made.push_back(std::move(*transform));
    }
    return made;
}

// A chain becoming one that can be played.
class ChainBuilder {
public:
    ChainBuilder(Topology& full, const Chain& chain, const StreamInfo& stream,
                 const ResolverServices& services)
        : full_(full), chain_(chain), stream_(stream), services_(services) {}

    Status build(StreamSink& sink) {
        for (const NodeId id : chain_.transforms) {
            if (auto status = add(id); !status.ok()) return status;
        }
        auto transforms = make_all(recipes_);
        if (!transforms) return transforms.error();
        auto type = note_types(*transforms);
        if (!type) return type.error();
        if (type->index() != stream_.type.index()) {
            return {Errc::topo_cannot_connect, "a transform makes " + describe(*type) + " of " +
                                                   describe(stream_.type)};
        }
        auto wanted = sink.negotiate(*type);
        if (!wanted) return wanted.error();
        if (*wanted != *type) {
            if (auto status = convert(*type, *wanted, *transforms); !status.ok()) return status;
        }
        full_.find(chain_.output)->type = *wanted;
        return make_decoder(std::move(*transforms));
    }
    DecoderRecipe take_recipe() { return std::move(recipe_); }
    std::unique_ptr<Decoder> take_decoder() { return std::move(decoder_); }

private:
    using Kind = TransformNode::Kind;

    Status add(NodeId id) {
        const auto& node = std::get<TransformNode>(full_.find(id)->body);
        if (node.kind == Kind::decoder) {
            if (decoder_node_ || !nodes_.empty()) {
                return {Errc::topo_unsupported, "a decoder stands behind another node"};
            }
            decoder_node_ = id;
            return {};
        }
        nodes_.push_back(id);
        if (node.kind == Kind::custom) {
            recipes_.push_back([factory = node.factory] { return factory->create(); });
        } else {
            add_converter(node.output);
        }
        return {};
    }

    void add_converter(const MediaType& to) {
        recipes_.push_back(
            [converters = services_.converters, to]() -> Result<std::unique_ptr<Transform>> {
                return make_converter(converters, to);
            });
    }

    // Asks each what it gives, and writes that into the topology.
    Result<MediaType> note_types(const std::vector<std::unique_ptr<Transform>>& transforms) {
        MediaType type = stream_.type;
        full_.find(chain_.source)->type = type;
        if (!decoder_node_) {
            const NodeId next = nodes_.empty() ? chain_.output : nodes_.front();
            decoder_node_ = full_.insert_between(chain_.source, next,
                                                 TransformNode{Kind::decoder, stream_.codec, type});
        }
        for (std::size_t i = 0; i < transforms.size(); ++i) {
            auto made = transforms[i]->set_input(type);
            if (!made) return made;
            type = std::move(*made);
            Node& node = *full_.find(nodes_[i]);
            node.type = std::get<TransformNode>(node.body).output = type;
        }
        return type;
    }

    Status convert(const MediaType& from, const MediaType& to,
                   std::vector<std::unique_ptr<Transform>>& transforms) {
        if (from.index() != to.index() || !services_.converters) {
            return {Errc::topo_cannot_connect, "the output takes " + describe(to) +
                                                   ", the stream gives " + describe(from)};
        }
        auto converter = make_converter(services_.converters, to);
        if (auto made = converter->set_input(from); !made) return made.error();
        transforms.push_back(std::move(converter));
        add_converter(to);
        const bool video = std::holds_alternative<VideoFormat>(to);
        full_.insert_between(
            nodes_.empty() ? *decoder_node_ : nodes_.back(), chain_.output,
            TransformNode{video ? Kind::video_converter : Kind::audio_converter, {}, to});
        return {};
    }

    Status make_decoder(std::vector<std::unique_ptr<Transform>> transforms) {
        const DecoderContext context{decoder_threads(stream_, services_), services_.bit_exact};
        const auto bare = [decoders = services_.decoders, stream = stream_, context] {
            return decoders->create(stream, context);
        };
        auto decoder = bare();
        if (!decoder) return decoder.error();
        decoder_ = std::move(*decoder);
        recipe_ = bare;
        if (transforms.empty()) return {};
        decoder_ = std::make_unique<TransformedDecoder>(std::move(decoder_), std::move(transforms));
        recipe_ = [bare, recipes = recipes_]() -> Result<std::unique_ptr<Decoder>> {
            auto inner = bare();
            if (!inner) return inner;
            auto made = make_all(recipes);
            if (!made) return fail(made.error());
            return std::unique_ptr<Decoder>(
                std::make_unique<TransformedDecoder>(std::move(*inner), std::move(*made)));
        };
        return {};
    }

    Topology& full_;
    const Chain& chain_;
    const StreamInfo& stream_;
    const ResolverServices& services_;
    std::optional<NodeId> decoder_node_;
    std::vector<NodeId> nodes_;  // behind the decoder, one for each recipe
    std::vector<TransformRecipe> recipes_;
    DecoderRecipe recipe_;
    std::unique_ptr<Decoder> decoder_;
};

} // namespace

Resolution resolve(std::shared_ptr<const Topology> partial, bool already_full,
                   const ResolverServices& services) {
    Resolution out;
    auto full = std::make_shared<Topology>(*partial);
    for (const Node& node : partial->nodes()) {
        const auto* source = std::get_if<SourceNode>(&node.body);
        if (!source) continue;
        auto chain = follow(*partial, node);
        if (!chain) {
            out.status = chain.error();
            return out;
        }
        const StreamInfo& stream =
            source->source->presentation().streams[static_cast<std::size_t>(source->stream)];
        BranchPlan plan;
        plan.source = source->source;
        plan.stream = source->stream;
        plan.source_node = node.id;
        plan.kind = stream.kind;
        const auto& output = std::get<OutputNode>(partial->find(chain->output)->body);
        plan.sink = output.sink;
        plan.sink_factory = output.factory;
        plan.output_node = chain->output;
        plan.keep_alive = output.keep_alive;
        plan.disable_preroll = output.disable_preroll;
        plan.rateless = output.rateless;
        plan.forbid_dynamic_change = partial->forbid_dynamic_change;
        plan.media_start = source->media_start.value_or(media_zero) - media_zero;
        plan.media_stop = source->media_stop;
        if (!plan.sink) {
            auto made = output.factory->create();
            if (!made) {
                out.status = made.error();
                return out;
            }
            plan.sink = std::move(*made);
        }
        if (plan.sink->kind() != stream.kind) {
            out.status = {Errc::topo_cannot_connect,
                          "a " + std::string(to_string(stream.kind)) + " stream leads to a " +
                              std::string(to_string(plan.sink->kind())) + " output"};
            return out;
        }
        ChainBuilder builder(*full, *chain, stream, services);
        out.status = builder.build(*plan.sink);
        if (!out.status.ok()) return out;
        plan.recipe = builder.take_recipe();
        plan.decoder = builder.take_decoder();
        std::get<OutputNode>(full->find(chain->output)->body).sink = plan.sink;
        out.plans.push_back(std::move(plan));
    }
    out.topology = already_full ? std::move(partial) : std::move(full);
    return out;
}

std::shared_ptr<const Topology> retyped(const Topology& full, NodeId source, const MediaType& type) {
    auto made = std::make_shared<Topology>(full);
    std::vector<Node*> changed;
    auto next = made->successors(source);
    for (std::size_t hops = 0; hops < made->nodes().size() && next.size() == 1; ++hops) {
        Node& node = *made->find(next.front());
        const auto* transform = std::get_if<TransformNode>(&node.body);
        if (transform && transform->kind != TransformNode::Kind::decoder) changed.clear();
        changed.push_back(&node);
        next = made->successors(node.id);
    }
    for (Node* node : changed) {
        node->type = type;
        if (auto* transform = std::get_if<TransformNode>(&node->body)) transform->output = type;
    }
    return made;
}

} // namespace playhead
