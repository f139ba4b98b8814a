// Step: one call of step(). The model being changed, and what is to be done about it. What commands
// do is in step.cpp, how presentations follow each other in step_queue.cpp, how the clock waits for
// data in step_buffering.cpp, how an end is moved in step_media_stop.cpp.
#pragma once

#include <functional>
#include <utility>

#include "session/transitions.h"

namespace playhead {

class Step {
public:
    explicit Step(SessionModel model) : m_(std::move(model)) {}

    void take(const Execute& in);
    void take(const Reached& in);
    void take(const TimedOut& in);
    void take(const Failed& in);
    void take(const Preempted& in);
    void take(const Resolved& in);
    void take(const StreamResolved& in);
    void take(const StopFound& in);
    void take(const Limited& in);
    void take(const SourcesRead& in);
    void take(const NextReady& in);
    void take(const Delivered& in);
    void take(const Rendered& in);
    void take(const Scrubbed& in);
    void take(const Buffering& in);
    void take(const ClockRefused& in);
    void take(const MarkLast& in);
    void take(const Withdraw& in);
    void take(const Broken& in);
    StepResult finish() &&;

private:
    template <class A>
    void act(A action) {
        actions_.emplace_back(std::move(action));
    }
    void post(EventBody body, Status status = {}) { act(Post{std::move(body), std::move(status)}); }
    void await(Await what) { m_.operation->await = what; }
    void complete(EventBody body);
    void fail(Status status);
    void give_way();

    // Commands.
    void start(const StartPosition& position);
    void pause();
    void cue(MediaTime target);
    void set_rate(double rate, Thinning thinning);
    void switch_stream();
    void switched();
    bool may_switch_playing() const;
    void stop();
    // In step_media_stop.cpp.
    void set_media_stop();
    void end_here(MediaTime now);
    void begin_anew(std::optional<MediaTime> clock);
    void media_stop_changed();
    void each_facts(const std::function<void(PresentationFacts&)>& visit);
    static Status judge(const PresentationFacts& facts, Duration own, bool moves);
    void begin(MediaTime t);
    void go(MediaTime t);
    void settle_started();
    void settle_paused(std::optional<MediaTime> position);
    void settle_stopped();
    void settle_closed();
    void scrubbed(std::optional<MediaTime> shown);
    // Lets go of what moves without waiting for it: later calls come in order behind it.
    void halt();
    void capabilities(Capabilities now);
    Capabilities running_capabilities() const;
    // No command is under way that waits for the outputs.
    bool undisturbed() const { return !m_.operation || m_.operation->await == Await::resolved; }
    // Buffering.
    bool buffering() const { return !m_.buffering.empty(); }
    void begin_buffering(TopologyId topology);
    void end_buffering(TopologyId topology);
    void end_buffering();
    void settle_clock();
    bool clock_taken(const Reached& in);
    MediaTime beginning() const { return media_zero + m_.current->base; }

    // The queue.
    void topology_resolved(const Resolved& in);
    void segment_resolved(const Resolved& in);
    void adopt(const PresentationFacts& facts, Duration offset,
               std::optional<Duration> goes_on = std::nullopt);
    void advance(const PresentationFacts& facts, Duration offset);
    void let_go(std::optional<MediaTime> position); // of the clock
    void clear_queue();
    void forget(SegmentId segment);
    void let_go_of_joined();
    void take_back();
    void prepare_next();
    void join_next();
    void drop_next(Status status);
    void fall_back_rate(const PresentationFacts& facts);
    void end_of_presentation(const PresentationFacts& facts, bool cancelled);
    void end_if_due();
    void switch_joined();
    void tell_ended();
    void end();
    Progress* progress_of(TopologyId topology, const PresentationFacts** facts = nullptr);
    const Progress& tail() const {
        return m_.joined.empty() ? m_.progress : m_.joined.back().progress;
    }
    TopologyId tail_id() const {
        return m_.joined.empty() ? m_.current->topology : m_.joined.back().facts.topology;
    }

    SessionModel m_;
    std::vector<SessionAction> actions_;
};

} // namespace playhead
