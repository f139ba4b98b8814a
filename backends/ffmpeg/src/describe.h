// From libavformat's description to a Presentation.
#pragma once

#include "access.h"
#include "handles.h"
#include "playhead/backend/source.h"

namespace playhead::ffmpeg {

Presentation describe(const AVFormatContext& input, const Access& access,
                      const OpenRequest& request);

} // namespace playhead::ffmpeg
