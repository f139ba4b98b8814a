// The teardown matrix: every state x every way to end, under every seed tried. Each accepted command
// completes exactly once, nothing is left behind, and nothing is heard afterwards.
#include <map>

#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

enum class Reach {
    idle,
    opening,
    resolving,
    stopped,
    starting,
    started,
    seeking,
    paused,
    draining,
    ended,
    failed,
    stalled
};
enum class End { stop, close, shutdown, destroy, destroy_engine, error_then_close };

const char* words(Reach r) {
    static const char* const all[] = {"idle",     "opening", "resolving", "stopped",
                                      "starting", "started", "seeking",   "paused",
                                      "draining", "ended",   "failed",    "stalled"};
    return all[static_cast<int>(r)];
}
const char* words(End e) {
    static const char* const all[] = {"stop",    "close",          "shutdown",
                                      "destroy", "destroy engine", "error then close"};
    return all[static_cast<int>(e)];
}

void bring(SessionRig& rig, Reach reach, std::vector<CommandId>& accepted) {
    const auto take = [&](const Result<CommandId>& id) {
        if (id) accepted.push_back(*id);
    };
    if (reach == Reach::idle) return;
    if (reach == Reach::opening) {
        rig.faults->open_gate.close(true);
        (void)rig.engine->open({"scripted:", nullptr, {}});
        rig.simulation->run_for(1s);
        return;
    }
    auto source = rig.open();
    if (reach == Reach::resolving) rig.decoders->gate.close(false);
    take(rig.session.set_topology(rig.topology(source)));
    rig.simulation->run_for(1s);
    if (reach == Reach::stopped || reach == Reach::resolving) return;
    if (reach == Reach::starting) rig.faults->block_read_at = 0;
    if (reach == Reach::stalled) rig.faults->block_read_at = 150;
    take(rig.session.start());
    rig.simulation->run_for(2s);
    switch (reach) {
    case Reach::seeking:
        rig.faults->seek_gate.close(true);
        take(rig.session.start(at(5s)));
        rig.simulation->run_for(100ms);
        break;
    case Reach::paused:
        take(rig.session.pause());
        rig.simulation->run_for(100ms);
        break;
    case Reach::draining: rig.simulation->run_for(7900ms); break;
    case Reach::ended: rig.simulation->run_for(20s); break;
    case Reach::failed:
        rig.video->fail_now({Errc::device_lost});
        rig.audio->fail_now({Errc::device_lost});
        rig.simulation->run_for(100ms);
        break;
    case Reach::stalled: rig.simulation->run_for(5s); break;
    default: break;
    }
}

} // namespace

TEST_CASE("every state x every end: one completion each, and nothing left behind",
          "[session][teardown]") {
    for (int r = 0; r <= static_cast<int>(Reach::stalled); ++r) {
        for (int e = 0; e <= static_cast<int>(End::error_then_close); ++e) {
            for (std::uint64_t seed = 1; seed <= 5; ++seed) {
                const auto reach = static_cast<Reach>(r);
                const auto end = static_cast<End>(e);
                INFO(words(reach) << " x " << words(end) << ", seed " << seed);
                SessionRig rig({seed, {}});
                std::vector<CommandId> accepted;
                bring(rig, reach, accepted);
                rig.events();
                const auto begun = rig.simulation->now();
                const auto take = [&](const Result<CommandId>& id) {
                    REQUIRE(id);
                    accepted.push_back(*id);
                };
                switch (end) {
                case End::stop:
                    take(rig.session.stop());
                    rig.until("session-stopped");
                    break;
                case End::error_then_close:
                    rig.video->fail_now({Errc::device_lost});
                    rig.audio->fail_now({Errc::device_lost});
                    [[fallthrough]];
                case End::close:
                    take(rig.session.close());
                    rig.until("session-closed");
                    break;
                case End::shutdown: CHECK(rig.session.shutdown()); break;
                case End::destroy: rig.session = Session{}; break;
                case End::destroy_engine: rig.engine.reset(); break;
                }
                CHECK(rig.simulation->now() - begun <= 100ms);
                rig.events();
                std::map<CommandId, int> completions;
                for (const auto& event : rig.taken) {
                    if (is_completion(event.body)) ++completions[event.command];
                }
                for (const auto id : accepted) CHECK(completions[id] == 1);
                CHECK(completions.size() == accepted.size());
                if (end != End::stop) {
                    const auto heard = rig.taken.size();
                    rig.simulation->run_for(10s);
                    rig.events();
                    // An open of the engine's own may still complete.
                    for (auto i = heard; i < rig.taken.size(); ++i) {
                        CHECK(rig.taken[i].session == 0);
                    }
                }
                CHECK_FALSE((end == End::stop && rig.video->running));
            }
        }
    }
}

TEST_CASE("a handler may destroy the session it hears of", "[session][teardown]") {
    SessionRig rig;
    rig.load();
    Subscription hears = rig.engine->bus().subscribe({}, [&](const Event& event) {
        if (event.as<SessionStarted>()) rig.session = Session{};
    });
    rig.session.start();
    rig.simulation->run_for(1s);
    CHECK(rig.session.stop().error() == Errc::shut_down);
    CHECK_FALSE(rig.video->running);
    CHECK(rig.video->is_shut_down);
}

TEST_CASE("a handler may destroy the engine it hears of", "[session][teardown]") {
    SessionRig rig;
    rig.load();
    Subscription hears = rig.engine->bus().subscribe({}, [&](const Event& event) {
        if (event.as<SessionStarted>()) rig.engine.reset();
    });
    rig.session.start();
    rig.simulation->run_for(1s);
    CHECK(rig.session.stop().error() == Errc::shut_down);
}

TEST_CASE("sources close when the last one lets go", "[session][teardown]") {
    SessionRig rig;
    rig.load();
    rig.start();
    CHECK(rig.sources->alive == 1);
    rig.session.close();
    rig.until("session-closed");
    rig.taken.clear();
    rig.simulation->run_for(1s);
    CHECK(rig.sources->alive == 1); // the application still holds it
    rig.source.reset();
    rig.simulation->run_for(1s);
    CHECK(rig.sources->alive == 0);
    CHECK(rig.engine->statistics().open_sources == 0);
}
