// AudioClock: what time it is in the programme by what is heard.
//
//            start, restart           pause
//   stopped ----------------> running <----> paused
//
// While running: held until the first frame of this start is heard; then the line through the frame
// and the time it is heard, at the rate of the mark before it; never beyond the end of the data there
// is, unless an end was announced; never backwards. `freewheel` makes it go on by host time from where
// it is, at any rate, until the device is heard again.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "outputs/audio_feeder.h"
#include "outputs/audio_render.h"
#include "playhead/timeline.h"

namespace playhead {

// Threads: none of its own; the owner's lock.
class AudioClock {
public:
    enum class State { stopped, running, paused };

    void mark(const AudioMark& mark);
    // Frame numbers begin to mean something else: the marks so far are void.
    void forget_marks() { marks_.clear(); }
    // Without one: the rate of the ring's frames.
    void set_rate_hz(int rate_hz) { rate_hz_ = rate_hz; }
    // How far there is data; none: an end was announced, or everything before it is there.
    void set_data_end(std::optional<std::int64_t> frame) { data_end_ = frame; }

    // Reports of another generation do not count.
    void start(std::uint64_t generation, MediaTime at);
    void restart(std::uint64_t generation);
    // The same line goes on in another generation (the device comes back while freewheeling).
    void rejoin(std::uint64_t generation) { generation_ = generation; }
    void pause(HostTime now, const RenderReport& report);
    void hold(MediaTime at); // paused there
    void stop();
    void freewheel(HostTime now, const RenderReport& report, double rate);
    // While freewheeling: along that line from now on.
    void ride(HostTime now, const Timeline& line);

    State state() const { return state_; }
    bool freewheels() const { return state_ == State::running && freewheel_.has_value(); }
    // Whether the device is heard, so that the line is known.
    bool on_line(const RenderReport& report) const;

    // Remembers what it has said, so as not to say less later.
    Timeline timeline(HostTime now, const RenderReport& report);
    // When a timeline of rate 0 is to be looked at again: it begins to move by what is known now, or its
    // line bends. None: not by itself.
    std::optional<HostTime> moves_at(HostTime now, const RenderReport& report);
    // When the line turns by what is known now (at a mark of another rate, where a stretch ends or
    // begins); none: not by itself.
    std::optional<HostTime> turns_at(HostTime now, const RenderReport& report) const;
    MediaTime media_of(std::int64_t frame) const;

private:
    Timeline line(HostTime now, const RenderReport& report);
    std::deque<AudioMark>::const_iterator mark_of(std::int64_t frame) const;
    std::int64_t frame_at(HostTime now, std::int64_t frame, HostTime heard) const;
    HostTime host_of(std::int64_t frame, std::int64_t known, HostTime heard) const;
    std::optional<HostTime> next_mark(HostTime now, std::int64_t frame, HostTime heard,
                                      std::int64_t first, std::int64_t end) const;
    bool before_stretch(HostTime now, const RenderReport& report) const;
    MediaTime end_of_line(const RenderReport& report) const;
    Timeline line_through(HostTime now, std::int64_t frame, HostTime heard,
                          std::int64_t first) const;

    State state_ = State::stopped;
    int rate_hz_ = 48000;
    std::uint64_t generation_ = 0;
    MediaTime floor_{};
    std::optional<Timeline> freewheel_;
    std::optional<std::int64_t> data_end_;
    std::deque<AudioMark> marks_;
};

} // namespace playhead
