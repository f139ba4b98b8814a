// Opening: asynchronous, one SourceOpened each, cancelled within the stop bound.
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("an open completes once with what it found", "[engine][open]") {
    SessionRig rig;
    const auto id = rig.engine->open({"scripted:", nullptr, {}});
    REQUIRE(id);
    CHECK(rig.until("source-opened").back() == "source-opened ok");
    const auto event = *rig.last("source-opened");
    CHECK(event.command == *id);
    CHECK(event.session == 0);
    CHECK(event.as<SourceOpened>()->presentation->streams.size() == 2);
    CHECK(rig.engine->cancel(*id).error() == Errc::not_found);
}

TEST_CASE("an open that fails says why and leaves nothing open", "[engine][open]") {
    SessionRig rig;
    rig.faults->fail_open = true;
    REQUIRE(rig.engine->open({"scripted:", nullptr, {}}));
    CHECK(rig.until("source-opened").back() == "source-opened cannot_open");
    CHECK_FALSE(rig.last("source-opened")->as<SourceOpened>()->source);
    rig.simulation->run_for(1s);
    CHECK(rig.sources->alive == 0);
    CHECK(rig.engine->statistics().executor.blocking == 0);
}

TEST_CASE("cancel completes the open at once, whatever the source does", "[engine][open]") {
    for (const bool interruptible : {true, false}) {
        SessionRig rig;
        rig.faults->heed_interrupt = interruptible;
        rig.faults->open_gate.close(interruptible);
        const auto id = rig.engine->open({"scripted:", nullptr, {}});
        rig.simulation->run_for(1s);
        const auto begun = rig.simulation->now();
        REQUIRE(rig.engine->cancel(*id));
        CHECK(rig.until("source-opened").back() == "source-opened cancelled");
        CHECK(rig.simulation->now() - begun <= 100ms);
        CHECK(rig.engine->cancel(*id).error() == Errc::not_found);
        rig.simulation->run_for(1s);
        CHECK(rig.engine->statistics().orphans == (interruptible ? 0 : 1));
        CHECK(rig.events().empty());
        // It comes back later, to nobody's harm.
        rig.faults->open_gate.open();
        rig.simulation->run_for(1s);
        CHECK(rig.events().empty());
        CHECK(rig.engine->statistics().orphans == 0);
        CHECK(rig.sources->alive == 0);
    }
}

TEST_CASE("opens are refused when too many threads are stuck, stop never is", "[engine][open]") {
    SessionRig rig;
    rig.load();
    rig.start();
    rig.faults->heed_interrupt = false;
    rig.faults->open_gate.close(false);
    for (int i = 0; i < 64; ++i) {
        const auto id = rig.engine->open({"scripted:", nullptr, {}});
        REQUIRE(id);
        rig.simulation->run_for(10ms);
        REQUIRE(rig.engine->cancel(*id));
        rig.simulation->run_for(100ms);
    }
    CHECK(rig.engine->open({"scripted:", nullptr, {}}).error() == Errc::too_many_orphans);
    CHECK(rig.session.stop());
    rig.until("session-stopped");
    CHECK(rig.last("session-stopped")->status.ok());
}

TEST_CASE("an open needs something to open", "[engine][open]") {
    SessionRig rig;
    CHECK(rig.engine->open({}).error() == Errc::invalid_argument);
}

TEST_CASE("a source plays in one session at a time", "[engine][open]") {
    SessionRig rig;
    rig.load();
    rig.start();
    Session other = rig.engine->create_session();
    auto second = std::make_shared<ScriptedSink>(StreamKind::video, rig.journal);
    Topology topology;
    topology.add_branch(rig.source, 0, second);
    REQUIRE(other.set_topology(std::move(topology)));
    REQUIRE(other.start());
    rig.until("session-started");
    CHECK(rig.last("session-started")->status == Errc::component_busy);
    rig.session.close();
    rig.until("session-closed");
    REQUIRE(other.start());
    rig.until("session-started");
    CHECK(rig.last("session-started")->status.ok());
}
