#include "playhead/headless/random.h"

#include <array>

#include "support/catch.h"

using playhead::headless::Random;

TEST_CASE("the numbers of a seed are the same everywhere", "[simulation][random]") {
    // The first outputs of SplitMix64 for the seed 1234567, as its authors publish them.
    Random random(1234567);
    CHECK(random.next() == 6457827717110365317U);
    CHECK(random.next() == 3203168211198807973U);
    CHECK(random.next() == 9817491932198370423U);
}

TEST_CASE("bounded draws are even and stay in bounds", "[simulation][random]") {
    Random random(7);
    std::array<int, 6> hits{};
    for (int i = 0; i < 60'000; ++i) {
        const std::uint32_t n = random.below(6);
        REQUIRE(n < 6);
        ++hits[n];
    }
    for (const int hit : hits) {
        CHECK(hit > 9'500);
        CHECK(hit < 10'500);
    }
    CHECK(random.below(0) == 0);
    CHECK(random.below(1) == 0);
    for (int i = 0; i < 1000; ++i) {
        const double unit = random.unit();
        REQUIRE(unit >= 0.0);
        REQUIRE(unit < 1.0);
    }
}
