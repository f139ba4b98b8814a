// The lanes: the executor that runs on real threads and the steady clock.
#pragma once

#include <memory>
#include <string>

#include "playhead/backend/executor.h"

namespace playhead {

struct LanesOptions {
    // Width of the work pool; 0 = one worker a core, at least 2. Workers start when work first
    // needs them.
    int workers = 0;
    // For debuggers and traces; 15 characters are kept.
    std::string control_name = "ph-control";
    std::string worker_name = "ph-work"; // a number follows
    std::string events_name = "ph-events";
};

// Null when the system gives no thread at all.
//
// Threads: any may let go of the last reference, one of the lanes' own included. That ends the
// lanes: nothing begins any more, waits on signals return false, tasks that have not begun are
// destroyed unrun on the releasing thread; it joins the threads that come back within 100 ms in all
// and leaves the rest to end by themselves.
std::shared_ptr<Executor> make_lanes(LanesOptions options = {});

} // namespace playhead
