#include "topology/resolver.h"

#include <utility>

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
        const DecoderContext context{decoder_threads(stream, services), services.bit_exact};
        plan.recipe = [decoders = services.decoders, stream, context] {
            return decoders->create(stream, context);
        };
        auto decoder = plan.recipe();
        if (!decoder) {
            out.status = decoder.error();
            return out;
        }
        plan.decoder = std::move(*decoder);
        auto type = plan.sink->negotiate(stream.type);
        if (!type) {
            out.status = type.error();
            return out;
        }
        if (*type != stream.type) {
            out.status = {Errc::topo_cannot_connect, "the output takes " + describe(*type) +
                                                         ", the stream gives " +
                                                         describe(stream.type)};
            return out;
        }
        full->find(node.id)->type = stream.type;
        full->find(chain->output)->type = *type;
        std::get<OutputNode>(full->find(chain->output)->body).sink = plan.sink;
        if (chain->transforms.empty()) {
            full->insert_between(node.id, chain->output,
                                 TransformNode{TransformNode::Kind::decoder, stream.codec, *type});
        }
        out.plans.push_back(std::move(plan));
    }
    out.topology = already_full ? std::move(partial) : std::move(full);
    return out;
}

std::shared_ptr<const Topology> retyped(const Topology& full, NodeId source, const MediaType& type) {
    auto made = std::make_shared<Topology>(full);
    auto next = made->successors(source);
    for (std::size_t hops = 0; hops < made->nodes().size() && next.size() == 1; ++hops) {
        Node& node = *made->find(next.front());
        node.type = type;
        if (auto* transform = std::get_if<TransformNode>(&node.body)) transform->output = type;
        next = made->successors(node.id);
    }
    return made;
}

} // namespace playhead
