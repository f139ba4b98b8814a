// DecodeStage: takes packets from its queue while one of its ports has requests open, and gives
// samples.
//
// One step gives at most one sample, then goes back to the pool. It sleeps when no request is open
// or no packet is there, and is woken by a port or the queue.
//
// Start position: pictures whose interval ends at or before the target are not handed out, the one
// that contains it is; sound is cut so that it begins exactly at the target. Stop position: pictures
// that begin there or later are not handed out, one that reaches beyond is told to end there; sound
// is cut to the sample. A subtitle that is over by the target is left out, one that has begun before is
// given as it is. What is thinned leaves gaps: nothing is told to last longer.
//
// In reverse pictures come in falling order, from the one that holds the target down to the one that
// holds the stop (it is told to begin there) or the first; decoding goes on ahead of the requests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/outlet.h"
#include "pipeline/packet_queue.h"
#include "pipeline/reverse_decode.h"
#include "pipeline/sink_port.h"
#include "playhead/backend/decoder.h"
#include "playhead/backend/mutex.h"
#include "playhead/backend/work_strand.h"
#include "playhead/clock.h"
#include "playhead/command.h"

namespace playhead {

using DecoderRecipe = std::function<Result<std::unique_ptr<Decoder>>()>;

// What a start asks of a stream.
struct DecodeOrder {
    Epoch epoch = 0;
    // Media time: the picture that contains it is the first to be handed out, sound begins at it (in
    // reverse, ends before it).
    MediaTime target{};
    std::optional<MediaTime> stop; // media time: nothing from there on (in reverse: before it)
    Duration shift{};              // added to the stamps of what is handed out
    Direction direction = Direction::forward;
    Thinning thinning = Thinning::none;
    // Hand out the first picture that can be decoded as well, flagged provisional, until the one for
    // the target is there. It answers a request as any other; the sink asks again for it.
    bool preview = false;
};

// What becomes of what has been handed out of behind an end that comes late.
enum class LateEnd { refuse, let_be };

// Where a stream ended, in presentation time; nullopt: it gave nothing.
struct LastSample {
    Epoch epoch = 0;
    std::optional<MediaRange> interval;
};

struct DecodeCounters {
    std::atomic<std::uint64_t> packets{0}, decoded{0}, before_start{0}, errors{0}, thinned{0};
    std::atomic<std::int64_t> decode_ns{0};
};

// How much a stream may hold of decoded pictures in reverse: 80 of 1080p, and then a group of 250
// pictures is decoded a few times over; more would save work, and cost other sessions their memory.
inline constexpr std::size_t reverse_picture_bytes = 256u << 20;

// Threads: control lane, save wake() (any); the rest runs on its strand.
class DecodeStage : public std::enable_shared_from_this<DecodeStage> {
public:
    struct Listener {
        std::function<void(const LastSample&)> delivered_last; // control lane
        std::function<void(Status)> damage;                    // control lane: one packet
        std::function<void(Status)> failed;                    // control lane: cannot go on
        // Control lane: a picture was handed out so long after it was due; at most one in 250 ms.
        std::function<void(Duration)> late = {};
        // On the strand: a packet goes in; a sample was handed out, so long after it was due
        // (negative: before; none: the clock stands).
        std::function<void()> took = {};
        std::function<void(std::optional<Duration>)> gave = {};
        // Control lane: what is handed out from here on is of these types: the first, or others in
        // mid-stream, to which the outputs have agreed.
        std::function<void(const std::vector<TypeChange>&)> types_changed = {};
    };

    // `decoder` may be null: the recipe makes one at the first restart. Without ports the stage waits
    // until it is given some.
    DecodeStage(std::shared_ptr<Executor> executor, DecoderRecipe recipe,
                std::unique_ptr<Decoder> decoder, std::shared_ptr<PacketQueue> queue,
                std::unique_ptr<Outlet> outlet, std::vector<Outlet::Port> ports,
                std::shared_ptr<const PresentationClock> clock, std::uint64_t account,
                std::size_t reverse_bytes = reverse_picture_bytes);
    void connect(Listener listener);
    // Before the first restart: another type in mid-stream is a failure (format_change_not_allowed).
    void forbid_type_changes() { types_fixed_ = true; }

    // Everything of before is forgotten; what comes is for this start.
    void restart(const DecodeOrder& order);
    // Hands out to these ports from here on, stamps moved by `shift`: how a stage follows another one on
    // the same sinks. To be called once the other has handed out its last sample. None: it waits again.
    void take_ports(std::vector<Outlet::Port> ports, Duration shift);
    // Goes on for the others.
    void drop_port(int output_node);
    // Nothing goes to these until the next restart; the others are not kept waiting for them.
    void rest(std::vector<int> output_nodes);
    // From the next packet on, until the next restart; off again from the next key frame on. Sound is
    // not thinned.
    void set_thinning(Thinning thinning);
    // Whether something is queued behind the presentation.
    void set_followed(bool followed) { followed_.store(followed, std::memory_order_relaxed); }
    // It is to end there from now on. `answer` follows on the strand: false, and nothing has changed, if
    // it has ended at an earlier stop, or has handed out something of behind that one; where that is let
    // be, it hands out no more. Not in reverse.
    void limit(std::optional<MediaTime> stop, LateEnd late, std::function<void(bool)> answer);
    // Leaves out at least that much from the next packet on, over restarts too. Non_key is thinning.
    void set_skip_floor(SkipLevel floor);
    SkipLevel skip_floor() const { return asked_floor_; } // for whoever replaces this stage
    void wake();
    // Leaves a decoder behind that does not come back; true if it was inside a step.
    bool detach();
    bool busy() const { return strand_.busy(); }
    // A step or a restart of before this epoch is still running.
    bool stuck_since(Epoch epoch) const;
    // The latest restart asked for, as changed since; for whoever replaces this stage.
    const std::optional<DecodeOrder>& last_restart() const { return last_restart_; }

    const DecodeCounters& counters() const { return *counters_; }
    // PTS of the first picture handed out since the restart; a preview does not count.
    std::optional<MediaTime> first_pts() const;

private:
    bool make_ready();
    void step();
    bool decode_on();
    bool fetch(); // false: nothing to do now
    bool leave_out(const Packet& packet);
    void set_skip(bool before_target);
    bool send(Packet packet);
    bool backward() const { return video_ && order_.direction == Direction::reverse; }
    bool decode_back(bool wanted);
    bool fetch_back();
    bool send_back();
    void accept(Sample sample);
    void accept(AudioBlock block);
    void accept(VideoFrame frame);
    void accept(SubtitleCue cue);
    void settle(MediaTime next);
    void preview(const VideoFrame& frame);
    void give_picture(VideoFrame frame, std::optional<MediaTime> next);
    void give(Sample sample, MediaTime pts, MediaTime end);
    bool accepted(Outlet::Offered offered);
    void tell_last();
    void plan_next(MediaTime end);
    void watch_lateness(MediaTime due_at);
    void end_at_stop();
    bool limit_to(std::optional<MediaTime> stop, LateEnd late);
    void finish();
    void on_damage(Error error);
    bool final(const Error& error) const;

    const std::shared_ptr<Executor> executor_;
    const DecoderRecipe recipe_;
    const std::shared_ptr<PacketQueue> queue_;
    const std::shared_ptr<const PresentationClock> clock_;
    const std::shared_ptr<DecodeCounters> counters_ = std::make_shared<DecodeCounters>();
    Listener listener_;
    std::vector<Outlet::Port> first_ports_;   // control lane: until connect()
    std::optional<DecodeOrder> last_restart_; // control lane
    SkipLevel asked_floor_ = SkipLevel::none; // control lane
    WorkStrand strand_;
    std::atomic<bool> followed_{false};
    std::atomic<Epoch> wanted_epoch_{0}; // of the latest restart: a step of an older one gives up
    std::atomic<Epoch> step_epoch_{0};   // of the step or restart that runs now; 0 = none
    mutable Mutex first_mutex_;          // guards first_pts_: written on the strand, read anywhere
    std::optional<MediaTime> first_pts_;

    // The strand's own.
    const std::unique_ptr<Outlet> outlet_;
    bool video_ = false;
    std::unique_ptr<Decoder> decoder_;
    DecodeOrder order_;
    std::optional<MediaRange> last_; // interval of what was handed out last, in presentation time
    std::optional<MediaTime> decoded_before_; // pts of the picture decoded last
    Duration spacing_{};                      // between the last two
    bool live_ = false;                       // between restart and the end
    bool ending_ = false;        // the end waits behind what outputs have not asked for yet
    bool stopped_short_ = false; // it has ended at the stop
    bool reached_ = false;       // the target has been handed out
    bool previewed_ = false;
    bool alone_ = false; // what is in the decoder is to come out before anything else goes in
    std::optional<Packet> refused_;       // the decoder was full
    std::optional<VideoFrame> candidate_; // at or before the target; given if nothing better comes
    SkipLevel skip_ = SkipLevel::none;
    SkipLevel floor_ = SkipLevel::none;
    bool thinned_ = false;
    std::optional<MediaTime> thinned_from_; // forward: the first picture for which that holds
    bool types_fixed_ = false;
    ReverseDecode back_;
    std::optional<VideoFrame> early_; // in reverse: what a preview would show
    std::optional<HostTime> lateness_told_;
};

} // namespace playhead
