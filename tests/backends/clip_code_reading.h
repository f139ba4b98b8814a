// Reads back what playhead-clip wrote into its pictures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace playhead::test {

struct ReadNumber {
    std::optional<std::uint32_t> frame;
    bool flash = false;
};

// Of each frame of the clip, after scaling it to that size.
std::vector<ReadNumber> read_numbers(const std::string& path, int width, int height);

} // namespace playhead::test
