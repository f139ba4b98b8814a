#include "pipeline/buffer_watch.h"

#include <algorithm>
#include <utility>

namespace playhead {

BufferWatch::BufferWatch(std::shared_ptr<Executor> executor, std::function<void(bool)> tell)
    : executor_(std::move(executor)),
      tell_(std::move(tell)) {}

BufferWatch::~BufferWatch() { disarm(); }

void BufferWatch::watch(int output_node, const void* source, std::shared_ptr<PacketQueue> queue) {
    queues_.erase(output_node);
    if (!queue || !queue->gating()) return;
    queue->on_flow([weak = weak_from_this(), executor = std::weak_ptr<Executor>(executor_)] {
        if (const auto lanes = executor.lock()) {
            lanes->post([weak] {
                if (const auto self = weak.lock()) self->check();
            });
        }
    });
    queues_[output_node] = {source, std::move(queue)};
    if (buffering_) check(); // asks this one too
}

void BufferWatch::begin() {
    on_ = true;
    if (!buffering_ && any_dry()) {
        buffer();
    } else {
        check();
    }
}

void BufferWatch::go_on() {
    on_ = true;
    check();
}

void BufferWatch::off() {
    on_ = buffering_ = false;
    disarm();
}

void BufferWatch::disarm() {
    if (patience_ != 0) executor_->cancel(std::exchange(patience_, 0));
}

void BufferWatch::check() {
    if (!on_) return;
    if (buffering_) {
        if (!all_enough()) return;
        buffering_ = false;
        tell_(false);
        return;
    }
    if (!any_dry()) return disarm();
    if (patience_ != 0) return;
    patience_ = executor_->at(executor_->now() + patience, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->patience_ = 0;
        if (self->on_ && self->any_dry()) self->buffer();
    });
}

void BufferWatch::buffer() {
    disarm();
    buffering_ = true;
    tell_(true);
    check(); // asks to be told
}

bool BufferWatch::any_dry() const {
    return std::any_of(queues_.begin(), queues_.end(), [this](const auto& entry) {
        const auto& watched = entry.second;
        return watched.queue->level().fill == PacketQueue::Fill::starving &&
               !has_plenty(watched.source);
    });
}

// Every queue is asked, so that each tells of itself.
bool BufferWatch::all_enough() const {
    bool all = true;
    for (const auto& [node, watched] : queues_) {
        if (!watched.queue->await_amount(enough)) {
            all &= has_plenty(watched.source);
        } else {
            // It may be the one that shows that another is not in the file.
            (void)watched.queue->await_amount(sparse);
        }
    }
    return all;
}

bool BufferWatch::has_plenty(const void* source) const {
    std::size_t bytes = 0;
    Duration longest{};
    for (const auto& [node, watched] : queues_) {
        if (watched.source != source) continue;
        const auto level = watched.queue->level();
        bytes += level.bytes;
        longest = std::max(longest, level.span);
    }
    return longest >= sparse || bytes >= PacketQueue::plenty_bytes;
}

} // namespace playhead
