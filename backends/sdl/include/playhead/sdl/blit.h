// Copies pixels of four bytes, turned, mirrored and scaled to the nearest one.
#pragma once

#include <cstddef>
#include <vector>

#include "playhead/backend/sample.h"

namespace playhead::sdl {

struct PixelRows {
    std::byte* data = nullptr;
    std::ptrdiff_t stride_bytes = 0;
    int width = 0;
    int height = 0;
};

// Keeps tables from call to call. Threads: one at a time.
class Blitter {
public:
    // Fills `to` with the picture as its format says it is upright: mirrored first, then turned
    // clockwise. The picture has one plane of four bytes a pixel.
    void draw(const Picture& from, const PixelRows& to);

private:
    std::vector<std::ptrdiff_t>
        column_bytes_; // what each target column adds to the source's address
};

} // namespace playhead::sdl
