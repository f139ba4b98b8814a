// One stream of a real file to several outputs, through FFmpeg.
#include <algorithm>

#include "playhead/headless/simulation.h"
#include "playhead/headless/sinks.h"
#include "scenarios/real_rig.h"
#include "support/catch.h"
#include "support/forwarding_sink.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Wants its pictures like that.
struct Small final : ForwardingSink {
    Small(std::shared_ptr<StreamSink> inner, VideoFormat format)
        : ForwardingSink(std::move(inner)),
          wanted(std::move(format)) {}
    Result<MediaType> negotiate(const MediaType&) const override { return MediaType{wanted}; }
    void process(Sample sample) override {
        as_wanted += std::get<VideoFrame>(sample).picture->format().width == wanted.width;
        ForwardingSink::process(std::move(sample));
    }
    const VideoFormat wanted;
    int as_wanted = 0;
};

std::vector<std::uint32_t> contents(const headless::CaptureVideoSink& capture) {
    std::vector<std::uint32_t> sums;
    for (const auto& hash : capture.hashes()) sums.push_back(hash.adler32);
    return sums;
}

std::vector<MediaTime> stamps(const headless::CaptureVideoSink& capture) {
    std::vector<MediaTime> times;
    for (const auto& hash : capture.hashes()) times.push_back(hash.pts);
    return times;
}

} // namespace

TEST_CASE("two outputs of a real file's pictures: one as they are, one smaller by a converter",
          "[scenarios][tee]") {
    const auto file = media("av_h264_aac.mp4");
    if (!file) return;
    RealRig rig(headless::Simulation::create({}));
    const auto source = rig.open(*file);
    REQUIRE(source);
    const auto* stream = source->presentation().best(StreamKind::video);
    headless::CaptureVideoSink alone, plain, converted;
    {
        Topology topology;
        topology.add_branch(source, stream->index, alone.sink());
        REQUIRE(rig.session.set_topology(std::move(topology)));
        REQUIRE(rig.session.start());
        REQUIRE(rig.until("session-ended"));
    }
    auto wanted = std::get<VideoFormat>(stream->type);
    wanted.width = 64;
    wanted.height = 36;
    const auto small = std::make_shared<Small>(converted.sink(), wanted);
    Topology topology;
    const NodeId from = topology.add(SourceNode{source, stream->index, {}, {}});
    const NodeId tee = topology.add(TeeNode{});
    topology.connect(from, tee);
    for (const auto& sink : {plain.sink(), std::shared_ptr<StreamSink>(small)}) {
        OutputNode output;
        output.sink = sink;
        topology.connect(tee, topology.add(std::move(output)));
    }
    REQUIRE(rig.session.set_topology(std::move(topology), SetTopology::immediate));
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-ended"));
    const auto pictures = contents(alone);
    REQUIRE(pictures.size() > 20);
    CHECK(contents(plain) == pictures); // another output beside it changes nothing
    CHECK(stamps(plain) == stamps(alone));
    CHECK(stamps(converted) == stamps(alone));
    CHECK(small->as_wanted == static_cast<int>(pictures.size()));
    CHECK(rig.session.statistics()->streams.front().decoded == pictures.size());
    const auto full = *rig.session.full_topology();
    const auto behind = full->successors(tee);
    const auto converters = std::count_if(behind.begin(), behind.end(), [&](NodeId id) {
        const auto* node = std::get_if<TransformNode>(&full->find(id)->body);
        return node && node->kind == TransformNode::Kind::video_converter;
    });
    CHECK(converters == 1); // behind the tee: it is one output's affair
}
