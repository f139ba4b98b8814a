#include "playhead/sdl/blit.h"

#include <cstdint>
#include <cstring>

namespace playhead::sdl {
namespace {

constexpr std::ptrdiff_t pixel_bytes = 4;

// The source pixel for target pixel i of n, among m.
int nearest(int i, int n, int m) {
    return static_cast<int>((2 * static_cast<std::int64_t>(i) + 1) * m /
                            (2 * static_cast<std::int64_t>(n)));
}

// One source axis as a target axis runs along it: byte offset of its i-th step.
struct Axis {
    int pixels = 0;
    std::ptrdiff_t step_bytes = 0;
    bool backwards = false;

    std::ptrdiff_t at(int i, int steps) const {
        const int k = nearest(i, steps, pixels);
        return (backwards ? pixels - 1 - k : k) * step_bytes;
    }
};

} // namespace

void Blitter::draw(const Picture& from, const PixelRows& to) {
    const VideoFormat& format = from.format();
    const Plane& plane = from.plane(0);
    if (format.width <= 0 || format.height <= 0 || to.width <= 0 || to.height <= 0) {
        return;
    }
    const Axis x{format.width, pixel_bytes, format.flip_horizontal};
    const Axis y{format.height, plane.stride_bytes, false};
    // Turned clockwise by 90 degrees, the top row of the target is the source's left column, read
    // from the bottom up.
    Axis across = x;
    Axis down = y;
    if (format.rotation_degrees == 90) {
        across = y;
        across.backwards = !across.backwards;
        down = x;
    } else if (format.rotation_degrees == 180) {
        across.backwards = !across.backwards;
        down.backwards = !down.backwards;
    } else if (format.rotation_degrees == 270) {
        across = y;
        down = x;
        down.backwards = !down.backwards;
    }

    const bool rows_as_they_are =
        across.step_bytes == pixel_bytes && !across.backwards && across.pixels == to.width;
    if (!rows_as_they_are) {
        column_bytes_.resize(static_cast<std::size_t>(to.width));
        for (int i = 0; i < to.width; ++i) {
            column_bytes_[static_cast<std::size_t>(i)] = across.at(i, to.width);
        }
    }
    for (int row = 0; row < to.height; ++row) {
        const std::byte* source = plane.data + down.at(row, to.height);
        std::byte* target = to.data + row * to.stride_bytes;
        if (rows_as_they_are) {
            std::memcpy(target, source, static_cast<std::size_t>(to.width) * pixel_bytes);
            continue;
        }
        for (const std::ptrdiff_t column : column_bytes_) {
            std::memcpy(target, source + column, pixel_bytes);
            target += pixel_bytes;
        }
    }
}

} // namespace playhead::sdl
