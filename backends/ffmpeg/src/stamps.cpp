#include "stamps.h"

namespace playhead::ffmpeg {

namespace {

// Players and broadcasters agree on about this much as what no gap in one programme reaches.
constexpr Duration jump = std::chrono::seconds{10};

bool fits(Duration at, Duration expected) { return at - expected < jump && expected - at < jump; }

} // namespace

Stamps::Stamps(std::size_t streams, bool may_jump) : tracks_(streams), may_jump_(may_jump) {}

void Stamps::reset() {
    tracks_.assign(tracks_.size(), Track{});
    newest_ = {};
}

Duration Stamps::shift(std::size_t stream, std::optional<Duration> dts,
                       std::optional<Duration> length, bool continuous) {
    if (!may_jump_) {
        return {};
    }
    Track& track = tracks_[stream];
    if (!continuous) {
        return newest_;
    }
    if (!dts) {
        return track.shift;
    }
    if (!track.expected) {
        track.shift = newest_;
    } else if (!fits(*dts + track.shift, *track.expected)) {
        if (!fits(*dts + newest_, *track.expected)) {
            newest_ = *track.expected - *dts;
        }
        track.shift = newest_;
    }
    track.expected = *dts + track.shift + length.value_or(Duration{});
    return track.shift;
}

} // namespace playhead::ffmpeg
