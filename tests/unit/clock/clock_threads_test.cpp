#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "playhead/clock.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

class SharedWatch final : public HostClock {
public:
    HostTime now() const noexcept override { return HostTime{Duration{ns_.load()}}; }
    void pass(Duration d) { ns_ += d.count(); }

private:
    std::atomic<Duration::rep> ns_{0};
};

} // namespace

// What this proves it proves under ThreadSanitizer; without it, that no reader sees a time between
// two settings.
TEST_CASE("queries from any thread agree with commands that run meanwhile", "[clock][threads]") {
    const auto watch = std::make_shared<SharedWatch>();
    PresentationClock clock{watch};
    clock.set_time_source(std::make_shared<SystemClockSource>());
    REQUIRE(clock.start(media_zero));

    std::atomic<bool> done{false};
    std::atomic<int> backwards{0};
    std::atomic<int> refused{0};
    const auto read = [&] {
        MediaTime last = media_zero;
        while (!done) {
            const Result<CorrelatedTime> pair = clock.correlated_time();
            const Result<MediaTime> time = clock.time();
            if (!pair || !time) {
                ++refused;
                continue;
            }
            // Every command below leads further on, so no reader may ever see an earlier time.
            backwards += pair->media < last || *time < pair->media ? 1 : 0;
            last = *time;
            (void)clock.timeline();
            (void)clock.rate();
            (void)clock.state();
            (void)clock.time_source();
        }
    };
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back(read);
    }
    for (int i = 1; i <= 3000; ++i) {
        watch->pass(1ms);
        const MediaTime next = media_at(i * 1s);
        switch (i % 6) {
        case 0: (void)clock.start(next); break;
        case 1: (void)clock.hold(next); break;
        case 2:
            (void)clock.pause();
            (void)clock.start_current();
            break;
        case 3: (void)clock.cue(next); break;
        case 4:
            (void)clock.start_current();
            (void)clock.set_rate(i % 4 == 0 ? 2.0 : 0.5);
            break;
        default: clock.set_time_source(std::make_shared<SystemClockSource>()); break;
        }
    }
    clock.shut_down();
    done = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    CHECK(backwards == 0);
    CHECK(refused == 0);
}

// Under ThreadSanitizer too. The clock's commands are on the control lane, as a session's are.
TEST_CASE("timers set from any thread while the clock is moved fire once each",
          "[clock][threads]") {
    constexpr int setters = 3;
    constexpr int each = 300;
    constexpr int kept = setters * each / 2; // every second one is cancelled
    const std::shared_ptr<Executor> lanes = make_lanes();
    const auto clock = std::make_shared<PresentationClock>(lanes);
    REQUIRE(clock->set_time_source(std::make_shared<SystemClockSource>()));

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<int> fired(setters * each, 0);
    int kept_fired = 0;
    bool moved = false;
    const auto fire = [&](int which) {
        const std::lock_guard lock{mutex};
        ++fired[static_cast<std::size_t>(which)];
        kept_fired += which % 2;
        changed.notify_all();
    };
    const std::shared_ptr<const PresentationClock> shared = clock;
    const auto set = [&](int from) {
        for (int i = from; i < from + each; ++i) {
            // Never come to by the running clock, only by the last start.
            const auto timer = shared->set_timer(media_at(1h + i * 1s), [&fire, i] { fire(i); });
            if (i % 2 == 0) {
                shared->cancel_timer(timer->id);
            }
        }
    };
    const std::function<void(int)> move = [&](int step) {
        switch (step % 5) {
        case 0: (void)clock->start(media_at(step * 1s)); break;
        case 1: (void)clock->pause(); break;
        case 2: (void)clock->set_rate(step % 2 == 0 ? 2.0 : 0.5); break;
        case 3: (void)clock->hold(media_at(step * 1s)); break;
        default: (void)clock->stop(); break;
        }
        if (step < 500) {
            lanes->post([&move, step] { move(step + 1); });
            return;
        }
        const std::lock_guard lock{mutex};
        moved = true;
        changed.notify_all();
    };
    lanes->post([&] { move(0); });
    std::vector<std::thread> threads;
    for (int i = 0; i < setters; ++i) {
        threads.emplace_back(set, i * each);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return moved; });
        CHECK(kept_fired == 0);
    }
    lanes->post([clock] { (void)clock->start(media_at(2h)); });
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return kept_fired == kept; });
    for (std::size_t i = 0; i < fired.size(); ++i) {
        CHECK(fired[i] == static_cast<int>(i % 2));
    }
}
