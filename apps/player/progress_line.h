// The line in the terminal that says where playback is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "playhead/player.h"

namespace playhead::apps {

struct Progress {
    PlayerState state = PlayerState::empty;
    std::optional<MediaTime> position;
    std::optional<Duration> duration;
    std::optional<Duration> av_difference; // picture minus sound
    std::uint64_t dropped = 0;             // pictures
    std::uint64_t underruns = 0;           // of the sound
    double speed = 1.0;
    int volume = 100;
    bool muted = false;
    std::vector<Track> tracks;
};

// "playing  0:01:23.4 / 0:02:00.0  A-V +3 ms  dropped 0"; where there is a choice of tracks also which
// one plays: "  audio 2/3 eng".
std::string progress_line(const Progress& progress);

} // namespace playhead::apps
