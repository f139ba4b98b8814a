#include "session/random_commands.h"

#include <sstream>

#include "playhead/headless/random.h"

namespace playhead::test {

namespace {

const char* const names[] = {"set_topology",
                             "clear_current",
                             "clear_topologies",
                             "start",
                             "start_at",
                             "start_segment",
                             "pause",
                             "cue",
                             "set_rate",
                             "switch_audio",
                             "switch_video",
                             "switch_second",
                             "switch_subtitles",
                             "stop",
                             "close",
                             "shutdown",
                             "wait",
                             "fail_read",
                             "damage",
                             "stall_read",
                             "release",
                             "lose_sink",
                             "buffer",
                             "buffered",
                             "media_stop",
                             "start_entry",
                             "stall_seek",
                             "stall_resolving"};

} // namespace

std::string text(const Op& op) {
    std::ostringstream out;
    out << names[static_cast<int>(op.what)];
    if (op.what == Do::set_topology)
        out << " " << op.item << " flags " << static_cast<int>(op.flags);
    if (op.second) out << (op.what == Do::lose_sink ? " of the second" : " with a tee");
    if (op.subtitles) out << " with subtitles";
    if (op.what == Do::start_at || op.what == Do::cue || op.what == Do::wait)
        out << " " << op.ms << " ms";
    if (op.what == Do::switch_audio || op.what == Do::switch_video ||
        op.what == Do::switch_second || op.what == Do::switch_subtitles) {
        out << " to stream " << op.item - 1 << " of source " << op.ms;
    }
    if (op.what == Do::media_stop) out << " of " << op.item << " at " << op.ms << " ms";
    if (op.what == Do::start_entry) out << " " << op.item;
    if (op.seek_mode == SeekMode::key_frame) out << " key frame";
    if (op.what == Do::set_rate) out << " " << op.rate;
    if (op.thinning == Thinning::key_frames) out << " thinned";
    return out.str();
}

std::vector<Op> sequence(std::uint64_t seed) {
    headless::Random random(seed * 2654435761U + 17);
    const auto upto = [&](int n) {
        return static_cast<int>(random.below(static_cast<std::uint32_t>(n)));
    };
    const double rates[] = {1.0, 2.0, 0.5, 0.0, -1.0, 4.0, -2.0, 1.0};
    std::vector<Op> ops;
    const int length = 4 + upto(28);
    for (int i = 0; i < length; ++i) {
        Op op;
        const int die = upto(100);
        if (die < 14) {
            op.what = Do::set_topology;
            op.item = upto(4);
            op.second = upto(3) == 0;
            op.subtitles = upto(3) == 0;
            const int f = upto(8);
            op.flags = f == 0   ? SetTopology::immediate
                       : f == 1 ? SetTopology::no_resolution
                       : f == 2 ? SetTopology::immediate | SetTopology::clear_current
                                : SetTopology::none;
        } else if (die < 16) {
            op.what = Do::clear_current;
        } else if (die < 18) {
            op.what = Do::clear_topologies;
        } else if (die < 30) {
            op.what = Do::start;
        } else if (die < 32) {
            op.what = Do::media_stop;
            op.item = upto(4); // the number of a topology: 0 is none
            op.ms = upto(8) == 0 ? -1 : upto(1300);
        } else if (die < 42) {
            op.what = Do::start_at;
            op.ms = upto(1300) - 100;
            op.seek_mode = upto(4) == 0 ? SeekMode::key_frame : SeekMode::exact;
        } else if (die < 43) {
            op.what = upto(2) == 0 ? Do::start_segment : Do::start_entry;
            op.item = upto(5) - 2;
        } else if (die < 51) {
            op.what = Do::pause;
        } else if (die < 55) {
            op.what = Do::cue;
            op.ms = upto(1300) - 100;
            op.seek_mode = upto(4) == 0 ? SeekMode::key_frame : SeekMode::exact;
        } else if (die < 63) {
            op.what = Do::set_rate;
            op.rate = rates[upto(8)];
            op.thinning = upto(4) == 0 ? Thinning::key_frames : Thinning::none;
        } else if (die < 72) {
            op.what = Do::stop;
        } else if (die < 73) {
            op.what = Do::close;
        } else if (die < 74) {
            op.what = Do::shutdown;
        } else if (die < 79) {
            const Do outputs[] = {Do::switch_audio, Do::switch_video, Do::switch_second,
                                  Do::switch_subtitles};
            op.what = outputs[upto(4)];
            op.item = upto(5);
            op.ms = upto(4);
        } else if (die < 81) {
            op.what = Do::buffer;
        } else if (die < 83) {
            op.what = Do::buffered;
        } else if (die < 92) {
            op.what = Do::wait, op.ms = upto(5) == 0 ? upto(1500) : upto(60);
        } else if (die < 93) {
            op.what = Do::fail_read;
        } else if (die < 95) {
            op.what = Do::damage;
        } else if (die < 97) {
            const Do stalls[] = {Do::stall_read, Do::stall_seek, Do::stall_resolving};
            op.what = stalls[upto(3)];
            op.ms = upto(2);
        } else if (die < 99) {
            op.what = Do::release;
        } else {
            op.what = Do::lose_sink, op.second = upto(2) == 0;
        }
        ops.push_back(op);
    }
    return ops;
}

} // namespace playhead::test
