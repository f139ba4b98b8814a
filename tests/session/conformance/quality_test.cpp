// Quality management in a session: a decoder that takes too long per picture, in virtual time.
#include <algorithm>

#include "session/clauses.h"
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

// Pictures every 40 ms; what one costs at each level of skipping.
struct Costs {
    Duration whole, no_loop_filter, reference_only, key_only;
};
constexpr Costs cheap{1ms, 1ms, 1ms, 1ms};
constexpr Costs needs_two_steps{60ms, 50ms, 45ms, 10ms}; // every second picture: 45 ms of 80
constexpr Costs needs_three_steps{200ms, 180ms, 150ms, 20ms};

RigOptions minute(QualityChoice quality = {}) {
    RigOptions options;
    options.media.duration = 60s;
    options.quality = std::move(quality);
    return options;
}

struct QualityRig : SessionRig {
    explicit QualityRig(QualityChoice quality = {}) : SessionRig(minute(std::move(quality))) {
        cost(cheap);
        load();
    }
    void cost(const Costs& c) {
        faults->picture_cost[0] = c.whole;
        faults->picture_cost[1] = c.no_loop_filter;
        faults->picture_cost[2] = c.reference_only;
        faults->picture_cost[3] = c.key_only;
    }
    void play_for(Duration length) {
        simulation->run_for(length);
        events();
    }
    // The steps so far, "none mode_1", and when they were taken.
    struct Step {
        std::string change;
        HostTime at{};
        QualityChanged event;
    };
    std::vector<Step> steps() const {
        std::vector<Step> found;
        for (const auto& event : taken) {
            const auto* change = event.as<QualityChanged>();
            if (!change) continue;
            found.push_back(
                {std::string(to_string(change->from)) + " " + std::string(to_string(change->to)),
                 event.host_time, *change});
        }
        return found;
    }
    Lines changes() const {
        Lines lines;
        for (const auto& step : steps()) lines.push_back(step.change);
        return lines;
    }
    StreamStatistics video_statistics() const { return session.statistics()->streams.at(0); }
};

// Its own decisions, and what it was told.
struct OwnQuality final : QualityManager {
    DropMode judge(const QualityNotice& notice) override {
        notices.push_back(notice);
        return notice.kind == StreamKind::video ? wanted : notice.mode;
    }
    void interrupted() override { ++interruptions; }
    void refused(const QualityNotice&, DropMode mode, const Status& status) override {
        refusals.push_back(std::string(to_string(mode)) + " " + std::string(status.word()));
    }
    DropMode wanted = DropMode::none;
    std::vector<QualityNotice> notices;
    int interruptions = 0;
    Lines refusals;
};

} // namespace

TEST_CASE("a decoder that keeps up is left alone", "[conformance][8]") {
    covers("8/quality-told");
    QualityRig rig;
    rig.start();
    rig.play_for(30s);
    CHECK(rig.changes().empty());
    CHECK(rig.video_statistics().drop_mode == DropMode::none);
    CHECK(rig.video_statistics().quality_changes == 0);
}

TEST_CASE("one that falls behind leaves out more, a step at a time, until it keeps up",
          "[conformance][8]") {
    covers("8/drop-modes", "8/quality-told", "8/quality-no-transport");
    QualityRig rig;
    rig.start();
    rig.play_for(2s);
    rig.cost(needs_two_steps);
    const int sound_before = rig.audio->rendered;
    rig.play_for(3s);
    CHECK(rig.changes() == Lines{"none mode_1", "mode_1 mode_2"});
    for (const auto& step : rig.steps()) {
        CHECK(step.event.stream == 0);
        CHECK(step.event.lateness > 20ms);
    }
    CHECK(rig.steps()[1].at - rig.steps()[0].at >= 250ms);
    CHECK(rig.video_statistics().drop_mode == DropMode::mode_2);
    CHECK(rig.video_statistics().quality_changes == 2);
    // The sound has gone on without a gap: a block every 20 ms.
    CHECK(rig.audio->rendered - sound_before >= 149);
    CHECK(rig.session.state() == SessionState::started);
}

TEST_CASE("where nothing less helps only key frames are left, and there it ends",
          "[conformance][8]") {
    covers("8/drop-modes");
    QualityRig rig;
    rig.start();
    rig.cost(needs_three_steps);
    rig.play_for(3s);
    CHECK(rig.changes() == Lines{"none mode_1", "mode_1 mode_2", "mode_2 mode_3"});
    const int shown = rig.video->processed;
    rig.play_for(2s);
    CHECK(rig.video->processed - shown <= 3); // one key frame in a second
    CHECK(rig.changes().size() == 3);
    CHECK(rig.session.state() == SessionState::started);
}

TEST_CASE("beyond the last step nothing changes, however late it is", "[conformance][8]") {
    covers("8/drop-modes");
    QualityRig rig;
    rig.start();
    rig.cost({2s, 2s, 2s, 2s});
    rig.play_for(40s);
    CHECK(rig.changes() == Lines{"none mode_1", "mode_1 mode_2", "mode_2 mode_3"});
    CHECK(rig.session.state() == SessionState::started);
}

TEST_CASE("it is taken back a step after four healthy seconds, and no sooner", "[conformance][8]") {
    covers("8/drop-modes");
    QualityRig rig;
    rig.start();
    rig.cost(needs_two_steps);
    rig.play_for(5s);
    REQUIRE(rig.changes().size() == 2);
    rig.cost(cheap);
    rig.play_for(20s);
    CHECK(rig.changes() == Lines{"none mode_1", "mode_1 mode_2", "mode_2 mode_1", "mode_1 none"});
    const auto steps = rig.steps();
    CHECK(steps[2].at - steps[1].at >= 4s);
    CHECK(steps[3].at - steps[2].at >= 4s);
    CHECK(steps[3].at - steps[2].at < 5s);
    CHECK(steps[3].event.lateness < Duration{});
    CHECK(rig.video_statistics().quality_changes == 4);
}

TEST_CASE("a step back that came too soon makes the next one wait longer", "[conformance][8]") {
    covers("8/drop-modes");
    QualityRig rig;
    rig.start();
    rig.cost(needs_two_steps);
    rig.play_for(50s);
    const auto steps = rig.steps();
    std::vector<HostTime> eased;
    for (const auto& step : steps) {
        if (step.event.to < step.event.from) eased.push_back(step.at);
    }
    REQUIRE(eased.size() >= 3);
    CHECK(eased.size() <= 4);
    for (std::size_t i = 2; i < eased.size(); ++i) {
        CHECK(eased[i] - eased[i - 1] > (eased[i - 1] - eased[i - 2]) * 3 / 2);
    }
}

TEST_CASE("rates, seeks and pauses alone change no drop mode", "[conformance][8]") {
    covers("8/quality-told");
    QualityRig rig;
    rig.cost({30ms, 30ms, 30ms, 30ms}); // enough, and little more
    rig.start();
    for (int i = 0; i < 8; ++i) {
        rig.play_for(700ms);
        (void)rig.session.start(at(std::chrono::seconds{3 + 5 * i}));
        rig.until("session-started");
        rig.play_for(300ms);
        (void)rig.session.pause();
        rig.until("session-paused");
        rig.play_for(3s);
        (void)rig.session.set_rate(i % 2 == 0 ? 0.5 : 1.0);
        rig.until("rate-changed");
        (void)rig.session.start();
        rig.until("session-started");
    }
    rig.play_for(2s);
    CHECK(rig.changes().empty());
}

TEST_CASE("what was left out stays left out over seeks and stops", "[conformance][8]") {
    covers("8/drop-modes");
    QualityRig rig;
    rig.start();
    rig.cost(needs_two_steps);
    rig.play_for(3s);
    REQUIRE(rig.changes().size() == 2);
    (void)rig.session.start(at(30s));
    rig.until("session-started");
    rig.play_for(2s);
    (void)rig.session.stop();
    rig.until("session-stopped");
    rig.start(at(40s));
    rig.play_for(2s);
    CHECK(rig.changes().size() == 2);
    CHECK(rig.video_statistics().drop_mode == DropMode::mode_2);
}

TEST_CASE("without quality management nothing is left out", "[conformance][8]") {
    covers("8/quality-replaceable");
    QualityRig rig{NoQuality{}};
    rig.start();
    rig.cost(needs_three_steps);
    rig.play_for(10s);
    CHECK(rig.changes().empty());
    CHECK(rig.video_statistics().drop_mode == DropMode::none);
    CHECK(rig.session.state() == SessionState::started);
}

TEST_CASE("an application's own decides, and hears of what the decoder cannot do",
          "[conformance][8]") {
    covers("8/quality-replaceable", "8/drop-modes", "8/quality-told");
    auto own = std::make_shared<OwnQuality>();
    QualityRig rig{own};
    rig.start();
    rig.play_for(10ms);
    CHECK(own->interruptions >= 1);
    own->wanted = DropMode::mode_2;
    rig.play_for(1s);
    CHECK(rig.changes() == Lines{"none mode_2"});
    own->wanted = DropMode::mode_5;
    rig.play_for(300ms);
    CHECK(rig.changes().size() == 1);
    REQUIRE_FALSE(own->refusals.empty());
    CHECK(own->refusals.front() == "mode_5 no_more_drop_modes");
    const auto heard = [&](StreamKind kind) {
        return std::find_if(own->notices.rbegin(), own->notices.rend(),
                            [&](const QualityNotice& n) { return n.kind == kind; });
    };
    const auto picture = heard(StreamKind::video), sound = heard(StreamKind::audio);
    REQUIRE(picture != own->notices.rend());
    REQUIRE(sound != own->notices.rend());
    CHECK(picture->last == DropMode::mode_3);
    CHECK(sound->last == DropMode::none);
    CHECK(picture->mode == DropMode::mode_2);
    CHECK(picture->entered >= picture->left);
    CHECK(picture->left >= 3);
    CHECK(sound->left >= 12);
    REQUIRE(picture->lateness);
    CHECK(*picture->lateness < Duration{});
    const int before = own->interruptions;
    (void)rig.session.pause();
    rig.until("session-paused");
    rig.simulation->settle();
    CHECK(own->interruptions == before + 1);
    // What is decoded while the clock stands is not late, however long it takes.
    rig.video->ahead = 12;
    rig.cost({200ms, 200ms, 200ms, 200ms});
    (void)rig.session.start(at(30s));
    rig.until("session-started");
    (void)rig.session.pause();
    rig.until("session-paused");
    own->notices.clear();
    rig.play_for(10s);
    REQUIRE(heard(StreamKind::video) != own->notices.rend());
    for (const QualityNotice& notice : own->notices) CHECK_FALSE(notice.lateness);
}
