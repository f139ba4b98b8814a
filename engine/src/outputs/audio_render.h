// AudioRender: the device's half of an audio output. It takes sound from the ring, or makes silence,
// and tells what is heard when.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "outputs/callback_fit.h"
#include "outputs/published.h"
#include "outputs/sample_ring.h"
#include "playhead/backend/audio_device.h"
#include "playhead/backend/executor.h"

namespace playhead {

// What the device's callback is to do. Frames are numbers of the ring.
struct RenderOrders {
    std::uint64_t generation = 0; // raised by every start; what plays then belongs to it
    bool playing = false;
    bool fade_in = false;         // the start cuts into sound
    bool has_appointment = false; // frame due_frame is to be heard at due_at: not before it,
    bool may_skip = false;        // and if this is set not behind it either
    std::int64_t due_frame = 0;
    HostTime due_at{};
    std::int64_t discard_to = 0; // frames before it are not to be played any more
    // Behind the last frame there will be: running dry there is an end, not a lack. More may come
    // after all (the next item of a queue).
    std::int64_t end = std::numeric_limits<std::int64_t>::max();
};

// What the callback did. Lines: `frame` is heard at `heard`, the others of its stretch a sample
// period apart.
struct RenderReport {
    std::uint64_t generation = 0; // that of the sound on the line; 0: none yet
    std::int64_t callbacks = 0;
    HostTime called{};      // when the last callback came
    Duration period{};      // length of what it asked for
    Duration lead{};        // from the call until its first frame is heard
    std::int64_t taken = 0; // ring frames before it were played or skipped
    bool dry = false;       // the last callback found too little
    std::int64_t frame = 0;
    HostTime heard{};
    std::int64_t first_frame = 0; // of this stretch
    // The stretch before this one, still sounding when the next was begun after a lack.
    bool has_before = false;
    std::int64_t before_frame = 0;
    HostTime before_heard{};
    std::int64_t before_first = 0;
    std::int64_t before_end = 0;
};

// Threads: render() and lost() on the device's threads, wait-free; the ring's calls on the blocking
// lane; order() by one caller at a time, from any thread; the rest from anywhere.
class AudioRender final : public AudioFeed {
public:
    static constexpr Duration ramp = std::chrono::milliseconds{5};

    void render(std::span<float> out, const FeedTime& when) noexcept override;
    void lost() noexcept override;

    // Without a ring the feed gives silence: from close_ring(), called before the device is opened,
    // until open_ring(), called when it is known what it runs at.
    void open_ring(std::shared_ptr<SampleRing> ring, int rate_hz,
                   std::shared_ptr<const HostClock> clock);
    void close_ring();
    void order(const RenderOrders& orders) noexcept { orders_.publish(orders); }
    RenderReport report() const noexcept { return report_.read(); }

    void set_gain(float gain) noexcept { gain_wish_.store(gain, std::memory_order_relaxed); }
    bool was_lost() const noexcept { return lost_.load(std::memory_order_acquire); }
    void clear_lost() noexcept { lost_.store(false, std::memory_order_release); }
    // Called once when the device is lost; set before open.
    void on_lost(Task task) { on_lost_ = std::move(task); }
    std::uint64_t underruns() const noexcept { return underruns_.load(std::memory_order_relaxed); }
    std::uint64_t frames_played() const noexcept { return played_.load(std::memory_order_relaxed); }

private:
    struct Out;
    void look(const SampleRing& ring) noexcept;
    void copy(Out& out, std::int64_t frames, float to_gain, float step) noexcept;
    void leave_off(const Out& out) noexcept;
    void add_tail(const Out& out) noexcept;
    void begin_stretch(const Out& out) noexcept;
    void play(Out& out, bool fresh) noexcept;

    std::shared_ptr<const HostClock> clock_;
    Published<RenderOrders> orders_;
    Published<RenderReport> report_;
    std::atomic<float> gain_wish_{1.0F};
    std::atomic<bool> lost_{false};
    std::atomic<std::uint64_t> underruns_{0};
    std::atomic<std::uint64_t> played_{0};
    std::atomic<SampleRing*> ring_{nullptr};
    std::shared_ptr<SampleRing> ring_held_;
    Task on_lost_;

    // The device thread's own.
    int rate_hz_ = 48000;
    std::int64_t ramp_frames_ = 240;
    CallbackFit fit_;
    RenderOrders now_;
    std::int64_t known_ = 0; // frames of the ring that came before those orders were read
    RenderReport told_;
    std::int64_t asked_ = 0; // frames the device has asked for since it was opened
    bool sounding_ = false;  // the last frame given was the ring's
    bool met_ = false;       // the appointment was kept
    // That of the generation; behind an end the line that sound has been on, so that what comes after
    // all is heard in its right place.
    std::int64_t due_frame_ = 0;
    HostTime due_at_{};
    bool may_skip_ = false;
    std::uint64_t playing_ = 0; // generation that sounds
    float gain_ = 0.0F;
    std::vector<float> last_;    // the last frame that sounded
    std::int64_t tail_ = 0;      // frames it still takes to run out
    std::int64_t tail_from_ = 0; // where in this request that begins
};

} // namespace playhead
