// How a stream takes the place of another.
//
//   resolved? --plays--> switched? --> [the branch is changed over] --> done
//       +------else---------------------> [it is noted for the next start] --> done
#include "session/step.h"

namespace playhead {

namespace {

Status is_over() { return {Errc::invalid_request, "the presentation that it was for is over"}; }

} // namespace

void Step::switch_stream() {
    if (!m_.current || m_.state == SessionState::closed) {
        fail({Errc::invalid_request, "there is no presentation whose stream could be switched"});
        return;
    }
    if (const auto of = m_.operation->command.topology; of != 0 && of != m_.current->topology) {
        fail(is_over());
        return;
    }
    await(Await::resolved);
    act(ResolveStream{});
}

// Something of the current presentation is still on its way to the outputs. What has arrived there is
// not taken back: the sound of the last moments plays out.
bool Step::may_switch_playing() const {
    const bool goes = m_.state == SessionState::started || m_.state == SessionState::paused;
    return goes && m_.active && !m_.cold && !m_.progress.delivered && m_.joined.empty();
}

void Step::take(const StreamResolved& in) {
    if (!m_.operation || m_.operation->await != Await::resolved) return;
    auto& op = *m_.operation;
    if (!in.status.ok()) {
        fail(in.status);
        return;
    }
    if (in.facts.topology != m_.current->topology) {
        fail(is_over());
        return;
    }
    op.node = in.node;
    op.stream = in.stream;
    op.facts = in.facts;
    const bool goes = m_.state == SessionState::started || m_.state == SessionState::paused;
    if (goes && in.stream >= 0 && !in.seekable) {
        fail({Errc::not_seekable, "the source cannot be read from where the presentation is"});
    } else if (auto rate = in.facts.rates.is_supported(m_.thinning, m_.rate);
               goes && !rate.status.ok()) {
        fail(std::move(rate.status));
    } else if (in.stream < 0 || !may_switch_playing()) {
        switched();
    } else {
        await(Await::switched);
        act(BeginSwitch{});
    }
}

void Step::switched() {
    const auto op = *m_.operation;
    const bool playing = may_switch_playing();
    if (playing && m_.next) { // it follows at the outputs, so it has to be the later one
        act(TakeBack{{m_.next->facts.topology}});
        m_.queue.push_front(m_.next->facts);
        m_.next.reset();
    }
    act(CommitSwitch{playing});
    const bool last = m_.current->last;
    m_.current = op.facts;
    m_.current->last = last;
    complete(StreamSwitched{op.node, op.stream});
    post(TopologyStatus{m_.current->topology, TopologyState::dynamic_changed});
    capabilities(m_.state == SessionState::started ? running_capabilities()
                                                   : m_.current->capabilities);
    fall_back_rate(*m_.current); // stopped: otherwise it was looked at before
    prepare_next();
}

} // namespace playhead
