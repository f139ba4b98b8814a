// Stamps: from a stream's ticks to the presentation's line, also where the ticks jump.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "playhead/time.h"

namespace playhead::ffmpeg {

// Transport streams may start their clock anew in mid-stream (a splice, a restarted encoder). What
// follows such a jump is moved so that it goes on where the stream was; streams that jump by the same
// amount keep their places to one another.
// Units: nanoseconds on the presentation's line, before moving.
// Threads: the reader's.
class Stamps {
public:
    // `may_jump`: formats whose clock is not bound to run through.
    Stamps(std::size_t streams, bool may_jump);

    // How far to move the packet with this decoding stamp. `continuous`: a kind of stream that has
    // no gaps by nature.
    Duration shift(std::size_t stream, std::optional<Duration> dts, std::optional<Duration> length,
                   bool continuous);
    // After a seek the line is the file's own again.
    void reset();

private:
    struct Track {
        Duration shift{};
        std::optional<Duration> expected; // shifted: where the next packet belongs
    };
    std::vector<Track> tracks_;
    Duration newest_{}; // shift of the stream that jumped last
    bool may_jump_;
};

} // namespace playhead::ffmpeg
