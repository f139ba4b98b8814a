#include "stamps.h"

namespace playhead::ffmpeg {

namespace {

// A gap in one programme does not get this long. Backwards decoding stamps never go at all; what is
// allowed for is streams that do not end at the same point before a jump.
constexpr Duration longest_gap = std::chrono::seconds{10};
constexpr Duration longest_overlap = std::chrono::milliseconds{500};

bool fits(Duration at, Duration expected) {
    return at - expected < longest_gap && expected - at < longest_overlap;
}

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
