// The real executor: lanes of threads, and the steady clock.
#pragma once

#include <memory>

#include "playhead/backend/executor.h"

namespace playhead {

struct LanesOptions {
    int workers = 0;  // width of the work pool; 0 = as many as there are cores, at least 2
};

// The threads end with the last reference, within 100 ms; those that do not are left behind.
std::shared_ptr<Executor> make_lanes(LanesOptions options = {});

}  // namespace playhead
