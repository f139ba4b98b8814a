// What the system has counted for this process so far, all threads together.
#pragma once

#include <cstdint>

#include "playhead/time.h"

namespace playhead::bench {

struct Usage {
    Duration cpu{};             // user and system
    std::uint64_t switches = 0; // of context, voluntary and not; 0 where the system does not tell
};
Usage usage_so_far();

} // namespace playhead::bench
