// Opening a container: from a locator to an AVFormatContext that is known to be playable.
#pragma once

#include "access.h"
#include "handles.h"
#include "playhead/backend/source.h"

namespace playhead::ffmpeg {

// Errors: the sentence names the locator and what is wrong with it; see Errc.
Result<OpenedInput> open_input(Access& access, AVIOContext* bytes, const OpenRequest& request);

enum class Look { thorough, quick_if_possible };

// What the header left open: decodes a little where it must. False: a quick look was not enough, and
// libavformat wants the input opened anew before a second one.
Result<bool> complete_stream_info(AVFormatContext& input, Access& access,
                                  const OpenRequest& request, Look look);

// Refuses what is encrypted, too big, or holds nothing to play.
Result<void> check_streams(const AVFormatContext& input, const OpenRequest& request);

// The name to call a request by.
std::string name_of(const OpenRequest& request);

} // namespace playhead::ffmpeg
