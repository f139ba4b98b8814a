// Player::step: from picture to picture, either way, and back to the rate that it had.
#include "session/player_rig.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("steps go from picture to picture, either way, and leave it paused", "[player][step]") {
    PlayerRig rig;
    rig.video->told.scrubs = true;
    rig.play_for(1010ms);
    const auto step = [&](Direction direction) {
        const auto id = rig.player->step(direction);
        REQUIRE(id);
        rig.simulation->settle();
        CHECK(rig.done() == Done{{*id, "ok"}});
        CHECK(rig.player->state() == PlayerState::paused);
        CHECK(rig.player->rate() == 1.0);
        return rig.scrubbed_to.value_or(media_zero) - media_zero;
    };
    const auto shown_at = [&] { return *rig.player->position() - media_zero; };
    CHECK(step(Direction::forward) == 1040ms);
    CHECK(shown_at() == 1040ms);
    CHECK(step(Direction::forward) == 1080ms);
    CHECK(step(Direction::reverse) == 1040ms);
    CHECK(step(Direction::reverse) == 1s);
    CHECK(shown_at() / 40ms == 25);
    CHECK(step(Direction::forward) == 1040ms);
    // From a place that was not stepped to, the picture there is found first.
    rig.player->seek(media_at(2050ms));
    rig.simulation->settle();
    rig.done();
    CHECK(step(Direction::reverse) == 2s);
    rig.player->seek(media_at(30ms));
    rig.simulation->settle();
    rig.done();
    CHECK(step(Direction::reverse) == 0ms);
    CHECK(step(Direction::reverse) == 0ms);
    rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.player->state() == PlayerState::playing);
    CHECK(rig.player->position() == media_at(1s));
    rig.done();
    // At the end nothing follows.
    rig.player->seek(media_at(9970ms));
    rig.simulation->settle();
    rig.done();
    step(Direction::forward);
    CHECK(step(Direction::reverse) == 9920ms);
}

TEST_CASE("a step back from the end of what goes on behind the length that it tells",
          "[player][step]") {
    RigOptions options;
    options.media.goes_on = 20ms;
    PlayerRig rig{options};
    rig.video->told.scrubs = true;
    rig.play_for(11s);
    CHECK(rig.player->state() == PlayerState::ended);
    CHECK(rig.player->duration() == 9980ms);
    const auto id = rig.player->step(Direction::reverse);
    rig.simulation->settle();
    CHECK(rig.done() == Done{{*id, "ok"}});
    CHECK(rig.player->state() == PlayerState::paused);
    CHECK(rig.scrubbed_to == media_at(9920ms));
}

TEST_CASE("a step that cannot be or is cut short leaves the rate as it was", "[player][step]") {
    PlayerRig rig;
    rig.video->told.scrubs = true;
    CHECK(rig.player->step());
    rig.simulation->settle();
    CHECK(rig.done().back().second == "invalid_request");
    rig.play_for(1s);
    SECTION("a stop overtakes it") {
        rig.faults->seek_gate.close(true);
        const auto step = *rig.player->step(Direction::reverse);
        rig.simulation->run_for(1s);
        CHECK(rig.done().empty());
        const auto stop = *rig.player->stop();
        rig.simulation->run_for(100ms);
        CHECK(rig.done() == Done{{step, "cancelled"}, {stop, "ok"}});
        CHECK(rig.player->state() == PlayerState::stopped);
        rig.faults->seek_gate.open();
    }
    SECTION("the source fails") {
        rig.faults->fail_seek = true;
        rig.player->step(Direction::reverse);
        rig.simulation->run_for(1s);
        REQUIRE(rig.done().size() == 1);
        rig.faults->fail_seek = false;
    }
    SECTION("it plays in reverse") {
        rig.player->set_rate(-1.0);
        rig.player->step();
        rig.simulation->run_for(100ms);
        CHECK(rig.done().back().second == "unsupported_rate_transition");
        rig.player->set_rate(1.0);
        rig.simulation->run_for(100ms);
        rig.done();
    }
    CHECK(rig.player->rate() == 1.0);
    const auto play = *rig.player->play();
    rig.simulation->run_for(500ms);
    CHECK(rig.done() == Done{{play, "ok"}});
    CHECK(rig.player->state() == PlayerState::playing);
}

TEST_CASE("a step where rate 0 cannot be is refused, and what plays goes on", "[player][step]") {
    RigOptions options;
    options.media.seekable = false;
    PlayerRig rig{options};
    rig.video->told.scrubs = true;
    rig.play_for(1s);
    const auto step = *rig.player->step();
    rig.simulation->settle();
    CHECK(rig.done() == Done{{step, "unsupported_rate"}});
    CHECK(rig.player->state() == PlayerState::playing);
    const auto pause = *rig.player->pause();
    rig.simulation->settle();
    CHECK(rig.done() == Done{{pause, "ok"}});
}

TEST_CASE("a stop in the moment in which a step has shown its picture leaves the rate as it was",
          "[player][step]") {
    RigOptions options;
    options.seed = GENERATE(range(1u, 9u));
    PlayerRig rig{options};
    rig.video->told.scrubs = true;
    rig.play_for(1s);
    std::optional<CommandId> stop;
    const auto listening = rig.engine->bus().subscribe(
        [](const Event& event) { return event.as<ScrubSampleComplete>() != nullptr; },
        [&](const Event&) { stop = *rig.player->stop(); });
    const auto step = *rig.player->step();
    rig.simulation->run_for(1s);
    REQUIRE(stop);
    CHECK(rig.done() == Done{{step, "ok"}, {*stop, "ok"}});
    CHECK(rig.player->state() == PlayerState::stopped);
    CHECK(rig.player->rate() == 1.0);
    rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.player->position() == media_at(1s));
}

TEST_CASE("a step goes back to thinned play as it was", "[player][step]") {
    PlayerRig rig;
    rig.video->told.scrubs = rig.video->note_samples = true;
    rig.play_for(100ms);
    rig.player->set_rate(64.0, Thinning::key_frames); // faster than every picture could be shown
    rig.simulation->run_for(10ms);
    rig.player->step();
    rig.simulation->settle();
    CHECK(rig.done().back().second == "ok");
    CHECK(rig.player->rate() == 64.0);
    rig.journal->take();
    rig.player->play();
    rig.simulation->run_for(50ms);
    const auto shown = rig.given();
    REQUIRE(shown.size() > 1);
    for (std::size_t i = 1; i < shown.size(); ++i) CHECK(shown[i] % 1000 == 0);
}

TEST_CASE("a step forward from the end changes nothing", "[player][step]") {
    PlayerRig rig;
    rig.video->told.scrubs = true;
    rig.play_for(20s);
    REQUIRE(rig.player->state() == PlayerState::ended);
    const auto on = *rig.player->step();
    rig.simulation->settle();
    CHECK(rig.done() == Done{{on, "ok"}});
    CHECK(rig.player->state() == PlayerState::ended);
    CHECK(rig.player->position() == media_at(10s));
    rig.player->step(Direction::reverse);
    rig.simulation->settle();
    CHECK(rig.done().back().second == "ok");
    REQUIRE(rig.scrubbed_to);
    CHECK((*rig.scrubbed_to - media_zero) / 1ms == 9920);
}
