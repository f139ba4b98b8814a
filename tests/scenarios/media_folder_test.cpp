// Every file of the development media through the whole engine, against its manifest: in the
// simulation, and on the real lanes.
#include <map>

#include <nlohmann/json.hpp>

#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "scenarios/real_rig.h"
#include "support/catch.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using nlohmann::json;

namespace {

// Plays every stream to the end on null outputs; counts by stream.
struct Counted {
    bool ended = false;
    std::map<StreamIndex, std::uint64_t> cues;
    std::map<StreamIndex, std::uint64_t> frames;
    std::map<StreamIndex, std::uint64_t> samples;
};

Counted play_all(RealRig& rig, const std::shared_ptr<Source>& source) {
    std::map<StreamIndex, headless::NullVideoSink> video;
    std::map<StreamIndex, headless::NullAudioSink> audio;
    std::map<StreamIndex, headless::NullSubtitleSink> subtitles;
    Topology topology;
    for (const auto& stream : source->presentation().streams) {
        if (!stream.decodable || stream.disposition.attached_picture) continue;
        if (stream.kind == StreamKind::video) {
            topology.add_branch(source, stream.index, video[stream.index].sink());
        } else if (stream.kind == StreamKind::audio) {
            topology.add_branch(source, stream.index, audio[stream.index].sink());
        } else if (stream.kind == StreamKind::subtitle) {
            topology.add_branch(source, stream.index, subtitles[stream.index].sink());
        }
    }
    Counted counted;
    if (!rig.session.set_topology(std::move(topology)) || !rig.session.start()) return counted;
    counted.ended = rig.until("session-ended", std::chrono::minutes{2});
    for (auto& [index, sink] : video) counted.frames[index] = sink.frames();
    for (auto& [index, sink] : audio) counted.samples[index] = sink.samples();
    for (auto& [index, sink] : subtitles) counted.cues[index] = sink.frames();
    return counted;
}

void check_counts(const json& file, const Counted& counted) {
    const bool whole = file.at("expectation") != "partly";
    for (const json& stream : file.at("streams")) {
        const auto index = stream.at("index").get<StreamIndex>();
        INFO("stream " << index);
        if (stream.contains("disposition") && !stream.at("disposition").empty() &&
            stream.at("disposition")[0] == "attached_pic") {
            continue;
        }
        const auto check = [&](const json& range, double owed, std::uint64_t got) {
            CHECK(static_cast<double>(got) >= owed * (whole ? 1.0 : 0.7));
            CHECK(got <= range.at("max").get<std::uint64_t>());
        };
        if (stream.contains("frames")) {
            const json& frames = stream.at("frames");
            check(frames, frames.at("min").get<double>(), counted.frames.at(index));
        }
        if (stream.contains("cues")) {
            CHECK(counted.cues.at(index) == stream.at("cues").get<std::uint64_t>());
        }
        if (stream.contains("samples")) {
            check(stream.at("samples"), stream.at("samples").at("min").get<double>(),
                  counted.samples.at(index));
        }
    }
}

template <class MakeExecutor>
void check_folder(MakeExecutor make) {
    const auto manifest = media_manifest();
    if (!manifest) return;
    int played = 0;
    for (const json& file : manifest->at("files")) {
        const auto name = file.at("path").get<std::string>();
        const auto expectation = file.at("expectation").get<std::string>();
        const auto path = media(name);
        if (!path) continue;
        INFO(name);
        RealRig rig(make());
        const auto source = rig.open(*path);
        if (expectation == "clean_error" || expectation == "refuse") {
            CHECK_FALSE(source);
            CHECK_FALSE(rig.opened.ok());
            CHECK(rig.opened.message().find(name) != std::string::npos);
            if (expectation == "refuse") CHECK(rig.opened == Errc::protected_content);
            continue;
        }
        INFO(rig.opened.message());
        REQUIRE(source);
        const auto counted = play_all(rig, source);
        CHECK(counted.ended);
        CHECK(rig.count("session-error") == 0);
        check_counts(file, counted);
        ++played;
    }
    CHECK(played > 0);
}

} // namespace

TEST_CASE("every file plays to its end in virtual time with the counts of the manifest",
          "[media][simulation]") {
    check_folder([] { return headless::Simulation::create(); });
}

TEST_CASE("every file plays to its end on the real lanes with the counts of the manifest",
          "[media][lanes]") {
    check_folder([] { return make_lanes(); });
}
