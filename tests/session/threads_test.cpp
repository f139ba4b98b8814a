// The same commands from eight threads at once on the real lanes: what ThreadSanitizer looks at, and
// that each accepted one still has exactly one completion, in order.
#include <atomic>

#include "playhead/engine.h"
#include "playhead/headless/random.h"
#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "playhead/video_output.h"
#include "support/catch.h"
#include "support/scripted.h"
#include "support/topologies.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("eight threads command one session, and every command completes once and in order",
          "[session][threads][2]") {
    constexpr int threads = 8;
    constexpr int rounds = 60;
    auto executor = make_lanes({.workers = 2});
    auto journal = std::make_shared<Journal>();
    auto faults = std::make_shared<ScriptedFaults>();
    EngineOptions options;
    options.executor = executor;
    auto factory = std::make_shared<ScriptedSourceFactory>(journal, faults);
    factory->media.duration = 400ms;
    options.sources = factory;
    options.decoders = std::make_shared<ScriptedDecoderFactory>(executor, faults);
    Engine engine{std::move(options)};
    auto queue = engine.bus().queue();
    VideoOutput video;
    auto sound = headless::null_audio_sink();

    REQUIRE(engine.open({"scripted:", nullptr, {}}));
    std::shared_ptr<Source> source;
    while (!source) {
        auto event = queue.next_for(600s);
        REQUIRE(event);
        if (const auto* opened = event->as<SourceOpened>()) source = opened->source;
    }
    Session session = engine.create_session({.queue_events = false});
    Topology topology;
    topology.add_branch(source, 0, video.sink());
    topology.add_branch(source, 1, sound);
    for_each<OutputNode>(topology, [](OutputNode& output) { output.keep_alive = true; });

    std::atomic<int> accepted{0};
    std::vector<std::shared_ptr<Signal>> ended;
    for (int t = 0; t < threads; ++t) {
        ended.push_back(executor->make_signal());
        executor->start_blocking("commands", [&, t, done = ended.back()] {
            headless::Random random(static_cast<std::uint64_t>(t) + 1);
            for (int i = 0; i < rounds; ++i) {
                Result<CommandId> id = fail(Errc::not_found);
                switch (random.below(10)) {
                    case 0: id = session.set_topology(topology); break;
                    case 1: id = session.set_topology(topology, SetTopology::immediate); break;
                    case 2: id = session.start(); break;
                    case 3: id = session.start(at(random.below(400) * 1ms)); break;
                    case 4: id = session.pause(); break;
                    case 5: id = session.cue(media_at(random.below(400) * 1ms)); break;
                    case 6: id = session.set_rate(random.below(2) == 0 ? 2.0 : 1.0); break;
                    case 7: id = session.clear_topologies(); break;
                    case 8: id = session.stop(); break;
                    default:
                        static_cast<void>(session.position());
                        static_cast<void>(session.statistics());
                        static_cast<void>(session.full_topology());
                        static_cast<void>(video.frame_due(executor->now()));
                        break;
                }
                if (id) accepted.fetch_add(1);
            }
            done->set();
        });
    }
    for (auto& signal : ended) REQUIRE(signal->wait(executor->now() + 600s));
    const auto last = session.stop();
    REQUIRE(last);

    int completed = 0;
    CommandId latest = 0;
    while (latest != *last) {
        auto event = queue.next_for(600s);
        REQUIRE(event);
        if (event->session != session.id() || !is_completion(event->body)) continue;
        if (event->command == 0) continue;
        ++completed;
        CHECK(event->command > latest);
        latest = event->command;
    }
    CHECK(completed == accepted.load() + 1);
    CHECK(session.close());
    session = Session{};
}
