// Real files from bytes that stall and come back, at the outputs that users have: in virtual time, and
// once from a server.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <iterator>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/lanes.h"
#include "playhead/video_output.h"
#include "scenarios/counted_sound.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/local_server.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// A file's bytes, none of which from `stall_from` on come before they are let go. Waits as the executor
// does, so that a simulation's time passes meanwhile.
class StallingBytes : public std::enable_shared_from_this<StallingBytes> {
public:
    StallingBytes(std::shared_ptr<Executor> executor, const std::string& path, double stall_from)
        : signal_(executor->make_signal()) {
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        end_ = static_cast<std::uint64_t>(static_cast<double>(bytes_.size()) * stall_from);
    }
    std::shared_ptr<CustomIo> io(bool slow) {
        auto io = std::make_shared<CustomIo>();
        io->size = bytes_.size();
        io->slow = slow;
        io->name = "stalling";
        io->read = [self = shared_from_this()](std::uint64_t offset, std::span<std::byte> into) {
            return self->read(offset, into);
        };
        io->cancel = [self = shared_from_this()] {
            self->cancelled_ = true;
            self->signal_->set();
        };
        return io;
    }
    void let_go() {
        end_ = bytes_.size();
        signal_->set();
    }

private:
    std::int64_t read(std::uint64_t offset, std::span<std::byte> into) {
        while (offset >= end_ && offset < bytes_.size()) {
            if (!signal_->wait() || cancelled_.exchange(false)) return -1;
        }
        const auto here = std::min<std::uint64_t>(offset, end_);
        const auto n = std::min<std::uint64_t>(into.size(), end_ - here);
        std::memcpy(into.data(), bytes_.data() + here, n);
        return static_cast<std::int64_t>(n);
    }

    const std::shared_ptr<Signal> signal_;
    std::string bytes_;
    std::atomic<std::uint64_t> end_{0};
    std::atomic<bool> cancelled_{false};
};

struct Scene {
    Scene(const std::string& path, double stall_from, bool slow = true)
        : bytes(std::make_shared<StallingBytes>(simulation, path, stall_from)) {
        viewer->watch();
        OpenOptions options;
        options.limits.probe_bytes = 40'000; // to find out what it is
        (void)rig->engine->open({"stalling", bytes->io(slow), options});
        REQUIRE(rig->until("source-opened"));
        const auto source = rig->events.back().as<SourceOpened>()->source;
        INFO(rig->events.back().status.message());
        REQUIRE(source);
        CHECK(source->presentation().may_stall == slow);
        Topology topology;
        const auto& all = source->presentation();
        if (const auto* pictures = all.best(StreamKind::video)) {
            topology.add_branch(source, pictures->index, video.sink());
        }
        if (const auto* sound = all.best(StreamKind::audio)) {
            topology.add_branch(source, sound->index, audio.sink());
        }
        (void)rig->session.set_topology(std::move(topology));
        (void)rig->session.start();
        REQUIRE(rig->until("session-started"));
    }
    ~Scene() {
        bytes->let_go();
        rig.reset();
    }
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    const std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create({});
    const std::shared_ptr<headless::CaptureAudioDevice> device =
        std::make_shared<headless::CaptureAudioDevice>(simulation);
    VideoOutput video;
    AudioOutput audio{device};
    std::shared_ptr<Viewer> viewer = std::make_shared<Viewer>(simulation, video);
    std::unique_ptr<RealRig> rig = std::make_unique<RealRig>(simulation);
    const std::shared_ptr<StallingBytes> bytes;
};

} // namespace

TEST_CASE("pictures from bytes that stall stand meanwhile and go on, each shown once",
          "[media][stall]") {
    const auto path = media("av_1080p_5s.mp4");
    if (!path) return;
    Scene scene(*path, 0.6);
    REQUIRE(scene.rig->until("buffering-started"));
    const auto stood = scene.rig->session.position().value();
    CHECK(stood > media_at(1s));
    CHECK(stood < media_at(4s));
    const auto shown = scene.viewer->shown.size();
    scene.simulation->run_for(1h);
    CHECK(scene.viewer->shown.size() == shown);
    CHECK(scene.rig->session.position() == stood);
    CHECK(scene.rig->session.state() == SessionState::started);
    scene.bytes->let_go();
    REQUIRE(scene.rig->until("session-ended"));
    CHECK(scene.rig->count("buffering-started") == 1);
    CHECK(scene.rig->count("buffering-stopped") == 1);
    const auto& seen = scene.viewer->shown;
    REQUIRE(seen.size() == 125);
    for (std::size_t i = 1; i < seen.size(); ++i) {
        CHECK(seen[i].pts > seen[i - 1].pts);
        CHECK(seen[i].clock - seen[i].pts < 40ms);
    }
}

TEST_CASE("sound from bytes that stall goes on at the very sample", "[media][stall]") {
    const CountedSound sound("stall", 1);
    Scene scene(sound.path(), 0.5);
    REQUIRE(scene.rig->until("buffering-started"));
    scene.simulation->run_for(1h);
    scene.bytes->let_go();
    REQUIRE(scene.rig->until("session-ended"));
    CHECK(scene.rig->count("buffering-started") == 1);
    // The file has no silence in it: what is left out here was put in while it stood.
    std::vector<float> heard;
    for (const float sample : scene.device->samples()) {
        if (sample != 0.0F) heard.push_back(sample);
    }
    // The pause ends in a fade from the last sample on, the first ones behind it fade in.
    constexpr std::int64_t fade = CountedSound::rate_hz / 200;
    const auto run = first_run(heard, sound);
    CHECK(run.from == 0);
    REQUIRE(run.to < CountedSound::frames);
    REQUIRE(static_cast<std::int64_t>(heard.size()) == CountedSound::frames + fade);
    std::int64_t wrong = 0;
    for (std::int64_t i = run.to + fade; i < CountedSound::frames; ++i) {
        if (!sound.is(heard[static_cast<std::size_t>(i + fade)], i)) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("the same bytes without a word of being slow never make a session buffer",
          "[media][stall]") {
    const CountedSound sound("local", 1);
    Scene scene(sound.path(), 0.5, false);
    scene.simulation->run_for(10s);
    scene.bytes->let_go();
    REQUIRE(scene.rig->until("session-ended"));
    CHECK(scene.rig->count("buffering-started") == 0);
}

TEST_CASE("a stop and a seek of a real file that stalls", "[media][stall]") {
    const auto path = media("av_1080p_5s.mp4");
    if (!path) return;
    Scene scene(*path, 0.6);
    REQUIRE(scene.rig->until("buffering-started"));
    (void)scene.rig->session.start(at(500ms));
    REQUIRE(scene.rig->until("session-started"));
    CHECK(scene.rig->events.back().status.ok());
    REQUIRE(scene.rig->until("buffering-started"));
    const HostTime begun = scene.simulation->now();
    (void)scene.rig->session.stop();
    REQUIRE(scene.rig->until("session-stopped"));
    CHECK(scene.simulation->now() - begun <= 100ms);
    CHECK(scene.rig->count("buffering-started") == scene.rig->count("buffering-stopped"));
    (void)scene.rig->session.start();
    REQUIRE(scene.rig->until("session-started"));
    scene.bytes->let_go();
    REQUIRE(scene.rig->until("session-ended"));
}

TEST_CASE("a server that stalls makes the session wait, and play on when it comes back",
          "[lanes][stall]") {
    const CountedSound sound("server", 1);
    std::ifstream file(sound.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto half = bytes.size() / 2;
    LocalServer server("HTTP/1.0 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: " +
                       std::to_string(bytes.size()) + "\r\n\r\n" + bytes.substr(0, half));
    const std::shared_ptr<Executor> lanes = make_lanes();
    const auto device = std::make_shared<headless::NullAudioDevice>(lanes);
    AudioOutput audio(device);
    RealRig rig(lanes);
    OpenOptions options;
    options.limits.probe_bytes = 40'000;
    REQUIRE(rig.engine->open({server.url("/sound.wav"), nullptr, options}));
    REQUIRE(rig.until("source-opened"));
    INFO(rig.events.back().status.message());
    const auto source = rig.events.back().as<SourceOpened>()->source;
    REQUIRE(source);
    Topology topology;
    topology.add_branch(source, 0, audio.sink());
    REQUIRE(rig.session.set_topology(std::move(topology)));
    REQUIRE(rig.session.start());
    REQUIRE(rig.until("session-started"));
    // It may wait for a moment at its beginning; in the end it waits for what the server holds back.
    const auto clock = rig.session.clock().value();
    do {
        REQUIRE(rig.until("buffering-started"));
    } while (clock->state() != ClockState::paused || clock->time().value() < media_at(500ms));
    CHECK(rig.session.state() == SessionState::started);
    server.finish(bytes.substr(half));
    REQUIRE(rig.until("session-ended"));
    CHECK(rig.count("buffering-started") == rig.count("buffering-stopped"));
    CHECK(rig.events.back().as<SessionEnded>()->position >= media_at(3s));
}
