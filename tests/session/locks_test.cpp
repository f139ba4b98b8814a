// Where the engine lets go of what is not its own it holds no lock: the scripted packets see to that
// (support/foreign.h).
#include "support/catch.h"
#include "support/session_rig.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("what was read behind a stream's end is let go of without a lock", "[session][locks]") {
    // Sound goes on for long behind its end before the next picture says that theirs has come, too. More
    // than 8 MiB of it is not kept.
    const std::size_t bytes = GENERATE(100u, 600'000u);
    RigOptions slow_pictures;
    slow_pictures.media.fps = 2;
    slow_pictures.media.packet_bytes = bytes;
    SessionRig rig{slow_pictures};
    const auto part = trimmed(rig.topology(rig.open()), media_zero, media_at(600ms));
    (void)rig.session.set_topology(part);
    for (int plays = 0; plays < 2; ++plays) {
        rig.start();
        rig.until("session-ended");
        CHECK(rig.last("session-ended")->status.ok());
    }
}
