// FFmpeg's error codes as ours: the code and text survive, and compare with Errc.
#pragma once

#include <string>

#include "playhead/result.h"

namespace playhead::ffmpeg {

const std::error_category& ffmpeg_category() noexcept;

// A negative return value of FFmpeg with what was being done, "reading 'a.mkv'": the sentence ends
// with FFmpeg's own words for it.
Error ffmpeg_error(int code, const std::string& what);

} // namespace playhead::ffmpeg
