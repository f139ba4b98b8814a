// Demuxing, decoding and converting by FFmpeg (5.1 to 9).
#pragma once

#include <memory>

#include "playhead/backend/byte_source.h"
#include "playhead/backend/decoder.h"
#include "playhead/backend/source.h"
#include "playhead/backend/transform.h"

namespace playhead::ffmpeg {

// Opens what `bytes` handles through it, and by libavformat's own protocols the rest: http(s), rtsp
// and the like. Files that a playlist names are opened the same way; one that came from the network
// never reaches local files.
std::shared_ptr<SourceFactory> make_source_factory(std::shared_ptr<ByteSourceFactory> bytes);

// For streams of sources made here: pictures, sound, subtitles.
std::shared_ptr<DecoderFactory> make_decoder_factory();

std::shared_ptr<ConverterFactory> make_converter_factory();

// FFmpeg prints to the terminal by itself, and only a setting of the whole process changes that. An
// application that owns its process may call this: from then on FFmpeg's messages go to the spdlog
// logger named "ffmpeg" (the default one if there is none of that name), up to this level.
enum class LogLevel { off, error, warning, info, debug };
void install_log_bridge(LogLevel level);

} // namespace playhead::ffmpeg
