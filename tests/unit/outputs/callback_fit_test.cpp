#include "outputs/callback_fit.h"

#include "playhead/headless/random.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

constexpr int rate = 48000;
const HostTime start{100s};

HostTime truth(std::int64_t frame) { return start + frames_to_duration(frame, rate); }

} // namespace

TEST_CASE("exact times are taken as they are", "[outputs][fit]") {
    CallbackFit fit(rate);
    CHECK(fit.update(0, {start, FeedTime::Quality::exact}) == start);
    CHECK(fit.update(1024, {start + 1s, FeedTime::Quality::exact}) == start + 1s);
}

TEST_CASE("scattered times settle on the line and never run backwards", "[outputs][fit]") {
    CallbackFit fit(rate);
    headless::Random random(GENERATE(1U, 2U, 3U));
    HostTime last{};
    for (std::int64_t n = 0; n < 3000; ++n) {
        fit.set_in_use(n > 20);
        const auto off = Duration{static_cast<Duration::rep>((random.unit() * 2.0 - 1.0) * 1.5e7)};
        const HostTime heard =
            fit.update(n * 1024, {truth(n * 1024) + off, FeedTime::Quality::guess});
        if (n > 20) REQUIRE(heard - last >= 21ms);
        if (n > 200) REQUIRE(std::abs((heard - truth(n * 1024)).count()) < 4'000'000);
        last = heard;
    }
}

TEST_CASE("one call that comes much too late is not believed, three are", "[outputs][fit]") {
    CallbackFit fit(rate);
    std::int64_t n = 0;
    for (; n < 100; ++n) fit.update(n * 1024, {truth(n * 1024), FeedTime::Quality::guess});
    CHECK(fit.update(n * 1024, {truth(n * 1024) + 80ms, FeedTime::Quality::guess}) ==
          truth(n * 1024));
    ++n;
    CHECK(fit.update(n * 1024, {truth(n * 1024), FeedTime::Quality::guess}) == truth(n * 1024));
    HostTime heard{};
    for (int i = 0; i < CallbackFit::believed_after; ++i) {
        ++n;
        heard = fit.update(n * 1024, {truth(n * 1024) + 80ms, FeedTime::Quality::guess});
    }
    CHECK(heard == truth(n * 1024) + 80ms);
}

TEST_CASE("a device that runs a little fast is followed", "[outputs][fit]") {
    CallbackFit fit(rate);
    fit.set_in_use(true);
    HostTime heard{};
    HostTime told{};
    for (std::int64_t n = 0; n < 20000; ++n) { // seven minutes, 200 parts in a million
        told = start + Duration{(truth(n * 1024) - start).count() / 1'000'000 * 999'800};
        heard = fit.update(n * 1024, {told, FeedTime::Quality::guess});
    }
    CHECK(std::abs((heard - told).count()) < 1'000'000);
}
