#include "playhead/backend/sample.h"

namespace playhead {

std::size_t Picture::size_bytes() const {
    std::size_t sum = 0;
    for (int i = 0; i < plane_count_; ++i) {
        sum +=
            static_cast<std::size_t>(plane(i).row_bytes) * static_cast<std::size_t>(plane(i).rows);
    }
    return sum;
}

} // namespace playhead
