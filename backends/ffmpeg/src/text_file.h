// Files of subtitle text: which they are, and what in them libavformat has to be spared.
#pragma once

#include <string>
#include <string_view>

#include "handles.h"

namespace playhead::ffmpeg {

// Whether this demuxer reads such files: all of one at once, into packets with their times.
bool reads_subtitle_text(const AVInputFormat& format);

// Whether libavformat would read this file wrong, going by what `bytes` have in their buffer. The format is
// null where libavformat knows none.
bool wants_mending(const AVIOContext& bytes, const AVInputFormat* format);
// The whole of such a file as libavformat reads it right. What is right already stays as it is.
std::string mended(std::string file);

} // namespace playhead::ffmpeg
