#include <atomic>
#include <thread>
#include <vector>

#include "playhead/clock.h"
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
