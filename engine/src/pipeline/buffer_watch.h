// BufferWatch: whether what a pipeline reads keeps up with what it plays.
//
//   flowing --a queue is dry for `patience`--> buffering --`enough` in each of them--> flowing
//      ^                                           ^
//      +---- go_on()                               +---- begin(), where one is dry
//
// Both hold of the streams that playing waits for, and only for sources that may stall. A stream that has
// nothing while another of the same source has `sparse` of it waiting is not waited for: it is not in
// the file.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "pipeline/packet_queue.h"
#include "playhead/backend/executor.h"

namespace playhead {

// Threads: control lane. What queues tell is posted there; nothing is polled.
// Ownership: queues hold it weakly.
class BufferWatch : public std::enable_shared_from_this<BufferWatch> {
public:
    // Less than outputs hold in hand, more than a packet takes that is on its way.
    static constexpr Duration patience = std::chrono::milliseconds{50};
    static constexpr Duration enough = std::chrono::seconds{1};
    static constexpr Duration sparse = std::chrono::seconds{3};

    BufferWatch(std::shared_ptr<Executor> executor, std::function<void(bool begins)> tell);
    ~BufferWatch();

    // The queue behind that output; null, or one that playing does not wait for: none.
    void watch(int output_node, const void* source, std::shared_ptr<PacketQueue> queue);
    // The clock has just begun to run. Outputs hold hardly more than their first sample then, so there
    // is nothing to be patient with.
    void begin();
    // Playing goes on from something that the outputs still have.
    void go_on();
    // It has been stopped, or begins anew: an interval that is open is over without being told.
    void off();

private:
    struct Watched {
        const void* source = nullptr;
        std::shared_ptr<PacketQueue> queue;
    };
    void check();
    void buffer();
    bool any_dry() const;
    bool all_enough() const;
    bool has_plenty(const void* source) const;
    void disarm();

    const std::shared_ptr<Executor> executor_;
    const std::function<void(bool)> tell_;
    std::map<int, Watched> queues_; // by output
    bool on_ = false;
    bool buffering_ = false;
    TimerId patience_ = 0;
};

} // namespace playhead
