// Player::queue: what follows what plays, and when it is the player's own.
#include "session/player_rig.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct QueueRig : PlayerRig {
    using PlayerRig::PlayerRig;
    CommandId queue(const std::string& name) { return *player->queue({name, nullptr, {}}); }
    std::string plays() const {
        const auto presentation = player->presentation();
        return presentation ? presentation->locator : "nothing";
    }
    // Sources of that length, of which those that are not quick wait at the open gate.
    void hold(const std::string& name, Duration length, bool quick) {
        sources->named[name] = {.duration = length, .opens_at_once = quick};
    }
    int started() {
        events();
        return count<PlayerItemStarted>();
    }
};

} // namespace

TEST_CASE("what is queued follows without a gap, and is the player's from then on",
          "[player][queue]") {
    PlayerRig rig;
    rig.sources->media.duration = 2s;
    rig.player->open({"scripted:first", nullptr, {}});
    rig.player->play();
    rig.simulation->run_for(500ms);
    rig.done();
    rig.sources->media.duration = 3s;
    const auto queued = *rig.player->queue({"scripted:second", nullptr, {}});
    rig.simulation->run_for(500ms);
    CHECK(rig.done() == Done{{queued, "ok"}});
    CHECK(rig.player->presentation()->locator == "scripted:first");
    rig.simulation->run_for(2s);
    CHECK(rig.player->presentation()->locator == "scripted:second");
    CHECK(rig.player->duration() == Duration{3s});
    CHECK(rig.player->position() == media_at(1s));
    rig.events();
    CHECK(rig.last("player-item-started")->as<PlayerItemStarted>()->item == queued);

    // A seek is one in what plays now, and so is what follows it.
    rig.player->seek(media_at(500ms));
    rig.simulation->run_for(1s);
    CHECK(rig.player->position() == media_at(1500ms));
    rig.player->pause();
    rig.player->seek(media_at(2s));
    rig.simulation->run_for(1s);
    CHECK(rig.player->position() == media_at(2s));
    rig.player->play();
    rig.simulation->run_for(2s);
    CHECK(rig.player->state() == PlayerState::ended);
    CHECK(rig.player->position() == media_at(3s));
}

TEST_CASE("one that cannot be opened is told, and what is queued behind it plays",
          "[player][queue]") {
    PlayerRig rig;
    rig.sources->media.duration = 1s;
    rig.player->open({"scripted:first", nullptr, {}});
    rig.player->play();
    rig.simulation->run_for(100ms);
    rig.done();
    rig.faults->fail_open = true;
    const auto bad = *rig.player->queue({"scripted:bad", nullptr, {}});
    rig.simulation->run_for(100ms);
    CHECK(rig.done() == Done{{bad, "cannot_open"}});
    rig.faults->fail_open = false;
    const auto good = *rig.player->queue({"scripted:good", nullptr, {}});
    rig.simulation->run_for(1500ms);
    CHECK(rig.done() == Done{{good, "ok"}});
    CHECK(rig.player->presentation()->locator == "scripted:good");
}

TEST_CASE("a pause does not wait for a queued source that opens slowly, and a stop cancels it",
          "[player][queue]") {
    PlayerRig rig;
    rig.player->open({"scripted:first", nullptr, {}});
    rig.player->play();
    rig.simulation->run_for(100ms);
    rig.faults->open_gate.close(true);
    const auto slow = *rig.player->queue({"scripted:slow", nullptr, {}});
    const auto pause = *rig.player->pause();
    rig.done();
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{pause, "ok"}});
    const auto stop = *rig.player->stop();
    rig.simulation->run_for(1s);
    auto done = rig.done();
    std::sort(done.begin(), done.end());
    CHECK(done == Done{{slow, "cancelled"}, {stop, "ok"}});
}

TEST_CASE("what is queued behind an item that opens slowly plays behind it", "[player][queue]") {
    QueueRig rig;
    rig.hold("slow", 2s, false);
    rig.hold("quick", 2s, true);
    rig.faults->open_gate.close(true);
    SECTION("that is opened") {
        const auto open = *rig.player->open({"slow", nullptr, {}});
        const auto quick = rig.queue("quick");
        const auto play = *rig.player->play();
        rig.simulation->run_for(1s);
        CHECK(rig.done() == Done{});
        rig.faults->open_gate.open();
        rig.simulation->run_for(1s);
        CHECK(rig.plays() == "slow");
        CHECK(rig.done().size() == 3);
        rig.simulation->run_for(1500ms);
        CHECK(rig.started() == 1);
        CHECK(rig.last("player-item-started")->as<PlayerItemStarted>()->item == quick);
        CHECK(open < play);
    }
    SECTION("that is queued") {
        rig.hold("first", 2s, true);
        rig.player->open({"first", nullptr, {}});
        rig.player->play();
        rig.queue("slow");
        rig.queue("quick");
        rig.simulation->run_for(1s);
        rig.faults->open_gate.open();
        rig.simulation->run_for(1500ms);
        CHECK(rig.plays() == "slow");
        rig.simulation->run_for(2s);
        CHECK(rig.started() == 2);
    }
    SECTION("that fails") {
        rig.hold("first", 2s, true);
        rig.player->open({"first", nullptr, {}});
        rig.player->play();
        rig.queue("slow");
        rig.queue("quick");
        rig.simulation->run_for(1s);
        rig.faults->fail_open = true;
        rig.faults->open_gate.open();
        rig.simulation->run_for(1500ms);
        CHECK(rig.started() == 1);
    }
    CHECK(rig.plays() == "quick");
    rig.simulation->run_for(5s);
    CHECK(rig.player->state() == PlayerState::ended);
}

TEST_CASE("what is queued with nothing left that plays is the player's at once",
          "[player][queue]") {
    QueueRig rig;
    rig.hold("second", 3s, true);
    SECTION("behind the end") { rig.play_for(11s); }
    SECTION("behind nothing") {}
    const auto second = rig.queue("second");
    rig.simulation->run_for(1s);
    CHECK(rig.started() == 1);
    CHECK(rig.done() == Done{{second, "ok"}});
    CHECK(rig.player->state() == PlayerState::stopped);
    const auto play = *rig.player->play();
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{play, "ok"}});
    CHECK(rig.plays() == "second");
    CHECK(rig.player->duration() == Duration{3s});
    CHECK(rig.player->position() == media_at(1s));
    const auto end = *rig.player->set_media_stop(media_at(2s));
    rig.simulation->run_for(2s);
    CHECK(rig.done() == Done{{end, "ok"}});
    CHECK(rig.player->position() == media_at(2s));
}

TEST_CASE("what is queued is dropped by an open, wherever it has come to", "[player][queue]") {
    QueueRig rig;
    rig.hold("quick", 2s, true);
    rig.hold("slow", 2s, false);
    rig.hold("other", 1s, true);
    rig.play_for(1s);
    rig.faults->open_gate.close(true);
    const auto set = rig.queue("quick");
    const auto slow = rig.queue("slow");
    const auto waits = rig.queue("quick");
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{set, "ok"}});
    rig.decoders->gate.close(false);
    rig.faults->open_gate.open();
    rig.simulation->settle(); // the slow one is being set
    rig.player->open({"other", nullptr, {}});
    rig.decoders->gate.open();
    rig.player->play();
    rig.simulation->run_for(500ms);
    auto done = rig.done();
    std::sort(done.begin(), done.end());
    REQUIRE(done.size() == 4);
    CHECK(done[0] == Done::value_type{slow, "cancelled"});
    CHECK(done[1] == Done::value_type{waits, "cancelled"});
    CHECK(rig.plays() == "other");
    rig.simulation->run_for(1s);
    CHECK(rig.player->state() == PlayerState::ended);
    CHECK(rig.started() == 0);
}

TEST_CASE("an open that a stop overtook before its turn dropped nothing", "[player][queue]") {
    QueueRig rig;
    rig.hold("quick", 2s, true);
    rig.play_for(1s);
    const auto quick = rig.queue("quick");
    rig.simulation->run_for(1s);
    CHECK(rig.done() == Done{{quick, "ok"}});
    rig.faults->seek_gate.close(true);
    rig.player->seek(media_at(5s));
    const auto open = *rig.player->open({"quick", nullptr, {}}); // behind the seek
    const auto stop = *rig.player->stop();
    rig.simulation->run_for(1s);
    rig.faults->seek_gate.open();
    const auto done = rig.done();
    REQUIRE(done.size() == 3);
    CHECK(done.front() == Done::value_type{open, "cancelled"});
    CHECK(done.back() == Done::value_type{stop, "ok"});
    rig.player->play(media_at(9s));
    rig.simulation->run_for(2s);
    CHECK(rig.plays() == "quick");
    CHECK(rig.started() == 1);
}

TEST_CASE("behind a short item the position is that in what plays", "[player][queue]") {
    QueueRig rig;
    rig.video->ahead = rig.audio->ahead = 30; // the third is told of before the second is heard
    rig.hold("first", 2s, true);
    rig.hold("short", 200ms, true);
    rig.hold("third", 5s, true);
    rig.player->open({"first", nullptr, {}});
    rig.player->play();
    rig.queue("short");
    rig.queue("third");
    rig.simulation->run_for(3200ms);
    CHECK(rig.plays() == "third");
    CHECK(rig.player->position() == media_at(1s));
}
