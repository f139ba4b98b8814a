// How random sequences are run: how many, from which seed, and cut down where one fails.
#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.h"

namespace playhead::test {

// A sanitizer takes ten times as long for each.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t usual_sequences = 1'000;
#else
constexpr std::uint64_t usual_sequences = 10'000;
#endif

inline std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* value = std::getenv(variable);
    return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

using Transcript = std::vector<std::string>;

// play(seed, ops, transcript) says what is wrong, or nothing, and writes down what happened where it is
// given a transcript. Leaves out whatever can be left out while something is still wrong.
template <class Op, class Play>
std::vector<Op> shrink(std::uint64_t seed, std::vector<Op> ops, const Play& play) {
    for (std::size_t piece = ops.size() / 2; piece > 0; piece /= 2) {
        for (std::size_t at = 0; at + piece <= ops.size();) {
            std::vector<Op> fewer = ops;
            const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
            fewer.erase(from, from + static_cast<std::ptrdiff_t>(piece));
            if (play(seed, fewer, nullptr).empty()) {
                at += piece;
            } else {
                ops = std::move(fewer);
            }
        }
    }
    return ops;
}

template <class Sequence, class Play>
void run_sequences(const Sequence& sequence, const Play& play,
                   std::uint64_t usual = usual_sequences) {
    const auto count = number_in("PLAYHEAD_SEQUENCES", usual);
    const auto first = number_in("PLAYHEAD_SEED", 1);
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const auto ops = sequence(seed);
        if (play(seed, ops, nullptr).empty()) continue;
        const auto least = shrink(seed, ops, play);
        Transcript transcript;
        std::ostringstream out;
        out << "seed " << seed << ": " << play(seed, least, &transcript) << "\n";
        for (const auto& line : transcript) out << line << "\n";
        FAIL(out.str());
    }
    SUCCEED(count << " sequences");
}

} // namespace playhead::test
