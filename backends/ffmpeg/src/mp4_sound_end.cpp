#include "mp4_sound_end.h"

#include <algorithm>
#include <limits>

namespace playhead::ffmpeg {

namespace {

constexpr std::uint64_t most_ticks = std::numeric_limits<std::int64_t>::max() / 4;

} // namespace

std::optional<Duration> sound_end(const Mp4Track& track, std::uint32_t movie_ticks_per_second) {
    if (!track.sound || track.ticks_per_second == 0 || movie_ticks_per_second == 0 ||
        track.duration == 0 || track.duration > most_ticks) {
        return std::nullopt;
    }
    const TimeBase track_base{1, track.ticks_per_second};
    const TimeBase movie_base{1, movie_ticks_per_second};
    const auto in_track = [&](std::uint64_t movie_ticks) {
        return rescale(rescale(static_cast<std::int64_t>(movie_ticks), movie_base), track_base);
    };
    std::int64_t before = 0; // the track begins so much later
    const Mp4Edit* shown = nullptr;
    for (const Mp4Edit& edit : track.edits) {
        if (edit.duration == 0 || edit.duration > most_ticks || !edit.own_speed ||
            shown != nullptr) {
            return std::nullopt;
        }
        if (edit.media_time < 0) {
            before += in_track(edit.duration);
        } else {
            shown = &edit;
        }
    }
    const auto samples = static_cast<std::int64_t>(track.duration);
    if (shown == nullptr || shown->media_time >= samples) {
        return std::nullopt;
    }
    const std::int64_t there = samples - shown->media_time;
    const std::int64_t meant = in_track(shown->duration);
    const std::int64_t tick = track.ticks_per_second / movie_ticks_per_second + 1;
    const bool same = meant >= there - tick && meant <= there + tick;
    return rescale(before + (same ? there : std::min(meant, there)), track_base);
}

} // namespace playhead::ffmpeg
