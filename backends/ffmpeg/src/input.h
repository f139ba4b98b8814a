// Opening a container: from a locator to an AVFormatContext that is known to be playable.
#pragma once

#include "access.h"
#include "handles.h"
#include "playhead/backend/source.h"

namespace playhead::ffmpeg {

// Errors: the sentence names the locator and what is wrong with it; see Errc.
Result<OpenedInput> open_input(Access& access, AVIOContext* bytes, const OpenRequest& request);

// What the header left open: decodes a little where it must.
Result<void> complete_stream_info(AVFormatContext& input, Access& access,
                                  const OpenRequest& request);

// Refuses what is encrypted, too big, or holds nothing to play.
Result<void> check_streams(const AVFormatContext& input, const OpenRequest& request);

// The name to call a request by.
std::string name_of(const OpenRequest& request);

} // namespace playhead::ffmpeg
