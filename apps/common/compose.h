// Puts an engine together from the backends that this build has.
#pragma once

#include <memory>

#include "playhead/engine.h"

namespace playhead::apps {

// FFmpeg demuxes, decodes and converts; bytes come from our own sources where they can; SoundTouch
// plays sound faster and slower.
EngineOptions compose(std::shared_ptr<Executor> executor);

} // namespace playhead::apps
