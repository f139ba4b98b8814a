// ReverseDecode: turns groups of packets, last one first, into pictures in falling order.
//
//   add() close_group() --> [ packets of a group ] --decoder--> keep() --> [ pass ] --> [ ready ] --> take()
//
// A group is decoded from its key frame on and handed out from its end. What is decoded goes into a
// pass; a pass that is over becomes what is handed out, and meanwhile the next one is decoded, so that
// playing does not wait at the beginning of each group. Pass and ready may hold half the budget each.
// Where the pictures of a group are more than that, a pass keeps its last ones, and the group is
// decoded once more for those before them.
//
// A group may give nothing at first: a stream that refreshes its pictures bit by bit, or one that
// tells the key frame an earlier time than it is shown at, as AVI does. What its first packets show
// can be had after the group before, so they are decoded once more with that.
#pragma once

#include <deque>
#include <vector>

#include "playhead/backend/sample.h"

namespace playhead {

// Threads: none of its own; the decode stage's strand. Times are media times.
class ReverseDecode {
public:
    explicit ReverseDecode(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}

    void restart(MediaTime target, std::optional<MediaTime> stop);

    // What to do next. Receive: whatever the decoder has comes first; if it has nothing, feed().
    bool can_take() const { return !ready_.empty(); }
    bool waits() const { return can_take() && (pass_over_ || no_more_); } // until one is taken
    bool at_end() const { return no_more_ && ready_.empty(); }

    // What the decoder gets next: a packet (sent() when it has been accepted), nothing more for this
    // pass, or what the queue has.
    enum class Feed { packet, drain, queue };
    Feed feed() const;
    const Packet& packet() const { return packets_[next_]; }
    void sent() { ++next_; }

    // From the queue.
    void add(Packet packet);
    void close_group();
    void close_stream();

    // From the decoder. False: it is none of those wanted.
    bool keep(VideoFrame frame);
    void close_pass(); // the decoder has given everything, and was flushed

    // The next one, its duration up to the one handed out before it. A thinned stream has gaps: there
    // the duration stays. Begins at the stop if it is the one that holds it.
    VideoFrame take(bool thinned);
    bool wanted(const Packet& packet) const; // may show something that has not been handed out

private:
    void begin_pass();
    void hand_over();
    void leave_group();
    std::optional<MediaTime> begin() const;

    const std::size_t budget_bytes_;
    std::optional<MediaTime> stop_;
    std::optional<MediaTime> above_; // begin of the picture handed out last

    std::vector<Packet> packets_; // of the group under way, kept until it is done with
    std::vector<Packet> head_;    // of the group before that one in play: it gave nothing for these
    std::optional<MediaTime> earliest_; // of the pictures that the group gave
    std::size_t next_ = 0;              // to be sent in this pass
    bool group_complete_ = false;
    bool stream_complete_ = false;
    bool no_more_ = false;

    std::deque<VideoFrame> pass_; // rising
    std::size_t pass_bytes_ = 0;
    MediaTime upper_{};     // of the group's pictures, those before it are still to come
    bool left_out_ = false; // earlier ones of this pass had to go
    bool pass_over_ = false;
    std::deque<VideoFrame> ready_; // rising, taken from the back
};

} // namespace playhead
