// Player: opening and session as one, seeks that pile up, stop during open.
#include "session/player_rig.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("open and play, unwaited, plays to the end", "[player]") {
    PlayerRig rig;
    const auto open = *rig.player->open({"scripted:", nullptr, {}});
    const auto play = *rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.player->state() == PlayerState::playing);
    CHECK(rig.player->position() == media_at(1s));
    CHECK(rig.player->duration() == Duration{10s});
    CHECK(rig.done() == Done{{open, "ok"}, {play, "ok"}});
    rig.simulation->run_for(20s);
    CHECK(rig.player->state() == PlayerState::ended);
    CHECK(rig.player->position() == media_at(10s));
    const auto again = *rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{again, "ok"}});
    CHECK(rig.player->position() == media_at(1s));
}

TEST_CASE("the position moves again once a seek is over, whatever became of it", "[player][seek]") {
    PlayerRig rig;
    rig.play_for(1s);
    SECTION("another command waits behind it") {
        rig.player->seek(media_at(5s));
        rig.player->play();
    }
    SECTION("it was cancelled before its turn came") {
        rig.player->pause();
        rig.player->seek(media_at(5s));
        rig.player->stop();
        rig.player->play(media_at(5s));
    }
    rig.simulation->run_for(1s);
    CHECK(rig.player->position() == media_at(6s));
}

TEST_CASE("of seeks that pile up the latest wins", "[player][seek]") {
    PlayerRig rig;
    rig.play_for(1s);
    std::vector<CommandId> ids;
    for (int i = 1; i <= 5; ++i) ids.push_back(*rig.player->seek(media_at(i * 1s)));
    CHECK(rig.player->position() == media_at(5s));
    rig.simulation->settle();
    auto done = rig.done();
    std::sort(done.begin(), done.end());
    CHECK(done == Done{{ids[0], "ok"},
                       {ids[1], "superseded"},
                       {ids[2], "superseded"},
                       {ids[3], "superseded"},
                       {ids[4], "ok"}});
    CHECK(rig.player->position() == media_at(5s));
    CHECK(rig.player->state() == PlayerState::playing);
}

TEST_CASE("seeking while paused shows the target frame and stays paused", "[player][seek]") {
    PlayerRig rig;
    rig.player->open({"scripted:", nullptr, {}});
    rig.player->play();
    rig.simulation->run_for(1s);
    rig.player->pause();
    rig.player->seek(media_at(4s));
    rig.simulation->run_for(2s);
    CHECK(rig.player->state() == PlayerState::paused);
    CHECK(rig.player->position() == media_at(4s));
    rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.player->position() == media_at(5s));
}

TEST_CASE("stop while opening cancels the open and completes ok", "[player][stop]") {
    PlayerRig rig;
    rig.faults->heed_interrupt = false;
    rig.faults->open_gate.close(false);
    const auto open = *rig.player->open({"scripted:", nullptr, {}});
    const auto play = *rig.player->play();
    rig.simulation->run_for(1s);
    const auto begun = rig.simulation->now();
    const auto stop = *rig.player->stop();
    rig.simulation->settle();
    CHECK(rig.done() == Done{{play, "cancelled"}, {open, "cancelled"}, {stop, "ok"}});
    CHECK(rig.simulation->now() - begun <= 100ms);
    CHECK(rig.player->state() == PlayerState::empty);
}

TEST_CASE("an open that fails fails what was waiting for it", "[player]") {
    PlayerRig rig;
    rig.faults->fail_open = true;
    const auto open = *rig.player->open({"scripted:", nullptr, {}});
    const auto play = *rig.player->play();
    rig.simulation->settle();
    CHECK(rig.done() == Done{{open, "cannot_open"}, {play, "invalid_request"}});
    CHECK(rig.player->state() == PlayerState::failed);
    rig.faults->fail_open = false;
    rig.player->open({"scripted:", nullptr, {}});
    rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.player->state() == PlayerState::playing);
}

TEST_CASE("opening another while one plays ends the first", "[player]") {
    PlayerRig rig;
    rig.player->open({"scripted:", nullptr, {}});
    rig.player->play();
    rig.simulation->run_for(3s);
    rig.player->open({"scripted:", nullptr, {}});
    rig.player->play();
    rig.taken.clear();
    rig.events();
    rig.taken.clear();
    rig.simulation->run_for(1s);
    CHECK(rig.player->position() == media_at(1s));
    rig.events();
    rig.taken.clear();
    rig.simulation->run_for(1s);
    CHECK(rig.sources->alive == 1);
}

TEST_CASE("tracks are chosen while playing, by number", "[player][switch]") {
    PlayerRig rig;
    rig.sources->media.audio_streams = 2;
    rig.play_for(1s);
    const auto selected = [&] {
        std::vector<std::pair<StreamKind, int>> numbers;
        for (const Track& track : rig.player->tracks()) {
            if (track.selected) numbers.emplace_back(track.kind, track.number);
        }
        return numbers;
    };
    using Numbers = std::vector<std::pair<StreamKind, int>>;
    CHECK(rig.player->tracks().size() == 3);
    CHECK(selected() == Numbers{{StreamKind::video, 1}, {StreamKind::audio, 1}});
    const auto second = *rig.player->select(StreamKind::audio, 2);
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{second, "ok"}});
    CHECK(selected() == Numbers{{StreamKind::video, 1}, {StreamKind::audio, 2}});
    CHECK(rig.audio->last_stream == 2);
    const auto third = *rig.player->select(StreamKind::audio, 3);
    const auto silent = *rig.player->select(StreamKind::audio, std::nullopt);
    const auto blind = *rig.player->select(StreamKind::video, std::nullopt);
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{third, "not_found"}, {silent, "ok"}, {blind, "invalid_request"}});
    CHECK(selected() == Numbers{{StreamKind::video, 1}});
    const auto again = *rig.player->select(StreamKind::audio, 1);
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{again, "ok"}});
    CHECK(rig.audio->last_stream == 1);
    CHECK(rig.player->position() == media_at(1300ms));
}

TEST_CASE("the sound of another file is added to what plays", "[player][switch]") {
    PlayerRig rig;
    rig.sources->named["scripted:sound"] = {.video = false};
    rig.play_for(1s);
    const auto added = *rig.player->add_external({"scripted:sound", nullptr, {}});
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{added, "ok"}});
    REQUIRE(rig.player->tracks().size() == 3);
    CHECK(rig.player->tracks()[2].external);
    CHECK(rig.player->tracks()[2].number == 2);
    CHECK(rig.player->tracks()[2].selected);
    CHECK(!rig.player->tracks()[1].selected);
    CHECK(rig.audio->last_stream == 0);
    rig.faults->fail_open = true;
    const auto missing = *rig.player->add_external({"scripted:none", nullptr, {}});
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{missing, "cannot_open"}});
    CHECK(rig.player->state() == PlayerState::playing);
}

TEST_CASE("a stop cancels the opening of another file, and what plays stops", "[player][switch]") {
    PlayerRig rig;
    rig.play_for(1s);
    rig.faults->open_gate.close(true);
    const auto added = *rig.player->add_external({"scripted:sound", nullptr, {}});
    rig.simulation->run_for(100ms);
    const auto stop = *rig.player->stop();
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{added, "cancelled"}, {stop, "ok"}});
    CHECK(rig.player->state() == PlayerState::stopped);
}

TEST_CASE(
    "a pause does not wait for another file that opens slowly, which is heard once it is there",
    "[player][switch]") {
    PlayerRig rig;
    rig.sources->named["scripted:sound"] = {.video = false};
    rig.play_for(1s);
    rig.faults->open_gate.close(true);
    const auto added = *rig.player->add_external({"scripted:sound", nullptr, {}});
    const auto pause = *rig.player->pause();
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{pause, "ok"}});
    rig.faults->open_gate.open();
    const auto play = *rig.player->play();
    rig.simulation->run_for(1s);
    auto done = rig.done();
    std::sort(done.begin(), done.end());
    CHECK(done == Done{{added, "ok"}, {play, "ok"}});
    CHECK(rig.player->tracks().back().selected);
}

TEST_CASE("another file is not added to what is opened after it was asked for",
          "[player][switch]") {
    PlayerRig rig;
    rig.play_for(1s);
    rig.faults->open_gate.close(true);
    const auto added = *rig.player->add_external({"scripted:sound", nullptr, {}});
    rig.simulation->run_for(100ms);
    const auto open = *rig.player->open({"scripted:other", nullptr, {}});
    rig.simulation->run_for(100ms);
    rig.faults->open_gate.open();
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{added, "cancelled"}, {open, "ok"}});
    CHECK(rig.player->tracks().size() == 2);
}

TEST_CASE("destroying a player completes what was pending", "[player]") {
    PlayerRig rig;
    rig.faults->open_gate.close(true);
    const auto open = *rig.player->open({"scripted:", nullptr, {}});
    rig.simulation->run_for(1s);
    rig.player.reset();
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{open, "shut_down"}});
}

TEST_CASE("the player turns its direction in whatever state, and goes on from the same place",
          "[player][rate]") {
    PlayerRig rig;
    rig.play_for(3s);
    const auto back = *rig.player->set_rate(-1.0);
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{back, "ok"}});
    CHECK(rig.player->rate() == -1.0);
    CHECK(rig.player->position() == media_at(2s));
    CHECK(rig.player->state() == PlayerState::playing);
    const auto forth = *rig.player->set_rate(2.0);
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{forth, "ok"}});
    CHECK(rig.player->position() == media_at(4s));
    rig.player->pause();
    const auto still = *rig.player->set_rate(0.5);
    rig.simulation->run_for(1s);
    CHECK(rig.player->state() == PlayerState::paused);
    CHECK(rig.player->rate() == 0.5);
    const auto too_fast = *rig.player->set_rate(1000.0);
    rig.simulation->run_for(1s);
    const auto done = rig.done();
    CHECK(std::count(done.begin(), done.end(), Done::value_type{still, "ok"}) == 1);
    CHECK(std::count(done.begin(), done.end(), Done::value_type{too_fast, "unsupported_rate"}) ==
          1);
    CHECK(rig.player->rate() == 0.5);
}

TEST_CASE(
    "what plays ends where it is told to, whatever else is chosen, and what follows at its own end",
    "[player][media-stop]") {
    PlayerRig rig;
    rig.sources->media.audio_streams = 2;
    rig.player->open({"scripted:first", nullptr, {}});
    rig.player->set_media_stop(media_at(2s));
    rig.player->play();
    rig.simulation->run_for(1s);
    rig.player->select(StreamKind::audio, 2);
    rig.simulation->run_for(3s);
    CHECK(rig.player->state() == PlayerState::ended);
    CHECK(rig.player->position() == media_at(2s));

    rig.player->play(media_at(500ms));
    rig.simulation->run_for(500ms);
    CHECK(rig.player->position() == media_at(1s));
    rig.player->set_media_stop(std::nullopt);
    rig.simulation->run_for(3s);
    CHECK(rig.player->position() == media_at(4s));

    rig.player->set_media_stop(media_at(5s));
    const auto queued = *rig.player->queue({"scripted:second", nullptr, {}});
    rig.simulation->run_for(7s);
    CHECK(rig.player->presentation()->locator == "scripted:second");
    CHECK(rig.player->position() == media_at(6s));
    for (const auto& [id, status] : rig.done()) {
        CHECK(status == "ok");
        CHECK(id <= queued);
    }
}

TEST_CASE("an end before anything is open is refused", "[player][media-stop]") {
    PlayerRig rig;
    const auto early = *rig.player->set_media_stop(media_at(1s));
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{early, "invalid_request"}});
}

TEST_CASE("a seek at rate 0 shows the picture there", "[player][seek]") {
    PlayerRig rig;
    rig.video->told.scrubs = true;
    rig.play_for(1s);
    rig.player->stop();
    rig.player->set_rate(0.0);
    const auto seek = *rig.player->seek(media_at(2010ms));
    rig.simulation->run_for(1s);
    CHECK(rig.done().back() == Done::value_type{seek, "ok"});
    CHECK(rig.scrubbed_to == media_at(2s));
    CHECK(rig.player->position() == media_at(2010ms));
}
