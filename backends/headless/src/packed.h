// The bytes of samples in the order in which FFmpeg's raw encoders would write them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "playhead/backend/sample.h"

namespace playhead::headless {

// Calls `use(data, size)` for each visible row, plane after plane.
template <class Use>
void for_each_row(const Picture& picture, Use use) {
    for (int p = 0; p < picture.plane_count(); ++p) {
        const Plane& plane = picture.plane(p);
        for (int row = 0; row < plane.rows; ++row) {
            use(plane.data + row * plane.stride_bytes, static_cast<std::size_t>(plane.row_bytes));
        }
    }
}

// The frames to be played, interleaved, in the block's own sample format.
std::vector<std::byte> interleaved(const AudioBlock& block);

} // namespace playhead::headless
