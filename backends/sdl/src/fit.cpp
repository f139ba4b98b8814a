#include "playhead/sdl/fit.h"

#include <algorithm>
#include <cstdint>

namespace playhead::sdl {

Area fit(DisplaySize picture, DisplaySize window) {
    if (picture.width <= 0 || picture.height <= 0 || window.width <= 0 || window.height <= 0) {
        return {};
    }
    const std::int64_t pw = picture.width;
    const std::int64_t ph = picture.height;
    Area area{0, 0, window.width, window.height};
    if (pw * window.height > ph * window.width) {
        // Rounded to the nearest pixel, and never to nothing.
        area.height =
            static_cast<int>(std::max<std::int64_t>(1, (ph * window.width + pw / 2) / pw));
    } else {
        area.width =
            static_cast<int>(std::max<std::int64_t>(1, (pw * window.height + ph / 2) / ph));
    }
    area.x = (window.width - area.width) / 2;
    area.y = (window.height - area.height) / 2;
    return area;
}

} // namespace playhead::sdl
