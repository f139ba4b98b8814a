// A look at the boxes of an MP4 or QuickTime file, for what libavformat does not tell: whether the
// index is missing, and whether the media is encrypted.
#pragma once

#include <string>

#include "playhead/backend/byte_source.h"

namespace playhead::ffmpeg {

struct Mp4Scan {
    bool boxes = false;     // begins like such a file at all
    bool index = false;     // has a 'moov'
    std::string protection; // "Widevine (cenc)"; empty: none
};

// Reads headers only, a few dozen small reads. Stops early, with what it has, at anything odd.
Mp4Scan scan_mp4(ByteSource& source);

} // namespace playhead::ffmpeg
