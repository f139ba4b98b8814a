// A look at the boxes of an MP4 or QuickTime file, for what libavformat does not tell: whether the
// index is missing, whether the media is encrypted, and where its sound ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "playhead/backend/byte_source.h"

namespace playhead::ffmpeg {

// Where the sound of a track ends that has one plain edit: behind it lies what the encoder added to
// fill its last block. On libavformat's line for the stream.
struct Mp4SoundEnd {
    int track_id = 0;
    Duration end{};
};

struct Mp4Scan {
    bool boxes = false;     // begins like such a file at all
    bool index = false;     // has a 'moov'
    std::string protection; // "Widevine (cenc)"; empty: none
    std::vector<Mp4SoundEnd> sound_ends;
};

// Reads headers only, a few dozen small reads. Stops early, with what it has, at anything odd.
Mp4Scan scan_mp4(ByteSource& source);

} // namespace playhead::ffmpeg
