// Machine: the session's step function with its state carried on, and what it does in words.
#pragma once

#include <string>
#include <vector>

#include "session/transitions.h"

namespace playhead::test {

inline std::string words(const SessionAction& action) {
    struct Visitor {
        static std::string number(TopologyId id) { return std::to_string(id); }
        static std::string at(MediaTime t) {
            return " " + std::to_string(t.time_since_epoch() / std::chrono::milliseconds{1});
        }
        std::string operator()(const ResolveTopology&) { return "resolve"; }
        std::string operator()(const ResolveSegment&) { return "resolve-segment"; }
        std::string operator()(const ResolveStream&) { return "resolve-stream"; }
        std::string operator()(const BeginSwitch&) { return "begin-switch"; }
        std::string operator()(const CommitSwitch& a) {
            return a.playing ? "commit-switch" : "note-switch";
        }
        std::string operator()(const AbandonSwitch&) { return "abandon-switch"; }
        std::string operator()(const AdoptTopology& a) { return "adopt " + number(a.topology); }
        std::string operator()(const DropTopology& a) { return "drop " + number(a.topology); }
        std::string operator()(const FindStop&) { return "find-stop"; }
        std::string operator()(const ApplyStop& a) { return "apply-stop " + number(a.topology); }
        std::string operator()(const RestoreStop& a) {
            return "restore-stop " + number(a.topology);
        }
        std::string operator()(const LimitTo& a) { return "limit " + number(a.topology); }
        std::string operator()(const DropResolved&) { return "drop-resolved"; }
        std::string operator()(const DropCurrent&) { return "drop-current"; }
        std::string operator()(const StartSources& a) {
            return "start-sources" + at(a.at) + (a.gait == Gait::reverse ? " reverse" : "") +
                   (a.offset != Duration{} ? " offset" + at(media_zero + a.offset) : "");
        }
        std::string operator()(const PrepareNext& a) { return "prepare " + number(a.topology); }
        std::string operator()(const JoinNext& a) {
            return "join " + number(a.topology) + at(media_zero + a.offset);
        }
        std::string operator()(const TakeBack& a) {
            std::string text = "take-back";
            for (const auto id : a.topologies) text += " " + number(id);
            return text;
        }
        std::string operator()(const SwitchTo& a) { return "switch " + number(a.topology); }
        std::string operator()(const ApplyRate& a) {
            return "rate " + std::to_string(static_cast<int>(a.rate * 100)) + "%";
        }
        std::string operator()(const AdmitSinks& a) {
            return a.flush_first ? "flush+admit" : "admit";
        }
        std::string operator()(const StepSinks&) { return "step"; }
        std::string operator()(const ChooseTimeSource&) { return "choose-time-source"; }
        std::string operator()(const HoldClock& a) { return "hold" + at(a.at); }
        std::string operator()(const PrerollSinks& a) {
            return (a.flush_first ? "flush+preroll" : "preroll") + at(a.at);
        }
        std::string operator()(const StartClock& a) { return "start-clock" + at(a.at); }
        std::string operator()(const ResumeClock&) { return "resume-clock"; }
        std::string operator()(const PauseClock&) { return "pause-clock"; }
        std::string operator()(const CueClock& a) { return "cue-clock" + at(a.at); }
        std::string operator()(const StopClock&) { return "stop-clock"; }
        std::string operator()(const RaiseEpoch&) { return "raise"; }
        std::string operator()(const StopSources&) { return "stop-sources"; }
        std::string operator()(const FlushSinks&) { return "flush"; }
        std::string operator()(const ArmBound&) { return "arm"; }
        std::string operator()(const DisarmBound&) { return "disarm"; }
        std::string operator()(const LeaveStragglers&) { return "leave"; }
        std::string operator()(const ReleaseAll&) { return "release"; }
        std::string operator()(const Post& a) { return "post " + event(a.body, a.status); }
        std::string operator()(const Complete& a) {
            return "done " + std::to_string(a.id) + " " + event(a.body, a.status);
        }
        static std::string event(const EventBody& body, const Status& status) {
            std::string text{name(body)};
            if (const auto* t = std::get_if<TopologyStatus>(&body)) {
                text += ":" + std::string(to_string(t->state));
            }
            if (const auto* c = std::get_if<CapabilitiesChanged>(&body)) {
                text += (c->now & c->delta) != 0 ? ":+" + std::to_string(c->delta)
                                                 : ":-" + std::to_string(c->delta);
            }
            if (const auto p = position(body)) text += " @" + at(*p).substr(1);
            return text + " " + status.word();
        }
    };
    return std::visit(Visitor{}, action);
}

using Trace = std::vector<std::string>;

inline PresentationFacts ten_seconds(bool seekable = true) {
    PresentationFacts facts;
    facts.duration = std::chrono::seconds{10};
    facts.seekable = seekable;
    facts.capabilities = 0x43;
    facts.topology = 1;
    return facts;
}

// The function, with its state carried from call to call.
struct Machine {
    SessionModel model;
    CommandId last = 0;

    Trace put(const SessionInput& input) {
        auto result = step(std::move(model), input);
        model = std::move(result.model);
        Trace trace;
        for (const auto& action : result.actions) trace.push_back(words(action));
        return trace;
    }
    Trace command(CommandKind kind, StartPosition position = current, MediaTime target = {},
                  std::optional<MediaTime> clock = media_zero) {
        CommandInput input;
        input.id = ++last;
        input.kind = kind;
        input.position = position;
        input.target = target;
        return put(Execute{input, clock});
    }
    Trace reach(Await what) { return put(Reached{what, {}}); }

    Machine& loaded(PresentationFacts facts = ten_seconds()) {
        command(CommandKind::set_topology);
        put(Resolved{{}, facts, SetTopology::none});
        return *this;
    }
    Machine& started(PresentationFacts facts = ten_seconds()) {
        loaded(std::move(facts));
        command(CommandKind::start);
        reach(Await::sources);
        reach(Await::prerolled);
        reach(Await::running);
        return *this;
    }
    Machine& paused() {
        started();
        command(CommandKind::pause, current, {}, media_at(std::chrono::seconds{2}));
        reach(Await::held);
        return *this;
    }
};

} // namespace playhead::test
