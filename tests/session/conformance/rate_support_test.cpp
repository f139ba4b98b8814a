// Section 5.1: at which rates a presentation can be played; and of 1.6 what capabilities tell of it.
#include "session/conformance/stage.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

constexpr RateRange up_to(double fastest) { return {0.5, fastest, false}; }

} // namespace

TEST_CASE("a decoder that knows nothing of rates plays at any of them, in reverse too",
          "[conformance][5.1]") {
    covers("5.1/plain-transform");
    for (const double rate : {0.25, 3.0, 32.0, -1.0, -4.0}) {
        INFO(rate);
        Stage stage{S::stopped};
        REQUIRE(stage.session.set_rate(rate));
        CHECK(stage.now() == Lines{"rate-changed ok"});
        (void)stage.session.start(at(5s));
        CHECK(stage.until("session-ended").back() == "session-ended ok");
        // In reverse the picture that begins there is shown first, too.
        CHECK(stage.video->rendered == (rate < 0 ? 126 : 125));
    }
}

TEST_CASE("a sink that can do 1 only holds the presentation to it, a rateless one does not",
          "[conformance][5.1]") {
    covers("5.1/plain-sink", "5.1/rateless-sink", "1.6/capabilities-common");
    enum class How { follows, says_rateless, node_says };
    for (const How how : {How::follows, How::says_rateless, How::node_says}) {
        INFO(static_cast<int>(how));
        Stage stage;
        stage.audio->told.rates = RateRange::only_one();
        stage.audio->told.rateless = how == How::says_rateless;
        stage.open();
        Topology topology = stage.topology(stage.source);
        for_each<OutputNode>(topology, [&](OutputNode& output) {
            if (output.sink == stage.audio) output.rateless = how == How::node_says;
        });
        REQUIRE(stage.session.set_topology(std::move(topology)));
        stage.now();
        const RateSupport support = stage.session.rate_support().value();
        const bool any = how != How::follows;
        CHECK(support.is_supported(Thinning::none, 8.0).status.ok() == any);
        CHECK(support.is_supported(Thinning::none, 1.0).status.ok());
        CHECK(support.fastest(Direction::reverse, Thinning::none).has_value() == any);
        CHECK(has(*stage.session.capabilities(), Capability::rate_forward) == any);
        (void)stage.session.set_rate(2.0);
        CHECK(stage.now() == Lines{any ? "rate-changed ok" : "rate-changed unsupported_rate"});
    }
}

TEST_CASE("the slowest rate is a bound, whether 0 itself will do is asked for by itself",
          "[conformance][5.1]") {
    covers("5.1/slowest-is-a-bound", "5.1/nearest");
    Stage any{S::stopped};
    const RateSupport all = any.session.rate_support().value();
    CHECK(all.slowest(Direction::forward, Thinning::none) == 0.0);
    CHECK(all.is_supported(Thinning::none, 0.0).status.ok());
    // The fastest where no sink holds it back.
    CHECK(all.fastest(Direction::forward, Thinning::none) == 32.0);
    CHECK(all.fastest(Direction::reverse, Thinning::none) == -32.0);
    CHECK(all.fastest(Direction::forward, Thinning::key_frames) == 128.0);
    CHECK(all.is_supported(Thinning::none, 32.5).nearest == 32.0);
    Stage bound;
    bound.audio->told.rates = up_to(8.0);
    bound.load();
    const RateSupport some = bound.session.rate_support().value();
    CHECK(some.slowest(Direction::forward, Thinning::none) == 0.5);
    const auto answer = some.is_supported(Thinning::none, 0.0);
    CHECK(answer.status == Errc::unsupported_rate);
    CHECK(answer.nearest == 0.5);
    (void)bound.session.set_rate(0.0);
    CHECK(bound.now() == Lines{"rate-changed unsupported_rate"});
}

TEST_CASE("the capability to play forward at rates is that of rates above 1",
          "[conformance][1.6]") {
    covers("1.6/capabilities-forward");
    for (const double fastest : {1.0, 1.25}) {
        INFO(fastest);
        Stage stage;
        stage.audio->told.rates = up_to(fastest);
        stage.load();
        CHECK(has(*stage.session.capabilities(), Capability::rate_forward) == (fastest > 1.0));
        CHECK_FALSE(has(*stage.session.capabilities(), Capability::rate_reverse));
        (void)stage.session.set_rate(0.75); // which says nothing of slower ones
        CHECK(stage.now() == Lines{"rate-changed ok"});
    }
}

TEST_CASE("a capability that stayed but goes further than before is told as changed",
          "[conformance][1.6]") {
    covers("1.6/capabilities-detail", "5.1/per-topology");
    Stage stage;
    stage.audio->told.rates = up_to(2.0);
    stage.load();
    const Capabilities before = stage.session.capabilities().value();
    REQUIRE(has(before, Capability::rate_forward));
    const auto change_to = [&](RateRange range) {
        Topology other = stage.other_topology();
        stage.other_audio->told.rates = range;
        stage.taken.clear();
        REQUIRE(stage.session.set_topology(std::move(other), SetTopology::immediate));
        return stage.now();
    };
    const Lines further = change_to(up_to(4.0));
    CHECK(further == Lines{"topology-set ok", "topology-status:ended ok",
                           "notify-presentation-time ok", "capabilities-changed:+16 ok",
                           "topology-status:ready ok"});
    CHECK(stage.of_last<CapabilitiesChanged>().now == before);
    // The same again is no change.
    const Lines same = change_to(up_to(4.0));
    CHECK(std::count(same.begin(), same.end(), "capabilities-changed:+16 ok") == 0);
    CHECK(stage.session.capabilities().value() == before);
}
