// Products of two 64-bit numbers, and their division: what exact conversion of ticks needs.
//
// Not every compiler we target has a 128-bit integer, so this is one, with the few operations that
// time.cpp uses. Ordinary figures fit in 64 bits and take the short path.
#pragma once

#include <cstdint>

namespace playhead {

// Threads: a value.
struct Wide {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const Wide&, const Wide&) = default;
};

constexpr Wide multiply(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t mask = 0xffff'ffffU;
    const std::uint64_t low = (a & mask) * (b & mask);
    const std::uint64_t cross = (a >> 32) * (b & mask) + (low >> 32);
    const std::uint64_t middle = (a & mask) * (b >> 32) + (cross & mask);
    return {(a >> 32) * (b >> 32) + (cross >> 32) + (middle >> 32), (middle << 32) | (low & mask)};
}

// Overflow is the caller's to rule out.
constexpr Wide add(Wide a, Wide b) {
    const std::uint64_t low = a.low + b.low;
    return {a.high + b.high + (low < a.low ? 1U : 0U), low};
}

constexpr bool less(Wide a, Wide b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }

struct WideQuotient {
    Wide quotient;
    std::uint64_t remainder = 0;
};

// By a divisor > 0.
constexpr WideQuotient divide(Wide value, std::uint64_t divisor) {
    if (value.high == 0) {
        return {{0, value.low / divisor}, value.low % divisor};
    }
    WideQuotient result{{value.high / divisor, 0}, value.high % divisor};
    // Long division, a binary digit at a time: the remainder stays below the divisor, so the digit
    // that is shifted out of it is all that can be lost, and it means "bigger".
    for (int bit = 63; bit >= 0; --bit) {
        const bool carry = (result.remainder >> 63) != 0;
        result.remainder = (result.remainder << 1) | ((value.low >> bit) & 1U);
        if (carry || result.remainder >= divisor) {
            result.remainder -= divisor;
            result.quotient.low |= std::uint64_t{1} << bit;
        }
    }
    return result;
}

} // namespace playhead
