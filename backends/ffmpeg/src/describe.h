// From libavformat's description to a Presentation.
#pragma once

#include <map>
#include <string>

#include "access.h"
#include "handles.h"
#include "playhead/backend/source.h"

namespace playhead::ffmpeg {

Presentation describe(const AVFormatContext& input, const Access& access,
                      const OpenRequest& request);
std::map<std::string, std::string> entries_of(const AVDictionary* dictionary);

} // namespace playhead::ffmpeg
