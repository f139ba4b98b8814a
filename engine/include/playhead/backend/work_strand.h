// WorkStrand: tasks on the work lane, one after another, in order.
#pragma once

#include <memory>

#include "playhead/backend/executor.h"

namespace playhead {

// What a strand's tasks own needs no lock. Each task is one item of the pool, so a strand yields the
// worker between tasks and two strands share it fairly.
// Threads: post(), set_deadline() and detach() from any thread. A handle on a shared core: it may be
// destroyed anywhere, also from one of its own tasks; tasks not yet begun are then destroyed unrun.
class WorkStrand {
public:
    WorkStrand(std::shared_ptr<Executor> executor, std::uint64_t account);
    ~WorkStrand();
    WorkStrand(WorkStrand&&) noexcept;
    WorkStrand& operator=(WorkStrand&&) noexcept;

    void post(Task task);
    // The same, unless a task posted by post_once() is already waiting to begin. How a stage is woken.
    void post_once(Task task);
    // Deadline of the items posted from now on (nothing = untimed).
    void set_deadline(std::optional<HostTime> deadline);
    // True while a task runs.
    bool busy() const;
    // Drops what waits and lets nothing begin any more. If a task is running right now its worker is
    // written off (an orphan) and true is returned: the task's captures live until it comes back.
    bool detach();
    // One whose tasks begin when the task that runs in `stuck`, which has been detached, has come back:
    // for the next user of what that task is using.
    static WorkStrand behind(WorkStrand& stuck);

private:
    struct Core;
    std::shared_ptr<Core> core_;
};

} // namespace playhead
