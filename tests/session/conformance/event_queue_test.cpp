// Section 3.2: pulling and subscribing.
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

TEST_CASE("a session's queue gives its events in order, and says when there is none",
          "[conformance][3.2]") {
    covers("3.2/fifo", "3.2/no-events", "3.2/queue-event");
    Stage stage{S::stopped};
    CHECK(stage.session.try_next().error() == Errc::no_events);
    (void)stage.session.start();
    (void)stage.session.pause();
    stage.simulation->settle();
    REQUIRE(stage.session.queue_event({7, nullptr}));
    (void)stage.session.stop();
    stage.simulation->settle();
    Lines pulled;
    for (auto event = stage.session.try_next(); event; event = stage.session.try_next()) {
        pulled.push_back(line_of(*event));
    }
    CHECK(pulled == Lines{"topology-status:started_source ok", "capabilities-changed:+4 ok",
                          "session-started ok", "capabilities-changed:-4 ok", "session-paused ok",
                          "user-event ok", "session-stopped ok"});
    CHECK(stage.session.try_next().error() == Errc::no_events);
}

TEST_CASE("next waits until there is an event", "[conformance][3.2]") {
    covers("3.2/next-blocks");
    Stage stage{S::paused};
    std::optional<HostTime> came;
    stage.simulation->start_blocking("waits", [&] {
        const auto event = stage.session.next();
        if (event && event->as<UserEvent>()) came = stage.simulation->now();
    });
    stage.after(5s);
    CHECK_FALSE(came);
    const HostTime asked = stage.simulation->now();
    REQUIRE(stage.session.queue_event({1, nullptr}));
    stage.now();
    REQUIRE(came);
    CHECK(*came == asked);
    // With a limit it gives up.
    const auto none = stage.session.next_for(3s);
    REQUIRE_FALSE(none);
    CHECK(none.error() == Errc::timed_out);
    CHECK(stage.simulation->now() == asked + 3s);
}

TEST_CASE("after shutdown every call on the queue says so, and what was queued is gone",
          "[conformance][3.2]") {
    covers("3.2/after-shutdown", "3.2/lost-at-shutdown");
    Stage stage{S::started};
    REQUIRE(stage.session.queue_event({1, nullptr}));
    (void)stage.session.pause();
    stage.simulation->settle();
    REQUIRE(stage.session.shutdown());
    CHECK(stage.session.try_next().error() == Errc::shut_down);
    CHECK(stage.session.next().error() == Errc::shut_down);
    CHECK(stage.session.next_for(1s).error() == Errc::shut_down);
    CHECK(stage.session.queue_event({1, nullptr}).error() == Errc::shut_down);
}

TEST_CASE("any number of subscriptions hear every event, each in order and one at a time",
          "[conformance][3.2]") {
    covers("3.2/many-subscriptions", "3.2/handlers-in-turn", "8/handlers-in-turn");
    Stage stage{S::stopped};
    constexpr std::size_t many = 5;
    std::vector<Lines> heard(many);
    std::vector<int> inside(many, 0);
    bool overlapped = false;
    std::vector<Subscription> subscriptions;
    for (std::size_t i = 0; i < many; ++i) {
        subscriptions.push_back(stage.engine->bus().subscribe({}, [&, i](const Event& event) {
            overlapped = overlapped || inside[i]++ != 0;
            stage.simulation->virtual_sleep(10ms);
            heard[i].push_back(line_of(event));
            --inside[i];
        }));
    }
    (void)stage.session.start();
    stage.simulation->settle();
    (void)stage.session.pause();
    stage.simulation->settle();
    (void)stage.session.stop();
    const Lines all = stage.after(10s);
    CHECK(all.size() == 6);
    for (const Lines& lines : heard) CHECK(lines == all);
    CHECK_FALSE(overlapped);
}
