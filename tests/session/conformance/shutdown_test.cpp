// What shutdown leaves behind: media-session.md section 1.4.
#include "session/conformance/stage.h"
#include "support/catch.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("shutdown lets go of the current sinks, also of those kept alive", "[conformance][1.4]") {
    covers("1.4/shutdown-sinks");
    Stage stage;
    stage.open();
    Topology topology = stage.topology(stage.source);
    for_each<OutputNode>(topology, [](OutputNode& output) { output.keep_alive = true; });
    REQUIRE(stage.session.set_topology(std::move(topology)));
    stage.now();
    REQUIRE(stage.session.shutdown());
    CHECK(stage.video->is_shut_down);
    CHECK(stage.audio->is_shut_down);
}

TEST_CASE("when shutdown is back the sinks have been let go of", "[conformance][1.4]") {
    covers("1.4/shutdown-sinks");
    Stage stage{SessionState::started};
    REQUIRE(stage.session.shutdown());
    CHECK_FALSE(stage.video->running);
    CHECK(stage.video->is_shut_down);
    CHECK(stage.audio->is_shut_down);
}
