// Random: numbers from a seed, the same with every standard library.
#pragma once

#include <cstdint>

namespace playhead::headless {

// SplitMix64. The standard's distributions differ between libraries, so the bounded draws are here too.
// Threads: none of its own; one owner.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t x = state_;
        x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
        x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
        return x ^ (x >> 31U);
    }

    // Evenly from [0, n); 0 for n < 2. Multiplies the draw up and rejects the few that would weigh twice.
    std::uint32_t below(std::uint32_t n) {
        if (n < 2) {
            return 0;
        }
        const std::uint32_t surplus = (0U - n) % n;
        for (;;) {
            const std::uint64_t product = (next() >> 32U) * n;
            if (static_cast<std::uint32_t>(product) >= surplus) {
                return static_cast<std::uint32_t>(product >> 32U);
            }
        }
    }

    // Evenly from [0, 1), in steps of 2^-53.
    double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

private:
    std::uint64_t state_;
};

} // namespace playhead::headless
