// When the clock of the sound says that it will move: the timers of the output stand on it.
#include "outputs/audio_clock.h"

#include "playhead/headless/random.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t generation = 1;
const HostTime start{100s};

// The second of two stretches with a lack between them, `shift` later than the first would have it.
RenderReport after_a_lack(Duration shift) {
    RenderReport report;
    report.generation = generation;
    report.has_before = true;
    report.before_first = 0;
    report.before_frame = 4000;
    report.before_heard = start + frames_to_duration(4000, 48000);
    report.before_end = report.first_frame = report.frame = 4800;
    report.heard = start + 100ms + shift;
    report.taken = 9600;
    return report;
}

AudioClock running_clock() {
    AudioClock clock;
    clock.mark({0, media_zero, 1.0, 0});
    clock.start(generation, media_zero);
    return clock;
}

// Runs, or has jumped on to where it stands. A copy is asked: to look is to move what has been said.
bool moves(AudioClock clock, HostTime now, const RenderReport& report, MediaTime from) {
    const Timeline line = clock.timeline(now, report);
    return line.rate() != 0.0 || line.media_at(now) > from;
}

} // namespace

TEST_CASE("between two stretches the clock moves when the second is heard", "[outputs][clock]") {
    const RenderReport report = after_a_lack(50ms);
    AudioClock clock = running_clock();
    CHECK(clock.turns_at(start + 90ms, report) == start + 100ms); // the first ends
    CHECK(clock.timeline(start + 120ms, report).rate() == 0.0);
    CHECK(clock.moves_at(start + 120ms, report) == start + 150ms);
}

// A device whose line was laid anew after it had asked for much at once.
TEST_CASE("a stretch that begins before the one before it would have ended sets the clock going",
          "[outputs][clock]") {
    const RenderReport report = after_a_lack(-50ms); // begins at 50 ms, the first is at 2400 there
    AudioClock clock = running_clock();
    clock.hold(media_zero + 99ms); // said already
    clock.restart(generation);
    const HostTime now = start + 49ms; // the second's line is at 99 ms, and has not begun
    REQUIRE(clock.timeline(now, report).rate() == 0.0);
    CHECK(clock.moves_at(now, report) == start + 50ms);
    CHECK(moves(clock, start + 50ms, report, media_zero + 99ms));
}

TEST_CASE(
    "a mark of another rate in the first of two stretches is told before the clock moves by it",
    "[outputs][clock]") {
    RenderReport report = after_a_lack(54'945us);
    report.before_frame = 1346;
    report.before_heard = start + 91'972us;
    report.taken = 8805;
    AudioClock clock = running_clock();
    clock.mark({1465, media_zero + 30ms, 2.0, 0});
    clock.hold(media_zero + 146'397us);
    clock.restart(generation);
    const HostTime now = start + 61'415us;
    REQUIRE(clock.timeline(now, report).rate() == 0.0);
    const auto at = clock.moves_at(now, report);
    REQUIRE(at.has_value());
    CHECK_FALSE(moves(clock, *at - 1ms, report, media_zero + 146'397us));
}

TEST_CASE("a device that has run dry still sets the clock going for what it holds",
          "[outputs][clock]") {
    RenderReport report;
    report.generation = generation;
    report.heard = start + 100ms;
    report.taken = 4800;
    report.dry = true;
    AudioClock clock = running_clock();
    REQUIRE(clock.timeline(start + 20ms, report).rate() == 0.0);
    CHECK(clock.moves_at(start + 20ms, report) == start + 100ms);
    CHECK(clock.timeline(start + 250ms, report).rate() == 0.0); // all of it has been heard
    CHECK_FALSE(clock.moves_at(start + 250ms, report).has_value());
}

TEST_CASE("a clock that stands moves when it said it would, and never without having said so",
          "[outputs][clock]") {
    headless::Random random(GENERATE(1U, 2U, 3U, 4U));
    const auto pick = [&](std::int64_t most) {
        return static_cast<std::int64_t>(random.unit() * static_cast<double>(most));
    };
    int stood = 0;
    int moved = 0;
    int never = 0;
    int early = 0;
    int unsaid = 0;
    for (int i = 0; i < 5000; ++i) {
        RenderReport report = after_a_lack(Duration{pick(200'000'000) - 100'000'000});
        report.has_before = random.unit() < 0.7;
        report.dry = random.unit() < 0.3;
        report.taken = report.first_frame + pick(4800);
        report.before_frame = pick(4800);
        report.before_heard += Duration{pick(40'000'000) - 20'000'000};
        AudioClock clock = running_clock();
        if (random.unit() < 0.3) clock.mark({pick(9600), media_zero + 30ms, 2.0, 0});
        if (random.unit() < 0.3) clock.set_data_end(report.taken + pick(2) * 480);
        clock.hold(media_zero + Duration{pick(200'000'000)});
        clock.restart(generation);
        const HostTime now = start + Duration{pick(300'000'000)};
        const Timeline stands = clock.timeline(now, report);
        if (stands.rate() != 0.0) continue;
        ++stood;
        const MediaTime from = stands.media_at(now);
        const auto at = clock.moves_at(now, report);
        if (at) {
            ++moved;
            REQUIRE(*at > now);
            if (!moves(clock, *at, report, from)) { // a mark of another rate was on the way
                const auto again = clock.moves_at(*at, report);
                REQUIRE(again.has_value());
                REQUIRE(*again > *at);
            }
            // Not before; nor before the line turns, when whoever plans by it asks again.
            const auto turns = clock.turns_at(now, report);
            const HostTime first = turns ? std::min(*at, *turns) : *at;
            for (HostTime sooner = now; sooner + 1us < first; sooner += 1ms) {
                early += moves(clock, sooner, report, from);
            }
        } else {
            ++never;
            for (Duration later{}; later < 1s; later += 1ms) {
                unsaid += moves(clock, now + later, report, from);
            }
        }
    }
    CHECK(early == 0);
    CHECK(unsaid == 0);
    CHECK(stood > 500);
    CHECK(moved > 200);
    CHECK(never > 50);
}
