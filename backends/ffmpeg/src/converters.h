// The two converters, made for make_converter_factory().
#pragma once

#include "playhead/backend/transform.h"

namespace playhead::ffmpeg {

Result<std::unique_ptr<AudioConverter>> make_audio_converter(const AudioFormat& from,
                                                             const AudioFormat& to);
std::unique_ptr<VideoConverter> make_video_converter();

} // namespace playhead::ffmpeg
