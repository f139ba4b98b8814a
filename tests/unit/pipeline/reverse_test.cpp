// Play in reverse, through reader, queue and stage.
#include <algorithm>
#include <numeric>

#include "pipeline/group_plan.h"
#include "pipeline/picture_file.h"
#include "pipeline/stage_rig.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

std::vector<std::int64_t> count_down(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(from - to + 1));
    std::iota(all.rbegin(), all.rend(), to);
    return all;
}

DecodeOrder back_from(Duration from) {
    DecodeOrder order;
    order.target = media_at(from);
    order.direction = Direction::reverse;
    return order;
}

struct FileRig : StageRig {
    explicit FileRig(std::shared_ptr<PictureFile> f, std::size_t budget = 0)
        : StageRig(picture_sources(f), picture_decoders(f), {},
                   headless::Simulation::create({.seed = 1}), nullptr, budget),
          file(std::move(f)) {}
    const std::shared_ptr<PictureFile> file;
};

std::shared_ptr<PictureFile> file_of(std::vector<FilePicture> pictures) {
    auto file = std::make_shared<PictureFile>();
    file->pictures = std::move(pictures);
    return file;
}

// Intervals meet: each picture lasts until the one handed out before it.
void check_seamless(const std::vector<VideoFrame>& pictures) {
    for (std::size_t i = 1; i < pictures.size(); ++i) {
        REQUIRE(pictures[i].duration);
        REQUIRE(pictures[i].pts + *pictures[i].duration == pictures[i - 1].pts);
    }
}

} // namespace

TEST_CASE("in reverse each picture comes once, from the one that holds the target to the first",
          "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.b_frames = GENERATE(0, 2);
    options.gop = GENERATE(1, 12, 250);
    const auto seed = GENERATE(1U, 2U);
    StageRig rig(options, 0, seed);
    rig.play(back_from(5010ms));
    CHECK(rig.video().keeping->numbers() == count_down(125, 0));
    check_seamless(rig.video().keeping->pictures());
    CHECK(rig.video().keeping->ended);
    REQUIRE(rig.video().last);
    CHECK(rig.video().last->interval == MediaRange{media_zero, media_at(40ms)});
    CHECK(rig.video().stage->first_pts() == media_at(5s));
    CHECK(rig.finished == 1);
    CHECK(rig.failed == 0);
    // Sound has nothing to say backwards, and ends at once.
    CHECK(rig.audio().keeping->kept.empty());
    CHECK(rig.audio().keeping->ended);
    CHECK_FALSE(rig.audio().last->interval);
}

TEST_CASE("in reverse from beyond the end the last picture comes first", "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.length = 2s;
    StageRig rig(options);
    rig.play(back_from(60s));
    CHECK(rig.video().keeping->numbers() == count_down(49, 0));
}

TEST_CASE("in reverse from the very beginning there is one picture", "[pipeline][reverse]") {
    StageRig rig({});
    rig.play(back_from(0s));
    CHECK(rig.video().keeping->numbers() == std::vector<std::int64_t>{0});
    CHECK(rig.video().keeping->ended);
}

TEST_CASE("in reverse nothing comes of a stream that begins later", "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.video_start = 3s;
    StageRig rig(options);
    rig.play(back_from(2s));
    CHECK(rig.video().keeping->kept.empty());
    CHECK(rig.video().keeping->ended);
    CHECK(rig.finished == 1);
    rig.play(back_from(4s));
    CHECK(rig.video().keeping->numbers() == count_down(25, 0));
    CHECK(rig.finished == 2);
}

TEST_CASE("in reverse the sound ends at once, however long the pictures take",
          "[pipeline][reverse]") {
    StageRig rig({});
    rig.video().keeping->most = 0;
    rig.play(back_from(5s));
    CHECK(rig.audio().keeping->ended);
    CHECK_FALSE(rig.video().keeping->ended);
    CHECK(rig.finished == 0);
}

TEST_CASE("a group is no longer than need be, wherever the source lands", "[pipeline][reverse]") {
    GroupPlan plan(media_at(2490ms), std::nullopt, Thinning::none, 1u << 20);
    CHECK(plan.seek_target() == media_at(2490ms));
    plan.arrived();
    auto verdict = GroupPlan::Verdict::more;
    std::size_t read = 0;
    const auto file = groups_of_pictures(8, 10, true);
    for (; verdict == GroupPlan::Verdict::more; ++read) {
        Packet packet;
        packet.pts = media_at(std::chrono::milliseconds{file.at(read).pts_ms});
        packet.dts = media_at(std::chrono::milliseconds{*file.at(read).dts_ms});
        packet.key = file.at(read).key;
        verdict = plan.take(packet);
    }
    REQUIRE(verdict == GroupPlan::Verdict::group);
    CHECK(read < 70);
    const auto packets = plan.packets();
    CHECK(packets.front().pts == media_at(2400ms));
    CHECK(packets.size() <= 5);
    CHECK(plan.more());
    CHECK(plan.seek_target() == media_at(2400ms - 1ns));
}

TEST_CASE("in reverse a stop is the begin of the last picture", "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.b_frames = 2;
    StageRig rig(options);
    auto order = back_from(5s);
    SECTION("inside a picture") {
        order.stop = media_at(2010ms);
        rig.play(order);
        CHECK(rig.video().keeping->numbers() == count_down(125, 50));
        const auto last = rig.video().keeping->pictures().back();
        CHECK(last.pts == media_at(2010ms));
        CHECK(last.duration == std::optional<Duration>(30ms));
        CHECK(rig.video().last->interval == MediaRange{media_at(2010ms), media_at(2040ms)});
    }
    SECTION("between two") {
        order.stop = media_at(2s);
        rig.play(order);
        CHECK(rig.video().keeping->numbers() == count_down(125, 50));
        CHECK(rig.video().last->interval == MediaRange{media_at(2s), media_at(2040ms)});
    }
    CHECK(rig.finished == 1);
}

TEST_CASE("pictures shown before a key frame that they follow come whole and once",
          "[pipeline][reverse]") {
    const bool open = GENERATE(false, true);
    auto file = file_of(groups_of_pictures(8, 10, open));
    SECTION("seeks land where asked") {}
    SECTION("seeks land two groups early") { file->lands_early = 2; }
    SECTION("seeks land late") { file->lands_late_ms = 700; }
    SECTION("no decoding stamps") {
        for (auto& picture : file->pictures) picture.dts_ms.reset();
    }
    FileRig rig(file);
    rig.play(back_from(2490ms));
    CHECK(rig.video().keeping->numbers() == count_down(62, 0));
    const auto pictures = rig.video().keeping->pictures();
    CHECK(std::none_of(pictures.begin(), pictures.end(),
                       [](const VideoFrame& frame) { return frame.corrupt; }));
    check_seamless(pictures);
    CHECK(rig.finished == 1);
}

TEST_CASE("what a group gives nothing for at first comes with the group before",
          "[pipeline][reverse]") {
    auto file = file_of(groups_of_pictures(8, 10, GENERATE(false, true)));
    file->refresh = GENERATE(1, 3, 12); // the last: more than a group has
    FileRig rig(file);
    rig.play(back_from(79 * 40ms));
    CHECK(rig.video().keeping->numbers() == count_down(79, 0));
    CHECK(rig.video().damage == 0);
    check_seamless(rig.video().keeping->pictures());
}

TEST_CASE("a picture from before a group's key frame is none of its pictures",
          "[pipeline][reverse]") {
    ReverseDecode back(reverse_picture_bytes);
    back.restart(media_at(10s), std::nullopt);
    Packet packet;
    packet.pts = media_at(2s);
    packet.key = true;
    back.add(packet);
    back.close_group();
    VideoFrame frame;
    frame.pts = media_at(1960ms);
    CHECK_FALSE(back.keep(frame));
    frame.pts = media_at(2s);
    CHECK(back.keep(frame));
    CHECK_FALSE(back.keep(frame)); // nor twice
    back.close_pass();
    REQUIRE(back.can_take());
    CHECK(back.take(false).pts == media_at(2s));
    CHECK_FALSE(back.can_take());
}

TEST_CASE("pictures lie: in reverse each lasts until the next one, whatever it says",
          "[pipeline][reverse]") {
    auto file = file_of({{0, 0, true}, {40, 40, false}, {1000, 1000, false}, {1100, 1100, true}});
    file->length_ms = GENERATE(0, 10, 5000);
    FileRig rig(file);
    rig.play(back_from(1150ms));
    REQUIRE(rig.video().keeping->stamps() == std::vector<Duration>{1100ms, 1000ms, 40ms, 0ms});
    check_seamless(rig.video().keeping->pictures());
}

TEST_CASE("a group larger than the budget is decoded again for its earlier part",
          "[pipeline][reverse]") {
    const std::size_t picture =
        headless::numbered_picture(0, headless::synthetic_video_format())->size_bytes();
    auto file = file_of(groups_of_pictures(2, 50, GENERATE(false, true)));
    FileRig rig(file, 20 * picture); // ten handed out, ten decoded ahead
    rig.video().keeping->ahead = 1;
    rig.play(back_from(60s));
    CHECK(rig.video().keeping->numbers() == count_down(99, 0));
    CHECK(file->decoded > 2 * 100);
    CHECK(file->decoded < 4 * 100);
    check_seamless(rig.video().keeping->pictures());
    // Not read again for that.
    CHECK(file->read < 2 * 100);
}

TEST_CASE("one picture is handed out even where the budget holds none", "[pipeline][reverse]") {
    auto file = file_of(groups_of_pictures(2, 6, false));
    FileRig rig(file, 1);
    rig.play(back_from(60s));
    CHECK(rig.video().keeping->numbers() == count_down(11, 0));
}

TEST_CASE("in reverse decoding goes on ahead of the requests, and no further than the budget",
          "[pipeline][reverse]") {
    auto file = file_of(groups_of_pictures(20, 10, false));
    FileRig rig(file);
    rig.video().keeping->most = 0;
    rig.play(back_from(60s));
    CHECK(rig.video().keeping->kept.empty());
    CHECK(file->decoded >= 20); // a group to hand out and one behind it
    CHECK(file->decoded < 26);
    CHECK(file->read < 100);
}

TEST_CASE("thinned and in reverse, the key frames come and nothing else is read",
          "[pipeline][reverse][thin]") {
    auto file = file_of(groups_of_pictures(8, 10, true));
    FileRig rig(file);
    auto order = back_from(2490ms);
    order.thinning = Thinning::key_frames;
    rig.play(order);
    CHECK(rig.video().keeping->numbers() == std::vector<std::int64_t>{60, 50, 40, 30, 20, 10, 0});
    for (const auto& frame : rig.video().keeping->pictures()) CHECK(frame.duration == 40ms);
    CHECK(file->read == 7);
    CHECK(file->decoded == 7);
    CHECK(rig.video().last->interval == MediaRange{media_zero, media_at(40ms)});
}

TEST_CASE("a stream that has no key frame where a seek lands is still played to its beginning",
          "[pipeline][reverse]") {
    auto file = file_of(groups_of_pictures(3, 20, false));
    SECTION("one at the beginning") {
        for (std::size_t i = 1; i < file->pictures.size(); ++i) file->pictures[i].key = false;
        FileRig rig(file);
        rig.play(back_from(60s));
        CHECK(rig.video().keeping->numbers() == count_down(59, 0));
    }
    SECTION("none at all") {
        for (auto& picture : file->pictures) picture.key = false;
        FileRig rig(file);
        rig.play(back_from(60s));
        CHECK(rig.video().keeping->ended); // the decoder had nothing to build on
        CHECK(rig.finished == 1);
    }
}

TEST_CASE("thinned by hand in reverse, what is read is still handed out once",
          "[pipeline][reverse][thin]") {
    auto file = file_of(groups_of_pictures(8, 10, true));
    FileRig rig(file);
    rig.start(back_from(60s));
    rig.simulation->post([&] {
        rig.video().stage->set_thinning(Thinning::key_frames);
        rig.video().port->preroll(media_at(60s));
    });
    rig.simulation->run_until_idle();
    const auto numbers = rig.video().keeping->numbers();
    CHECK(std::is_sorted(numbers.rbegin(), numbers.rend()));
    CHECK(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
    CHECK(numbers.back() == 0);
    CHECK(std::count_if(numbers.begin(), numbers.end(),
                        [](std::int64_t n) { return n < 50 && n % 10 != 0; }) == 0);
}

TEST_CASE("a read that fails in reverse ends the play with what was read before",
          "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.gop = 10;
    options.audio = false;
    options.faults.read_error = 30;
    StageRig rig(options);
    rig.play(back_from(2s));
    CHECK(rig.failed == 1);
    CHECK(rig.finished == 0);
    CHECK(rig.video().keeping->ended);
    const auto numbers = rig.video().keeping->numbers();
    REQUIRE_FALSE(numbers.empty());
    CHECK(numbers == count_down(50, numbers.back()));
}

TEST_CASE("a group longer than memory allows is an error with a name", "[pipeline][reverse]") {
    auto file = file_of(groups_of_pictures(2, 40, false));
    file->packet_bytes = 20u << 20;
    FileRig rig(file);
    rig.play(back_from(60s));
    CHECK(rig.failed == 1);
    CHECK(rig.video().keeping->ended);
}

TEST_CASE("a damaged picture in reverse is passed over", "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.gop = 10;
    options.audio = false;
    options.faults.decode_error = 33;
    StageRig rig(options);
    rig.play(back_from(2s));
    CHECK(rig.video().damage == 1);
    auto expected = count_down(50, 0);
    expected.erase(std::find(expected.begin(), expected.end(), 33));
    CHECK(rig.video().keeping->numbers() == expected);
}

TEST_CASE("forward again after a play in reverse", "[pipeline][reverse]") {
    headless::SyntheticOptions options;
    options.b_frames = 2;
    options.length = 4s;
    StageRig rig(options);
    rig.play(back_from(1s));
    rig.video().keeping->kept.clear();
    DecodeOrder order;
    order.target = media_at(3s);
    rig.play(order);
    auto numbers = rig.video().keeping->numbers();
    std::reverse(numbers.begin(), numbers.end());
    CHECK(numbers == count_down(99, 75));
    CHECK_FALSE(rig.audio().keeping->kept.empty());
}
