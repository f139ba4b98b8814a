// Draws the frames of a clip.
#pragma once

#include <cstdint>
#include <vector>

#include "clip_options.h"

namespace playhead::clip {

// RGB, 3 bytes a pixel, rows without padding.
class PicturePainter {
public:
    explicit PicturePainter(const ClipOptions& options);
    // The returned rows are good until the next call.
    const std::vector<std::uint8_t>& paint(std::int64_t frame);

private:
    struct Colour {
        int red;
        int green;
        int blue;
    };
    void fill(double left, double top, double right, double bottom, Colour colour);
    void disc(double x, double y, double across, double down, Colour colour);
    double text(const char* words, double left, double top, double cell, Colour colour);
    void blend(int x, int y, Colour colour, double share);

    int width_;
    int height_;
    double fps_;
    std::int64_t frames_;
    std::vector<std::uint8_t> background_;
    std::vector<std::uint8_t> rgb_;
};

// The beep and the mark are on for this long from each full second.
inline constexpr double beep_seconds = 0.1;

} // namespace playhead::clip
