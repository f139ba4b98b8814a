// What a stage leaves out on purpose: thinning, skipping, previews; and what it tells when late.
#include <algorithm>

#include "pipeline/picture_file.h"
#include "pipeline/stage_rig.h"
#include "playhead/video_output.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;

namespace {

using Numbers = std::vector<std::int64_t>;

struct FileRig : StageRig {
    explicit FileRig(std::shared_ptr<PictureFile> f)
        : StageRig(picture_sources(f), picture_decoders(f), {},
                   headless::Simulation::create({.seed = 1})),
          file(std::move(f)) {}
    const std::shared_ptr<PictureFile> file;
    Numbers numbers() { return video().keeping->numbers(); }
    // Lets so many more pictures through.
    void take(int n) {
        video().keeping->most = video().keeping->kept.size() + static_cast<std::size_t>(n);
        simulation->post([&] { video().port->preroll(media_zero); });
        simulation->run_until_idle();
    }
};

std::shared_ptr<PictureFile> file_of(std::vector<FilePicture> pictures) {
    auto file = std::make_shared<PictureFile>();
    file->pictures = std::move(pictures);
    return file;
}

DecodeOrder from(Duration t) {
    DecodeOrder order;
    order.target = media_at(t);
    return order;
}

} // namespace

TEST_CASE("thinned, key frames are decoded and nothing else, their durations as they were",
          "[pipeline][thin]") {
    FileRig rig(file_of(groups_of_pictures(6, 10, GENERATE(false, true))));
    auto order = from(0s);
    order.thinning = Thinning::key_frames;
    rig.play(order);
    CHECK(rig.numbers() == Numbers{0, 10, 20, 30, 40, 50});
    CHECK(rig.file->decoded == 6);
    CHECK(rig.video().stage->counters().thinned == 54);
    for (const auto& frame : rig.video().keeping->pictures()) CHECK(frame.duration == 40ms);
}

TEST_CASE("a thinned start begins with the key frame that holds the target, and at once",
          "[pipeline][thin]") {
    FileRig rig(file_of(groups_of_pictures(6, 100, true)));
    auto order = from(5s);
    order.thinning = Thinning::key_frames;
    rig.start(order);
    rig.take(1);
    CHECK(rig.numbers() == Numbers{100});
    CHECK(rig.video().stage->first_pts() == media_at(4s));
    // Known from the first packet after the target, not from the next key frame.
    CHECK(rig.file->decoded == 1);
    CHECK(rig.video().stage->counters().thinned < 40);
}

TEST_CASE("thinning begins with the next packet and ends with a key frame", "[pipeline][thin]") {
    auto pictures = groups_of_pictures(40, 10, false);
    FileRig rig(file_of(pictures));
    rig.start(from(0s));
    rig.take(15);
    const auto before = rig.numbers();
    REQUIRE(before.size() == 15);
    rig.simulation->post([&] { rig.video().stage->set_thinning(Thinning::key_frames); });
    rig.take(6);
    auto numbers = rig.numbers();
    const Numbers thinned(numbers.begin() + 15, numbers.end());
    // What was in the decoder comes out; then there are key frames only.
    CHECK(std::count_if(thinned.begin(), thinned.end(), [](auto n) { return n % 10 != 0; }) <= 3);
    REQUIRE(thinned.back() % 10 == 0);
    const auto last = thinned.back();
    rig.simulation->post([&] { rig.video().stage->set_thinning(Thinning::none); });
    rig.take(20);
    numbers = rig.numbers();
    const Numbers after(numbers.end() - 20, numbers.end());
    // Not one that refers to a picture that was left out.
    CHECK(after.front() == last + 10);
    for (std::size_t i = 1; i < after.size(); ++i) CHECK(after[i] == after[i - 1] + 1);
    CHECK(rig.video().damage == 0);
}

TEST_CASE("sound is not thinned", "[pipeline][thin]") {
    headless::SyntheticOptions options;
    StageRig rig(options);
    auto order = from(0s);
    order.thinning = Thinning::key_frames;
    rig.play(order);
    Duration sound{};
    for (const auto& sample : rig.audio().keeping->kept)
        sound += std::get<AudioBlock>(sample).length();
    CHECK(sound >= 10s - 1ms);
    CHECK(rig.video().keeping->kept.size() == 21);
}

TEST_CASE("a restart forgets what was thinned before it, a floor stays", "[pipeline][thin]") {
    FileRig rig(file_of(groups_of_pictures(3, 10, false)));
    SECTION("thinning") {
        auto order = from(0s);
        order.thinning = Thinning::key_frames;
        rig.play(order);
        rig.video().keeping->kept.clear();
        rig.play(from(0s));
        CHECK(rig.numbers().size() == 30);
    }
    SECTION("floor") {
        rig.simulation->post([&] { rig.video().stage->set_skip_floor(SkipLevel::non_key); });
        rig.play(from(0s));
        CHECK(rig.numbers() == Numbers{0, 10, 20});
        rig.simulation->post([&] { rig.video().stage->set_skip_floor(SkipLevel::none); });
        rig.video().keeping->kept.clear();
        rig.play(from(0s));
        CHECK(rig.numbers().size() == 30);
    }
}

TEST_CASE("a floor of non-reference pictures leaves those out, until it is lifted",
          "[pipeline][quality]") {
    headless::SyntheticOptions options;
    options.b_frames = 2;
    options.audio = false;
    StageRig rig(options);
    rig.simulation->post([&] { rig.video().stage->set_skip_floor(SkipLevel::non_reference); });
    rig.play(from(0s));
    const auto numbers = rig.video().keeping->numbers();
    CHECK(numbers.size() < 120);
    CHECK(std::count(numbers.begin(), numbers.end(), 1) == 0);
    CHECK(std::count(numbers.begin(), numbers.end(), 3) == 1);
    rig.video().keeping->kept.clear();
    rig.simulation->post([&] { rig.video().stage->set_skip_floor(SkipLevel::loop_filter); });
    rig.play(from(0s));
    CHECK(rig.video().keeping->numbers().size() == 250);
}

TEST_CASE("a preview is the first picture that can be decoded, once, before the exact one",
          "[pipeline][preview]") {
    const bool back = GENERATE(false, true);
    const int b_frames = GENERATE(0, 2);
    headless::SyntheticOptions options;
    options.b_frames = b_frames;
    options.audio = false;
    options.faults.decode_takes = 5ms;
    StageRig rig(options);
    auto order = from(1310ms); // 32, of the group from 24 on
    order.preview = true;
    order.shift = 1s;
    order.direction = back ? Direction::reverse : Direction::forward;
    rig.play(order);
    const auto pictures = rig.video().keeping->pictures();
    REQUIRE(pictures.size() > 30);
    CHECK(pictures[0].provisional);
    CHECK(headless::picture_number(pictures[0]) == 24);
    CHECK(pictures[0].pts == media_at(1960ms));
    CHECK(pictures[0].epoch == rig.epoch);
    CHECK(headless::picture_number(pictures[1]) == 32);
    CHECK(std::count_if(pictures.begin(), pictures.end(),
                        [](const VideoFrame& frame) { return frame.provisional; }) == 1);
    CHECK(rig.video().stage->first_pts() == media_at(2280ms));
    // In reverse the key frame is handed out in its turn as well.
    CHECK(std::count_if(pictures.begin(), pictures.end(), [](const VideoFrame& frame) {
              return headless::picture_number(frame) == 24;
          }) == (back ? 2 : 1));
}

TEST_CASE("there is no preview of a target that is a key frame, nor without being asked for",
          "[pipeline][preview]") {
    headless::SyntheticOptions options;
    options.audio = false;
    StageRig rig(options);
    auto order = from(960ms);
    SECTION("a key frame") { order.preview = true; }
    SECTION("not asked for") { order.target += 200ms; }
    rig.play(order);
    const auto pictures = rig.video().keeping->pictures();
    CHECK(std::none_of(pictures.begin(), pictures.end(),
                       [](const VideoFrame& frame) { return frame.provisional; }));
}

namespace {

// Pictures that take so long to decode, played to a window that nobody looks at.
struct Slow {
    Slow(Duration each, double speed)
        : simulation(headless::Simulation::create({.seed = 1})),
          rig(headless::synthetic_sources(), headless::synthetic_decoders(simulation),
              headless::synthetic(options_of(each)), simulation, output.sink()) {
        DecodeOrder order;
        order.direction = speed < 0 ? Direction::reverse : Direction::forward;
        order.target = media_at(speed < 0 ? 4s : 0s);
        simulation->post([this, speed] { static_cast<void>(rig.clock->set_rate(speed)); });
        rig.start(order);
        simulation->post([this, order] { rig.video().port->preroll(order.target); });
        simulation->run_for(5s);
        simulation->post([this, order] { static_cast<void>(rig.clock->start(order.target)); });
    }
    static headless::SyntheticOptions options_of(Duration each) {
        headless::SyntheticOptions options;
        options.audio = false;
        options.faults.decode_takes = each;
        return options;
    }
    std::shared_ptr<headless::Simulation> simulation;
    VideoOutput output;
    StageRig rig;
};

} // namespace

TEST_CASE("a stage that cannot keep up says by how much, four times a second at most",
          "[pipeline][quality]") {
    const double speed = GENERATE(1.0, -1.0);
    Slow slow(60ms, speed);
    slow.simulation->run_for(3s);
    const auto& late = slow.rig.video().late;
    // In reverse a group is late at once, not each picture.
    CHECK(late.size() >= (speed > 0 ? 8 : 4));
    CHECK(late.size() <= 12);
    for (std::size_t i = 1; i < late.size(); ++i) CHECK(late[i] > 0ns);
    if (speed > 0) {
        CHECK(late.back() > late.front());
        CHECK(late.back() <= 3s);
    }
}

TEST_CASE("a stage that keeps up says nothing", "[pipeline][quality]") {
    Slow slow(30ms, 1.0);
    slow.simulation->run_for(9s);
    CHECK(slow.rig.video().late.empty());
}
