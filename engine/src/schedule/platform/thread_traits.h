// What the operating system lets a thread say of itself. The only folder of the engine that may
// include the system's headers.
#pragma once

#include <string>

namespace playhead::schedule {

enum class ThreadPriority {
    normal,
    timely, // short work that others wait for: asked of the system, which may decline
};

// Both speak of the calling thread. The name is cut to what the system keeps (15 bytes on Linux).
void name_this_thread(const std::string& name) noexcept;
void set_this_threads_priority(ThreadPriority priority) noexcept;

} // namespace playhead::schedule
