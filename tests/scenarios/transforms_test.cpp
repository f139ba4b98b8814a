// Transforms and converters of an application in a topology, with real clips through FFmpeg.
#include <algorithm>
#include <numeric>

#include "playhead/headless/simulation.h"
#include "playhead/headless/sinks.h"
#include "scenarios/real_rig.h"
#include "support/catch.h"
#include "support/forwarding_sink.h"
#include "support/media_files.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<headless::Simulation> simulation() { return headless::Simulation::create({}); }

// The best stream of that kind to this sink, through these nodes.
void add_best(Topology& topology, const std::shared_ptr<Source>& source, StreamKind kind,
              std::vector<TransformNode> nodes, const std::shared_ptr<StreamSink>& sink) {
    add_chain(topology, {source, source->presentation().best(kind)->index, {}, {}},
              std::move(nodes), sink);
}

TransformNode converter(TransformNode::Kind kind, MediaType to) {
    TransformNode node;
    node.kind = kind;
    node.output = std::move(to);
    return node;
}

// A sink that wants its pictures like that, whatever it is offered; the rest is another's.
struct Particular final : ForwardingSink {
    Particular(std::shared_ptr<StreamSink> inner, VideoFormat like)
        : ForwardingSink(std::move(inner)),
          wanted(std::move(like)) {}
    Result<MediaType> negotiate(const MediaType&) const override { return MediaType{wanted}; }
    void process(Sample sample) override {
        const auto& format = std::get<VideoFrame>(sample).picture->format();
        as_wanted += format.width == wanted.width && format.pixel_format == wanted.pixel_format;
        ForwardingSink::process(std::move(sample));
    }
    const VideoFormat wanted;
    int as_wanted = 0;
};

} // namespace

TEST_CASE("an application's converter gives sound of another rate to the sample", "[scenarios]") {
    const auto file = media("plain.flac");
    if (!file) return;
    RealRig rig(simulation());
    const auto source = rig.open(*file);
    REQUIRE(source);
    const auto from = std::get<AudioFormat>(source->presentation().best(StreamKind::audio)->type);
    headless::NullAudioSink plain;
    {
        Topology topology;
        add_best(topology, source, StreamKind::audio, {}, plain.sink());
        REQUIRE(rig.session.set_topology(std::move(topology)));
        REQUIRE(rig.session.start());
        REQUIRE(rig.until("session-ended"));
    }
    AudioFormat to = from;
    to.rate_hz = from.rate_hz == 48000 ? 32000 : 48000;
    to.channels = 2;
    to.channel_mask = 3;
    to.sample_format = SampleFormat::f32;
    to.planar = false;
    headless::CaptureAudioSink converted;
    Topology topology;
    add_best(topology, source, StreamKind::audio,
             {converter(TransformNode::Kind::audio_converter, to)}, converted.sink());
    REQUIRE(rig.session.set_topology(std::move(topology), SetTopology::immediate));
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-ended"));
    REQUIRE(plain.samples() > 0);
    const auto length =
        frames_to_duration(static_cast<std::int64_t>(plain.samples()), from.rate_hz);
    CHECK(static_cast<std::int64_t>(converted.samples()) == duration_to_frames(length, to.rate_hz));
    // Stamps come from counts: each block begins where the one before ended.
    std::int64_t frames = 0;
    for (const auto& hash : converted.hashes()) {
        const auto begins = hash.pts - media_zero - frames_to_duration(frames, to.rate_hz);
        CHECK((begins >= -1us && begins <= 1us));
        frames += static_cast<std::int64_t>(hash.size_bytes / (2 * sizeof(float)));
    }
}

TEST_CASE("an output that wants other pictures gets them from a converter", "[scenarios]") {
    const auto file = media("av_h264_aac.mp4");
    if (!file) return;
    RealRig rig(simulation());
    const auto source = rig.open(*file);
    REQUIRE(source);
    auto wanted = std::get<VideoFormat>(source->presentation().best(StreamKind::video)->type);
    const auto pictures = [&](const VideoFormat& format) {
        headless::CaptureVideoSink capture;
        const auto sink = std::make_shared<Particular>(capture.sink(), format);
        Topology topology;
        add_best(topology, source, StreamKind::video, {}, sink);
        REQUIRE(rig.session.set_topology(std::move(topology), SetTopology::immediate));
        REQUIRE(rig.session.start());
        REQUIRE(rig.until("session-ended"));
        CHECK(sink->as_wanted == static_cast<int>(capture.frames()));
        return capture.hashes();
    };
    const auto as_they_are = pictures(wanted);
    wanted.width = 64;
    wanted.height = 36;
    wanted.pixel_format = PixelFormat::rgba;
    wanted.pixel_format_name = "rgba";
    wanted.native_pixel_format = -1;
    const auto small = pictures(wanted);
    const auto full = *rig.session.full_topology();
    const auto& nodes = full->nodes();
    CHECK(std::any_of(nodes.begin(), nodes.end(), [](const Node& node) {
        const auto* transform = std::get_if<TransformNode>(&node.body);
        return transform && transform->kind == TransformNode::Kind::video_converter;
    }));
    REQUIRE(small.size() == as_they_are.size());
    REQUIRE(small.size() == 30);
    for (std::size_t i = 0; i < small.size(); ++i) {
        CHECK(small[i].pts == as_they_are[i].pts);
        CHECK(small[i].size_bytes == 64u * 36u * 4u);
    }
}

TEST_CASE("a transform between decoder and output changes what is captured, and not when",
          "[scenarios]") {
    const auto file = media("av_h264_aac.mp4");
    if (!file) return;
    struct Black final : Picture {
        explicit Black(const Picture& like) : bytes(like.size_bytes()) {
            format_ = like.format();
            plane_count_ = like.plane_count();
            const std::byte* at = bytes.data();
            for (int i = 0; i < plane_count_; ++i) {
                const Plane& plane = like.plane(i);
                planes_[static_cast<std::size_t>(i)] = {at, plane.row_bytes, plane.row_bytes,
                                                        plane.rows};
                at += plane.row_bytes * plane.rows;
            }
        }
        std::vector<std::byte> bytes;
    };
    RealRig rig(simulation());
    const auto source = rig.open(*file);
    REQUIRE(source);
    headless::CaptureVideoSink plain, black;
    headless::NullAudioSink sound;
    Topology topology;
    add_best(topology, source, StreamKind::video, {}, plain.sink());
    add_best(topology, source, StreamKind::audio, {}, sound.sink());
    REQUIRE(rig.session.set_topology(std::move(topology)));
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-ended"));
    const auto blacken = map_samples([](Sample sample) -> Result<Sample> {
        auto& frame = std::get<VideoFrame>(sample);
        frame.picture = std::make_shared<Black>(*frame.picture);
        return sample;
    });
    Topology changed;
    add_best(changed, source, StreamKind::video, {custom(blacken)}, black.sink());
    REQUIRE(rig.session.set_topology(std::move(changed), SetTopology::immediate));
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-ended"));
    const auto before = plain.hashes();
    const auto after = black.hashes();
    REQUIRE(before.size() == 30);
    REQUIRE(after.size() == before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        CHECK(after[i].pts == before[i].pts);
        CHECK(after[i].duration == before[i].duration);
        CHECK(after[i].adler32 == after[0].adler32);
        CHECK(after[i].adler32 != before[i].adler32);
    }
}
