#include "playhead/topology.h"

#include "pipeline/reader.h"
#include "playhead/engine.h"
#include "playhead/headless/simulation.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

// A file of two streams that opens and says nothing.
class TwoStreams final : public SourceFactory {
public:
    Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                              const SourceContext&) override {
        return std::make_unique<Opened>(request.locator);
    }

private:
    class Opened final : public MediaSource {
    public:
        explicit Opened(const std::string& locator) {
            presentation_.locator = locator;
            StreamInfo video;
            video.kind = StreamKind::video;
            video.codec = "h264";
            StreamInfo audio;
            audio.index = 1;
            audio.kind = StreamKind::audio;
            audio.codec = "aac";
            audio.language = "eng";
            presentation_.streams = {video, audio};
        }
        const Presentation& presentation() const override { return presentation_; }
        void select(std::span<const StreamIndex>) override {}
        Result<void> seek(MediaTime) override { return {}; }
        ReadOutcome read() override { return EndOfStream{}; }

    private:
        Presentation presentation_;
    };
};

class Sink final : public StreamSink {
public:
    explicit Sink(StreamKind kind) : kind_(kind) {}
    StreamKind kind() const override { return kind_; }
    SinkTraits traits() const override { return {}; }
    Result<MediaType> negotiate(const MediaType& offered) const override { return offered; }
    void attach(const SinkContext&) override {}
    void process(Sample) override {}
    void place_marker(const Marker&) override {}
    void flush() override {}
    void preroll(MediaTime) override {}
    void shut_down() override {}
    void on_start(HostTime, MediaTime) override {}
    void on_restart(HostTime) override {}
    void on_pause(HostTime) override {}
    void on_stop(HostTime) override {}
    void on_set_rate(HostTime, double) override {}

private:
    const StreamKind kind_;
};

class SinkFactory final : public StreamSinkFactory {
public:
    StreamKind kind() const override { return StreamKind::audio; }
    Result<std::shared_ptr<StreamSink>> create() override {
        return std::make_shared<Sink>(StreamKind::audio);
    }
};

struct Parts {
    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<Source> source = open("film.mkv");
    std::shared_ptr<StreamSink> video = std::make_shared<Sink>(StreamKind::video);
    std::shared_ptr<StreamSink> audio = std::make_shared<Sink>(StreamKind::audio);

    std::shared_ptr<Source> open(const std::string& locator) {
        OpenRequest request;
        request.locator = locator;
        const auto handle =
            std::make_shared<ReaderHandle>(simulation, std::make_shared<TwoStreams>(), request);
        bool opened = false;
        simulation->post([&] { handle->open([&](const Status& s) { opened = s.ok(); }); });
        REQUIRE(simulation->run_until([&] { return opened; }));
        return std::make_shared<Source>(handle);
    }
    ~Parts() {
        source.reset();
        simulation->run_until_idle();
    }

    Topology both() const {
        Topology t;
        t.add_branch(source, 0, video).add_branch(source, 1, audio);
        return t;
    }
    SourceNode from(StreamIndex stream) const { return {source, stream, {}, {}}; }
    OutputNode to(std::shared_ptr<StreamSink> sink) const {
        OutputNode node;
        node.sink = std::move(sink);
        return node;
    }
};

// Source first, so that its number is the lower one.
void add_pair(Topology& t, SourceNode source, OutputNode output) {
    const NodeId from = t.add(std::move(source));
    t.connect(from, t.add(std::move(output)));
}

TransformNode decoder(const std::string& label) {
    TransformNode node;
    node.label = label;
    VideoFormat format;
    format.width = 1920;
    format.height = 1080;
    format.pixel_format_name = "yuv420p";
    node.output = format;
    return node;
}

Errc error_of(const Topology& topology) {
    const Status status = validate(topology);
    REQUIRE_FALSE(status.ok());
    CHECK(status.message().find(' ') != std::string::npos);
    return static_cast<Errc>(status.code.value());
}

} // namespace

TEST_CASE("a topology is built node by node and can be walked both ways", "[topology]") {
    const Parts p;
    Topology t;
    const NodeId source = t.add(p.from(0));
    const NodeId transform = t.add(decoder("h264"));
    const NodeId first = t.add(p.to(p.video));
    const NodeId second = t.add(p.to(std::make_shared<Sink>(StreamKind::video)));
    t.connect(source, transform);
    t.connect(transform, first);
    t.connect(transform, second);
    t.connect(transform, second); // once is enough
    CHECK(t.nodes().size() == 4);
    CHECK(t.edges().size() == 3);
    CHECK(t.successors(source) == std::vector<NodeId>{transform});
    CHECK(t.successors(transform) == std::vector<NodeId>{first, second});
    CHECK(t.predecessors(transform) == std::vector<NodeId>{source});
    CHECK(t.predecessors(source).empty());
    CHECK(t.successors(99).empty());
    REQUIRE(t.find(transform) != nullptr);
    CHECK(std::get<TransformNode>(t.find(transform)->body).label == "h264");
    CHECK(t.find(transform)->type == MediaType{decoder("").output});
    CHECK(t.find(99) == nullptr);
    CHECK(validate(t).ok());
    std::get<OutputNode>(t.find(second)->body).sink = p.video;
    CHECK(validate(t) == Errc::topo_unsupported); // a sink plays one stream
}

TEST_CASE("a node can be put into an edge", "[topology]") {
    const Parts p;
    Topology t;
    t.add_branch(p.source, 0, p.video);
    const NodeId between = t.insert_between(1, 2, decoder("h264"));
    CHECK(t.successors(1) == std::vector<NodeId>{between});
    CHECK(t.successors(between) == std::vector<NodeId>{2});
    CHECK(t.predecessors(2) == std::vector<NodeId>{between});
    CHECK(validate(t).ok());
}

TEST_CASE("topologies compare by what they are, not by the order of building", "[topology]") {
    const Parts p;
    CHECK(Topology{} == Topology{});
    CHECK(p.both() == p.both());
    CHECK_FALSE(p.both() == Topology{});

    Topology edges_swapped;
    const NodeId a = edges_swapped.add(p.from(0));
    const NodeId b = edges_swapped.add(p.to(p.video));
    const NodeId c = edges_swapped.add(p.from(1));
    const NodeId d = edges_swapped.add(p.to(p.audio));
    edges_swapped.connect(c, d);
    edges_swapped.connect(a, b);
    CHECK(edges_swapped == p.both());

    const auto differs = [&](auto change) {
        Topology t = p.both();
        change(t);
        return !(t == p.both());
    };
    const auto source = [](Topology& t) -> SourceNode& {
        return std::get<SourceNode>(t.find(1)->body);
    };
    const auto output = [](Topology& t) -> OutputNode& {
        return std::get<OutputNode>(t.find(2)->body);
    };
    CHECK_FALSE(differs([](Topology&) {}));
    CHECK(differs([&](Topology& t) { source(t).stream = 1; }));
    CHECK(differs([&](Topology& t) { source(t).source = nullptr; }));
    CHECK(differs([&](Topology& t) { source(t).media_start = media_zero; }));
    CHECK(differs([&](Topology& t) { source(t).media_stop = media_zero; }));
    CHECK(differs([&](Topology& t) { output(t).sink = p.audio; }));
    CHECK(differs([&](Topology& t) { output(t).factory = std::make_shared<SinkFactory>(); }));
    CHECK(differs([&](Topology& t) { output(t).keep_alive = true; }));
    CHECK(differs([&](Topology& t) { output(t).disable_preroll = true; }));
    CHECK(differs([&](Topology& t) { output(t).rateless = true; }));
    CHECK(differs([&](Topology& t) { t.find(2)->type = VideoFormat{}; }));
    CHECK(differs([&](Topology& t) { t.connect(1, 4); }));
    CHECK(differs([&](Topology& t) { t.add(decoder("h264")); }));
    CHECK(differs([&](Topology& t) { t.find(1)->body = decoder("h264"); }));
}

TEST_CASE("what set_topology refuses: section 1.5", "[topology]") {
    const Parts p;
    const auto with_source = [&](const SourceNode& node) {
        Topology t;
        add_pair(t, node, p.to(p.video));
        return t;
    };
    SECTION("no nodes") { CHECK(error_of(Topology{}) == Errc::invalid_argument); }
    SECTION("a source node without a source") {
        CHECK(error_of(with_source({})) == Errc::topo_missing_source);
    }
    SECTION("a stream that the source has not") {
        CHECK(error_of(with_source(p.from(2))) == Errc::topo_missing_stream_descriptor);
        CHECK(error_of(with_source(p.from(-1))) == Errc::topo_missing_stream_descriptor);
    }
    SECTION("start and stop that contradict") {
        const auto trimmed = [&](std::optional<MediaTime> start, std::optional<MediaTime> stop) {
            return with_source({p.source, 0, start, stop});
        };
        const Errc refused = Errc::topo_invalid_time_attributes;
        CHECK(error_of(trimmed(media_at(-1ns), {})) == refused);
        CHECK(error_of(trimmed({}, media_at(-1ns))) == refused);
        CHECK(error_of(trimmed(media_at(2s), media_at(1s))) == refused);
        CHECK(error_of(trimmed(media_at(-2s), media_at(-1s))) == refused);
        CHECK(validate(trimmed(media_at(1s), media_at(2s))).ok());
        CHECK(validate(trimmed(media_at(1s), media_at(1s))).ok());
        CHECK(validate(trimmed({}, media_at(2s))).ok());
        CHECK(validate(trimmed(media_at(1s), {})).ok());
    }
    SECTION("an output with neither a sink nor a factory") {
        Topology t;
        add_pair(t, p.from(0), {});
        CHECK(error_of(t) == Errc::invalid_argument);
        std::get<OutputNode>(t.find(2)->body).factory = std::make_shared<SinkFactory>();
        CHECK(validate(t).ok());
    }
    SECTION("nodes that hang in the air") {
        Topology lone_source = p.both();
        lone_source.add(p.from(0));
        CHECK(error_of(lone_source) == Errc::topo_unsupported);
        Topology lone_output = p.both();
        lone_output.add(p.to(p.video));
        CHECK(error_of(lone_output) == Errc::topo_unsupported);
        Topology lone_transform = p.both();
        lone_transform.add(decoder("h264"));
        CHECK(error_of(lone_transform) == Errc::topo_unsupported);
        Topology dead_end = p.both();
        dead_end.connect(1, dead_end.add(decoder("h264")));
        CHECK(error_of(dead_end) == Errc::topo_unsupported);
    }
    SECTION("connections that make no sense") {
        Topology into_source = p.both();
        into_source.connect(1, 3);
        CHECK(error_of(into_source) == Errc::topo_unsupported);
        Topology out_of_output = p.both();
        out_of_output.connect(2, 4);
        CHECK(error_of(out_of_output) == Errc::topo_unsupported);
        Topology two_inputs = p.both();
        two_inputs.connect(1, 4);
        CHECK(error_of(two_inputs) == Errc::topo_unsupported);
        Topology nowhere = p.both();
        nowhere.connect(1, 99);
        CHECK(error_of(nowhere) == Errc::topo_unsupported);
        Topology circle = p.both();
        const NodeId a = circle.add(decoder("a"));
        const NodeId b = circle.add(decoder("b"));
        circle.connect(a, b);
        circle.connect(b, a);
        CHECK(error_of(circle) == Errc::topo_unsupported);
    }
    SECTION("the missing source is told before the missing connection") {
        Topology t;
        t.add(SourceNode{});
        CHECK(error_of(t) == Errc::topo_missing_source);
    }
    SECTION("what is in order is accepted") { CHECK(validate(p.both()).ok()); }
}

TEST_CASE("a topology reads as a drawing", "[topology]") {
    Parts p;
    p.source = p.open("a \"quoted\"\\name\n.mkv");
    Topology t;
    const NodeId source = t.add(SourceNode{p.source, 0, media_at(1s), {}});
    const NodeId transform = t.add(decoder("h264"));
    const NodeId output = t.add(p.to(p.video));
    std::get<OutputNode>(t.find(output)->body).keep_alive = true;
    t.connect(source, transform);
    t.connect(transform, output);
    OutputNode made;
    made.factory = std::make_shared<SinkFactory>();
    add_pair(t, p.from(1), std::move(made));
    CHECK(t.dot() == R"dot(digraph topology {
    rankdir=LR;
    node [fontname="sans-serif"];
    n1 [shape=box, label="a \"quoted\"\\name .mkv\nstream 0: video h264\nfrom 0:01.000"];
    n2 [shape=ellipse, label="decoder\nh264"];
    n3 [shape=house, label="video output\nkeep_alive"];
    n4 [shape=box, label="a \"quoted\"\\name .mkv\nstream 1: audio aac (eng)"];
    n5 [shape=house, label="audio output, made when needed"];
    n1 -> n2;
    n2 -> n3 [label="video 1920x1080 yuv420p"];
    n4 -> n5;
}
)dot");
    CHECK(Topology{}.dot().find("digraph topology {") == 0);
}
