// The commands of a random sequence, and what befalls the session between them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "playhead/command.h"

namespace playhead::test {

enum class Do {
    set_topology,
    clear_current,
    clear_topologies,
    start,
    start_at,
    start_segment,
    pause,
    cue,
    set_rate,
    switch_audio,
    switch_video,
    switch_second,
    switch_subtitles,
    stop,
    close,
    shutdown,
    wait,
    fail_read,
    damage,
    stall_read,
    release,
    lose_sink,
    buffer,
    buffered,
    media_stop,
    start_entry,
    stall_seek,
    stall_resolving
};

struct Op {
    Do what = Do::wait;
    int item = 0;           // set_topology: which source
    bool second = false;    // and its pictures go to a second output as well;
                            // lose_sink: that one
    bool subtitles = false; // set_topology: those of it are shown
    SetTopology flags = SetTopology::none;
    int ms = 0;                           // a position or a time to wait
    SeekMode seek_mode = SeekMode::exact; // start_at, cue
    double rate = 1.0;
    Thinning thinning = Thinning::none; // set_rate
};

std::string text(const Op& op);
// The sequence of that seed.
std::vector<Op> sequence(std::uint64_t seed);

} // namespace playhead::test
