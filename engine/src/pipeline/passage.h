// Passage: whether a stream, read in file order, has passed a point of the programme.
#pragma once

#include <optional>

#include "playhead/backend/sample.h"

namespace playhead {

// Packets come in the order of decoding. With B-frames one that is shown at or after the point says
// nothing yet: earlier ones may follow. Its decoding stamp does, because nothing is shown before it
// is decoded. Where one of the two is missing, and is filled in by guessing, the most that any codec
// reorders (16 pictures) decides.
class Passage {
public:
    explicit Passage(MediaTime point) : point_(point) {}

    // True from the first packet on after which nothing of before the point can come.
    bool passed(const Packet& packet) {
        if (packet.pts && packet.dts) {
            passed_ |= *packet.dts >= point_;
        } else if (const auto stamp = packet.pts ? packet.pts : packet.dts; stamp >= point_) {
            passed_ |= ++beyond_ > most_reordered;
        }
        return passed_;
    }

private:
    static constexpr int most_reordered = 16;
    MediaTime point_;
    int beyond_ = 0;
    bool passed_ = false;
};

} // namespace playhead
