// The same commands from eight threads at once on the real lanes: what ThreadSanitizer looks at, and
// that each accepted one still has exactly one completion, in order.
#include <atomic>
#include <map>
#include <mutex>

#include "playhead/engine.h"
#include "playhead/headless/random.h"
#include "playhead/headless/sinks.h"
#include "playhead/lanes.h"
#include "playhead/sequencer.h"
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

    Sequencer list{session};
    std::vector<CommandId> accepted; // the list has commands of its own
    std::mutex accepted_mutex;
    // Each thread gives commands until `commands` says that it is enough.
    const auto on_all_threads = [&](const auto& commands) {
        std::vector<std::shared_ptr<Signal>> ended;
        for (int t = 0; t < threads; ++t) {
            ended.push_back(executor->make_signal());
            executor->start_blocking("commands", [&, t, done = ended.back()] {
                headless::Random random(static_cast<std::uint64_t>(t) + 1);
                std::vector<CommandId> own;
                for (int i = 0; i < rounds; ++i) {
                    if (const auto id = commands(random, t, i)) own.push_back(*id);
                }
                const std::lock_guard lock(accepted_mutex);
                accepted.insert(accepted.end(), own.begin(), own.end());
                done->set();
            });
        }
        for (auto& signal : ended) REQUIRE(signal->wait(executor->now() + 600s));
    };
    std::map<CommandId, int> completed;
    CommandId latest = 0;
    const auto hear_until = [&](CommandId last) {
        while (latest != last) {
            auto event = queue.next_for(600s);
            REQUIRE(event);
            if (event->session != session.id() || !is_completion(event->body)) continue;
            if (event->command == 0) continue;
            ++completed[event->command];
            CHECK(event->command > latest);
            latest = event->command;
        }
        for (const CommandId id : accepted) CHECK(completed[id] == 1);
    };

    on_all_threads([&](headless::Random& random, int, int) -> Result<CommandId> {
        const auto flags = random.below(2) == 0 ? SetTopology::none : SetTopology::immediate;
        switch (random.below(15)) {
        case 0:
        case 1: return session.set_topology(topology, flags);
        case 2: return session.start();
        case 3: return session.start(at(random.below(400) * 1ms));
        case 4: return session.start(StartSegment{1 + random.below(3), {}});
        case 5: return session.start(StartEntry{1});
        case 6: return session.pause();
        case 7: return session.cue(media_at(random.below(400) * 1ms));
        case 8: {
            const double rates[] = {1.0, 2.0, 0.0, -1.0};
            return session.set_rate(rates[random.below(4)]);
        }
        case 9: return session.clear_topologies();
        case 10: return session.clear_current_topology();
        case 11: return session.stop();
        case 12: {
            SourceNode stream;
            stream.source = source;
            stream.stream = 1;
            OutputNode to;
            to.sink = sound;
            return session.switch_stream(to, stream);
        }
        case 13: return session.set_media_stop(random.below(8), media_at(random.below(400) * 1ms));
        default: break;
        }
        faults->fail_seek = random.below(4) == 0;
        if (const auto added = list.append(topology)) (void)list.remove(*added - random.below(2));
        static_cast<void>(session.position());
        static_cast<void>(session.statistics());
        static_cast<void>(session.full_topology());
        static_cast<void>(video.frame_due(executor->now()));
        return fail(Errc::not_found);
    });
    const auto last = session.stop();
    REQUIRE(last);
    accepted.push_back(*last);
    hear_until(*last);

    // One closes while the others go on.
    accepted.clear();
    completed.clear();
    std::atomic<CommandId> close{0};
    on_all_threads([&](headless::Random& random, int thread, int round) -> Result<CommandId> {
        if (thread == 0 && round == rounds / 2) {
            auto id = session.close();
            close = id.value_or(0);
            return id;
        }
        return random.below(2) == 0 ? session.start() : session.stop();
    });
    REQUIRE(close != 0);
    hear_until(close);

    // And one shuts it down.
    Session other = engine.create_session({.queue_events = false});
    on_all_threads([&](headless::Random& random, int thread, int round) -> Result<CommandId> {
        if (thread == 0 && round == rounds / 2) (void)other.shutdown();
        (void)(random.below(2) == 0 ? other.set_topology(topology) : other.start());
        return fail(Errc::not_found);
    });
    CHECK(other.start().error() == Errc::shut_down);
    session = Session{};
}
