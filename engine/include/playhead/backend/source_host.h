// SourceHost: what a source tells while it plays, and to whom.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "playhead/command.h"
#include "playhead/presentation.h"

namespace playhead {

// It has run out of data, and has enough again. Each beginning is one interval: the session's clock
// stands while any is open.
struct SourceBuffers {
    bool begins = false;
};
// The connection is lost and being made again; it is there again, or given up.
struct SourceReconnects {
    bool begins = false;
};
struct SourceMetadata {
    std::map<std::string, std::string> metadata; // all that holds from now on
};
struct SourceCharacter {
    SourceCharacteristics now = 0;
};
struct SourceWishesRate {
    double rate = 1.0;
    Thinning thinning = Thinning::none;
};
using SourceNews = std::variant<SourceBuffers, SourceReconnects, SourceMetadata, SourceCharacter,
                                SourceWishesRate>;

// Given to a source at its opening. What it tells between a start (the seek or the first read of one)
// and the stop, or the next start, becomes events of the session that plays it; the rest is ignored. An
// interval of buffering that is open then is over, without its end being told.
//
// A source need not tell that it buffers to be waited for: where `Presentation::may_stall` is set the
// pipeline sees for itself when its queues run dry.
//
// Threads: any; returns at once. Ownership: shared; may outlive whoever listens.
class SourceHost {
public:
    virtual ~SourceHost() = default;
    virtual void tell(SourceNews news) = 0;
};

} // namespace playhead
