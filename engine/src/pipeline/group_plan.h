// GroupPlan: which packets a reader takes for a play in reverse, group by group, last one first.
//
//   seek_target() --> the source is there --> take(), take() ... --> verdict: group --> next seek
//
// A group is what can be decoded by itself: a key frame and what follows it, up to the first picture
// of the group that was taken before. Its pictures are those from its key frame on; where groups are
// open, those that the next group begins with but shows before its key frame come with this one, for
// only after it can they be decoded. So each picture belongs to one group, by its stamp.
#pragma once

#include <vector>

#include "pipeline/passage.h"
#include "playhead/command.h"

namespace playhead {

// Threads: none of its own; the reader's. Times are media times.
class GroupPlan {
public:
    // The group that holds `at` comes first; the one that holds `stop` is the last, or that at the
    // beginning. Thinned: the key frame of each group is enough.
    GroupPlan(MediaTime at, std::optional<MediaTime> stop, Thinning thinning,
              std::size_t most_bytes);

    // Where the source has to be for the next group. At or before zero: the very beginning.
    MediaTime seek_target() const;
    // The source is there. Told before the first take().
    void arrived();

    enum class Verdict {
        more,      // the next packet
        group,     // packets() are one, in file order
        elsewhere, // the source came out too late: another seek
        end,       // there is nothing before what was taken
        too_long   // more than may be held in memory
    };
    // A packet of the stream, in file order; the end of the file.
    Verdict take(Packet packet);
    Verdict take_end();
    // After `group`: hands them over; more() tells whether there is another group.
    std::vector<Packet> packets();
    bool more() const { return !over_; }

private:
    Verdict conclude();

    const std::optional<MediaTime> stop_;
    const Thinning thinning_;
    const std::size_t most_bytes_;
    MediaTime upper_; // pictures from here on have been taken, or are not wanted
    Duration back_{}; // how far before it to look
    bool at_beginning_ = false;
    bool over_ = false;
    std::optional<MediaTime> begin_; // of the group under way
    bool exact_ = true;              // else the key frame may be shown a little later
    Passage passage_;
    std::vector<Packet> packets_;
    std::size_t bytes_ = 0;
};

} // namespace playhead
