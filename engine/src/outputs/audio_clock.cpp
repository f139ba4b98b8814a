#include "outputs/audio_clock.h"

#include <algorithm>

namespace playhead {
namespace {

constexpr Duration kept = std::chrono::seconds{2}; // of marks behind what is heard

} // namespace

void AudioClock::mark(const AudioMark& mark) {
    while (marks_.size() > 1 &&
           marks_[1].first_frame + duration_to_frames(kept, rate_hz_) < mark.first_frame) {
        marks_.pop_front();
    }
    marks_.push_back(mark);
}

MediaTime AudioClock::media_of(std::int64_t frame) const {
    if (marks_.empty()) return floor_;
    auto it =
        std::upper_bound(marks_.begin(), marks_.end(), frame,
                         [](std::int64_t f, const AudioMark& m) { return f < m.first_frame; });
    if (it != marks_.begin()) --it;
    return it->media + frames_to_duration(frame - it->first_frame, rate_hz_);
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

void AudioClock::freewheel(HostTime now, const RenderReport& report) {
    const MediaTime at = timeline(now, report).media_at(now);
    generation_ = 0; // no report counts until rejoin()
    freewheel_ = Timeline{now, at, 1.0};
}

bool AudioClock::on_line(const RenderReport& report) const {
    return generation_ != 0 && report.generation == generation_;
}

// The line, and what bounds it ahead; not yet what bounds it behind.
Timeline AudioClock::line(HostTime now, const RenderReport& report) {
    if (!on_line(report)) return freewheel_ ? *freewheel_ : Timeline{now, floor_, 0.0};
    freewheel_.reset();

    const std::int64_t passed = duration_to_frames(now - report.heard, rate_hz_, Rounding::down);
    MediaTime media = media_of(report.frame);
    HostTime heard = report.heard;
    for (const AudioMark& mark : marks_) { // the stretch that is heard now
        if (mark.first_frame > report.frame && mark.first_frame <= report.frame + passed) {
            media = mark.media;
            heard = report.heard + frames_to_duration(mark.first_frame - report.frame, rate_hz_);
        }
    }
    Timeline line{heard, media, 1.0};
    MediaTime end = MediaTime::max();
    // Dry: what was handed over is all that sounds until the device is heard again. Else the line ends
    // where the data does; while the device has some left to take, that is no want of data.
    if (report.dry || (data_end_ && report.taken >= *data_end_)) end = media_of(report.taken);
    if (report.has_before) {
        const Timeline before{report.before_heard, media_of(report.before_frame), 1.0};
        if (before.media_at(now) > line.media_at(now) &&
            line.media_at(now) < media_of(report.before_end)) {
            line = before;
            end = std::min(end, media_of(report.before_end));
        }
    }
    if (line.media_at(now) >= end) return {now, end, 0.0};
    return line;
}

Timeline AudioClock::timeline(HostTime now, const RenderReport& report) {
    if (state_ != State::running) return {now, floor_, 0.0};
    const Timeline line = this->line(now, report);
    const MediaTime position = line.media_at(now);
    if (position < floor_) return {now, floor_, 0.0};
    floor_ = position;
    return line;
}

std::optional<HostTime> AudioClock::moves_at(HostTime now, const RenderReport& report) {
    if (state_ != State::running || !on_line(report)) return std::nullopt;
    const Timeline line{report.heard, media_of(report.frame), 1.0};
    if (report.dry) return std::nullopt;
    const auto at = line.host_at(floor_);
    return at && *at > now ? at : std::nullopt;
}

} // namespace playhead
