// What the outputs tell of how they keep up reaches the session's statistics.
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

StreamStatistics of(const SessionRig& rig, StreamKind kind) {
    const auto all = rig.session.statistics();
    for (const auto& stream : all->streams) {
        if (stream.kind == kind) return stream;
    }
    return {};
}

} // namespace

TEST_CASE("what is late, what was lacking and how far picture and sound are apart is told apart",
          "[session][statistics]") {
    SessionRig rig;
    rig.load();
    rig.start();
    CHECK_FALSE(rig.session.statistics()->av_difference);
    rig.video->host()->dropped(3);
    rig.video->host()->presented(-7ms);
    rig.audio->host()->underran(2);
    CHECK(rig.session.statistics()->av_difference == std::optional<Duration>(-7ms));
    CHECK(of(rig, StreamKind::video).difference == std::optional<Duration>(-7ms));
    CHECK(of(rig, StreamKind::video).late == 3);
    CHECK(of(rig, StreamKind::video).underruns == 0);
    CHECK(of(rig, StreamKind::audio).underruns == 2);
    CHECK(of(rig, StreamKind::audio).late == 0);
}

TEST_CASE("without sound picture and sound are not apart", "[session][statistics]") {
    RigOptions silent;
    silent.media.audio = false;
    SessionRig rig{silent};
    rig.load();
    rig.start();
    rig.video->host()->presented(7ms);
    CHECK(of(rig, StreamKind::video).difference == std::optional<Duration>(7ms));
    CHECK_FALSE(rig.session.statistics()->av_difference);
}
