#include "schedule/crew.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace playhead::schedule {

ThreadId Crew::reserve() {
    const std::lock_guard lock(mutex_);
    return ++last_;
}

bool Crew::start(ThreadId id, Role role, Task body) {
    // Shared, so that where no thread starts the body is destroyed here, after the lock is
    // released.
    const auto held = std::make_shared<Task>(std::move(body));
    // Held while the thread starts, so that leave() finds its member however short the body is.
    const std::lock_guard lock(mutex_);
    if (ending_) {
        return false;
    }
    Member member;
    member.blocking = role.blocking;
    try {
        member.thread = std::thread([crew = shared_from_this(), id, role = std::move(role), held] {
            name_this_thread(role.name);
            set_this_threads_priority(role.priority);
            (*held)();
            *held = {};
            crew->leave(id);
        });
    } catch (const std::system_error&) {
        return false;
    }
    members_.emplace(id, std::move(member));
    return true;
}

void Crew::leave(ThreadId id) {
    const std::lock_guard lock(mutex_);
    const auto found = members_.find(id);
    if (found == members_.end()) {
        return;
    }
    if (ending_ && found->second.thread.joinable()) {
        found->second.done = true;
        left_.notify_all();
        return;
    }
    if (found->second.thread.joinable()) {
        found->second.thread.detach();
    }
    members_.erase(found);
}

bool Crew::make_orphan(ThreadId id) {
    const std::lock_guard lock(mutex_);
    const auto found = members_.find(id);
    if (found == members_.end()) {
        return false;
    }
    found->second.orphan = true;
    return true;
}

Crew::Count Crew::count() const {
    const std::lock_guard lock(mutex_);
    Count count;
    for (const auto& [id, member] : members_) {
        if (member.done) {
            continue;
        }
        ++count.threads;
        count.blocking += member.blocking ? 1 : 0;
        count.orphans += member.orphan ? 1 : 0;
    }
    return count;
}

void Crew::end(Duration bound) {
    const auto deadline = std::chrono::steady_clock::now() + bound;
    const auto self = std::this_thread::get_id();
    std::vector<std::thread> finished;
    {
        std::unique_lock lock(mutex_);
        ending_ = true;
        left_.wait_until(lock, deadline, [&] {
            return std::all_of(members_.begin(), members_.end(), [&](const auto& entry) {
                return entry.second.done || entry.second.thread.get_id() == self;
            });
        });
        for (auto entry = members_.begin(); entry != members_.end();) {
            if (entry->second.done) {
                finished.push_back(std::move(entry->second.thread));
                entry = members_.erase(entry);
            } else {
                entry->second.thread.detach();
                ++entry;
            }
        }
    }
    for (std::thread& thread : finished) {
        thread.join();
    }
}

} // namespace playhead::schedule
