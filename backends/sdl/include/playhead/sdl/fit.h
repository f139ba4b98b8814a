// Where a picture lies in a window.
#pragma once

#include "playhead/media_type.h"

namespace playhead::sdl {

// Pixels of the window; y downwards.
struct Area {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    friend bool operator==(const Area&, const Area&) = default;
};

// As large as fits, in the middle, in the proportions of `picture`; empty if either is.
Area fit(DisplaySize picture, DisplaySize window);

constexpr bool lies_on_its_side(const VideoFormat& format) {
    return format.rotation_degrees == 90 || format.rotation_degrees == 270;
}

} // namespace playhead::sdl
