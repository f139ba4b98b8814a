#include "schedule/work_order.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace playhead::schedule {
namespace {

// Above so many accounts, those that no longer matter are looked for and forgotten.
constexpr std::size_t accounts_kept = 64;

} // namespace

void WorkOrder::add(Item item, double weight) {
    if (size_ == 0 && running_ == 0) {
        for (const auto& [other, idle] : accounts_) {
            floor_ = std::max(floor_, idle.service);
        }
    }
    if (accounts_.size() > accounts_kept) {
        forget();
    }
    const std::uint64_t name = item.account;
    Account& account = accounts_[name];
    if (!account.active() && name != 0) {
        account.service = std::max(account.service, floor_);
    }
    account.weight = weight > 0 ? weight : 1;
    if (item.deadline) {
        const HostTime deadline = *item.deadline;
        account.timed.emplace(deadline, std::move(item));
    } else {
        account.untimed.push_back(std::move(item));
    }
    ++size_;
}

std::optional<WorkOrder::Item> WorkOrder::take(HostTime now) {
    raise_floor();
    // Untimed items rank behind every deadline.
    constexpr HostTime untimed = HostTime::max();
    Account* best = nullptr;
    HostTime best_deadline = untimed;
    WorkId best_id = 0;
    for (auto& [name, account] : accounts_) {
        if (!account.waiting()) {
            continue;
        }
        const Item& first =
            account.timed.empty() ? account.untimed.front() : account.timed.begin()->second;
        const HostTime deadline = first.deadline ? std::max(*first.deadline, now) : untimed;
        const bool better = best == nullptr || deadline < best_deadline ||
                            (deadline == best_deadline &&
                             (account.service < best->service ||
                              (account.service == best->service && first.id < best_id)));
        if (better) {
            best = &account;
            best_deadline = deadline;
            best_id = first.id;
        }
    }
    if (best == nullptr) {
        return std::nullopt;
    }
    std::optional<Item> item;
    if (best->timed.empty()) {
        item = std::move(best->untimed.front());
        best->untimed.pop_front();
    } else {
        item = std::move(best->timed.begin()->second);
        best->timed.erase(best->timed.begin());
    }
    ++best->running;
    ++running_;
    --size_;
    return item;
}

void WorkOrder::charge(std::uint64_t name, Duration service) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) {
        return;
    }
    Account& account = found->second;
    --account.running;
    --running_;
    if (name != 0) {
        account.service += std::chrono::duration<double>(service).count() / account.weight;
    }
}

std::vector<Task> WorkOrder::clear() {
    std::vector<Task> tasks;
    for (auto& [name, account] : accounts_) {
        for (auto& [deadline, item] : account.timed) {
            tasks.push_back(std::move(item.task));
        }
        for (Item& item : account.untimed) {
            tasks.push_back(std::move(item.task));
        }
        account.timed.clear();
        account.untimed.clear();
    }
    size_ = 0;
    return tasks;
}

void WorkOrder::raise_floor() {
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [name, account] : accounts_) {
        if (name != 0 && account.active()) {
            least = std::min(least, account.service);
        }
    }
    if (least < std::numeric_limits<double>::infinity()) {
        floor_ = std::max(floor_, least);
    }
}

void WorkOrder::forget() {
    std::erase_if(accounts_, [this](const auto& entry) {
        return !entry.second.active() && entry.second.service <= floor_;
    });
}

} // namespace playhead::schedule
