// PacketQueue: packets of one stream between its reader and its decoder.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

#include "playhead/backend/mutex.h"
#include "playhead/backend/sample.h"

namespace playhead {

// When a queue has enough, and when it wants more.
struct PacketMarks {
    Duration high = std::chrono::milliseconds{1500};
    Duration low = std::chrono::milliseconds{750};
    std::size_t high_packets = 256; // where time stamps are missing or tell nothing
    std::size_t low_packets = 128;
    // In reverse, where whole groups come: that many of them, or packets in them, are enough.
    std::size_t high_groups = 4;
    std::size_t high_group_packets = 32;
};

// In reverse: the packets since the last one are all of a group of pictures.
struct EndOfGroup {};

// Bounded by marks, not by refusal: the reader looks at level() before it reads on, because a packet
// once read has to go somewhere. What the queue does refuse is anything of another epoch than its
// own, so nothing old gets past it whether or not the reader has noticed a seek.
//
// Threads: push by the reader, pop by the decode stage, raise by the control lane. The lock is held
// for pointer moves; packets are released outside it.
class PacketQueue {
public:
    enum class Fill { starving, low, comfortable, full };
    struct Level {
        std::size_t packets = 0;
        std::size_t bytes = 0;
        Duration span{}; // how long it lasts, going by its stamps
        Fill fill = Fill::starving;
    };
    struct Popped {
        std::variant<Packet, EndOfGroup, EndOfStream> item;
        // A later packet whose picture is still at or before the target has come by already, so
        // nobody will ever see this one: it need not become a picture unless others refer to it.
        bool before_target = false;
    };

    // However short it lasts: more of one source is not read ahead.
    static constexpr std::size_t plenty_bytes = 64u << 20;

    explicit PacketQueue(StreamIndex stream, bool gating, PacketMarks marks = {});

    StreamIndex stream() const { return stream_; }
    bool gating() const { return gating_; }

    // The consumer wants to be told of the next item; the reader, of room. Each is called once per
    // request, outside the lock, on the thread that made it true.
    void on_data(std::function<void()> wake);
    void on_room(std::function<void()> wake);
    // Somebody who waits for data on behalf of all. Called likewise, when pop() finds nothing: once, until
    // something has come; and once for each await_amount().
    void on_flow(std::function<void()> changed);
    // Whether as much is there, or all that will ever be, or (of a source without stamps) as much as a
    // full queue holds; if not, on_flow is called when it is, or the queue is raised.
    bool await_amount(Duration enough);

    bool push(Packet packet); // false: stale, dropped
    bool push_end_of_group(Epoch epoch);
    bool push_end(Epoch epoch);
    // More follows after all. False: it has none to take back, or that has been taken out.
    bool take_back_end(Epoch epoch);
    // Nothing there: arms on_data.
    std::optional<Popped> pop();
    // Drops everything and moves to the epoch. Closed: pushes are swallowed and never fill it.
    void raise(Epoch epoch, std::optional<MediaTime> target, bool closed = false);

    Level level() const;
    // Arms on_room: it is called when the level falls to low, or an epoch is raised.
    void wait_for_room();
    Epoch epoch() const;
    bool closed() const;
    std::uint64_t stale() const;

private:
    using Item = std::variant<Packet, EndOfGroup, EndOfStream>;
    bool push_mark(Epoch epoch, Item mark);
    Fill fill_locked() const;
    Duration span_locked() const;
    bool holds_locked(Duration enough) const;
    std::function<void()> flow_locked();

    const StreamIndex stream_;
    const bool gating_;
    const PacketMarks marks_;
    mutable Mutex mutex_;
    std::deque<Item> items_;
    std::size_t bytes_ = 0;
    std::size_t groups_ = 0; // complete ones among items_
    Epoch epoch_ = 0;
    bool ended_ = false;
    bool closed_ = false;
    bool data_wanted_ = false;
    bool room_wanted_ = false;
    bool dry_told_ = false;
    std::optional<Duration> amount_wanted_;
    std::optional<MediaTime> target_;
    std::optional<MediaTime> best_before_target_;
    std::optional<MediaTime> newest_, oldest_;
    std::uint64_t stale_ = 0;
    std::function<void()> on_data_;
    std::function<void()> on_room_;
    std::function<void()> on_flow_;
};

} // namespace playhead
