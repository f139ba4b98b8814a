// WorkOrder: which item of the work lane is next. A plain value that knows no threads and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "playhead/backend/executor.h"

namespace playhead::schedule {

// By effective deadline, which is max(deadline, now): all that is due ties. Ties go to the account
// with the least service for its weight, then to the one that came first; items without a deadline
// take what is left, in the same manner. Account 0 is never charged, so it wins its ties.
//
// An account that was away does not save up: it comes back with at least the service of the account
// that has had least among those at work. When nobody is, all that was is forgotten.
class WorkOrder {
public:
    struct Item {
        WorkId id = 0;
        std::uint64_t account = 0;
        std::optional<HostTime> deadline;
        Task task;
    };

    void add(Item item, double weight);
    std::optional<Item> take(HostTime now);
    // The item of this account that was taken has used a worker for so long.
    void charge(std::uint64_t account, Duration service);

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    std::size_t accounts() const { return accounts_.size(); }
    std::vector<Task> clear(); // what had not been taken

private:
    struct Account {
        double service = 0; // seconds of a worker, divided by the weight
        double weight = 1;
        int running = 0;
        std::multimap<HostTime, Item> timed;
        std::deque<Item> untimed;

        bool waiting() const { return !timed.empty() || !untimed.empty(); }
        bool active() const { return waiting() || running > 0; }
    };

    void raise_floor();
    void forget();

    // Ordered, so that ties are broken the same way in every run.
    std::map<std::uint64_t, Account> accounts_;
    std::size_t size_ = 0;
    std::size_t running_ = 0;
    double floor_ = 0;
};

} // namespace playhead::schedule
