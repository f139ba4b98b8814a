// Real files in virtual time: each picture within its interval, each sample at its place, and the
// same again for the same seed.
#include <algorithm>
#include <cmath>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/sinks.h"
#include "playhead/video_output.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct Run {
    std::vector<Viewer::Shown> shown;
    std::vector<std::string> lines;
    std::vector<float> sound;
    std::uint64_t trace = 0;
    std::uint64_t late = 0;
    std::uint64_t underruns = 0;
    Duration took{};
};

Run watch(const std::string& path, std::uint64_t seed) {
    Run run;
    headless::SimulationOptions options;
    options.seed = seed;
    auto simulation = headless::Simulation::create(options);
    auto device = std::make_shared<headless::CaptureAudioDevice>(simulation);
    VideoOutput video;
    AudioOutput audio(device);
    auto viewer = std::make_shared<Viewer>(simulation, video);
    viewer->watch();
    {
        RealRig rig(simulation);
        const auto source = rig.open(path);
        REQUIRE(source);
        Topology topology;
        const auto& presentation = source->presentation();
        if (const auto* v = presentation.best(StreamKind::video)) {
            topology.add_branch(source, v->index, video.sink());
        }
        if (const auto* a = presentation.best(StreamKind::audio)) {
            topology.add_branch(source, a->index, audio.sink());
        }
        REQUIRE(rig.session.set_topology(std::move(topology)));
        REQUIRE(rig.session.start());
        REQUIRE(rig.until("session-started"));
        const auto begun = simulation->now();
        CHECK(rig.until("session-ended"));
        run.took = simulation->now() - begun;
        run.lines = rig.lines;
        run.trace = simulation->trace_hash();
    }
    run.shown = viewer->shown;
    run.sound = device->samples();
    run.late = video.frames_late();
    run.underruns = audio.underruns();
    return run;
}

} // namespace

TEST_CASE("each picture is handed out within its interval, and none is missing",
          "[media][pacing]") {
    const auto path = media("av_1080p_5s.mp4");
    if (!path) return;
    const auto run = watch(*path, 1);
    REQUIRE(run.shown.size() == 125);
    CHECK(run.late == 0);
    CHECK(run.underruns == 0);
    for (std::size_t i = 0; i < run.shown.size(); ++i) {
        INFO("frame " << i);
        CHECK(run.shown[i].pts == media_at(i * 40ms));
        CHECK(run.shown[i].clock >= run.shown[i].pts);
        CHECK(run.shown[i].clock < run.shown[i].pts + 40ms);
        if (i > 1) {
            // Evenly: to the nanosecond that the rate's rounding leaves.
            const auto interval = run.shown[i].when - run.shown[i - 1].when;
            CHECK(std::abs((interval - 40ms).count()) <= 1000);
        }
    }
}

TEST_CASE("the same seed gives the same events, pictures, samples and schedule",
          "[simulation][seed]") {
    const auto path = media("av_h264_aac.mp4");
    if (!path) return;
    const auto first = watch(*path, 7);
    for (int i = 0; i < 5; ++i) {
        const auto again = watch(*path, 7);
        CHECK(again.trace == first.trace);
        CHECK(again.lines == first.lines);
        CHECK(again.sound == first.sound);
        CHECK(std::equal(
            again.shown.begin(), again.shown.end(), first.shown.begin(), first.shown.end(),
            [](const auto& a, const auto& b) { return a.pts == b.pts && a.when == b.when; }));
    }
    // Another seed takes another road to the same pictures and the same sound.
    const auto other = watch(*path, 8);
    CHECK(other.trace != first.trace);
    CHECK(other.shown.size() == first.shown.size());
    CHECK(other.late == 0);
}

TEST_CASE("variable frame rates and late streams keep their times", "[media][pacing]") {
    for (const char* name : {"vfr_odd_518x488.mp4", "editlist_positive_shift.mp4", "h264_mp2.ts",
                             "chapters.mkv", "vp9.webm"}) {
        const auto path = media(name);
        if (!path) return;
        INFO(name);
        const auto run = watch(*path, 3);
        CHECK(run.late == 0);
        REQUIRE_FALSE(run.shown.empty());
        for (std::size_t i = 0; i < run.shown.size(); ++i) {
            INFO("frame " << i);
            // The first picture may be shown ahead of its time: it is there while nothing else is.
            if (i > 0) CHECK(run.shown[i].clock >= run.shown[i].pts);
            if (i + 1 < run.shown.size()) CHECK(run.shown[i].clock < run.shown[i + 1].pts);
        }
    }
}

TEST_CASE("random exact seeks show the frame that linear decoding gives", "[media][seek]") {
    for (const char* name : {"av_h264_aac.mp4", "hevc_bframes.mp4", "vfr_odd_518x488.mp4",
                             "mpeg4_mp3.avi", "vp9.webm"}) {
        const auto path = media(name);
        if (!path) return;
        INFO(name);
        auto simulation = headless::Simulation::create();
        headless::CaptureVideoSink linear, sought;
        RealRig rig(simulation);
        const auto source = rig.open(*path);
        REQUIRE(source);
        const auto stream = source->presentation().best(StreamKind::video)->index;
        {
            Topology topology;
            topology.add_branch(source, stream, linear.sink());
            REQUIRE(rig.session.set_topology(std::move(topology)));
            REQUIRE(rig.session.start());
            REQUIRE(rig.until("session-ended"));
        }
        const auto frames = linear.hashes();
        REQUIRE(frames.size() > 10);
        Session other = rig.engine->create_session({.queue_events = false});
        rig.session.close();
        REQUIRE(rig.until("session-closed"));
        VideoOutput video;
        Topology topology;
        topology.add_branch(source, stream, video.sink());
        REQUIRE(other.set_topology(std::move(topology)));
        REQUIRE(rig.until("topology-set"));
        const auto duration = (frames.back().pts - media_zero).count();
        std::uint64_t state = 12345;
        for (int i = 0; i < 40; ++i) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            const MediaTime target =
                media_at(Duration{static_cast<std::int64_t>(state >> 20) % duration});
            REQUIRE(other.cue(target));
            REQUIRE(rig.until("session-paused"));
            const auto due = video.frame_due(simulation->now());
            REQUIRE(due.frame);
            auto wanted = std::find_if(frames.rbegin(), frames.rend(),
                                       [&](const auto& f) { return f.pts <= target; });
            if (wanted == frames.rend()) --wanted;
            INFO("target " << format_time(target - media_zero));
            CHECK(format_time(due.frame->pts - media_zero) ==
                  format_time(wanted->pts - media_zero));
            CHECK(headless::adler32(*due.frame->picture) == wanted->adler32);
        }
        other.close();
        rig.until("session-closed");
    }
}
