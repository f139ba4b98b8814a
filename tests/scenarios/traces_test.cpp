// The reference traces of media-session.md section 3 with real clips, through FFmpeg and the real
// outputs, in virtual time: rates, reverse, scrubbing, joins and sequences among them.
#include <algorithm>
#include <cmath>
#include <utility>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/sequencer.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/lines.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// A session with a window and a sound card, both imagined.
struct Theatre {
    explicit Theatre(std::uint64_t seed = 1, headless::AudioDeviceOptions card = {}) {
        headless::SimulationOptions options;
        options.seed = seed;
        simulation = headless::Simulation::create(options);
        device = std::make_shared<headless::CaptureAudioDevice>(simulation, std::move(card));
        audio = std::make_unique<AudioOutput>(device);
        viewer = std::make_shared<Viewer>(simulation, video);
        viewer->watch();
        rig = std::make_unique<RealRig>(simulation);
    }
    ~Theatre() {
        sources.clear();
        rig.reset();
    }
    Topology item(const std::string& path) {
        auto source = rig->open(path);
        REQUIRE(source);
        sources.push_back(source);
        Topology topology;
        const auto& presentation = source->presentation();
        const auto add = [&](StreamKind kind, const std::shared_ptr<StreamSink>& sink) {
            const auto* stream = presentation.best(kind);
            if (stream) topology.add_branch(source, stream->index, sink);
        };
        add(StreamKind::video, video.sink());
        add(StreamKind::audio, audio->sink());
        return topology;
    }
    void load(const std::string& path) {
        REQUIRE(rig->session.set_topology(item(path)));
        until("topology-status");
    }
    // The lines up to the event, each told once.
    Lines until(const std::string& event) {
        const auto before = rig->lines.size();
        CHECK(rig->until(event));
        return Lines(rig->lines.begin() + static_cast<std::ptrdiff_t>(before), rig->lines.end());
    }
    template <class T>
    T last() const {
        for (auto at = rig->events.rbegin(); at != rig->events.rend(); ++at) {
            if (const auto* body = at->as<T>()) return *body;
        }
        FAIL("no such event");
        return {};
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<headless::CaptureAudioDevice> device;
    VideoOutput video;
    std::unique_ptr<AudioOutput> audio;
    std::shared_ptr<Viewer> viewer;
    std::unique_ptr<RealRig> rig;
    std::vector<std::shared_ptr<Source>> sources;
};

constexpr const char* film = "av_1080p_5s.mp4";       // 125 pictures, 40 ms each, one group
constexpr const char* short_film = "av_h264_aac.mp4"; // 30 pictures and a second of sound

} // namespace

TEST_CASE("the traces of one presentation, with a real clip", "[media][3][traces]") {
    const auto path = media(film);
    if (!path) return;
    Theatre theatre;
    auto& session = theatre.rig->session;
    REQUIRE(session.set_topology(theatre.item(*path)));
    CHECK(theatre.until("topology-status") ==
          Lines{"topology-set ok", "notify-presentation-time ok", "capabilities-changed:+115 ok",
                "topology-status:ready ok"});
    (void)session.start();
    CHECK(theatre.until("session-started") == Lines{"topology-status:started_source ok",
                                                    "capabilities-changed:+4 ok",
                                                    "session-started ok"});
    theatre.simulation->run_for(1s);
    (void)session.pause();
    CHECK(theatre.until("session-paused") ==
          Lines{"capabilities-changed:-4 ok", "session-paused ok"});
    (void)session.start();
    CHECK(theatre.until("session-started") ==
          Lines{"capabilities-changed:+4 ok", "session-started ok"});
    (void)session.start(at(3010ms));
    CHECK(theatre.until("session-started") == Lines{"session-started ok"});
    CHECK(theatre.last<SessionStarted>().shown_pts == media_at(3s));
    (void)session.stop();
    CHECK(theatre.until("session-stopped") ==
          Lines{"capabilities-changed:-4 ok", "session-stopped ok"});
    (void)session.start(at(4s));
    theatre.until("session-started");
    CHECK(theatre.until("session-ended") ==
          Lines{"end-of-presentation ok", "topology-status:ended ok", "capabilities-changed:-4 ok",
                "session-ended ok"});
    (void)session.start();
    theatre.until("session-started");
    (void)session.close();
    CHECK(theatre.until("session-closed") ==
          Lines{"capabilities-changed:-4 ok", "capabilities-changed:-115 ok", "session-closed ok"});
}

TEST_CASE("a stop that overtakes a second start leaves no picture, and no device open",
          "[media][3.1][traces]") {
    const auto path = media(film);
    if (!path) return;
    headless::AudioDeviceOptions slow;
    slow.open_takes = 300ms;
    Theatre theatre(1, slow);
    theatre.load(*path);
    auto& session = theatre.rig->session;
    (void)session.start();
    theatre.until("session-started");
    (void)session.stop();
    theatre.until("session-stopped");
    theatre.simulation->run_for(1s);
    CHECK_FALSE(theatre.audio->device_open());
    (void)session.start();
    theatre.simulation->run_for(200ms); // the first picture is there, the device is not
    (void)session.stop();
    CHECK(theatre.until("session-stopped") == Lines{"topology-status:started_source ok",
                                                    "session-started cancelled",
                                                    "session-stopped ok"});
    theatre.simulation->run_for(2s);
    CHECK_FALSE(theatre.video.frame_due(theatre.simulation->now()).frame);
    CHECK_FALSE(theatre.audio->device_open());
}

TEST_CASE("rate 0 shows the frame of each start, and steps from one to the next",
          "[media][3][scrub]") {
    const auto path = media(film);
    if (!path) return;
    Theatre theatre;
    theatre.load(*path);
    auto& session = theatre.rig->session;
    (void)session.set_rate(0.0);
    CHECK(theatre.until("rate-changed") == Lines{"rate-changed ok"});
    bool first = true;
    for (const auto target : {2500ms, 120ms, 4990ms, 2530ms}) {
        (void)session.start(at(target));
        Lines lines{"session-started ok", "scrub-sample-complete ok"};
        if (std::exchange(first, false)) {
            lines.insert(lines.begin(),
                         {"topology-status:started_source ok", "capabilities-changed:+4 ok"});
        }
        CHECK(theatre.until("scrub-sample-complete") == lines);
        CHECK(theatre.last<ScrubSampleComplete>().shown_pts == media_at(target / 40ms * 40ms));
    }
    for (int i = 1; i <= 5; ++i) {
        (void)session.start();
        CHECK(theatre.until("scrub-sample-complete") ==
              Lines{"session-started ok", "scrub-sample-complete ok"});
        CHECK(theatre.last<ScrubSampleComplete>().shown_pts == media_at(2520ms + i * 40ms));
        CHECK(session.position() == media_at(2520ms + i * 40ms));
    }
    // From a pause it is one picture on, too.
    (void)session.pause();
    theatre.until("session-paused");
    (void)session.start();
    theatre.until("scrub-sample-complete");
    theatre.simulation->run_for(100ms);
    CHECK((theatre.last<ScrubSampleComplete>().shown_pts.value_or(media_zero) - media_zero) / 1ms ==
          2760);
    CHECK((*session.position() - media_zero) / 1ms == 2760);
}

TEST_CASE("backwards every picture is shown once, in its interval, down to the first",
          "[media][5.2][reverse]") {
    const auto path = media(film);
    if (!path) return;
    for (const double rate : {-1.0, -2.0}) {
        INFO("rate " << rate);
        Theatre theatre;
        theatre.load(*path);
        auto& session = theatre.rig->session;
        (void)session.set_rate(rate);
        theatre.until("rate-changed");
        (void)session.start(at(5s));
        theatre.until("session-started");
        const auto begun = theatre.simulation->now();
        theatre.until("session-ended");
        CHECK(theatre.last<SessionEnded>().position == media_zero);
        CHECK(std::abs(((theatre.simulation->now() - begun) - 5s / -rate).count()) < 1'000'000);
        const auto& shown = theatre.viewer->shown;
        REQUIRE(shown.size() == 125);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            INFO("picture " << i);
            CHECK(shown[i].pts == media_at((124 - static_cast<int>(i)) * 40ms));
            CHECK(shown[i].clock <= shown[i].pts + 40ms);
            CHECK(shown[i].clock > shown[i].pts);
        }
    }
}

TEST_CASE("at other rates every picture keeps its place and the end comes sooner or later",
          "[media][5.2]") {
    const auto path = media(film);
    if (!path) return;
    for (const double rate : {0.5, 2.0}) {
        INFO("rate " << rate);
        Theatre theatre;
        theatre.load(*path);
        auto& session = theatre.rig->session;
        (void)session.set_rate(rate);
        (void)session.start();
        theatre.until("session-started");
        const auto begun = theatre.simulation->now();
        theatre.until("session-ended");
        const auto took = theatre.simulation->now() - begun;
        // The stretcher's own shift, 43 ms of programme at the most, is what is left.
        const auto due = (theatre.last<SessionEnded>().position - media_zero) / rate;
        CHECK(std::abs((took - due).count()) < 43'000'000 / rate);
        REQUIRE(theatre.viewer->shown.size() == 125);
        CHECK(theatre.video.frames_late() == 0);
        for (std::size_t i = 1; i < 125; ++i) {
            const auto& picture = theatre.viewer->shown[i];
            CHECK(picture.clock >= picture.pts);
            CHECK(picture.clock < picture.pts + 40ms);
        }
    }
}

TEST_CASE("gapless A to B: the events, each picture at its time, and not one sample too many",
          "[media][3][gapless]") {
    const auto path = media(short_film);
    if (!path) return;
    Theatre alone;
    alone.load(*path);
    (void)alone.rig->session.start();
    alone.until("session-ended");

    Theatre theatre;
    auto& session = theatre.rig->session;
    REQUIRE(session.set_topology(theatre.item(*path)));
    REQUIRE(session.set_topology(theatre.item(*path)));
    REQUIRE(session.set_topology(theatre.item(*path)));
    (void)session.start();
    theatre.until("session-started");
    const auto lines = theatre.until("session-ended");
    const Lines join{"end-of-presentation ok",   "notify-presentation-time ok",
                     "topology-status:ready ok", "topology-status:started_source ok",
                     "topology-status:ended ok", "topology-status:sink_switched ok"};
    Lines whole = join;
    whole.insert(whole.end(), join.begin(), join.end());
    for (const char* line : {"end-of-presentation ok", "topology-status:ended ok",
                             "capabilities-changed:-4 ok", "session-ended ok"}) {
        whole.emplace_back(line);
    }
    CHECK(lines == whole);
    const auto ended = theatre.last<SessionEnded>().position;
    const auto offset = theatre.last<NotifyPresentationTime>().offset;
    const auto& shown = theatre.viewer->shown;
    REQUIRE(shown.size() == 90);
    CHECK(theatre.video.frames_late() == 0);
    CHECK(theatre.audio->underruns() == 0);
    for (std::size_t i = 30; i < 90; ++i) {
        INFO("picture " << i);
        const auto& own = alone.viewer->shown[i % 30].pts;
        CHECK(shown[i].pts == own + offset / 2 * static_cast<int>(i / 30));
        CHECK(shown[i].clock >= shown[i].pts);
    }
    // The sound of the first two without the encoder's filling, exactly as long as their place.
    const auto frames = static_cast<std::int64_t>(theatre.audio->frames_played());
    const int rate = 44100;
    CHECK(std::abs((frames_to_duration(duration_to_frames(offset, rate), rate) - offset).count()) <=
          2);
    CHECK(std::abs((ended - media_zero - frames_to_duration(frames, rate)).count()) < 60'000'000);
}

TEST_CASE("a sequence loops without losing a picture", "[media][6.2][loop]") {
    const auto path = media(short_film);
    if (!path) return;
    Theatre theatre;
    auto& session = theatre.rig->session;
    const Topology item = theatre.item(*path);
    Sequencer list{session, {.feeds_session = true, .repeat = true}};
    REQUIRE(list.append(item));
    theatre.until("topology-status");
    (void)session.start();
    theatre.until("session-started");
    theatre.simulation->run_for(20s);
    (void)session.stop();
    theatre.until("session-stopped");
    const auto& shown = theatre.viewer->shown;
    REQUIRE(shown.size() > 500);
    CHECK(theatre.video.frames_late() == 0);
    CHECK(theatre.audio->underruns() == 0);
    for (std::size_t i = 1; i < shown.size(); ++i) {
        INFO("picture " << i);
        const auto step = shown[i].pts - shown[i - 1].pts;
        CHECK(step > 0ms);
        CHECK(step < 60ms);
    }
}

TEST_CASE("the same seed gives the same joins, rates and samples", "[simulation][seed]") {
    const auto path = media(short_film);
    if (!path) return;
    const auto run = [&](std::uint64_t seed) {
        Theatre theatre{seed};
        auto& session = theatre.rig->session;
        REQUIRE(session.set_topology(theatre.item(*path)));
        REQUIRE(session.set_topology(theatre.item(*path)));
        (void)session.start();
        theatre.until("session-started");
        theatre.simulation->run_for(300ms);
        (void)session.set_rate(1.5);
        theatre.until("session-ended");
        return std::pair{theatre.device->samples(), theatre.rig->lines};
    };
    const auto first = run(5);
    CHECK(run(5) == first);
}
