// Where a start begins and where it stops, through reader, queue and stage.
#include <numeric>

#include "pipeline/passage.h"
#include "pipeline/picture_file.h"
#include "pipeline/stage_rig.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

std::vector<std::int64_t> count_up(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(to - from));
    std::iota(all.begin(), all.end(), from);
    return all;
}

// The positions of every sample that was handed out, in frames of the programme.
std::vector<std::int64_t> positions(const KeepingSink& sink) {
    std::vector<std::int64_t> all;
    for (const auto& sample : sink.kept) {
        const auto& block = std::get<AudioBlock>(sample);
        const auto* values = reinterpret_cast<const float*>(block.buffer->plane(0));
        const int channels = block.buffer->format().channels;
        for (std::int64_t i = 0; i < block.frames; ++i) {
            all.push_back(*headless::ramp_position(values[(block.first_frame + i) * channels]));
        }
    }
    return all;
}

DecodeOrder from_to(Duration from, std::optional<Duration> to) {
    DecodeOrder order;
    order.target = media_at(from);
    if (to) order.stop = media_at(*to);
    return order;
}

} // namespace

TEST_CASE("pictures from the target to the stop are handed out, and no other", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    options.b_frames = GENERATE(0, 2);
    StageRig rig(options);
    rig.play(from_to(1010ms, 4s));
    CHECK(rig.video().keeping->numbers() == count_up(25, 100));
    REQUIRE(rig.video().last);
    CHECK(rig.video().last->interval == MediaRange{media_at(3960ms), media_at(4s)});
    CHECK(rig.video().keeping->ended);
    CHECK(rig.finished == 1);
}

TEST_CASE("a picture that reaches beyond the stop ends there", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    StageRig rig(options);
    rig.play(from_to(0s, 2030ms));
    const auto pictures = rig.video().keeping->pictures();
    REQUIRE(pictures.size() == 51);
    CHECK(pictures.back().pts == media_at(2s));
    CHECK(pictures.back().duration == std::optional<Duration>(30ms));
    CHECK(pictures[49].duration == std::optional<Duration>(40ms));
    CHECK(rig.video().last->interval == MediaRange{media_at(2s), media_at(2030ms)});
}

TEST_CASE("a stream that goes on beyond the stop lasts until there, whatever its pictures say",
          "[pipeline][trim]") {
    auto file = std::make_shared<PictureFile>();
    file->pictures = {{0, 0, true}, {40, 40, false}, {3000, 3000, false}};
    StageRig rig(picture_sources(file), picture_decoders(file), {},
                 headless::Simulation::create({.seed = 1}));
    rig.play(from_to(0s, 2s));
    CHECK(rig.video().keeping->stamps() == std::vector<Duration>{0ms, 40ms});
    CHECK(rig.video().last->interval == MediaRange{media_at(40ms), media_at(2s)});
    rig.play(from_to(0s, 5s)); // it ends before: nothing is made up
    CHECK(rig.video().last->interval->end < media_at(5s));
}

TEST_CASE("sound is cut at the exact sample at both ends", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    StageRig rig(options);
    const auto from = frames_to_duration(50'001, 48000), to = frames_to_duration(90'007, 48000);
    rig.play(from_to(from, to));
    CHECK(positions(*rig.audio().keeping) == count_up(50'001, 90'007));
    CHECK(rig.audio().last->interval->end == media_at(to));
    // And what follows the cut begins with the very next sample.
    rig.audio().keeping->kept.clear();
    rig.play(from_to(to, to + 1s));
    CHECK(positions(*rig.audio().keeping) == count_up(90'007, 138'007));
}

TEST_CASE("the stop of a stage alone holds, though its reader goes on", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    options.b_frames = 2;
    StageRig rig(options);
    auto order = from_to(0s, 1s);
    rig.simulation->post([&] {
        order.epoch = ++rig.epoch;
        ReaderStart start;
        start.epoch = order.epoch;
        for (auto& branch : rig.branches) {
            branch->port->raise(order.epoch);
            branch->queue->raise(order.epoch, order.target);
            branch->stage->restart(order);
            branch->port->preroll(order.target);
            start.queues.push_back(branch->queue);
        }
        start.done = start.failed = start.trouble = [](Status) {};
        rig.reader->start(std::move(start));
    });
    rig.simulation->run_until_idle();
    CHECK(rig.video().keeping->numbers() == count_up(0, 25));
    CHECK(positions(*rig.audio().keeping) == count_up(0, 48000));
    CHECK(rig.video().last->interval->end == media_at(1s));
    CHECK(rig.audio().last->interval->end == media_at(1s));
}

TEST_CASE("a reader with a stop leaves the rest of the file unread", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    options.length = 1000s;
    options.b_frames = 2;
    options.faults.read_error = 400; // 6 s into it
    StageRig rig(options);
    rig.play(from_to(0s, 4s));
    CHECK(rig.finished == 1);
    CHECK(rig.failed == 0);
    CHECK(rig.video().keeping->numbers() == count_up(0, 100));
    rig.play(from_to(0s, 8s));
    CHECK(rig.finished == 1); // broke off: not read to its end
    CHECK(rig.failed == 1);
}

TEST_CASE("a stream that lies further back in the file is read to its stop all the same",
          "[pipeline][trim]") {
    headless::SyntheticOptions options;
    options.audio_behind = 3s;
    StageRig rig(options);
    rig.play(from_to(0s, 4s));
    CHECK(positions(*rig.audio().keeping) == count_up(0, 192'000));
    CHECK(rig.video().keeping->numbers() == count_up(0, 100));
    CHECK(rig.finished == 1);
}

TEST_CASE("stamps are moved by the shift, the cut is not", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    StageRig rig(options);
    auto order = from_to(1s, 2s);
    order.shift = 9s;
    rig.play(order);
    CHECK(rig.video().keeping->stamps().front() == 10s);
    CHECK(rig.video().keeping->numbers() == count_up(25, 50));
    CHECK(rig.video().last->interval == MediaRange{media_at(10960ms), media_at(11s)});
    CHECK(rig.video().stage->first_pts() == media_at(10s));
}

TEST_CASE("without durations the last interval is as long as the one before", "[pipeline][trim]") {
    headless::SyntheticOptions options;
    options.frame_durations = false;
    options.frame_rate = {10, 1};
    options.length = 2s;
    StageRig rig(options);
    rig.play(from_to(0s, std::nullopt));
    CHECK(rig.video().last->interval == MediaRange{media_at(1900ms), media_at(2s)});
}

TEST_CASE("a target beyond the last picture shows that one, a stop before it nothing",
          "[pipeline][trim]") {
    headless::SyntheticOptions options;
    options.length = 2s;
    StageRig rig(options);
    rig.play(from_to(5s, std::nullopt));
    CHECK(rig.video().keeping->numbers() == count_up(49, 50));
    rig.video().keeping->kept.clear();
    rig.play(from_to(1s, 1s));
    CHECK(rig.video().keeping->ended);
    CHECK(rig.video().keeping->kept.empty());
    REQUIRE(rig.video().last);
    CHECK_FALSE(rig.video().last->interval);
}

TEST_CASE("a point is passed when nothing before it can come any more", "[pipeline][trim]") {
    Packet packet;
    SECTION("decoding stamps decide, however late the picture is shown") {
        Passage passage(media_at(1s));
        packet.dts = media_at(960ms);
        packet.pts = media_at(1120ms);
        CHECK_FALSE(passage.passed(packet));
        packet.dts = media_at(1s);
        CHECK(passage.passed(packet));
        packet.dts = media_at(980ms);
        CHECK(passage.passed(packet)); // for good
    }
    SECTION("with one of the two, more pictures than any codec holds back") {
        Passage passage(media_at(1s));
        auto& stamp = GENERATE(false, true) ? packet.pts : packet.dts;
        stamp = media_at(1s);
        for (int i = 0; i < 16; ++i) REQUIRE_FALSE(passage.passed(packet));
        stamp = media_at(960ms);
        CHECK_FALSE(passage.passed(packet));
        stamp = media_at(1040ms);
        CHECK(passage.passed(packet));
    }
    SECTION("a packet without any stamp says nothing") {
        Passage passage(media_at(1s));
        for (int i = 0; i < 40; ++i) REQUIRE_FALSE(passage.passed(packet));
    }
}
