// AudioSink: the stream sink behind an AudioOutput. It ties the pipeline's half (AudioFeeder), the
// device's half (AudioRender), the device itself (DeviceKeeper) and the clock (AudioClock) together.
//
// Nothing polls: one timer stands at the next moment at which something is known to be due (sound
// runs low, a marker is reached, the clock begins to move, a device has been silent for too long), and
// none while nothing moves. Only an end that waits for a device which stands is looked for once a
// period, until the device counts as silent.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "outputs/audio_clock.h"
#include "outputs/audio_feeder.h"
#include "outputs/audio_render.h"
#include "outputs/device_keeper.h"
#include "playhead/audio_output.h"
#include "playhead/backend/mutex.h"

namespace playhead {

// Position at a pause: what is heard at that moment. What the device holds then sounds on; playing on
// continues behind it, so nothing is lost or heard twice.
//
// Rates: within the stretcher's range the pitch is kept. A change is heard once the ring has played
// out (AudioOutputOptions::ahead, and the device's latency), and the clock's line turns exactly there.
// Other rates are silent, the clock goes on by host time from the change on. At rate 0 no sample is
// asked for.
//
// Joins: blocks may follow an end_of_segment marker. If they come in time the sound goes on without a
// seam; if not, it is heard again from where the clock is. A tick says that there is a gap: the same,
// but what follows it is asked for.
//
// Where another source drives the clock, the sound follows that: it begins when the clock's line does,
// stands when it stands, and is heard anew from where the clock is once they are `apart`.
//
// Threads: as StreamSink and ClockTimeSource say. The feeder belongs to the strand; `mutex_` guards
// the rest and is held for a few instructions, so the control lane may take it.
class AudioSink final : public StreamSink,
                        public ClockTimeSource,
                        public TimelineWatcher,
                        public std::enable_shared_from_this<AudioSink> {
public:
    AudioSink(std::shared_ptr<AudioDevice> device, const AudioOutputOptions& options);
    ~AudioSink() override;

    StreamKind kind() const override { return StreamKind::audio; }
    SinkTraits traits() const override;
    Result<MediaType> negotiate(const MediaType& offered) const override;
    void attach(const SinkContext& context) override;
    void process(Sample sample) override;
    void place_marker(const Marker& marker) override;
    void flush() override;
    void preroll(MediaTime t) override;
    void change_over(MediaTime t) override;
    ClockTimeSource* time_source() override { return this; }
    void shut_down() override;

    void on_start(HostTime when, MediaTime at) override;
    void on_restart(HostTime when) override;
    void on_pause(HostTime when) override;
    void on_stop(HostTime when) override;
    void on_set_rate(HostTime when, double rate) override;

    Result<void> try_start(HostTime when, MediaTime at) override;
    Result<void> try_restart(HostTime when) override;
    Result<void> try_pause(HostTime when) override;
    Result<void> try_stop(HostTime when) override;
    Result<void> try_set_rate(HostTime when, double rate) override;
    Timeline timeline(HostTime now) const override;
    void watch(std::weak_ptr<TimelineWatcher> watcher) override;
    void on_turn() override;

    void set_volume(double linear);
    double volume() const;
    void set_mute(bool mute);
    bool mute() const;
    std::uint64_t underruns() const { return render_->underruns(); }
    std::uint64_t frames_played() const { return render_->frames_played(); }
    bool device_open() const { return keeper_->is_open(); }

private:
    enum class State { stopped, ready, running, paused }; // ready: prerolling, or prerolled
    enum class Attempt { first, again };
    // A marker, and the time at which everything before it has been heard.
    struct Waiting {
        Marker marker;
        MediaTime at{};
    };
    // A start that waits for the clock's line to move.
    struct Awaited {
        std::optional<MediaTime> at; // none: where the pause was
    };
    // What to tell the host once the lock is free.
    struct News {
        int requests = 0;
        std::uint64_t underruns = 0;
        bool prerolled = false;
        bool turn = false;
        std::vector<Waiting> reached;
    };

    // The strand's.
    void advance();
    void follow_clock();
    void watch_clock();
    void pump();
    void rejoin();
    void lay_ring(const Result<AudioFormat>& answer); // blocking lane
    void on_device_answer(const Result<AudioFormat>& answer);
    void abort_markers(Status status);
    void open_device(Attempt attempt);

    // With the lock.
    void begin_locked(HostTime when, std::optional<MediaTime> at, const Timeline* led_by = nullptr);
    void await_locked(std::optional<MediaTime> at);
    void pause_locked(HostTime when);
    void stop_locked(HostTime when);
    News update_locked(HostTime now, const RenderReport& report);
    bool may_rejoin_locked(const RenderReport& report) const;
    void set_rate_locked(HostTime when, double rate);
    void go_silent_locked(HostTime now, const RenderReport& report);
    void reseat_locked(HostTime now, const RenderReport& report);
    void join_locked(HostTime now, const RenderReport& report);
    bool sounds_locked() const;
    double pace_locked() const;
    bool silent_locked() const;
    HostTime alive_locked(const RenderReport& report) const;
    Status watch_device_locked(HostTime now, const RenderReport& report);
    void ask_locked(HostTime now, const RenderReport& report, News& news);
    std::optional<HostTime> next_locked(HostTime now, const RenderReport& report);
    void arm_locked(std::optional<HostTime> due);
    void order_locked() { render_->order(orders_); }
    bool drives_clock_locked() const;
    Duration queued_locked(HostTime now, const RenderReport& report) const;
    Duration in_ring_locked(const RenderReport& report) const;
    bool taken_locked(MediaTime at, const RenderReport& report) const;
    Duration in_host_locked(Duration media) const;
    void set_gain_locked();

    void tell(const News& news);
    std::shared_ptr<StreamSinkHost> host() const;

    const std::shared_ptr<AudioDevice> device_;
    const AudioOutputOptions options_;
    const std::shared_ptr<AudioRender> render_;
    const std::shared_ptr<DeviceKeeper> keeper_;

    AudioFeeder feeder_; // the strand's
    bool joins_ = false; // the strand's: the last block came behind an end

    mutable Mutex mutex_;
    SinkContext context_;
    mutable std::optional<AudioFormat> offered_;
    State state_ = State::stopped;
    std::optional<Awaited> awaited_;
    std::weak_ptr<ClockTimeSource> watched_;
    mutable AudioClock clock_;
    RenderOrders orders_;
    std::shared_ptr<SampleRing> ring_;
    AudioFormat format_;   // the device's
    bool settled_ = false; // the device is open, or has said why it will not
    HostTime opening_since_{};
    bool failed_ = false; // said to the host
    double volume_;
    bool mute_ = false;
    double rate_ = 1.0; // asked for
    int open_requests_ = 0;
    bool asking_ = false;     // not between a flush and what follows it
    Duration block_length_{}; // of the last block; 0: none yet
    Duration waiting_{};      // what the feeder holds
    MediaTime fed_until_{};   // where the data given so far ends (in reverse: begins)
    bool fed_ = false;        // any since preroll or flush
    bool feeder_done_ = false;
    bool ended_ = false; // there is no more, or not for a while
    bool gap_ = false;   // that is a gap
    bool prerolled_ = false;
    bool reseat_ = false; // flushed while running: the next sound begins anew
    std::deque<Waiting> markers_;
    HostTime quiet_since_{}; // a device that has not called since then counts as silent
    std::int64_t callbacks_then_ = 0;
    std::optional<HostTime> close_at_;
    HostTime began_{};               // the last start or restart
    Duration flow_wait_{};           // how long to wait for the callback that should come
    std::int64_t taken_then_ = 0;    // by the device, when that was last looked at
    mutable double told_rate_ = 0.0; // of the line, as watchers and readers know it
    std::uint64_t underruns_told_ = 0;
    TimerId timer_ = 0;
    HostTime timer_due_{};
    std::vector<std::weak_ptr<TimelineWatcher>> watchers_;
};

} // namespace playhead
