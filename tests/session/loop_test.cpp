// A stretch that is played over and over (A-B), by the sequencer.
#include "playhead/sequencer.h"
#include "session/conformance/list_rig.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("a stretch of a source is repeated without a gap, and left for the rest of it",
          "[session][6.2][loop]") {
    ListRig rig;
    const Topology film = rig.item(5s);
    Sequencer list{rig.session, {.feeds_session = true, .repeat = true}};
    REQUIRE(list.append(trimmed(film, media_at(2s), media_at(3200ms))));
    rig.until("topology-status");
    rig.simulation->settle();
    rig.journal->take();
    (void)rig.session.start();
    rig.simulation->run_for(5s); // in the fifth pass
    CHECK(rig.session.state() == SessionState::started);
    REQUIRE(list.append(trimmed(film, media_at(3200ms), media_at(5s)), SegmentFlags::last));
    list.set_repeat(false);
    rig.until("session-ended");
    REQUIRE(rig.last("session-ended"));
    const auto ended = *position(rig.last("session-ended")->body) - media_zero;
    CHECK(ended >= 5 * 1200ms + 1800ms);
    CHECK((ended - 1800ms) % 1200ms == 0ms);
    rig.check_given(ended);
    CHECK(rig.sources->opened == 1);
}
