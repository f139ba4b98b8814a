#include "topology/resolver.h"

#include <utility>

#include "pipeline/outlet.h"

namespace playhead {

namespace {

int decoder_threads(const StreamInfo& stream, const ResolverServices& services) {
    if (services.single_threaded) return 1;
    const auto* video = std::get_if<VideoFormat>(&stream.type);
    if (!video) return 1;
    if (video->width * video->height <= services.threading.single_thread_pixels) return 1;
    return services.threading.threads > 0 ? services.threading.threads : services.cores;
}

// A stretch of the way from a decoder to the outputs: what stands in it, and where it leads.
struct Limb {
    std::vector<TransformRecipe> recipes;
    std::vector<std::unique_ptr<Transform>> transforms; // one for each
    std::vector<Limb> limbs;                            // behind its fork; none: an output
    NodeId output = 0;
    std::shared_ptr<StreamSink> sink;

    LimbPlan plan() const {
        LimbPlan plan{recipes, {}, output};
        for (const auto& limb : limbs) plan.limbs.push_back(limb.plan());
        return plan;
    }
    // In the order in which an Outlet takes them.
    void hand_over(std::vector<std::vector<std::unique_ptr<Transform>>>& to) {
        to.push_back(std::move(transforms));
        for (auto& limb : limbs) limb.hand_over(to);
    }
    void collect(std::vector<const Limb*>& ends) const {
        if (limbs.empty()) ends.push_back(this);
        for (const auto& limb : limbs) limb.collect(ends);
    }
};

// What hangs on a source node, becoming something that can be played. With one output each transform
// becomes part of the decoder, else those before the first fork do.
class StreamBuilder {
public:
    StreamBuilder(Topology& full, NodeId source, const StreamInfo& stream,
                  const ResolverServices& services)
        : full_(full),
          source_(source),
          stream_(stream),
          services_(services) {}

    Status build() {
        full_.find(source_)->type = stream_.type;
        const NodeId decoder = find_decoder();
        auto status = grow(decoder, stream_.type, trunk_);
        return status.ok() ? make_decoder() : status;
    }
    const Limb& trunk() const { return trunk_; }
    DecoderRecipe take_recipe() { return std::move(recipe_); }
    std::unique_ptr<Decoder> take_decoder() { return std::move(decoder_); }
    // Null: one output.
    std::shared_ptr<TeePlan> take_tee() {
        if (trunk_.limbs.empty()) return nullptr;
        auto tee = std::make_shared<TeePlan>();
        trunk_.recipes.clear();
        tee->limbs = trunk_.plan();
        std::vector<std::vector<std::unique_ptr<Transform>>> made;
        trunk_.hand_over(made);
        tee->outlet = std::make_unique<Outlet>(tee->limbs, std::move(made));
        return tee;
    }

private:
    using Kind = TransformNode::Kind;

    // The application's, straight behind the source, or one that is put there.
    NodeId find_decoder() {
        const auto behind = full_.successors(source_);
        const auto* node = std::get_if<TransformNode>(&full_.find(behind.front())->body);
        if (behind.size() == 1 && node && node->kind == Kind::decoder) return behind.front();
        return full_.insert_behind(source_,
                                   TransformNode{Kind::decoder, stream_.codec, stream_.type});
    }

    // From what stands behind `at`, which gives `type`, to the outputs.
    Status grow(NodeId at, MediaType type, Limb& into) {
        auto behind = full_.successors(at);
        while (behind.size() == 1) {
            Node& node = *full_.find(behind.front());
            if (std::holds_alternative<OutputNode>(node.body)) return reach(at, node, type, into);
            if (auto status = add(node, type, into); !status.ok()) return status;
            at = node.id;
            behind = full_.successors(at);
        }
        for (const NodeId next : behind) {
            into.limbs.emplace_back();
            if (auto status = grow_from(at, next, type, into.limbs.back()); !status.ok()) {
                return status;
            }
        }
        return {};
    }

    // The same along one of several edges.
    Status grow_from(NodeId at, NodeId next, MediaType type, Limb& into) {
        Node& node = *full_.find(next);
        if (std::holds_alternative<OutputNode>(node.body)) return reach(at, node, type, into);
        if (auto status = add(node, type, into); !status.ok()) return status;
        return grow(next, std::move(type), into);
    }

    // A node on the way; `type` becomes what leaves it.
    Status add(Node& node, MediaType& type, Limb& into) {
        auto* transform = std::get_if<TransformNode>(&node.body);
        if (transform) {
            if (transform->kind == Kind::decoder) {
                return {Errc::topo_unsupported, "a decoder stands behind another node"};
            }
            TransformRecipe recipe =
                transform->kind == Kind::custom
                    ? [factory = transform->factory] { return factory->create(); }
                    : converter_to(transform->output);
            auto made = add_made(std::move(recipe), type, into);
            if (!made) return made.error();
            type = std::move(*made);
            transform->output = type;
        }
        node.type = type;
        return {};
    }

    TransformRecipe converter_to(const MediaType& to) const {
        return [converters = services_.converters, to]() -> Result<std::unique_ptr<Transform>> {
            return make_converter(converters, to);
        };
    }

    // What it makes of that type.
    Result<MediaType> add_made(TransformRecipe recipe, const MediaType& type, Limb& into) {
        auto made = make_all({recipe});
        if (!made) return fail(made.error());
        auto gives = made->front()->set_input(type);
        if (!gives) return gives;
        into.recipes.push_back(std::move(recipe));
        into.transforms.push_back(std::move(made->front()));
        return gives;
    }

    // The output takes what `at` gives, or what a converter makes of it.
    Status reach(NodeId at, Node& node, const MediaType& type, Limb& into) {
        const NodeId id = node.id;
        auto& output = std::get<OutputNode>(node.body);
        if (!output.sink) {
            auto made = output.factory->create();
            if (!made) return made.error();
            output.sink = std::move(*made);
        }
        if (output.sink->kind() != stream_.kind) {
            return {Errc::topo_cannot_connect,
                    "a " + std::string(to_string(stream_.kind)) + " stream leads to a " +
                        std::string(to_string(output.sink->kind())) + " output"};
        }
        if (type.index() != stream_.type.index()) {
            return {Errc::topo_cannot_connect,
                    "a transform makes " + describe(type) + " of " + describe(stream_.type)};
        }
        into.output = id;
        into.sink = output.sink;
        auto wanted = into.sink->negotiate(type);
        if (!wanted) return wanted.error();
        node.type = *wanted;
        return *wanted == type ? Status{} : convert(at, id, type, *wanted, into);
    }

    Status convert(NodeId at, NodeId output, const MediaType& from, const MediaType& to,
                   Limb& into) {
        if (from.index() != to.index() || !services_.converters) {
            return {Errc::topo_cannot_connect,
                    "the output takes " + describe(to) + ", the stream gives " + describe(from)};
        }
        if (auto made = add_made(converter_to(to), from, into); !made) return made.error();
        const bool video = std::holds_alternative<VideoFormat>(to);
        full_.insert_between(
            at, output,
            TransformNode{video ? Kind::video_converter : Kind::audio_converter, {}, to});
        return {};
    }

    Status make_decoder() {
        const DecoderContext context{decoder_threads(stream_, services_), services_.bit_exact};
        const auto bare = [decoders = services_.decoders, stream = stream_, context] {
            return decoders->create(stream, context);
        };
        auto decoder = bare();
        if (!decoder) return decoder.error();
        decoder_ = std::move(*decoder);
        recipe_ = bare;
        if (trunk_.transforms.empty()) return {};
        decoder_ = std::make_unique<TransformedDecoder>(
            std::move(decoder_), TransformChain(std::exchange(trunk_.transforms, {})));
        recipe_ = [bare, recipes = trunk_.recipes]() -> Result<std::unique_ptr<Decoder>> {
            auto inner = bare();
            if (!inner) return inner;
            auto made = make_all(recipes);
            if (!made) return fail(made.error());
            return std::unique_ptr<Decoder>(std::make_unique<TransformedDecoder>(
                std::move(*inner), TransformChain(std::move(*made))));
        };
        return {};
    }

    Topology& full_;
    const NodeId source_;
    const StreamInfo& stream_;
    const ResolverServices& services_;
    Limb trunk_;
    DecoderRecipe recipe_;
    std::unique_ptr<Decoder> decoder_;
};

// One for each output of the source node.
Status add_plans(Topology& full, const Topology& given, const Node& node,
                 const ResolverServices& services, std::vector<BranchPlan>& plans) {
    const auto& source = std::get<SourceNode>(node.body);
    const StreamInfo& stream =
        source.source->presentation().streams[static_cast<std::size_t>(source.stream)];
    StreamBuilder builder(full, node.id, stream, services);
    if (auto status = builder.build(); !status.ok()) return status;
    std::vector<const Limb*> ends;
    builder.trunk().collect(ends);
    std::vector<BranchPlan> made(ends.size());
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const auto& output = std::get<OutputNode>(given.find(ends[i]->output)->body);
        BranchPlan& plan = made[i];
        plan.source = source.source;
        plan.stream = source.stream;
        plan.source_node = node.id;
        plan.kind = stream.kind;
        plan.sink = ends[i]->sink;
        plan.sink_factory = output.factory;
        plan.output_node = ends[i]->output;
        plan.keep_alive = output.keep_alive;
        plan.disable_preroll = output.disable_preroll;
        plan.rateless = output.rateless;
        plan.forbid_dynamic_change = given.forbid_dynamic_change;
        plan.media_start = source.media_start.value_or(media_zero) - media_zero;
        plan.media_stop = source.media_stop;
    }
    const auto tee = builder.take_tee();
    made.front().recipe = builder.take_recipe();
    made.front().decoder = builder.take_decoder();
    for (auto& plan : made) {
        plan.tee = tee;
        plans.push_back(std::move(plan));
    }
    return {};
}

} // namespace

Resolution resolve(std::shared_ptr<const Topology> partial, bool already_full,
                   const ResolverServices& services) {
    Resolution out;
    auto full = std::make_shared<Topology>(*partial);
    for (const Node& node : partial->nodes()) {
        if (!std::holds_alternative<SourceNode>(node.body)) continue;
        out.status = add_plans(*full, *partial, node, services, out.plans);
        if (!out.status.ok()) return out;
    }
    if (already_full && !(*full == *partial)) {
        out.status = {Errc::topo_unsupported,
                      "the topology is not full: decoders, converters or types are missing; set it "
                      "without no_resolution"};
        return out;
    }
    out.topology = already_full ? std::move(partial) : std::move(full);
    return out;
}

std::shared_ptr<const Topology> retyped(const Topology& full, NodeId output,
                                        const MediaType& type) {
    auto made = std::make_shared<Topology>(full);
    bool made_here = false;
    for (NodeId at = output; at != 0 && !made_here;) {
        Node& node = *made->find(at);
        if (std::holds_alternative<SourceNode>(node.body)) break;
        node.type = type;
        if (auto* transform = std::get_if<TransformNode>(&node.body)) {
            transform->output = type;
            made_here = true;
        }
        const auto before = made->predecessors(at);
        at = before.empty() ? 0 : before.front();
    }
    return made;
}

} // namespace playhead
