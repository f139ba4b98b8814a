// Crew: the threads of one set of lanes, counted, and ended within a bound.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "playhead/backend/executor.h"
#include "schedule/platform/thread_traits.h"

namespace playhead::schedule {

using ThreadId = std::uint64_t;

// A thread is one of these until its body has returned and has been destroyed. While the crew
// works, a thread that comes to its end lets itself go; while the crew ends, it is joined. Threads:
// all calls from any thread. Each thread holds the crew, so the crew outlives them all.
class Crew : public std::enable_shared_from_this<Crew> {
public:
    struct Role {
        std::string name;
        ThreadPriority priority = ThreadPriority::normal;
        bool blocking = false;
    };
    struct Count {
        int threads = 0;
        int blocking = 0;
        int orphans = 0;
    };

    // A number for a thread about to be started.
    ThreadId reserve();
    // False when the crew ends or the system gives no thread; the body is then destroyed unrun.
    bool start(ThreadId id, Role role, Task body);
    // From now on the thread counts as an orphan. False if it has ended.
    bool make_orphan(ThreadId id);
    Count count() const;

    // Starts no more threads; joins those that end within the bound, save the calling one, and
    // detaches the rest.
    void end(Duration bound);

private:
    struct Member {
        std::thread thread;
        bool blocking = false;
        bool orphan = false;
        bool done = false;
    };

    void leave(ThreadId id);

    mutable std::mutex mutex_;
    std::condition_variable left_;
    std::unordered_map<ThreadId, Member> members_;
    ThreadId last_ = 0;
    bool ending_ = false;
};

} // namespace playhead::schedule
