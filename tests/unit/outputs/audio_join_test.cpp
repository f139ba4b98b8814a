// Items of a queue through one audio output: the sound of one follows the other's without a seam.
#include <cmath>
#include <numbers>

#include "outputs/audio_fakes.h"
#include "outputs/audio_render.h"
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "support/catch.h"
#include "support/covers.h"
#include "support/output_rig.h"

using namespace playhead;
using namespace playhead::test;
using headless::AudioDeviceOptions;
using headless::CaptureAudioDevice;

namespace {

constexpr int rate = 48000;
using Supply = std::function<std::optional<Sample>()>;

AudioDeviceOptions stereo_48k() {
    AudioDeviceOptions options;
    options.rate_hz = rate;
    options.channels = 2;
    return options;
}

struct Queue {
    explicit Queue(
        std::shared_ptr<ConverterFactory> converters = std::make_shared<StraightConverters>())
        : simulation(headless::Simulation::create()),
          device(std::make_shared<CaptureAudioDevice>(simulation, stereo_48k())),
          output(device),
          rig(simulation, output.sink(), true) {
        output.sink()->attach({simulation, rig.pipeline, rig.clock, std::move(converters)});
    }

    // What the session does when one item's end was handed out: the next one's blocks, no flush.
    void follow(Supply next) {
        REQUIRE(simulation->run_until([this] { return rig.pipeline->ended; }, rig.now() + 100s));
        rig.pipeline->call([this, next = std::move(next)](StreamSink&) {
            rig.pipeline->reopen(next);
            rig.pipeline->serve();
        });
        simulation->settle();
    }
    int markers() const { return rig.pipeline->count("marker 7 ok"); }

    // Of the left channel, from the first sample that is not silence on.
    std::vector<float> heard() const {
        const auto all = device->samples();
        std::vector<float> left;
        for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
            if (!left.empty() || all[i] != 0.0F) left.push_back(all[i]);
        }
        return left;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<CaptureAudioDevice> device;
    AudioOutput output;
    OutputRig rig;
};

// Phase of `hz` in a stretch of samples, in samples of shift (0: as a sine that began at sample 0).
double phase(const std::vector<float>& samples, std::size_t from, std::size_t frames, double hz) {
    double re = 0.0;
    double im = 0.0;
    const double w = 2.0 * std::numbers::pi * hz / rate;
    for (std::size_t i = from; i < from + frames; ++i) {
        const double value = static_cast<double>(samples[i]);
        re += value * std::sin(w * static_cast<double>(i));
        im += value * std::cos(w * static_cast<double>(i));
    }
    return std::atan2(im, re) / w;
}

} // namespace

TEST_CASE("items of one format follow each other sample by sample", "[outputs][audio][join]") {
    Queue queue;
    // Odd lengths: no join falls on a block or a callback.
    const std::vector<std::int64_t> ends{30011, 30500, 77777, 96000};
    queue.rig.play(media_zero, ramp_blocks(0, ends[0]));
    std::vector<HostTime> reached;
    for (std::size_t i = 1; i < ends.size(); ++i) {
        queue.follow(ramp_blocks(ends[i - 1], ends[i]));
        // What was told before the join was heard is told on time.
        CHECK(queue.markers() < static_cast<int>(i) + 1);
    }
    MediaTime last = queue.rig.position();
    int told = queue.markers();
    while (queue.rig.now() < HostTime{} + 1h + 4s) {
        queue.rig.run(1ms);
        const MediaTime position = queue.rig.position();
        // Running, never stood still, never jumped.
        if (last > media_zero) REQUIRE(position - last == 1ms);
        last = position;
        const int now_told = queue.markers();
        for (; told < now_told; ++told) {
            const auto end =
                media_zero + frames_to_duration(ends[static_cast<std::size_t>(told)], rate);
            CHECK(queue.rig.pipeline->marker_at <= queue.rig.now());
            CHECK(position - end >= 0ms);
            CHECK(position - end <= 1ms);
        }
    }
    CHECK(told == 4);
    CHECK(queue.output.underruns() == 0);
    CHECK(queue.output.frames_played() == 96000);
    const auto heard = queue.heard();
    for (std::int64_t i = 0; i < 96000; ++i) {
        REQUIRE(heard[static_cast<std::size_t>(i)] == headless::ramp_value(i));
    }
}

TEST_CASE("a tone goes on through joins of other rates and channels", "[outputs][audio][join]") {
    struct Item {
        int rate_hz;
        int channels;
        std::int64_t frames;
    };
    const auto items =
        GENERATE(std::vector<Item>{{48000, 2, 30011}, {48000, 1, 40007}, {48000, 2, 30001}},
                 std::vector<Item>{{44100, 2, 30011}, {48000, 2, 40007}, {44100, 2, 30001}},
                 std::vector<Item>{{48000, 2, 30011}, {44100, 2, 40007}, {44100, 1, 30001}},
                 std::vector<Item>{{44100, 1, 30011}, {44100, 1, 40007}, {48000, 1, 30001}},
                 std::vector<Item>{{32000, 1, 30011}, {44100, 2, 40007}, {22050, 1, 20001}});
    Queue queue;
    MediaTime at = media_zero;
    std::vector<std::int64_t> ends; // frames of the device
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto supply = sine_blocks(1000.0, at, items[i].frames, items[i].rate_hz, items[i].channels);
        if (i == 0) {
            queue.rig.play(at, supply);
        } else {
            queue.follow(supply);
        }
        at += frames_to_duration(items[i].frames, items[i].rate_hz);
        ends.push_back(duration_to_frames(at - media_zero, rate));
    }
    queue.rig.run(5s);
    CHECK(queue.output.underruns() == 0);
    CHECK(queue.output.frames_played() == static_cast<std::uint64_t>(ends.back()));
    CHECK(queue.markers() == 3);

    auto heard = queue.heard(); // the first sample of the sine is 0
    heard.insert(heard.begin(), 0.0F);
    REQUIRE(heard.size() >= static_cast<std::size_t>(ends.back()));
    for (std::size_t join = 0; join + 1 < ends.size(); ++join) {
        const auto seam = static_cast<std::size_t>(ends[join]);
        const double jump =
            phase(heard, seam + 20, 4800, 1000.0) - phase(heard, seam - 4820, 4800, 1000.0);
        INFO("join " << join << ": " << jump << " samples");
        CHECK(std::abs(jump) <=
              0.55); // a frame is where it is: half of one, and the straight lines
        // And no sample near the seam is out of the way.
        for (std::size_t i = seam - 200; i < seam + 200; ++i) {
            const double ideal =
                0.5 * std::sin(2.0 * std::numbers::pi * 1000.0 * static_cast<double>(i) / rate);
            REQUIRE(std::abs(static_cast<double>(heard[i]) - ideal) <= 0.06);
        }
    }
}

TEST_CASE("a resampler goes on through a join of one format as if there were none",
          "[outputs][audio][join]") {
    covers("6.1/no-drain-between");
    Queue joined;
    joined.rig.play(media_zero, ramp_blocks(0, 30011, 1000, 44100));
    joined.follow(ramp_blocks(30011, 70000, 1000, 44100));
    joined.rig.run(3s);
    Queue whole;
    whole.rig.play(media_zero, ramp_blocks(0, 70000, 1000, 44100));
    whole.rig.run(3s);
    const auto heard = joined.heard();
    const auto expected = whole.heard();
    const auto frames =
        static_cast<std::size_t>(duration_to_frames(frames_to_duration(70000, 44100), rate));
    REQUIRE(std::min(heard.size(), expected.size()) >= frames);
    for (std::size_t i = 0; i < frames; ++i) {
        INFO("frame " << i);
        REQUIRE(heard[i] == expected[i]);
    }
}

TEST_CASE("fifty joins give as many samples as one item of their length",
          "[outputs][audio][join]") {
    const bool nearest = GENERATE(false, true);
    Queue queue(nearest ? headless::synthetic_converters()
                        : std::make_shared<StraightConverters>());
    constexpr std::int64_t frames = 6007; // 6538.23 of the device
    constexpr int items = 51;
    MediaTime at = media_zero;
    for (int i = 0; i < items; ++i) {
        const auto supply = sine_blocks(1000.0, at, frames, 44100, 2);
        if (i == 0) {
            queue.rig.play(at, supply);
        } else {
            queue.follow(supply);
        }
        at = media_zero + frames_to_duration(frames * (i + 1), 44100);
    }
    queue.rig.run(20s);
    const auto expected = duration_to_frames(at - media_zero, rate);
    CHECK(queue.output.underruns() == 0);
    const auto played = static_cast<std::int64_t>(queue.output.frames_played());
    CHECK(played >= expected);
    CHECK(played <= expected + (nearest ? 1 : 0)); // one that gives its last frame too early
    CHECK(queue.markers() == items);
}

TEST_CASE("an item that comes too late is heard from where the clock is",
          "[outputs][audio][join]") {
    const auto late = GENERATE(0ms, 7ms, 20ms, 45ms, 80ms, 130ms, 700ms, 5000ms);
    Queue queue;
    queue.rig.play(media_zero, ramp_blocks(0, rate));
    REQUIRE(queue.simulation->run_until([&] { return queue.rig.pipeline->ended; },
                                        queue.rig.now() + 10s));
    // Until the device has taken the last of it, 40 ms before it is heard, and so much longer.
    REQUIRE(queue.simulation->run_until(
        [&] { return queue.output.frames_played() == static_cast<std::uint64_t>(rate); },
        queue.rig.now() + 10s));
    queue.rig.run(late);
    MediaTime last = queue.rig.position();
    queue.follow(ramp_blocks(rate, 12 * rate));
    for (int i = 0; i < 2000; ++i) {
        queue.rig.run(1ms);
        const MediaTime position = queue.rig.position();
        REQUIRE(position - last >= 1ms - 25us);
        REQUIRE(position - last <= 1ms + 25us);
        last = position;
    }
    const auto samples = queue.device->stretches();
    std::int64_t checked = 0;
    for (const auto& stretch : samples) {
        for (std::size_t i = 0; i < stretch.samples.size(); i += 2) {
            const auto position = headless::ramp_position(stretch.samples[i]);
            if (!position || *position < rate) continue;
            const HostTime at =
                stretch.heard + frames_to_duration(static_cast<std::int64_t>(i / 2), rate);
            if (at > queue.rig.now() || queue.rig.now() - at > 1s) continue; // behind the fade
            const Duration error =
                (media_zero + frames_to_duration(*position, rate) - last) - (at - queue.rig.now());
            REQUIRE(error <= 25us);
            REQUIRE(error >= -25us);
            ++checked;
        }
    }
    CHECK(checked > rate / 2);
    CHECK(queue.output.underruns() == 0);
    CHECK(queue.markers() == 1);
}

TEST_CASE("behind a join a lack of sound is a lack again, and no end", "[outputs][audio][join]") {
    Queue queue;
    queue.rig.play(media_zero, ramp_blocks(0, rate / 4));
    queue.follow(ramp_blocks(rate / 4, 10 * rate));
    queue.rig.run(300ms);
    queue.rig.pipeline->serving = false;
    queue.rig.run(3s);
    CHECK(queue.output.underruns() > 0);
    CHECK(queue.rig.clock->timeline().rate() == 0.0);
    const auto played = static_cast<std::int64_t>(queue.output.frames_played());
    CHECK(queue.rig.position() == media_zero + frames_to_duration(played, rate));
}

TEST_CASE("what comes when the device has just run past an end is heard in its right place",
          "[outputs][audio][join]") {
    const auto simulation = headless::Simulation::create();
    const auto ring = std::make_shared<SampleRing>(4800, 1);
    AudioRender render;
    render.open_ring(ring, rate, simulation);
    RenderOrders orders;
    orders.generation = 1;
    orders.playing = true;
    orders.end = 100;
    render.order(orders);
    const auto write = [&](int first, int last) {
        std::vector<float> samples;
        for (int i = first; i < last; ++i) {
            samples.push_back(static_cast<float>(i + 1) / 8192.0F);
        }
        ring->write(samples);
    };
    std::vector<float> out(480);
    HostTime heard{1h};
    const auto call = [&] {
        render.render(out, {heard, FeedTime::Quality::exact});
        heard += 10ms;
    };
    write(0, 100);
    call();
    CHECK(out[99] == 100.0F / 8192.0F);
    CHECK(out[100] == 0.0F);
    // 380 frames were silence: so many of what follows are past.
    write(100, 1100);
    orders.end = std::numeric_limits<std::int64_t>::max();
    render.order(orders);
    call();
    CHECK(render.report().taken == 960);
    CHECK(render.report().frame == 480);
    CHECK(render.report().heard == HostTime{1h} + 10ms);
    CHECK_FALSE(render.report().dry);
    CHECK(out[0] < 481.0F / 8192.0F); // fades in
    CHECK(out[479] == 960.0F / 8192.0F);
    CHECK(render.underruns() == 0);
    simulation->end();
}
