// One stream to several outputs, on scripted surroundings in virtual time.
#include <algorithm>

#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Stamps of what a sink was given, in milliseconds.
std::vector<int> pictures_in(const Journal& journal) {
    std::vector<int> stamps;
    const std::string head = "video process ";
    for (const auto& line : journal.lines()) {
        if (line.rfind(head, 0) == 0) stamps.push_back(std::stoi(line.substr(head.size())));
    }
    return stamps;
}

std::vector<int> every_picture(int from_ms, int to_ms) {
    std::vector<int> stamps;
    for (int t = from_ms; t < to_ms; t += 40) stamps.push_back(t);
    return stamps;
}

// Counts the pictures, and the transforms that were made for it.
struct Meter {
    std::atomic<int> pictures{0};
    std::atomic<int> made{0};

    TransformNode node() {
        TransformNode node;
        node.kind = TransformNode::Kind::custom;
        node.factory = transform_factory([this]() -> Result<std::unique_ptr<Transform>> {
            ++made;
            return map_samples([this](Sample sample) -> Result<Sample> {
                       ++pictures;
                       return sample;
                   })
                ->create();
        });
        return node;
    }
};

struct MakesSinks final : StreamSinkFactory {
    explicit MakesSinks(std::function<std::shared_ptr<StreamSink>()> make)
        : make_(std::move(make)) {}
    StreamKind kind() const override { return StreamKind::video; }
    Result<std::shared_ptr<StreamSink>> create() override { return make_(); }
    const std::function<std::shared_ptr<StreamSink>()> make_;
};

// The rig's pictures go to its own output and to a second one.
struct TeeRig : SessionRig {
    explicit TeeRig(RigOptions options = {}) : SessionRig(std::move(options)) {
        video->note_samples = second->note_samples = true;
    }
    ~TeeRig() { second->process_gate.open(); }

    NodeId add_output(Topology& topology, NodeId behind, const std::shared_ptr<StreamSink>& sink) {
        OutputNode output;
        output.sink = sink;
        const NodeId added = topology.add(std::move(output));
        topology.connect(behind, added);
        return added;
    }
    Topology teed(const std::shared_ptr<Source>& from) {
        Topology topology;
        const NodeId stream = topology.add(SourceNode{from, 0, {}, {}});
        const NodeId tee = topology.add(TeeNode{});
        topology.connect(stream, tee);
        first_node = add_output(topology, tee, video);
        second_node = add_output(topology, tee, second);
        topology.add_branch(from, from->presentation().best(StreamKind::audio)->index, audio);
        return topology;
    }
    void load_teed() {
        if (!source) open();
        set(teed(source));
    }
    void set(Topology topology) {
        REQUIRE(session.set_topology(std::move(topology)));
        simulation->settle();
        events();
        take();
    }
    void take() {
        journal->take();
        second_journal->take();
    }
    // What the outputs are given from here on is looked at.
    void begin(StartPosition position = current) {
        take();
        (void)session.start(position);
        until("session-started");
    }
    std::vector<int> to_first() const { return pictures_in(*journal); }
    std::vector<int> to_second() const { return pictures_in(*second_journal); }
    std::uint64_t decoded() const { return session.statistics()->streams.front().decoded; }

    std::shared_ptr<Journal> second_journal = std::make_shared<Journal>();
    std::shared_ptr<ScriptedSink> second =
        std::make_shared<ScriptedSink>(StreamKind::video, second_journal);
    NodeId first_node = 0, second_node = 0;
};

} // namespace

TEST_CASE("behind a tee each output gets every picture, and each is decoded once",
          "[session][tee]") {
    TeeRig rig;
    rig.load_teed();
    rig.begin();
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(0, 10'000));
    CHECK(rig.to_second() == every_picture(0, 10'000));
    CHECK(rig.video->rendered == 250);
    CHECK(rig.second->rendered == 250);
    CHECK(rig.decoded() == 250);
    CHECK(rig.decoders->made == 2); // the pictures' and the sound's
}

TEST_CASE("edges that part at any node are a tee", "[session][tee]") {
    TeeRig rig;
    rig.open();
    Topology topology;
    const NodeId source = topology.add(SourceNode{rig.source, 0, {}, {}});
    rig.add_output(topology, source, rig.video);
    rig.add_output(topology, source, rig.second);
    rig.set(std::move(topology));
    rig.begin(at(4s));
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(4000, 10'000));
    CHECK(rig.to_second() == every_picture(4000, 10'000));
    const auto full = rig.session.full_topology();
    REQUIRE(full);
    CHECK((*full)->nodes().size() == 4); // one decoder, behind which the edges part
    CHECK((*full)->successors(source).size() == 1);
    CHECK((*full)->successors((*full)->successors(source).front()).size() == 2);
}

TEST_CASE(
    "the output that asks least sets the pace, and the other is ahead by no more than may wait",
    "[session][tee]") {
    TeeRig rig;
    rig.second->ahead = 100;
    rig.load_teed();
    rig.begin();
    rig.simulation->run_for(2s);
    CHECK(rig.second->processed > rig.video->processed);
    CHECK(rig.second->processed - rig.video->processed <= 8);
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(0, 10'000));
    CHECK(rig.to_second() == every_picture(0, 10'000));
}

TEST_CASE("a seek, a pause and a stop hold for every output of a tee", "[session][tee]") {
    TeeRig rig;
    rig.load_teed();
    rig.begin();
    rig.simulation->run_for(1s);
    rig.begin(at(3330ms));
    rig.simulation->run_for(100ms);
    REQUIRE_FALSE(rig.to_first().empty());
    CHECK(rig.to_first().front() == 3320);
    CHECK(rig.to_second().front() == 3320);
    REQUIRE(rig.session.pause());
    rig.until("session-paused");
    const int first = rig.video->rendered, second = rig.second->rendered;
    rig.simulation->run_for(5s);
    CHECK(rig.video->rendered == first);
    CHECK(rig.second->rendered == second);
    REQUIRE(rig.session.stop());
    CHECK(rig.until("session-stopped").back() == "session-stopped ok");
    rig.begin(at(9s));
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(9000, 10'000));
    CHECK(rig.to_second() == every_picture(9000, 10'000));
}

TEST_CASE("the end has come when the slower output has shown its last picture", "[session][tee]") {
    TeeRig rig{{.seed = 1, .media = {.duration = 1s}}};
    rig.second->ahead = 20;
    rig.video->ahead = 1;
    rig.load_teed();
    rig.begin();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.video->rendered == 25);
    CHECK(rig.second->rendered == 25);
    CHECK(rig.to_first() == rig.to_second());
}

TEST_CASE("in reverse both outputs get the pictures in falling order", "[session][tee]") {
    TeeRig rig;
    rig.load_teed();
    (void)rig.session.set_rate(-1.0);
    rig.begin(at(1s));
    rig.until("session-ended");
    auto falling = every_picture(0, 1001);
    std::reverse(falling.begin(), falling.end());
    CHECK(rig.to_first() == falling);
    CHECK(rig.to_second() == falling);
}

TEST_CASE("single pictures are shown by the outputs that show some, however many the others miss",
          "[session][tee][scrub]") {
    TeeRig rig;
    rig.video->told.scrubs = true; // the second one does not
    rig.load_teed();
    (void)rig.session.set_rate(0.0);
    rig.begin(at(1s));
    rig.until("scrub-sample-complete");
    for (int i = 0; i < 30; ++i) { // each is the next picture
        (void)rig.session.start();
        REQUIRE(rig.until("scrub-sample-complete").back() == "scrub-sample-complete ok");
    }
    CHECK(rig.video->rendered == 31);
    CHECK(rig.to_first() == every_picture(1000, 1000 + 31 * 40));
    CHECK(rig.second->processed == 0);
    (void)rig.session.stop();
    rig.until("session-stopped");
    (void)rig.session.set_rate(1.0);
    rig.begin(at(9s));
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(9000, 10'000));
    CHECK(rig.to_second() == every_picture(9000, 10'000));
}

TEST_CASE("an output of a tee that is lost costs the others nothing", "[session][tee]") {
    for (const bool first : {true, false}) {
        INFO((first ? "the first" : "the second"));
        TeeRig rig;
        rig.load_teed();
        rig.begin();
        rig.simulation->run_for(2s);
        (first ? rig.video : rig.second)->fail_now({Errc::device_lost, "unplugged"});
        rig.until("sink-invalidated");
        const auto lost = rig.last("sink-invalidated");
        REQUIRE(lost);
        CHECK(lost->as<SinkInvalidated>()->node == (first ? rig.first_node : rig.second_node));
        CHECK(rig.until("session-ended").back() == "session-ended ok");
        CHECK((first ? rig.to_second() : rig.to_first()) == every_picture(0, 10'000));
        CHECK(rig.decoded() == 250);
    }
}

TEST_CASE("an output of a tee that does not come back delays no stop, and is made again",
          "[session][tee]") {
    TeeRig rig;
    rig.open();
    std::vector<std::shared_ptr<ScriptedSink>> made;
    OutputNode output;
    output.factory = std::make_shared<MakesSinks>([&] {
        made.push_back(std::make_shared<ScriptedSink>(StreamKind::video, rig.second_journal));
        return made.back();
    });
    Topology topology;
    const NodeId source = topology.add(SourceNode{rig.source, 0, {}, {}});
    rig.add_output(topology, source, rig.video);
    topology.connect(source, topology.add(std::move(output)));
    rig.set(std::move(topology));
    REQUIRE(made.size() == 1);
    rig.begin();
    rig.simulation->run_for(1s);
    made.front()->process_gate.close(false);
    rig.simulation->run_for(1s);
    const HostTime asked = rig.simulation->now();
    REQUIRE(rig.session.stop());
    CHECK(rig.until("session-stopped").back() == "session-stopped ok");
    CHECK(rig.simulation->now() - asked <= 100ms);
    rig.begin(at(9s));
    rig.until("session-ended");
    REQUIRE(made.size() == 2);
    CHECK(made.back()->rendered == 25);
    made.front()->process_gate.open();
}

TEST_CASE("what stands before a tee works once, what stands behind it for its output",
          "[session][tee]") {
    TeeRig rig;
    rig.open();
    Meter before, behind;
    Topology topology;
    const NodeId source = topology.add(SourceNode{rig.source, 0, {}, {}});
    const NodeId all = topology.add(before.node());
    const NodeId one = topology.add(behind.node());
    topology.connect(source, all);
    topology.connect(all, one);
    rig.add_output(topology, all, rig.video);
    rig.add_output(topology, one, rig.second);
    rig.set(std::move(topology));
    rig.begin();
    rig.until("session-ended");
    CHECK(before.pictures == 250);
    CHECK(behind.pictures == 250);
    CHECK(before.made == 1);
    CHECK(behind.made == 1);
    CHECK(rig.to_first() == every_picture(0, 10'000));
    CHECK(rig.to_second() == every_picture(0, 10'000));
}

TEST_CASE("a tee may stand behind a tee", "[session][tee]") {
    TeeRig rig;
    rig.open();
    const auto third_journal = std::make_shared<Journal>();
    const auto third = std::make_shared<ScriptedSink>(StreamKind::video, third_journal);
    third->note_samples = true;
    Meter meter;
    Topology topology;
    const NodeId source = topology.add(SourceNode{rig.source, 0, {}, {}});
    const NodeId shared = topology.add(meter.node());
    rig.add_output(topology, source, rig.video);
    topology.connect(source, shared);
    rig.add_output(topology, shared, rig.second);
    rig.add_output(topology, shared, third);
    rig.set(std::move(topology));
    rig.begin();
    rig.until("session-ended");
    CHECK(meter.pictures == 250); // not once for each of its two outputs
    CHECK(rig.to_first() == every_picture(0, 10'000));
    CHECK(rig.to_second() == every_picture(0, 10'000));
    CHECK(pictures_in(*third_journal) == every_picture(0, 10'000));
}

TEST_CASE("what a transform behind a tee holds back reaches its output at the end",
          "[session][tee]") {
    struct Holder final : Transform { // gives each picture when the next one has come
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
    TeeRig rig;
    rig.open();
    TransformNode node;
    node.kind = TransformNode::Kind::custom;
    node.factory = transform_factory([]() -> Result<std::unique_ptr<Transform>> {
        return std::unique_ptr<Transform>(std::make_unique<Holder>());
    });
    Topology topology;
    const NodeId source = topology.add(SourceNode{rig.source, 0, {}, {}});
    const NodeId holder = topology.add(std::move(node));
    rig.add_output(topology, source, rig.video);
    topology.connect(source, holder);
    rig.add_output(topology, holder, rig.second);
    rig.set(std::move(topology));
    rig.begin();
    rig.simulation->run_for(500ms);
    rig.begin(at(8s));
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(8000, 10'000));
    CHECK(rig.to_second() == every_picture(8000, 10'000));
}

TEST_CASE("a change of size is told of every output of a tee at once, and one that refuses ends it",
          "[session][tee]") {
    for (const bool refused : {false, true}) {
        TeeRig rig;
        rig.faults->wide_from = 2s;
        if (refused) rig.second->widest = 16;
        rig.load_teed();
        rig.begin();
        if (refused) {
            rig.until("session-error");
            CHECK(rig.last("session-error")->status == Errc::topo_cannot_connect);
            CHECK(rig.to_second() == every_picture(0, 2000));
            continue;
        }
        const auto lines = rig.until("session-ended");
        CHECK(std::count(lines.begin(), lines.end(), "topology-status:dynamic_changed ok") == 1);
        const auto full = *rig.session.full_topology();
        CHECK(full->find(rig.first_node)->type == full->find(rig.second_node)->type);
        CHECK(std::get<VideoFormat>(full->find(rig.first_node)->type).width == 32);
    }
}

TEST_CASE("an output of a tee is switched off and on again while the others play",
          "[session][tee][switch]") {
    TeeRig rig;
    rig.load_teed();
    rig.begin();
    rig.simulation->run_for(2s);
    (void)rig.session.switch_stream(rig.second_node, {});
    CHECK(rig.until("stream-switched").back() == "stream-switched ok");
    const int shown = rig.second->rendered;
    rig.simulation->run_for(2s);
    CHECK(rig.second->rendered == shown);
    (void)rig.session.switch_stream(rig.second_node, SourceNode{rig.source, 0, {}, {}});
    CHECK(rig.until("stream-switched").back() == "stream-switched ok");
    rig.simulation->run_for(1s);
    CHECK(rig.second->rendered >= shown + 20);
    CHECK(rig.to_first() == every_picture(0, rig.to_first().back() + 40));
    // It has a decoder of its own now; a seek finds both.
    rig.begin(at(6s));
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(6000, 10'000));
    CHECK(rig.to_second() == every_picture(6000, 10'000));
}

TEST_CASE("the first output of a tee may leave it for another stream", "[session][tee][switch]") {
    TeeRig rig{{.seed = 1, .media = {.video_streams = 2}}};
    rig.load_teed();
    rig.begin();
    rig.simulation->run_for(2s);
    const auto& streams = rig.source->presentation().streams;
    const auto second = std::find_if(streams.begin() + 1, streams.end(), [](const StreamInfo& s) {
        return s.kind == StreamKind::video;
    });
    REQUIRE(second != streams.end());
    const StreamIndex other = second->index;
    (void)rig.session.switch_stream(rig.first_node, SourceNode{rig.source, other, {}, {}});
    CHECK(rig.until("stream-switched").back() == "stream-switched ok");
    rig.simulation->run_for(1s);
    CHECK(rig.video->last_stream == other);
    CHECK(rig.second->last_stream == 0);
    rig.begin(at(5s));
    rig.simulation->run_for(1s);
    CHECK(rig.video->last_stream == other);
    CHECK(rig.second->last_stream == 0);
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.to_second().back() == 9960);
}

TEST_CASE("presentations with tees follow each other without a gap at any output",
          "[session][tee][queue]") {
    TeeRig rig{{.seed = 1, .media = {.duration = 1s}}};
    rig.second->ahead = 6;
    std::vector<std::shared_ptr<Source>> items;
    for (int i = 0; i < 3; ++i) items.push_back(rig.open());
    for (const auto& item : items) (void)rig.session.set_topology(rig.teed(item));
    rig.simulation->settle();
    rig.events();
    rig.begin();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.to_first() == every_picture(0, 3000));
    CHECK(rig.to_second() == every_picture(0, 3000));
    CHECK(rig.second_journal->count("video flush") == 0);
}

TEST_CASE("two nodes of one stream are two branches, each with a decoder", "[session][tee]") {
    TeeRig rig;
    rig.open();
    Topology topology;
    topology.add_branch(rig.source, 0, rig.video);
    topology.add_branch(rig.source, 0, rig.second);
    rig.set(std::move(topology));
    rig.begin(at(2s));
    rig.until("session-ended");
    CHECK(rig.to_first() == every_picture(2000, 10'000));
    CHECK(rig.to_second() == every_picture(2000, 10'000));
    CHECK(rig.decoders->made == 2);
}

TEST_CASE("a tee to an output of another kind, or with a decoder behind it, is refused",
          "[session][tee]") {
    TeeRig rig;
    rig.open();
    Topology sound;
    NodeId source = sound.add(SourceNode{rig.source, 0, {}, {}});
    rig.add_output(sound, source, rig.video);
    rig.add_output(sound, source, rig.audio);
    (void)rig.session.set_topology(std::move(sound));
    rig.until("topology-set");
    CHECK(rig.last("topology-set")->status == Errc::topo_cannot_connect);
    Topology behind;
    source = behind.add(SourceNode{rig.source, 0, {}, {}});
    const NodeId decoder = behind.add(TransformNode{});
    rig.add_output(behind, source, rig.video);
    behind.connect(source, decoder);
    rig.add_output(behind, decoder, rig.second);
    (void)rig.session.set_topology(std::move(behind));
    rig.until("topology-set");
    CHECK(rig.last("topology-set")->status == Errc::topo_unsupported);
    CHECK(rig.session.state() == SessionState::idle);
}
