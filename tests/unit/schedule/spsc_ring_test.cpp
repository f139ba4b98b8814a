#include "schedule/spsc_ring.h"

#include <array>
#include <numeric>
#include <thread>
#include <vector>

#include "support/catch.h"

using playhead::schedule::SpscRing;

TEST_CASE("a ring holds the next power of two", "[schedule][ring]") {
    CHECK(SpscRing<int>(0).capacity() == 1);
    CHECK(SpscRing<int>(1).capacity() == 1);
    CHECK(SpscRing<int>(5).capacity() == 8);
    CHECK(SpscRing<int>(4096).capacity() == 4096);
}

TEST_CASE("a full ring takes no more and an empty one gives none", "[schedule][ring]") {
    SpscRing<int> ring(4);
    const std::array<int, 6> in{1, 2, 3, 4, 5, 6};
    CHECK(ring.write(in) == 4);
    CHECK(ring.write(in) == 0);
    CHECK(ring.write_spans(1).size() == 0);
    std::array<int, 6> out{};
    CHECK(ring.read(out) == 4);
    CHECK(out == std::array<int, 6>{1, 2, 3, 4, 0, 0});
    CHECK(ring.read(out) == 0);
    CHECK(ring.read_spans(1).size() == 0);
}

TEST_CASE("what is written comes out in order across the seam", "[schedule][ring]") {
    SpscRing<int> ring(8);
    std::vector<int> out;
    int next = 0;
    for (int round = 0; round < 100; ++round) {
        std::array<int, 5> in{};
        std::iota(in.begin(), in.end(), next);
        next += 5;
        REQUIRE(ring.write(in) == 5);
        std::array<int, 5> got{};
        REQUIRE(ring.read(got) == 5);
        out.insert(out.end(), got.begin(), got.end());
    }
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(out == expected);
    CHECK(ring.written() == 500);
    CHECK(ring.read_so_far() == 500);
}

TEST_CASE("spans show both sides of the seam and count only when committed", "[schedule][ring]") {
    SpscRing<int> ring(4);
    ring.write(std::array<int, 3>{1, 2, 3});
    ring.skip(3);
    auto space = ring.write_spans(9);
    REQUIRE(space.first.size() == 1);
    REQUIRE(space.second.size() == 3);
    space.first[0] = 10;
    space.second[0] = 11;
    CHECK(ring.read_spans(9).size() == 0);
    ring.commit_write(2);
    const auto there = ring.read_spans(9);
    REQUIRE(there.first.size() == 1);
    REQUIRE(there.second.size() == 1);
    CHECK(there.first[0] == 10);
    CHECK(there.second[0] == 11);
    ring.commit_read(1);
    CHECK(ring.read_spans(9).size() == 1);
    CHECK(ring.write_spans(9).size() == 3);
}

TEST_CASE("skipping drops what is there and no more", "[schedule][ring]") {
    SpscRing<int> ring(8);
    ring.write(std::array<int, 5>{1, 2, 3, 4, 5});
    CHECK(ring.skip(2) == 2);
    std::array<int, 1> one{};
    CHECK(ring.read(one) == 1);
    CHECK(one[0] == 3);
    CHECK(ring.skip(100) == 2);
    CHECK(ring.skip(1) == 0);
    CHECK(ring.read_so_far() == 5);
}

TEST_CASE("two threads pass a million numbers through a small ring", "[schedule][ring]") {
    constexpr std::uint32_t total = 1'000'000;
    SpscRing<std::uint32_t> ring(64);
    std::thread producer([&] {
        std::array<std::uint32_t, 23> block{};
        std::uint32_t next = 0;
        while (next < total) {
            const std::uint32_t n = std::min<std::uint32_t>(23, total - next);
            std::iota(block.begin(), block.begin() + n, next);
            const auto written = static_cast<std::uint32_t>(ring.write(std::span(block).first(n)));
            next += written;
            if (written == 0) {
                std::this_thread::yield();
            }
        }
    });
    std::array<std::uint32_t, 17> block{};
    std::uint32_t expected = 0;
    std::uint32_t wrong = 0;
    while (expected < total) {
        const std::size_t got = ring.read(block);
        for (std::size_t i = 0; i < got; ++i) {
            wrong += block[i] == expected++ ? 0U : 1U;
        }
        if (got == 0) {
            std::this_thread::yield();
        }
    }
    producer.join();
    CHECK(wrong == 0);
    CHECK(ring.read_so_far() == total);
}
