// How the clock waits for data: media-session.md section 8.
#include <algorithm>

#include "session/step.h"

namespace playhead {

using Wait = SessionModel::ClockWait;

void Step::take(const Buffering& in) {
    // Outside start..stop a source has no say, and what is at its end waits for nothing.
    const bool stopping = m_.operation && (m_.operation->command.kind == CommandKind::stop ||
                                           m_.operation->command.kind == CommandKind::close);
    if (!m_.active || stopping) return;
    if (m_.next && m_.next->facts.topology == in.topology) {
        m_.next->buffering = std::max(0, m_.next->buffering + (in.begins ? 1 : -1));
        return;
    }
    const auto* progress = progress_of(in.topology);
    if (!progress || progress->starved) return;
    if (in.begins) {
        begin_buffering(in.topology);
        return;
    }
    const auto open = m_.buffering.find(in.topology);
    if (open == m_.buffering.end()) return;
    if (--open->second == 0) m_.buffering.erase(open);
    settle_clock();
    post(BufferingStopped{});
}

// The clock first, so that who hears of it finds it standing.
void Step::begin_buffering(TopologyId topology) {
    ++m_.buffering[topology];
    settle_clock();
    post(BufferingStarted{});
}

void Step::end_buffering(TopologyId topology) {
    const auto open = m_.buffering.find(topology);
    if (open == m_.buffering.end()) return;
    for (int i = 0; i < open->second; ++i) post(BufferingStopped{});
    m_.buffering.erase(open);
}

// What follows starts or stops the clock itself.
void Step::end_buffering() {
    while (buffering()) end_buffering(m_.buffering.begin()->first);
    m_.clock_wait = Wait::no;
}

// A command that moves the clock comes first. At rate 0 it stands anyway, and the outputs show their
// picture by it; as at an end that is none.
void Step::settle_clock() {
    const bool free = undisturbed() || m_.operation->await == Await::switched;
    if (m_.state != SessionState::started || !free) return;
    if (m_.gait == Gait::scrub || m_.progress.starved) return;
    const bool stands = m_.clock_wait == Wait::asked || m_.clock_wait == Wait::held;
    if (!buffering()) {
        if (m_.clock_wait == Wait::refused) m_.clock_wait = Wait::no;
        if (!stands) return;
        m_.clock_wait = Wait::going;
        act(ResumeClock{});
    } else if (!stands && m_.clock_wait != Wait::refused) {
        m_.clock_wait = Wait::asked;
        act(PauseClock{});
    }
}

// True: it was the clock's own, and no command waits for it.
bool Step::clock_taken(const Reached& in) {
    if (m_.clock_wait == Wait::asked && in.what == Await::held) {
        m_.clock_wait = Wait::held;
    } else if (m_.clock_wait == Wait::going && in.what == Await::running) {
        m_.clock_wait = Wait::no;
    } else {
        return false;
    }
    return !m_.operation || m_.operation->await != in.what;
}

// A clock that cannot wait goes on; one that cannot go on has broken down.
void Step::take(const ClockRefused& in) {
    if (m_.clock_wait == Wait::asked) {
        m_.clock_wait = Wait::refused;
    } else if (m_.clock_wait == Wait::going) {
        halt();
        m_.ended = true;
        post(SessionError{}, in.status);
    }
}

} // namespace playhead
