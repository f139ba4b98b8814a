#include "playhead/time.h"

#include <limits>
#include <random>
#include <vector>

#include "media/wide.h"
#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

struct Row {
    std::int64_t value;
    TimeBase base;
    std::int64_t down;
    std::int64_t nearest;
    std::int64_t up;
};

// Worked out with exact fractions elsewhere.
const std::vector<Row> to_nanoseconds{
    {0, {1, 90000}, 0, 0, 0},
    {1, {1, 3}, 333333333, 333333333, 333333334},
    {-1, {1, 3}, -333333334, -333333333, -333333333},
    {1, {1, 90000}, 11111, 11111, 11112},
    {-1, {1, 90000}, -11112, -11111, -11111},
    {90000, {1, 90000}, 1000000000, 1000000000, 1000000000},
    {1, {1001, 30000}, 33366666, 33366667, 33366667},
    {1, {1, 2000000000}, 0, 1, 1},
    {-1, {1, 2000000000}, -1, -1, 0},
    {3, {1, 2000000000}, 1, 2, 2},
    {-3, {1, 2000000000}, -2, -2, -1},
    {1, {1, 4000000000}, 0, 0, 1},
    {most, {1, 1000000000}, most, most, most},
    {least, {1, 1000000000}, least, least, least},
    {most, {1, 1}, most, most, most},
    {least, {1, 1}, least, least, least},
    {most, {most, 1}, most, most, most},
    {least, {most, 1}, least, least, least},
    {most, {most, most}, most, most, most},
    {least, {most, most}, least, least, least},
    {most, {1, most}, 1000000000, 1000000000, 1000000000},
    {least, {1, most}, -1000000001, -1000000000, -1000000000},
    {most - 1, {1, most}, 999999999, 1000000000, 1000000000},
    {most, {most - 1, most}, most, most, most},
    {least, {most - 1, most}, least, least, least},
    {12345678901234, {7, most}, 9369, 9370, 9370},
    {-12345678901234, {7, most}, -9370, -9370, -9369},
    {9223372036, {1, 1}, 9223372036000000000, 9223372036000000000, 9223372036000000000},
    {9223372037, {1, 1}, most, most, most},
    {-9223372037, {1, 1}, least, least, least},
    {most, {1, 1000000001}, 9223372027631403779, 9223372027631403779, 9223372027631403780},
    {most, {999999999, most - 24}, 999999999000000002, 999999999000000003, 999999999000000003},
    {least, {999999999, most - 24}, -999999999000000003, -999999999000000003, -999999999000000002},
};

const std::vector<Row> to_ticks{
    {0, {1, 90000}, 0, 0, 0},
    {1, {1, 3}, 0, 0, 1},
    {-1, {1, 3}, -1, 0, 0},
    {5, {1, 100000000}, 0, 1, 1},
    {-5, {1, 100000000}, -1, -1, 0},
    {4, {1, 100000000}, 0, 0, 1},
    {1, {1001, 30000}, 0, 0, 1},
    {1000000000, {1, 90000}, 90000, 90000, 90000},
    {most, {1, 1}, 9223372036, 9223372037, 9223372037},
    {least, {1, 1}, -9223372037, -9223372037, -9223372036},
    {most, {1, most}, most, most, most},
    {least, {1, most}, least, least, least},
    {most, {most, 1}, 0, 0, 1},
    {least, {most, 1}, -1, 0, 0},
    {most, {most, most}, 9223372036, 9223372037, 9223372037},
    {least, {most, most}, -9223372037, -9223372037, -9223372036},
    {most, {1, 2000000000}, most, most, most},
    {least, {1, 1000000000}, least, least, least},
    {most, {7, 1000000007}, 1317624585916911437, 1317624585916911438, 1317624585916911438},
    {500000000, {most, most}, 0, 1, 1},
    {-500000000, {most, most}, -1, -1, 0},
    {499999999, {most, most}, 0, 0, 1},
};

// Numbers of all magnitudes, not only big ones.
class Numbers {
public:
    std::int64_t any() {
        const auto bits = static_cast<std::int64_t>(engine_() >> (engine_() % 64));
        return engine_() % 2 == 0 ? bits : -(bits == least ? 0 : bits);
    }
    std::int64_t positive(int bits) {
        const std::uint64_t kept = engine_() >> (64 - 1 - engine_() % static_cast<unsigned>(bits));
        return static_cast<std::int64_t>(kept) + 1;
    }

private:
    std::mt19937_64 engine_{20240607};
};

} // namespace

TEST_CASE("ticks become nanoseconds exactly, rounded as asked, up to the ends of 64 bits",
          "[media][time]") {
    for (const Row& row : to_nanoseconds) {
        INFO(row.value << " ticks of " << row.base.num << "/" << row.base.den);
        CHECK(rescale(row.value, row.base, Rounding::down).count() == row.down);
        CHECK(rescale(row.value, row.base, Rounding::nearest).count() == row.nearest);
        CHECK(rescale(row.value, row.base).count() == row.nearest);
        CHECK(rescale(row.value, row.base, Rounding::up).count() == row.up);
    }
}

TEST_CASE("nanoseconds become ticks exactly, rounded as asked, up to the ends of 64 bits",
          "[media][time]") {
    for (const Row& row : to_ticks) {
        INFO(row.value << " ns in ticks of " << row.base.num << "/" << row.base.den);
        CHECK(rescale(Duration{row.value}, row.base, Rounding::down) == row.down);
        CHECK(rescale(Duration{row.value}, row.base, Rounding::nearest) == row.nearest);
        CHECK(rescale(Duration{row.value}, row.base) == row.nearest);
        CHECK(rescale(Duration{row.value}, row.base, Rounding::up) == row.up);
    }
}

TEST_CASE("a base that is not positive gives zero rather than a division by it", "[media][time]") {
    for (const TimeBase base :
         {TimeBase{0, 1}, TimeBase{1, 0}, TimeBase{-1, 25}, TimeBase{1, -25}}) {
        CHECK(rescale(std::int64_t{1000}, base) == Duration::zero());
        CHECK(rescale(Duration{1s}, base) == 0);
    }
}

TEST_CASE("every tick of the usual bases survives the way to nanoseconds and back",
          "[media][time]") {
    Numbers numbers;
    for (const TimeBase base : {TimeBase{1, 90000}, TimeBase{1, 48000}, TimeBase{1, 44100},
                                TimeBase{1001, 30000}, TimeBase{1, 1000}, TimeBase{1, 1000000},
                                TimeBase{1, 14112000}, TimeBase{1, 1000000000}}) {
        for (int i = 0; i < 2000; ++i) {
            const std::int64_t ticks = numbers.positive(43) * (i % 2 == 0 ? 1 : -1);
            if (ticks / base.den * base.num > 9'000'000'000 ||
                ticks / base.den * base.num < -9'000'000'000) {
                continue;
            }
            INFO(ticks << " of " << base.num << "/" << base.den);
            REQUIRE(rescale(rescale(ticks, base), base) == ticks);
        }
    }
}

#ifdef __SIZEOF_INT128__
namespace {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

std::int64_t divided(Int128 value, Int128 by, Rounding rounding) {
    Int128 quotient = value / by; // towards zero
    const Int128 rest = value % by;
    if (rounding == Rounding::down && rest < 0) {
        --quotient;
    } else if (rounding == Rounding::up && rest > 0) {
        ++quotient;
    } else if (rounding == Rounding::nearest &&
               (rest < 0 ? -rest : rest) >= by - (rest < 0 ? -rest : rest)) {
        quotient += value < 0 ? -1 : 1;
    }
    return quotient > most ? most : quotient < least ? least : static_cast<std::int64_t>(quotient);
}

} // namespace

TEST_CASE("rescaling agrees with 128-bit arithmetic on random figures", "[media][time]") {
    Numbers numbers;
    for (int i = 0; i < 200'000; ++i) {
        const std::int64_t value = numbers.any();
        const TimeBase base{numbers.positive(31), numbers.positive(31)};
        for (const Rounding rounding : {Rounding::down, Rounding::nearest, Rounding::up}) {
            const Int128 ns = Int128{value} * base.num * 1'000'000'000;
            const Int128 ticks = Int128{value} * base.den;
            const bool same =
                rescale(value, base, rounding).count() == divided(ns, base.den, rounding) &&
                rescale(Duration{value}, base, rounding) ==
                    divided(ticks, Int128{base.num} * 1'000'000'000, rounding);
            if (!same) {
                FAIL(value << " with " << base.num << "/" << base.den << " rounding "
                           << static_cast<int>(rounding));
            }
        }
    }
}

TEST_CASE("wide products and quotients agree with 128-bit arithmetic", "[media][time]") {
    std::mt19937_64 engine{7};
    const auto number = [&] { return engine() >> (engine() % 64); };
    const auto whole = [](Wide w) { return (Uint128{w.high} << 64) | w.low; };
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t a = number();
        const std::uint64_t b = number();
        const std::uint64_t divisor = number() | 1U;
        const Wide product = multiply(a, b);
        const WideQuotient q = divide(product, divisor);
        const Wide sum = add(product, {0, b});
        const bool same =
            whole(product) == Uint128{a} * b && whole(q.quotient) == whole(product) / divisor &&
            q.remainder == whole(product) % divisor && whole(sum) == whole(product) + b &&
            less(product, sum) == (whole(product) < whole(sum));
        if (!same) {
            FAIL(a << " * " << b << " / " << divisor);
        }
    }
}
#endif

TEST_CASE("audio frames last what their rate says, and as many fit as do", "[media][time]") {
    CHECK(frames_to_duration(48000, 48000) == 1s);
    CHECK(frames_to_duration(1, 44100) == 22676ns);
    CHECK(frames_to_duration(44100 * 7200LL, 44100) == 2h);
    CHECK(duration_to_frames(1s, 44100) == 44100);
    CHECK(duration_to_frames(22676ns, 44100) == 1);
    CHECK(duration_to_frames(22676ns, 44100, Rounding::up) == 2);
    CHECK(duration_to_frames(22675ns, 44100, Rounding::down) == 0);
    CHECK(duration_to_frames(-1s, 8000) == -8000);
}

TEST_CASE("the two lines of time cannot be mixed", "[media][time]") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<MediaTime, HostTime>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<HostTime, MediaTime>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<MediaTime, HostTime>);
}

TEST_CASE("a range holds its beginning and not its end", "[media][time]") {
    const MediaRange range{media_at(1s), media_at(2s)};
    CHECK_FALSE(range.contains(media_at(1s - 1ns)));
    CHECK(range.contains(media_at(1s)));
    CHECK(range.contains(media_at(2s - 1ns)));
    CHECK_FALSE(range.contains(media_at(2s)));
}

TEST_CASE("times read as people write them", "[media][time]") {
    CHECK(format_time(0ns) == "0:00.000");
    CHECK(format_time(999'999ns) == "0:00.000");
    CHECK(format_time(2min + 3s + 4ms) == "2:03.004");
    CHECK(format_time(59min + 59s + 999ms) == "59:59.999");
    CHECK(format_time(1h + 2min + 3s + 4ms) == "1:02:03.004");
    CHECK(format_time(100h) == "100:00:00.000");
    CHECK(format_time(-1500ms) == "-0:01.500");
    CHECK(format_time(-1h - 1ms) == "-1:00:00.001");
    CHECK(format_time(-1ns) == "0:00.000");
    CHECK(format_time(Duration::max()) == "2562047:47:16.854");
    CHECK(format_time(Duration::min()) == "-2562047:47:16.854");
}
