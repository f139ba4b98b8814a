// SimulatedWork: the work lane's queue in the simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "playhead/backend/executor.h"
#include "playhead/headless/random.h"

namespace playhead::headless {

// By effective deadline, max(deadline, now); which of several equal ones is drawn.
class SimulatedWork {
public:
    struct Item {
        std::uint64_t sequence = 0;
        WorkId id = 0;
        Task task;
    };

    bool empty() const { return due_.empty() && later_.empty() && untimed_.empty(); }
    std::size_t size() const { return size_; }

    void add(std::optional<HostTime> deadline, Item item) {
        (deadline ? later_[*deadline] : untimed_).push_back(std::move(item));
        ++size_;
    }

    // There must be one.
    Item take(HostTime now, Random& random) {
        while (!later_.empty() && later_.begin()->first <= now) {
            std::vector<Item>& items = later_.begin()->second;
            due_.insert(due_.end(), std::make_move_iterator(items.begin()),
                        std::make_move_iterator(items.end()));
            later_.erase(later_.begin());
        }
        --size_;
        if (!due_.empty()) {
            return draw(due_, random);
        }
        if (later_.empty()) {
            return draw(untimed_, random);
        }
        Item item = draw(later_.begin()->second, random);
        if (later_.begin()->second.empty()) {
            later_.erase(later_.begin());
        }
        return item;
    }

private:
    static Item draw(std::vector<Item>& items, Random& random) {
        const std::size_t chosen = random.below(static_cast<std::uint32_t>(items.size()));
        Item item = std::move(items[chosen]);
        if (chosen + 1 != items.size()) {
            items[chosen] = std::move(items.back());
        }
        items.pop_back();
        return item;
    }

    std::vector<Item> due_;
    std::map<HostTime, std::vector<Item>> later_;
    std::vector<Item> untimed_;
    std::size_t size_ = 0;
};

} // namespace playhead::headless
