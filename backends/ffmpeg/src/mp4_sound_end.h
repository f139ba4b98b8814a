// Mp4Track: what the boxes of a track say about its length.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "playhead/time.h"

namespace playhead::ffmpeg {

struct Mp4Edit {
    std::uint64_t duration = 0;   // of the movie's ticks
    std::int64_t media_time = -1; // of the track's ticks; -1: nothing is shown
    bool own_speed = true;
};

struct Mp4Track {
    int id = 0;
    bool sound = false;
    std::uint32_t ticks_per_second = 0;
    std::uint64_t duration = 0; // of its samples
    std::vector<Mp4Edit> edits;
};

// Encoders work in blocks, so the last one is filled up, and the edit says how much is meant. But an
// edit's length is rounded to the movie's ticks, often of a millisecond: where it agrees with the
// track's own length to a tick, that one, which counts in samples, is what was meant.
// Nothing where there is no sound, no such edit, or more than one.
std::optional<Duration> sound_end(const Mp4Track& track, std::uint32_t movie_ticks_per_second);

} // namespace playhead::ffmpeg
