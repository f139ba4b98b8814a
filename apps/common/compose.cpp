#include "common/compose.h"

#include "common/logging.h"
#include "playhead/ffmpeg/backend.h"
#include "playhead/io/byte_sources.h"
#include "playhead/soundtouch/stretcher.h"

namespace playhead::apps {

EngineOptions compose(std::shared_ptr<Executor> executor) {
    EngineOptions options;
    options.executor = std::move(executor);
    options.sources = ffmpeg::make_source_factory(io::make_byte_source_factory());
    options.decoders = ffmpeg::make_decoder_factory();
    options.converters = ffmpeg::make_converter_factory();
    options.loggers = logger_of;
    options.stretchers = soundtouch::make_stretcher_factory();
    return options;
}

} // namespace playhead::apps
