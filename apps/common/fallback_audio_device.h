// An audio device that takes another one's place when that one will not open.
#pragma once

#include <functional>
#include <memory>

#include "playhead/backend/audio_device.h"

namespace playhead::apps {

// `say` hears why, once, on the thread that opened. From then on only `second` is used.
std::shared_ptr<AudioDevice> with_fallback(std::shared_ptr<AudioDevice> first,
                                           std::shared_ptr<AudioDevice> second,
                                           std::function<void(const Status&)> say);

} // namespace playhead::apps
