// An application's own transforms between decoder and output, on scripted surroundings.
#include "support/catch.h"
#include "support/session_rig.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Gives each sample when the next one has come: one is always held back.
struct Holder final : Transform {
    Result<MediaType> set_input(const MediaType& type) override { return type; }
    Result<void> process(Sample in, std::vector<Sample>& out) override {
        if (held) out.push_back(std::move(*held));
        held = std::move(in);
        return {};
    }
    Result<void> drain(std::vector<Sample>& out) override {
        if (held) out.push_back(std::move(*held));
        held.reset();
        return {};
    }
    void flush() override { held.reset(); }

    std::optional<Sample> held;
};

std::shared_ptr<TransformFactory> holder() {
    return transform_factory([]() -> Result<std::unique_ptr<Transform>> {
        return std::unique_ptr<Transform>(std::make_unique<Holder>());
    });
}

// Takes no pictures wider than that.
struct Narrow final : Transform {
    explicit Narrow(int w) : widest(w) {}
    Result<MediaType> set_input(const MediaType& type) override {
        if (std::get<VideoFormat>(type).width > widest) {
            return fail(Errc::invalid_argument, "these are too wide for the narrow one");
        }
        return type;
    }
    Result<void> process(Sample in, std::vector<Sample>& out) override {
        out.push_back(std::move(in));
        return {};
    }
    const int widest;
};

// The rig's topology with these in the way of its pictures, in their order.
Topology with(SessionRig& rig, std::vector<TransformNode> nodes) {
    if (!rig.source) rig.open();
    Topology topology;
    add_chain(topology, {rig.source, 0, {}, {}}, std::move(nodes), rig.video);
    topology.add_branch(rig.source, 1, rig.audio);
    return topology;
}

void load(SessionRig& rig, std::vector<TransformNode> nodes) {
    REQUIRE(rig.session.set_topology(with(rig, std::move(nodes))));
    rig.simulation->settle();
    rig.events();
    rig.journal->take();
}

} // namespace

TEST_CASE("every sample goes through an application's transform, sound and picture in step",
          "[session][8]") {
    std::atomic<int> seen{0};
    SessionRig rig;
    load(rig, {custom(map_samples([&](Sample sample) -> Result<Sample> {
             ++seen;
             return sample;
         }))});
    rig.start();
    rig.until("session-ended");
    CHECK(seen == 250);
    CHECK(rig.video->rendered == 250);
    CHECK(rig.audio->rendered == 500);
}

TEST_CASE("the full topology has the decoder before a transform, and what each of them gives",
          "[session][8]") {
    SessionRig rig;
    load(rig, {custom(holder(), "holder"),
               custom(map_samples([](Sample s) -> Result<Sample> { return s; }), "mark")});
    const auto full = *rig.session.full_topology();
    std::vector<std::string> labels;
    NodeId at = full->nodes().front().id;
    for (auto next = full->successors(at); !next.empty(); next = full->successors(next.front())) {
        const Node& node = *full->find(next.front());
        CHECK(std::holds_alternative<VideoFormat>(node.type));
        const auto* transform = std::get_if<TransformNode>(&node.body);
        labels.push_back(transform ? transform->label : "output");
    }
    CHECK(labels == std::vector<std::string>{"scripted-video", "holder", "mark", "output"});
    CHECK(full->dot().find("transform\\nholder") != std::string::npos);
}

TEST_CASE("what a transform holds back comes at the end, through those behind it", "[session][8]") {
    SessionRig rig;
    load(rig, {custom(holder()), custom(holder())});
    rig.video->note_samples = true;
    rig.start();
    rig.until("session-ended");
    CHECK(rig.video->rendered == 250);
    const Times given = rig.given();
    REQUIRE(given.size() > 2);
    CHECK(*(given.end() - 2) == 9920);
    CHECK(given.back() == 9960);
}

TEST_CASE("nothing that a transform held before a seek comes after it", "[session][8]") {
    SessionRig rig;
    load(rig, {custom(holder())});
    rig.video->note_samples = true;
    rig.start(at(5s));
    rig.simulation->run_for(1s);
    rig.journal->take();
    (void)rig.session.start(at(2s)); // what it holds lies behind that
    rig.until("session-started");
    rig.simulation->run_for(100ms);
    const Times given = rig.given();
    REQUIRE(given.size() >= 2);
    CHECK(given[0] == 2000);
    CHECK(given[1] == 2040);
}

TEST_CASE("a picture that a transform cannot do is lost and told, and playback goes on",
          "[session][8]") {
    std::atomic<int> seen{0};
    SessionRig rig;
    load(rig, {custom(map_samples([&](Sample sample) -> Result<Sample> {
             if (++seen == 30) return fail(Errc::damaged, "not this one");
             return sample;
         }))});
    rig.start();
    rig.until("session-ended");
    CHECK(rig.video->rendered == 249);
    CHECK(rig.count<NonFatalError>() == 1);
}

TEST_CASE("a transform that cannot take the stream refuses the topology", "[session][8]") {
    SessionRig rig;
    REQUIRE(rig.session.set_topology(
        with(rig, {custom(transform_factory([]() -> Result<std::unique_ptr<Transform>> {
                 return std::unique_ptr<Transform>(std::make_unique<Narrow>(-1));
             }))})));
    rig.until("topology-set");
    const auto set = rig.last("topology-set");
    REQUIRE(set);
    CHECK(set->status == Errc::invalid_argument);
    CHECK(set->status.message().find("too wide") != std::string::npos);
    CHECK(rig.session.state() == SessionState::idle);
}

TEST_CASE("a transform that cannot follow a change of format ends playback there", "[session][8]") {
    SessionRig rig;
    rig.faults->wide_from = 2s;
    load(rig, {custom(transform_factory([]() -> Result<std::unique_ptr<Transform>> {
             return std::unique_ptr<Transform>(std::make_unique<Narrow>(16));
         }))});
    rig.video->note_samples = true;
    rig.start();
    CHECK(rig.until_error() == Errc::topo_cannot_connect);
    CHECK(rig.journal->count("video process 1960") == 1);
    CHECK(rig.journal->count("video process 2000") == 0);
}

TEST_CASE("a transform that does not come back delays no stop, and is made again", "[session][8]") {
    Gate gate;
    std::atomic<int> made{0}, seen{0};
    SessionRig rig;
    struct Slow final : Transform {
        Slow(Gate& g, std::atomic<int>& n, Executor& e) : gate(g), seen(n), executor(e) {}
        Result<MediaType> set_input(const MediaType& type) override { return type; }
        Result<void> process(Sample in, std::vector<Sample>& out) override {
            if (++seen == 40) gate.close(false);
            (void)gate.pass(executor, nullptr);
            out.push_back(std::move(in));
            return {};
        }
        Gate& gate;
        std::atomic<int>& seen;
        Executor& executor;
    };
    load(rig, {custom(transform_factory([&]() -> Result<std::unique_ptr<Transform>> {
             ++made;
             return std::unique_ptr<Transform>(std::make_unique<Slow>(gate, seen, *rig.simulation));
         }))});
    CHECK(made == 1);
    rig.start();
    rig.simulation->run_for(3s);
    REQUIRE(seen == 40); // inside it
    const HostTime asked = rig.simulation->now();
    (void)rig.session.stop();
    rig.until("session-stopped");
    CHECK(rig.last("session-stopped")->status.ok());
    CHECK(rig.simulation->now() - asked <= 100ms);
    rig.simulation->run_for(1s);
    (void)rig.session.start();
    rig.simulation->run_for(500ms);
    gate.open(); // of the first one; nobody hears of it any more
    rig.video->rendered = 0;
    rig.until("session-ended");
    CHECK(made == 2);
    CHECK(rig.last("session-ended"));
    CHECK(rig.video->rendered >= 235);
}

TEST_CASE("a custom transform needs a factory, a converter what to convert to", "[session][8]") {
    SessionRig rig;
    TransformNode without = custom(nullptr);
    const auto refused = rig.session.set_topology(with(rig, {without}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::invalid_argument);
    TransformNode converter;
    converter.kind = TransformNode::Kind::video_converter;
    const auto vague = rig.session.set_topology(with(rig, {converter}));
    REQUIRE_FALSE(vague);
    CHECK(vague.error() == Errc::invalid_argument);
    TransformNode late; // a decoder
    CHECK(rig.session.set_topology(with(rig, {custom(holder()), late})));
    rig.until("topology-set");
    CHECK(rig.last("topology-set")->status == Errc::topo_unsupported);
}

TEST_CASE("a topology that is queued twice has a transform for each time", "[session][8]") {
    std::atomic<int> made{0};
    SessionRig rig;
    const auto factory = transform_factory([&]() -> Result<std::unique_ptr<Transform>> {
        ++made;
        return std::unique_ptr<Transform>(std::make_unique<Holder>());
    });
    const auto topology = with(rig, {custom(factory)});
    REQUIRE(rig.session.set_topology(topology));
    rig.simulation->settle();
    REQUIRE(rig.session.set_topology(topology));
    rig.simulation->settle();
    rig.start();
    rig.until("session-ended");
    CHECK(made == 2);
    CHECK(rig.video->rendered == 500);
}

TEST_CASE("a stream that is switched goes through the transforms of its output", "[session][8]") {
    std::atomic<int> seen{0};
    ScriptedMedia media;
    media.audio_streams = 2;
    SessionRig rig({.seed = 1, .media = media});
    rig.open();
    Topology topology;
    const auto counter = map_samples([&](Sample sample) -> Result<Sample> {
        ++seen;
        return sample;
    });
    const NodeId to =
        add_chain(topology, {rig.source, 1, {}, {}}, {custom(counter, "counter")}, rig.audio);
    REQUIRE(rig.session.set_topology(std::move(topology)));
    rig.simulation->settle();
    rig.start();
    rig.simulation->run_for(2s);
    const int before = seen;
    CHECK(before > 95);
    REQUIRE(rig.session.switch_stream(to, SourceNode{rig.source, 2, {}, {}}));
    rig.until("stream-switched");
    REQUIRE(rig.last("stream-switched")->status.ok());
    rig.until("session-ended");
    CHECK(seen - before >= 395);
    CHECK((*rig.session.full_topology())->dot().find("counter") != std::string::npos);
}

TEST_CASE("in reverse a transform's pictures fall as they do without one", "[session][8]") {
    SessionRig rig;
    load(rig, {custom(holder())});
    REQUIRE(rig.session.set_rate(-1.0));
    rig.video->note_samples = true;
    (void)rig.session.start(at(2s));
    rig.until("session-ended");
    const Times given = rig.given();
    REQUIRE(given.size() == 51);
    CHECK(given.front() == 2000);
    CHECK(given.back() == 0);
}
