#include "outputs/audio_clock.h"

#include <algorithm>
#include <limits>

namespace playhead {
namespace {

constexpr std::int64_t last_frame = std::numeric_limits<std::int64_t>::max();
constexpr Duration kept = std::chrono::seconds{2}; // of marks behind what is heard

} // namespace

void AudioClock::mark(const AudioMark& mark) {
    while (marks_.size() > 1 &&
           marks_[1].first_frame + duration_to_frames(kept, rate_hz_) < mark.first_frame) {
        marks_.pop_front();
    }
    marks_.push_back(mark);
}

// The mark whose line the frame is on; the end if there are none.
std::deque<AudioMark>::const_iterator AudioClock::mark_of(std::int64_t frame) const {
    auto it =
        std::upper_bound(marks_.begin(), marks_.end(), frame,
                         [](std::int64_t f, const AudioMark& m) { return f < m.first_frame; });
    if (it != marks_.begin()) --it;
    return it;
}

MediaTime AudioClock::media_of(std::int64_t frame) const {
    const auto it = mark_of(frame);
    if (it == marks_.end()) return floor_;
    const Duration way = frames_to_duration(frame - it->first_frame, rate_hz_);
    return Timeline{HostTime{}, it->media, it->rate}.media_at(HostTime{way});
}

void AudioClock::start(std::uint64_t generation, MediaTime at) {
    generation_ = generation;
    state_ = State::running;
    floor_ = at;
    freewheel_.reset();
}

void AudioClock::restart(std::uint64_t generation) {
    generation_ = generation;
    state_ = State::running;
    freewheel_.reset();
}

void AudioClock::pause(HostTime now, const RenderReport& report) {
    if (state_ == State::running) floor_ = timeline(now, report).media_at(now);
    state_ = State::paused;
    freewheel_.reset();
}

void AudioClock::hold(MediaTime at) {
    state_ = State::paused;
    floor_ = at;
    freewheel_.reset();
}

void AudioClock::stop() {
    state_ = State::stopped;
    floor_ = media_zero;
    freewheel_.reset();
}

void AudioClock::freewheel(HostTime now, const RenderReport& report, double rate) {
    const MediaTime at = timeline(now, report).media_at(now);
    generation_ = 0; // no report counts until rejoin()
    freewheel_ = Timeline{now, at, rate};
}

void AudioClock::ride(HostTime now, const Timeline& line) {
    floor_ = line.media_at(now);
    freewheel_ = line;
}

bool AudioClock::on_line(const RenderReport& report) const {
    return generation_ != 0 && report.generation == generation_;
}

// The frame that is heard at that time if all around it sounds without a gap.
std::int64_t AudioClock::frame_at(HostTime now, std::int64_t frame, HostTime heard) const {
    return frame + duration_to_frames(now - heard, rate_hz_, Rounding::down);
}

// When `frame` is heard, where `known` is heard at `heard`.
HostTime AudioClock::host_of(std::int64_t frame, std::int64_t known, HostTime heard) const {
    return heard + frames_to_duration(frame - known, rate_hz_);
}

// The line of the mark that is heard now, where `frame` is heard at `heard`, of a stretch that begins
// with `first`.
Timeline AudioClock::line_through(HostTime now, std::int64_t frame, HostTime heard,
                                  std::int64_t first) const {
    const auto mark = mark_of(std::max(frame_at(now, frame, heard), first));
    if (mark == marks_.end()) return {heard, floor_, 1.0};
    if (mark == mark_of(frame)) return {heard, media_of(frame), mark->rate};
    return {heard + frames_to_duration(mark->first_frame - frame, rate_hz_), mark->media,
            mark->rate};
}

// Whether what sounds is from before the last lack, or nothing is: the stretch on the line has not begun.
bool AudioClock::before_stretch(HostTime now, const RenderReport& report) const {
    return report.has_before && frame_at(now, report.frame, report.heard) < report.first_frame;
}

// Dry: what was handed over is all that sounds until the device is heard again. Else the line ends where
// the data does; while the device has some left to take, that is no want of data.
MediaTime AudioClock::end_of_line(const RenderReport& report) const {
    const bool ends = report.dry || (data_end_ && report.taken >= *data_end_);
    return ends ? media_of(report.taken) : MediaTime::max();
}

// The line, and what bounds it ahead; not yet what bounds it behind.
Timeline AudioClock::line(HostTime now, const RenderReport& report) {
    if (!on_line(report)) return freewheel_ ? *freewheel_ : Timeline{now, floor_, 0.0};
    freewheel_.reset();

    Timeline line = line_through(now, report.frame, report.heard, report.first_frame);
    MediaTime end = end_of_line(report);
    if (before_stretch(now, report)) {
        line = line_through(now, report.before_frame, report.before_heard, report.before_first);
        end = std::min(end, media_of(report.before_end));
    }
    if (line.media_at(now) >= end) return {now, end, 0.0};
    return line;
}

Timeline AudioClock::timeline(HostTime now, const RenderReport& report) {
    if (state_ != State::running) return {now, floor_, 0.0};
    const Timeline line = this->line(now, report);
    const MediaTime position = line.media_at(now);
    if (position < floor_ && !freewheel_) return {now, floor_, 0.0};
    floor_ = position;
    return line;
}

// When the next mark of another rate is heard, on that line and before `end`.
std::optional<HostTime> AudioClock::next_mark(HostTime now, std::int64_t frame, HostTime heard,
                                              std::int64_t first, std::int64_t end) const {
    if (marks_.empty()) return std::nullopt;
    const std::int64_t at = std::max(frame_at(now, frame, heard), first);
    const double rate = mark_of(at)->rate;
    const auto next = std::find_if(marks_.begin(), marks_.end(), [&](const AudioMark& mark) {
        return mark.first_frame > at && mark.first_frame < end && mark.rate != rate;
    });
    if (next == marks_.end()) return std::nullopt;
    return host_of(next->first_frame, frame, heard);
}

// The inverse of line(): when that goes beyond what was said; sooner where the line bends before, since
// it is not looked at further than that.
std::optional<HostTime> AudioClock::moves_at(HostTime now, const RenderReport& report) {
    if (state_ != State::running || !on_line(report) || floor_ >= end_of_line(report)) {
        return std::nullopt;
    }
    std::optional<HostTime> first;
    const auto consider = [&](std::optional<HostTime> at) {
        if (at && (!first || *at < *first)) first = at;
    };
    if (before_stretch(now, report)) {
        // A device that takes up its line elsewhere lets this stretch begin before the one before it
        // would have ended, so neither line tells of the other.
        consider(host_of(report.first_frame, report.frame, report.heard));
        if (floor_ < media_of(report.before_end)) {
            consider(
                line_through(now, report.before_frame, report.before_heard, report.before_first)
                    .host_at(floor_));
        }
        consider(next_mark(now, report.before_frame, report.before_heard, report.before_first,
                           report.before_end));
    } else {
        consider(line_through(now, report.frame, report.heard, report.first_frame).host_at(floor_));
        consider(next_mark(now, report.frame, report.heard, report.first_frame, last_frame));
    }
    return first ? std::optional{std::max(*first, now + Duration{1})} : std::nullopt;
}

std::optional<HostTime> AudioClock::turns_at(HostTime now, const RenderReport& report) const {
    if (state_ != State::running || !on_line(report)) return std::nullopt;
    std::optional<HostTime> turn;
    if (before_stretch(now, report)) {
        turn = std::min(host_of(report.before_end, report.before_frame, report.before_heard),
                        host_of(report.first_frame, report.frame, report.heard));
        const auto mark = next_mark(now, report.before_frame, report.before_heard,
                                    report.before_first, report.before_end);
        if (mark) turn = std::min(*turn, *mark);
    } else {
        turn = next_mark(now, report.frame, report.heard, report.first_frame, last_frame);
    }
    return turn ? std::optional{std::max(*turn, now + Duration{1})} : std::nullopt;
}

} // namespace playhead
