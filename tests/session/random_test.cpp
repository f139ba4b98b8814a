// Random command sequences against the rules of media-session.md, on the simulation. Every sequence
// comes from its seed; one that fails is cut down to the commands that matter and printed.
//
//   PLAYHEAD_SEQUENCES=1000000   how many (10,000 unless told; 1,000 under a sanitizer)
//   PLAYHEAD_SEED=17             the first seed
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "playhead/headless/random.h"
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

enum class Do {
    set_topology, clear_current, clear_topologies, start, start_at, start_segment, pause, cue,
    set_rate, switch_audio, switch_video, switch_second, stop, close, shutdown, wait, fail_read,
    damage, stall_read, release, lose_sink, buffer, buffered
};

struct Op {
    Do what = Do::wait;
    int item = 0;                              // set_topology: which source
    bool teed = false;                         // and its pictures go to a second output as well
    SetTopology flags = SetTopology::none;
    int ms = 0;                                // a position or a time to wait
    double rate = 1.0;
};

const char* const names[] = {"set_topology", "clear_current", "clear_topologies", "start",
                             "start_at", "start_segment", "pause", "cue", "set_rate",
                             "switch_audio", "switch_video", "switch_second", "stop",
                             "close", "shutdown", "wait", "fail_read", "damage", "stall_read",
                             "release", "lose_sink", "buffer", "buffered"};

bool is_switch(Do what) {
    return what == Do::switch_audio || what == Do::switch_video || what == Do::switch_second;
}

std::string text(const Op& op) {
    std::ostringstream out;
    out << names[static_cast<int>(op.what)];
    if (op.what == Do::set_topology) out << " " << op.item << " flags " << static_cast<int>(op.flags);
    if (op.teed) out << (op.what == Do::lose_sink ? " the second" : " with a tee");
    if (op.what == Do::start_at || op.what == Do::cue || op.what == Do::wait) out << " " << op.ms << " ms";
    if (is_switch(op.what)) {
        out << " to stream " << op.item - 1 << " of source " << op.ms;
    }
    if (op.what == Do::set_rate) out << " " << op.rate;
    return out.str();
}

std::vector<Op> sequence(std::uint64_t seed) {
    headless::Random random(seed * 2654435761U + 17);
    const auto upto = [&](int n) { return static_cast<int>(random.below(static_cast<std::uint32_t>(n))); };
    const double rates[] = {1.0, 2.0, 0.5, 0.0, -1.0, 4.0, -2.0, 1.0};
    std::vector<Op> ops;
    const int length = 4 + upto(28);
    for (int i = 0; i < length; ++i) {
        Op op;
        const int die = upto(100);
        if (die < 14) {
            op.what = Do::set_topology;
            op.item = upto(4);
            const int f = upto(8);
            op.teed = upto(3) == 0;
            op.flags = f == 0 ? SetTopology::immediate : f == 1 ? SetTopology::no_resolution : SetTopology::none;
        } else if (die < 16) { op.what = Do::clear_current;
        } else if (die < 18) { op.what = Do::clear_topologies;
        } else if (die < 32) { op.what = Do::start;
        } else if (die < 42) { op.what = Do::start_at, op.ms = upto(1300) - 100;
        } else if (die < 43) { op.what = Do::start_segment;
        } else if (die < 51) { op.what = Do::pause;
        } else if (die < 55) { op.what = Do::cue, op.ms = upto(1300) - 100;
        } else if (die < 63) { op.what = Do::set_rate, op.rate = rates[upto(8)];
        } else if (die < 72) { op.what = Do::stop;
        } else if (die < 73) { op.what = Do::close;
        } else if (die < 74) { op.what = Do::shutdown;
        } else if (die < 79) {
            const Do outputs[] = {Do::switch_audio, Do::switch_video, Do::switch_second};
            op.what = outputs[upto(3)];
            op.item = upto(4);
            op.ms = upto(4);
        } else if (die < 81) { op.what = Do::buffer;
        } else if (die < 83) { op.what = Do::buffered;
        } else if (die < 92) { op.what = Do::wait, op.ms = upto(5) == 0 ? upto(1500) : upto(60);
        } else if (die < 93) { op.what = Do::fail_read;
        } else if (die < 95) { op.what = Do::damage;
        } else if (die < 97) { op.what = Do::stall_read;
        } else if (die < 99) { op.what = Do::release;
        } else { op.what = Do::lose_sink, op.teed = upto(2) == 0;
        }
        ops.push_back(op);
    }
    return ops;
}

// The rules, as far as the order of events tells what a command found.
class Referee {
public:
    explicit Referee(std::string& complaint) : complaint_(complaint) {}

    void accepted(CommandId id, const Op& op) {
        pending_[id] = op;
        if (op.what == Do::stop || op.what == Do::close) last_stop_ = id;
    }
    void faulty() { faults_ = true; }
    void shutting_down() { shutting_ = true; }
    bool awaits_start() const {
        for (const auto& [id, op] : pending_) {
            if (op.what == Do::start || op.what == Do::start_at || op.what == Do::cue ||
                op.what == Do::start_segment || op.what == Do::set_topology) {
                return true;
            }
        }
        return false;
    }
    bool quiet() const { return pending_.empty(); }
    bool stopped() const { return stopped_; }
    SessionState state() const { return state_; }
    bool buffering() const { return buffering_ > 0; }

    void hear(const Event& event) {
        if (state_ == SessionState::shut_down) return complain("an event after shutdown", event);
        if (closed_) return complain("an event after SessionClosed", event);
        if (event.sequence <= sequence_) complain("the order of events", event);
        sequence_ = event.sequence;
        if (event.as<BufferingStarted>()) {
            ++buffering_;
        } else if (event.as<BufferingStopped>() && --buffering_ < 0) {
            complain("an end of buffering that has not begun", event);
        }
        if (buffering_ > 0 && ends_playing(event)) complain("buffering that has no end", event);
        if (is_completion(event.body) && event.command != 0) {
            completion(event);
        } else if (const auto* changed = event.as<RateChanged>()) {
            rate_ = changed->rate.value_or(rate_);  // nobody asked: a topology could not do the rate
        } else if (event.as<TopologyStatus>()) {
            status(event);
        } else if (event.as<SessionEnded>()) {
            const bool cut_short = std::exchange(cut_short_, false);
            if (state_ != SessionState::started && !(state_ == SessionState::idle && cut_short)) {
                complain("an end of nothing", event);
            }
            if (state_ != SessionState::idle) state_ = SessionState::stopped;
        } else if (event.as<SessionError>()) {
            if (!faults_) complain("an error without a fault", event);
            if (state_ != SessionState::idle) state_ = SessionState::stopped;
        } else if (const auto* caps = event.as<CapabilitiesChanged>()) {
            if ((caps->now ^ caps_) != caps->delta || caps->delta == 0) {
                complain("capabilities that do not add up", event);
            }
            caps_ = caps->now;
            if (caps_ == 0 && std::exchange(cleared_, false)) {
                cut_short_ = state_ != SessionState::stopped;
                state_ = SessionState::idle;
            }
        }
    }

private:
    static bool ends_playing(const Event& event) {
        return event.as<SessionEnded>() || event.as<SessionError>() ||
               (event.status.ok() && (event.as<SessionStopped>() || event.as<SessionClosed>())) ||
               event.status == Errc::shut_down;
    }
    void completion(const Event& event) {
        const auto found = pending_.find(event.command);
        if (found == pending_.end()) return complain("a completion that nobody is owed", event);
        if (found != pending_.begin()) return complain("a completion out of order", event);
        const Op op = found->second;
        pending_.erase(found);
        const bool ok = event.status.ok();
        const auto is = [&](Errc code) { return event.status == code; };
        if (shutting_ && is(Errc::shut_down)) return;
        if (is(Errc::cancelled)) {
            if (last_stop_ < event.command) complain("cancelled by nobody", event);
            return;
        }
        const bool loaded = state_ == SessionState::stopped || state_ == SessionState::started ||
                            state_ == SessionState::paused;
        switch (op.what) {
            case Do::set_topology:
                if (!event.as<TopologySet>() || !ok) complain("set_topology", event);
                break;
            case Do::clear_current:
                if (!ok) complain("clear_current", event);
                if (loaded) cleared_ = true;
                break;
            case Do::clear_topologies:
                if (!event.as<TopologiesCleared>() || !ok) complain("clear_topologies", event);
                break;
            case Do::start:
            case Do::start_at:
                if (!event.as<SessionStarted>()) complain("the kind of completion", event);
                if (!loaded) {
                    if (!is(Errc::invalid_request)) complain("a start in idle", event);
                } else if (ok) {
                    state_ = SessionState::started;
                    stopped_ = false;
                } else if (op.what == Do::start_at &&
                           (is(Errc::invalid_position) || is(Errc::not_seekable))) {
                    // Nothing has changed.
                } else if (faults_) {
                    state_ = SessionState::stopped;
                } else {
                    complain("a start that failed for no reason", event);
                }
                break;
            case Do::start_segment:
                if (!is(loaded ? Errc::unsupported_time_format : Errc::invalid_request)) {
                    complain("a segment without a sequencer", event);
                }
                break;
            case Do::pause:
                if (!event.as<SessionPaused>()) complain("the kind of completion", event);
                if (state_ == SessionState::started) {
                    if (!ok && !faults_) complain("a pause while started", event);
                    state_ = ok ? SessionState::paused : SessionState::stopped;
                } else if (state_ == SessionState::stopped) {
                    if (!is(Errc::pause_while_stopped)) complain("a pause while stopped", event);
                } else if (!is(Errc::invalid_request)) {
                    complain("a pause", event);
                }
                break;
            case Do::cue:
                if (ok) {
                    state_ = SessionState::paused;
                    stopped_ = false;
                } else if (loaded && faults_ && !is(Errc::invalid_position) &&
                           !is(Errc::not_seekable) && !is(Errc::unsupported_rate)) {
                    state_ = SessionState::stopped;
                } else if (!is(Errc::invalid_request) && !is(Errc::invalid_position) &&
                           !is(Errc::not_seekable) && !is(Errc::unsupported_rate)) {
                    complain("a cue", event);
                }
                break;
            case Do::set_rate: {
                const auto* changed = event.as<RateChanged>();
                if (!changed || changed->rate.has_value() != ok) complain("a rate", event);
                if (!loaded && !is(Errc::invalid_request)) complain("a rate in idle", event);
                const auto sign = [](double r) { return r > 0 ? 1 : r < 0 ? -1 : 0; };
                const bool same = sign(op.rate) == sign(rate_);
                if (ok) {
                    if (!same && state_ == SessionState::started) complain("a turn while started", event);
                    if (!same && state_ == SessionState::paused && (op.rate < 0 || rate_ < 0)) {
                        complain("a turn while paused", event);
                    }
                    rate_ = op.rate;
                } else if (loaded && same && state_ != SessionState::stopped &&
                           is(Errc::unsupported_rate_transition)) {
                    complain("a change refused that the table allows", event);
                }
                break;
            }
            case Do::switch_audio:
            case Do::switch_second:
            case Do::switch_video: {
                const auto* switched = event.as<StreamSwitched>();
                if (!switched || (switched->node > 0) != ok) {
                    complain("the kind of completion", event);
                } else if (!loaded) {
                    if (!is(Errc::invalid_request)) complain("a switch in idle", event);
                } else if (!ok && !faults_ && !is(Errc::not_found) && !is(Errc::invalid_request) &&
                           !is(Errc::topo_cannot_connect) && !is(Errc::not_seekable) &&
                           !is(Errc::topo_missing_stream_descriptor)) {
                    complain("a switch that failed for no reason", event);
                }
                break;
            }
            case Do::stop:
                if (!event.as<SessionStopped>()) complain("the kind of completion", event);
                if (!loaded) {
                    if (!is(Errc::invalid_request)) complain("a stop in idle", event);
                } else {
                    if (!ok) complain("a stop", event);
                    state_ = SessionState::stopped;
                    stopped_ = true;
                }
                break;
            case Do::close:
                if (!event.as<SessionClosed>() || !ok) complain("a close", event);
                state_ = SessionState::closed;
                closed_ = true;
                break;
            default: complain("a completion of no command", event);
        }
    }

    void status(const Event& event) {
        const auto& told = *event.as<TopologyStatus>();
        const int now = static_cast<int>(told.state);
        if (told.state == TopologyState::dynamic_changed) return;  // at any time, any number of times
        auto& last = statuses_[told.topology];
        // Each start from stopped begins the presentation anew, also one that has ended; a topology
        // that is taken back from a join gets ready anew.
        const bool again = told.state == TopologyState::started_source ? last > 0
                           : told.state == TopologyState::ready        ? last < 300
                                                                       : false;
        if (!again && now <= last) complain("the order of statuses", event);
        if (told.state == TopologyState::ready && state_ == SessionState::idle) {
            state_ = SessionState::stopped;
        }
        last = now;
    }

    void complain(const std::string& what, const Event& event) {
        if (!complaint_.empty()) return;
        complaint_ = what + ": " + line_of(event) + " (command " + std::to_string(event.command) +
                     ", " + event.status.message() + ")";
    }

    std::string& complaint_;
    std::map<CommandId, Op> pending_;
    std::map<TopologyId, int> statuses_;
    CommandId last_stop_ = 0;
    std::uint64_t sequence_ = 0;
    SessionState state_ = SessionState::idle;
    Capabilities caps_ = 0;
    double rate_ = 1.0;
    int buffering_ = 0;
    bool closed_ = false, stopped_ = false, faults_ = false, cleared_ = false, shutting_ = false;
    bool cut_short_ = false;  // a presentation was cleared while it went on: an end is due
};

// What is wrong with the sequence; empty if nothing is.
// The transcript, where it is wanted, has the commands and what came of them.
std::string play(std::uint64_t seed, const std::vector<Op>& ops,
                 std::vector<std::string>* transcript = nullptr) {
    std::string complaint;
    std::shared_ptr<ScriptedSourceFactory> factory;
    {
        SessionRig rig{{.seed = seed, .media = {}}};
        factory = rig.sources;
        rig.video->told.scrubs = true;
        const auto second = std::make_shared<ScriptedSink>(StreamKind::video, rig.journal);
        const auto topology = [&](const Op& op, const std::shared_ptr<Source>& from) {
            Topology made = rig.topology(from);
            NodeId pictures = 0;
            for (const Node& node : made.nodes()) {
                const auto* output = std::get_if<OutputNode>(&node.body);
                if (output && output->sink == rig.video) pictures = made.predecessors(node.id).front();
            }
            if (!op.teed || pictures == 0) return made;
            OutputNode output;
            output.sink = second;
            made.connect(pictures, made.add(std::move(output)));
            return made;
        };
        std::vector<std::shared_ptr<Source>> sources;
        const ScriptedMedia kinds[] = {
            {.audio_streams = 2, .duration = 1s}, {.audio = false, .duration = 400ms}, {.video = false, .duration = 300ms},
            {.duration = 1s, .seekable = false, .slow = true}};
        for (const auto& media : kinds) {
            const auto locator = "scripted:" + std::to_string(sources.size());
            rig.sources->named[locator] = media;
            rig.source.reset();
            sources.push_back(rig.open(locator));
        }
        rig.events();
        rig.taken.clear();
        Referee referee(complaint);
        int processed = 0;
        bool shut = false;
        const auto listen = [&] {
            const bool silent = referee.stopped() && !referee.awaits_start();
            for (auto event = rig.queue.try_next(); event; event = rig.queue.try_next()) {
                if (event->session != rig.session.id() && event->session != 0) continue;
                if (event->session == 0) continue;
                if (shut && complaint.empty()) {
                    complaint = "an event after shutdown: " + line_of(*event);
                }
                referee.hear(*event);
                if (transcript) {
                    transcript->push_back("    " + line_of(*event) +
                                          (event->command ? " #" + std::to_string(event->command) : ""));
                }
            }
            const int now = rig.video->processed + second->processed + rig.audio->processed;
            if (silent && now != processed && complaint.empty()) {
                complaint = "something reached a sink after the stop";
            }
            processed = now;
        };
        for (const auto& op : ops) {
            Result<CommandId> command = fail(Errc::not_found);
            bool is_command = true;
            if (transcript) transcript->push_back("  " + text(op));
            switch (op.what) {
                case Do::set_topology:
                    command = rig.session.set_topology(
                        topology(op, sources[static_cast<std::size_t>(op.item)]), op.flags);
                    break;
                case Do::clear_current: command = rig.session.clear_current_topology(); break;
                case Do::clear_topologies: command = rig.session.clear_topologies(); break;
                case Do::start: command = rig.session.start(); break;
                case Do::start_at: command = rig.session.start(at(op.ms * 1ms)); break;
                case Do::start_segment: command = rig.session.start(StartSegment{1, {}}); break;
                case Do::pause: command = rig.session.pause(); break;
                case Do::cue: command = rig.session.cue(media_at(op.ms * 1ms)); break;
                case Do::set_rate: command = rig.session.set_rate(op.rate); break;
                case Do::switch_audio:
                case Do::switch_video:
                case Do::switch_second: {
                    SourceNode to;
                    if (op.item > 0) {
                        to.source = sources[static_cast<std::size_t>(op.ms)];
                        to.stream = op.item - 1;
                    }
                    OutputNode output;
                    output.sink = op.what == Do::switch_audio    ? rig.audio
                                  : op.what == Do::switch_second ? second
                                                                 : rig.video;
                    command = rig.session.switch_stream(std::move(output), std::move(to));
                    break;
                }
                case Do::stop: command = rig.session.stop(); break;
                case Do::close: command = rig.session.close(); break;
                case Do::shutdown:
                    listen();
                    referee.shutting_down();
                    (void)rig.session.shutdown();
                    listen();
                    if (!referee.quiet() && !shut && complaint.empty()) {
                        complaint = "shutdown left a command without its completion";
                    }
                    shut = true;
                    is_command = false;
                    break;
                case Do::wait:
                    rig.simulation->run_for(op.ms * 1ms);
                    is_command = false;
                    break;
                case Do::fail_read:
                    referee.faulty();
                    rig.faults->fail_read_at = 40;
                    is_command = false;
                    break;
                case Do::damage:
                    rig.faults->fail_decode_at = 10;
                    is_command = false;
                    break;
                case Do::stall_read:
                    rig.faults->read_gate.close(op.ms % 2 == 0);
                    is_command = false;
                    break;
                case Do::release:
                    rig.faults->read_gate.open();
                    is_command = false;
                    break;
                case Do::buffer:
                    rig.faults->tell(SourceBuffers{true});
                    is_command = false;
                    break;
                case Do::buffered:
                    rig.faults->tell(SourceBuffers{false});
                    is_command = false;
                    break;
                case Do::lose_sink:
                    referee.faulty();
                    (op.teed ? second : rig.video)
                        ->fail_now(Status{Errc::device_lost, "the script loses it"});
                    is_command = false;
                    break;
            }
            if (is_command && command) referee.accepted(*command, op);
            listen();
            if (!complaint.empty()) break;
        }
        rig.faults->read_gate.open();
        // Whatever was accepted completes, without anybody's help.
        for (int i = 0; i < 100 && complaint.empty() && !shut && !referee.quiet(); ++i) {
            rig.simulation->run_for(100ms);
            listen();
        }
        if (complaint.empty() && !shut && !referee.quiet()) complaint = "a command never completed";
        if (complaint.empty() && !shut && rig.session.state() != referee.state()) {
            complaint = "the session says it is " + std::string(to_string(*rig.session.state())) +
                        ", its events say " + std::string(to_string(referee.state()));
        }
        if (!shut) (void)rig.session.shutdown();
        listen();
        if (complaint.empty() && referee.buffering()) complaint = "buffering that never ended";
        sources.clear();
    }
    if (complaint.empty() && factory->alive != 0) complaint = "a source was left open";
    return complaint;
}

// Leaves out whatever can be left out while something is still wrong.
std::vector<Op> shrink(std::uint64_t seed, std::vector<Op> ops) {
    for (std::size_t piece = ops.size() / 2; piece > 0; piece /= 2) {
        for (std::size_t at = 0; at + piece <= ops.size();) {
            std::vector<Op> fewer = ops;
            const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
            fewer.erase(from, from + static_cast<std::ptrdiff_t>(piece));
            if (play(seed, fewer).empty()) {
                at += piece;
            } else {
                ops = std::move(fewer);
            }
        }
    }
    return ops;
}

// A sanitizer takes ten times as long for each.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t usual_count = 1'000;
#else
constexpr std::uint64_t usual_count = 10'000;
#endif

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* value = std::getenv(variable);
    return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("random command sequences keep to the rules", "[session][random][2]") {
    const auto count = number("PLAYHEAD_SEQUENCES", usual_count);
    const auto first = number("PLAYHEAD_SEED", 1);
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const auto ops = sequence(seed);
        if (play(seed, ops).empty()) continue;
        const auto least = shrink(seed, ops);
        std::ostringstream out;
        std::vector<std::string> transcript;
        out << "seed " << seed << ": " << play(seed, least, &transcript) << "\n";
        for (const auto& line : transcript) out << line << "\n";
        FAIL(out.str());
    }
    SUCCEED(count << " sequences");
}
