// What playhead-clip writes into its pictures for programs to read: the frame number as a row of
// black and white squares along the bottom edge, and a mark that is white while the beep sounds.
//
//   +----------------------------------------+---+
//   |                                        | M |   M: the mark, white for 100 ms from each full
//   |              the picture               +---+      second, else black
//   |                                            |
//   +--+--+--+--+--+-- ... --+--+--+--+--+--+--+-+
//   |W |B |b15             ...             b0|P|W|   W, B: fixed white and black; P: odd parity of b
//   +--+--+--+--+--+-- ... --+--+--+--+--+--+--+-+
//
// Positions are fractions of the picture, so that one of any size reads the same, a screenshot too.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace playhead::clip {

inline constexpr int code_bits = 16;
inline constexpr int code_cells = code_bits + 4;

struct Box {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
};

// In pixels of a picture of that size.
inline Box code_cell(int cell, int width, int height) {
    const double side = static_cast<double>(width) / code_cells;
    const double row = std::min(side, height / 5.0);
    return {cell * side, height - row, (cell + 1) * side, static_cast<double>(height)};
}
inline Box flash_mark(int width, int height) {
    const double side = std::min(width, height) / 6.0;
    return {width - side, 0, static_cast<double>(width), side};
}

// Whether each cell is white.
inline std::array<bool, code_cells> code_of(std::uint32_t frame) {
    std::array<bool, code_cells> cells{};
    cells[0] = true;
    bool odd = true;
    for (int bit = 0; bit < code_bits; ++bit) {
        const bool set = (frame >> (code_bits - 1 - bit) & 1) != 0;
        cells[static_cast<std::size_t>(2 + bit)] = set;
        odd = odd != set;
    }
    cells[code_cells - 2] = odd;
    cells[code_cells - 1] = true;
    return cells;
}

// A picture to read from: bytes of one kind at every `step`, from black 0 to white 255 (or 16 to 235).
// RGB: give the green channel.
struct Brightness {
    const std::uint8_t* first = nullptr;
    std::ptrdiff_t stride_bytes = 0;
    int step_bytes = 1;
    int width = 0;
    int height = 0;

    // Mean of the middle half of the box: its edges are blurred by scaling and compression.
    double mean(const Box& box) const {
        const double dx = (box.right - box.left) / 4;
        const double dy = (box.bottom - box.top) / 4;
        const int left = static_cast<int>(box.left + dx);
        const int top = static_cast<int>(box.top + dy);
        const int right = std::clamp(static_cast<int>(box.right - dx), left + 1, width);
        const int bottom = std::clamp(static_cast<int>(box.bottom - dy), top + 1, height);
        double sum = 0;
        for (int y = top; y < bottom; ++y) {
            for (int x = left; x < right; ++x) {
                sum += first[y * stride_bytes + std::ptrdiff_t{x} * step_bytes];
            }
        }
        return sum / ((right - left) * (bottom - top));
    }
};

// The frame's number modulo 65536; nothing if this is no such picture, or a torn one.
inline std::optional<std::uint32_t> read_code(const Brightness& picture) {
    const auto level = [&](int cell) {
        return picture.mean(code_cell(cell, picture.width, picture.height));
    };
    const double white = level(0);
    const double black = level(1);
    if (white - black < 80) {
        return std::nullopt;
    }
    std::uint32_t frame = 0;
    std::array<bool, code_cells> seen{};
    for (int cell = 0; cell < code_cells; ++cell) {
        const double share = (level(cell) - black) / (white - black);
        if (share > 0.35 && share < 0.65) {
            return std::nullopt; // neither: two pictures mixed
        }
        seen[static_cast<std::size_t>(cell)] = share > 0.5;
        if (cell >= 2 && cell < 2 + code_bits) {
            frame = frame << 1 | (share > 0.5 ? 1u : 0u);
        }
    }
    return seen == code_of(frame) ? std::optional{frame} : std::nullopt;
}

// Whether the mark is on.
inline bool read_flash(const Brightness& picture) {
    return picture.mean(flash_mark(picture.width, picture.height)) > 128;
}

} // namespace playhead::clip
