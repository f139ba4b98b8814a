// VideoSink: the stream sink behind a VideoOutput. Frames wait in time order; the clock decides which
// one is current; whoever pulls gets that one.
//
//   process() --> [ queue: frames not yet due ] --> current --> frame_due()
//
// A timer retires frames when nobody pulls. While somebody does it stands far behind the queue, so
// that it neither disturbs nor wakes the machine; markers get their exact time either way.
//
// In reverse frames come in falling order, and one is due when the clock falls below its end. At rate
// 0 nothing is due: each start and each step makes the next frame current, whatever its time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/mutex.h"
#include "playhead/video_output.h"

namespace playhead {

// Threads: as StreamSink and VideoOutput say. `mutex_` guards everything but the converter, which is
// the strand's; it is held for pointer moves only, and nothing foreign is called under it.
class VideoSink final : public StreamSink,
                        public TimelineWatcher,
                        public std::enable_shared_from_this<VideoSink> {
public:
    using Wish = std::function<std::optional<VideoFormat>(const VideoFormat&)>;

    explicit VideoSink(const VideoOutputOptions& options);

    StreamKind kind() const override { return StreamKind::video; }
    SinkTraits traits() const override;
    Result<MediaType> negotiate(const MediaType& offered) const override;
    void attach(const SinkContext& context) override;
    void process(Sample sample) override;
    void place_marker(const Marker& marker) override;
    void flush() override;
    void preroll(MediaTime t) override;
    void change_over(MediaTime t) override;
    void step() override;
    void shut_down() override;

    void on_start(HostTime when, MediaTime at) override;
    void on_restart(HostTime when) override;
    void on_pause(HostTime when) override;
    void on_stop(HostTime when) override;
    void on_set_rate(HostTime when, double rate) override;
    void on_turn() override;

    DueFrame frame_due(HostTime now);
    void on_change(std::function<void()> wake);
    void convert_to(Wish wish);
    void presented(const VideoFrame& frame, HostTime when);
    std::optional<Duration> last_difference() const;
    std::uint64_t frames_shown() const;
    std::uint64_t frames_late() const;

private:
    enum class State { stopped, ready, running, paused }; // ready: prerolling, or prerolled
    struct Entry {
        VideoFrame decoded;
        VideoFrame shown; // converted, where that is wished for
        MediaTime end{};
    };
    struct Waiting {
        Marker marker;
        std::optional<MediaRange> after; // the frame before it; none: nothing before it
    };
    // Where the clock is, as far as this sink follows it.
    struct Moment {
        HostTime now{};
        Timeline line;
        MediaTime position{};
    };
    struct News {
        int requests = 0;
        int late = 0;
        bool prerolled = false;
        bool wake = false;
        bool scrubbed = false;
        std::optional<MediaTime> scrubbed_to;
        std::vector<Waiting> reached;
    };

    void advance();
    void reconvert();
    void restart(HostTime when, bool running);
    VideoFrame convert(const VideoFrame& frame);
    std::shared_ptr<StreamSinkHost> host() const;
    std::shared_ptr<const PresentationClock> clock() const;
    void tell(const News& news);

    Moment moment_locked(HostTime now, const Timeline& line) const;
    bool reverse_locked() const { return rate_ < 0; }
    bool gone_by_locked(const Waiting& waiting, const Moment& moment) const;
    std::optional<HostTime> due_locked(const Entry& entry, const Timeline& line) const;
    void scrub_locked(News& news, std::vector<Entry>& retired);
    int retire_locked(const Moment& moment, bool pulled, std::vector<Entry>& retired);
    bool late_locked(const Moment& moment, const Entry& entry) const;
    News update_locked(const Moment& moment, std::vector<Entry>& retired);
    int ask_locked();
    bool prerolled_locked() const;
    std::optional<HostTime> front_due_locked(const Moment& moment) const;
    bool wakes_locked(const Moment& moment);
    std::optional<HostTime> next_locked(const Moment& moment) const;
    void arm_locked(std::optional<HostTime> due);
    void settle_interval_locked(Entry& entry);

    const VideoOutputOptions options_;

    mutable Mutex mutex_;
    SinkContext context_;
    State state_ = State::stopped;
    std::deque<Entry> queue_;
    std::optional<Entry> current_;
    bool current_new_ = false; // what is current, or that there is none, was not given yet
    bool stale_ = false;  // the current one is of before a flush: the next frame takes its place
    MediaTime held_at_{}; // position while ready or paused
    std::optional<MediaRange> last_; // interval of the frame that came last
    Duration interval_{};            // between the last two
    std::deque<Waiting> markers_;
    bool ended_ = false;
    bool prerolled_ = false;
    bool asking_ = false;    // not between a flush and what follows it
    double rate_ = 1.0;      // as told last; the line's is 0 while it is held, too
    bool scrubbing_ = false; // rate 0: a start or a step waits for its frame
    int open_requests_ = 0;
    bool woken_ = false; // and has not pulled since
    std::optional<HostTime> promised_;
    std::optional<HostTime> pulled_;
    HostTime new_since_{}; // when a frame became current last
    std::uint64_t shown_ = 0;
    std::uint64_t late_ = 0;
    std::optional<Duration> difference_;
    std::shared_ptr<const Wish> wish_;
    std::weak_ptr<ClockTimeSource> watched_;
    TimerId timer_ = 0;
    HostTime timer_due_{};

    CallMutex wake_mutex_; // held while the wake-up runs, so that replacing it waits
    std::function<void()> wake_;

    std::unique_ptr<VideoConverter> converter_; // the strand's
    bool conversion_failed_ = false;            // the strand's
};

} // namespace playhead
