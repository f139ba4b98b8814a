// Sequencer: an ordered list of topologies that a session plays one behind the other without a gap.
// After Media Foundation's sequencer source (media-session.md section 6.2).
//
//   Sequencer list{session};
//   list.append(first);  list.append(second, SegmentFlags::last);
//   session.start();
//   session.start(StartEntry{1});              // skip
//   session.start(StartSegment{id, 2s});       // inside one
#pragma once

#include <memory>
#include <vector>

#include "playhead/session.h"

namespace playhead {

// Without `last` on its last segment a sequence waits for more: neither EndOfPresentation nor
// SessionEnded comes, and the picture stands still at its end.
enum class SegmentFlags : unsigned { none = 0, last = 1 };

struct SequencerOptions {
    // Hands each next segment to the session by itself. Otherwise NewPresentation says which one is
    // next, and the application calls session.set_topology(*sequencer.topology(segment)) before the
    // one that plays has ended.
    bool feeds_session = true;
    // Begins again behind the last one.
    bool repeat = false;
};

class SequencerCore;

// Events, on the session's: NewPresentation when the next segment is known, EndOfPresentationSegment
// at the end of each but the last, TopologyUpdated for update().
// Threads: every call from any thread. What it changes counts at once, but for a segment whose
// NotifyPresentationTime has been told: that one is at the outputs already and plays. Without
// feeds_session what the application has set stays, too, but for a removed one.
// Ownership: a handle; the session must outlive it or have been shut down. Destroying it leaves what
// the session has already.
class Sequencer {
public:
    explicit Sequencer(Session& session, SequencerOptions options = {});
    ~Sequencer();
    Sequencer(Sequencer&&) noexcept;
    Sequencer& operator=(Sequencer&&) noexcept;

    // The same topology twice gets two ids. Errors, of update() too: those of Session::set_topology.
    Result<SegmentId> append(Topology topology, SegmentFlags flags = SegmentFlags::none);
    Result<SegmentId> insert_before(SegmentId segment, Topology topology);
    // not_found. The current segment is ended and let go, and the next one takes its place: it plays,
    // or waits where the session is paused or stopped. Without one the session is idle until more is
    // appended. One whose NotifyPresentationTime has been told while another one still plays is at the
    // outputs already: it plays once more.
    Result<void> remove(SegmentId segment);
    // From the next time it plays; if it plays now, this time is not changed. -> TopologyUpdated,
    // unless the session has been closed by then.
    Result<void> update(SegmentId segment, Topology topology);
    Result<void> set_flags(SegmentId segment, SegmentFlags flags);
    void set_repeat(bool repeat);

    std::vector<SegmentId> segments() const;
    Result<std::shared_ptr<const Topology>> topology(SegmentId segment) const;

private:
    std::shared_ptr<SequencerCore> core_;
};

} // namespace playhead
