// SubtitleSink: the stream sink behind a SubtitleOutput. Cues wait in time order; the clock decides
// which of them are on, and a timer wakes when that changes.
//
// A cue without an end is over when a later one begins, as is one that says so. Nothing waits for a subtitle: a start does not,
// and a presentation that has other outputs ends without this one.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "playhead/backend/mutex.h"
#include "playhead/subtitle_output.h"

namespace playhead {

// Threads: as StreamSink says; what it holds is the strand's, save where said.
class SubtitleSink final : public StreamSink,
                           public TimelineWatcher,
                           public std::enable_shared_from_this<SubtitleSink> {
public:
    explicit SubtitleSink(SubtitleOutput::Show show);
    void forget_show(); // any thread: it is not called any more

    StreamKind kind() const override { return StreamKind::subtitle; }
    SinkTraits traits() const override;
    Result<MediaType> negotiate(const MediaType& offered) const override;
    void attach(const SinkContext& context) override;
    void process(Sample sample) override;
    void place_marker(const Marker& marker) override;
    void flush() override;
    void preroll(MediaTime t) override;
    void change_over(MediaTime t) override;
    void cut(MediaTime t) override;
    void shut_down() override;

    void on_start(HostTime when, MediaTime at) override;
    void on_restart(HostTime when) override;
    void on_pause(HostTime when) override;
    void on_stop(HostTime when) override;
    void on_set_rate(HostTime when, double rate) override;
    void on_turn() override;

private:
    enum class State { stopped, ready, running, paused }; // ready: what is on at held_at_ shows
    struct Waiting {
        Marker marker;
        std::optional<MediaTime> after; // the end of what came before it; none: nothing did
    };

    void hear_turns(std::shared_ptr<StreamSinkHost> host);
    void advance();
    void follow(HostTime when, bool running);
    void drop_cues();
    void retire(MediaTime now);
    std::vector<SubtitleCue> on_at(MediaTime now) const;
    void show(std::vector<SubtitleCue> cues);
    void ask(MediaTime now);
    void answer_markers(MediaTime now);
    void arm(const Timeline& line, MediaTime now);
    void disarm();

    SinkContext context_;
    State state_ = State::stopped;
    std::deque<SubtitleCue> cues_; // that are on, or come; by pts
    std::vector<SubtitleCue> shown_;
    std::deque<Waiting> markers_;
    std::optional<MediaTime> last_end_; // of what came since the last flush
    MediaTime held_at_{};               // position while ready or paused
    double rate_ = 1.0;
    int open_requests_ = 0;
    bool asking_ = false; // not between a flush and what follows it
    std::weak_ptr<ClockTimeSource> watched_;
    TimerId timer_ = 0;
    std::optional<HostTime> timer_due_;
    std::uint64_t timers_ = 0; // one that is of an earlier number has been replaced

    Mutex turn_mutex_; // guards turn_host_: turns come on any thread
    std::shared_ptr<StreamSinkHost> turn_host_;

    CallMutex show_mutex_; // held while it runs, so that forgetting it waits
    SubtitleOutput::Show show_;
};

} // namespace playhead
