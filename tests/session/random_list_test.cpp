// Random commands on a session that a Sequencer feeds, while its list is changed and sources, seeks and
// resolutions stall or fail: what must hold whatever plays. PLAYHEAD_SEQUENCES and PLAYHEAD_SEED as in
// random_test.cpp.
#include <map>
#include <optional>

#include "playhead/headless/random.h"
#include "playhead/sequencer.h"
#include "session/random_runs.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr auto stop_bound = 100ms; // session.h
constexpr int items = 4;

enum class Do {
    append,
    insert,
    remove,
    update,
    mark,
    repeat,
    set_topology,
    clear_current,
    clear_topologies,
    start,
    start_at,
    start_segment,
    start_entry,
    pause,
    cue,
    set_rate,
    stop,
    close,
    wait,
    stall_read,
    stall_seek,
    stall_resolving,
    fail_seek,
    release,
    lose_sink
};
const char* const names[] = {"append",
                             "insert",
                             "remove",
                             "update",
                             "mark",
                             "repeat",
                             "set_topology",
                             "clear_current",
                             "clear_topologies",
                             "start",
                             "start_at",
                             "start_segment",
                             "start_entry",
                             "pause",
                             "cue",
                             "set_rate",
                             "stop",
                             "close",
                             "wait",
                             "stall_read",
                             "stall_seek",
                             "stall_resolving",
                             "fail_seek",
                             "release",
                             "lose_sink"};

struct Op {
    Do what = Do::wait;
    int item = 0;  // of the things that can be played
    int which = 0; // segment, entries or flags
    int ms = 0;
    bool variant = false; // last, repeated, by key frames, thinned, heeding its interrupt
    double rate = 1.0;
};

std::string text(const Op& op) {
    std::ostringstream out;
    out << names[static_cast<int>(op.what)] << " item " << op.item << " which " << op.which
        << " at " << op.ms << " ms, rate " << op.rate << (op.variant ? ", variant" : "");
    return out.str();
}

std::vector<Op> sequence(std::uint64_t seed) {
    headless::Random random(seed * 7919 + 3);
    const auto upto = [&](int n) {
        return static_cast<int>(random.below(static_cast<std::uint32_t>(n)));
    };
    const struct {
        Do what;
        int weight;
    } weights[] = {{Do::append, 8},          {Do::insert, 3},        {Do::remove, 8},
                   {Do::update, 3},          {Do::mark, 3},          {Do::repeat, 2},
                   {Do::set_topology, 4},    {Do::clear_current, 2}, {Do::clear_topologies, 2},
                   {Do::start, 10},          {Do::start_at, 8},      {Do::start_segment, 6},
                   {Do::start_entry, 5},     {Do::pause, 6},         {Do::cue, 4},
                   {Do::set_rate, 5},        {Do::stop, 7},          {Do::close, 1},
                   {Do::wait, 14},           {Do::stall_read, 2},    {Do::stall_seek, 2},
                   {Do::stall_resolving, 2}, {Do::fail_seek, 1},     {Do::release, 4},
                   {Do::lose_sink, 1}};
    int all = 0;
    for (const auto& w : weights) all += w.weight;
    const double rates[] = {1.0, 2.0, 0.5, 0.0, -1.0, 4.0, -2.0, 1.0};
    std::vector<Op> ops(static_cast<std::size_t>(5 + upto(28)));
    for (Op& op : ops) {
        int die = upto(all);
        for (const auto& w : weights) {
            op.what = w.what;
            if ((die -= w.weight) < 0) break;
        }
        if (&op - ops.data() < 2) op.what = Do::append;
        op.item = upto(items);
        op.which = upto(8);
        op.ms = op.what == Do::wait && upto(5) != 0 ? upto(60) : upto(1300);
        op.variant = upto(4) == 0;
        op.rate = rates[upto(8)];
    }
    return ops;
}

// What must hold of the events, whatever was asked for.
struct Watch {
    std::string complaint;
    std::map<CommandId, std::pair<Do, HostTime>> pending;
    std::uint64_t sequence = 0;
    bool closed = false;
    std::optional<int>
        at_stop; // what the sinks had been given; none once something may be given again

    void complain(std::string what) {
        if (complaint.empty()) complaint = std::move(what);
    }
    bool starts_something() const {
        for (const auto& [id, command] : pending) {
            if (command.first == Do::start || command.first == Do::start_at ||
                command.first == Do::start_segment || command.first == Do::start_entry ||
                command.first == Do::cue) {
                return true;
            }
        }
        return false;
    }
    void hear(const Event& event) {
        const std::string line = line_of(event);
        if (closed) complain("an event after SessionClosed: " + line);
        if (event.sequence <= sequence) complain("the order of events: " + line);
        sequence = event.sequence;
        closed |= event.as<SessionClosed>() != nullptr;
        if (!is_completion(event.body)) return;
        const auto found = pending.find(event.command);
        if (found == pending.end())
            return; // the list's own, or one of its completions is the second
        if (found != pending.begin()) complain("a completion out of order: " + line);
        pending.erase(found);
    }
    void look(HostTime now, int processed) {
        for (const auto& [id, command] : pending) {
            const bool stops = command.first == Do::stop || command.first == Do::close;
            if (stops && now - command.second > stop_bound) {
                complain("stop or close " + std::to_string(id) + " takes too long");
            }
        }
        if (at_stop && *at_stop != processed) complain("something reached a sink after the stop");
    }
};

std::string play(std::uint64_t seed, const std::vector<Op>& ops, Transcript* transcript) {
    Watch watch;
    std::shared_ptr<ScriptedSourceFactory> factory;
    {
        SessionRig rig{{.seed = seed, .media = {}}};
        factory = rig.sources;
        rig.video->told.scrubs = true;
        const ScriptedMedia kinds[items] = {{.duration = 1s},
                                            {.duration = 300ms},
                                            {.audio = false, .duration = 200ms},
                                            {.duration = 400ms, .seekable = false}};
        std::vector<Topology> topologies;
        for (const auto& media : kinds) {
            const auto locator = "scripted:" + std::to_string(topologies.size());
            rig.sources->named[locator] = media;
            rig.source.reset();
            topologies.push_back(rig.topology(rig.open(locator)));
        }
        rig.source.reset();
        rig.events();
        rig.taken.clear();
        Sequencer list{rig.session};
        std::vector<SegmentId> segments{99}; // one that does not exist
        std::map<CommandId, int> completions;
        const auto processed = [&] { return rig.video->processed + rig.audio->processed; };
        // Looked at in the moment in which the event is published.
        const auto looking = rig.engine->bus().queue([&](const Event& event) {
            if (event.session != rig.session.id()) return false;
            if (event.command != 0 && is_completion(event.body)) ++completions[event.command];
            const bool stopped = event.as<SessionStopped>() && event.status.ok();
            if (stopped && !watch.starts_something()) watch.at_stop = processed();
            return false;
        });
        const auto listen = [&] {
            for (auto event = rig.queue.try_next(); event; event = rig.queue.try_next()) {
                if (event->session != rig.session.id()) continue;
                watch.hear(*event);
                if (transcript) transcript->push_back("    " + line_of(*event));
            }
            for (const auto& [id, count] : completions) {
                if (count != 1) watch.complain("two completions of " + std::to_string(id));
            }
            watch.look(rig.simulation->now(), processed());
        };
        const auto run = [&](Duration length) {
            for (Duration gone{}; gone < length; gone += 10ms) {
                rig.simulation->run_for(std::min<Duration>(length - gone, 10ms));
                listen();
            }
        };
        const auto release = [&] {
            rig.faults->read_gate.open();
            rig.faults->seek_gate.open();
            rig.decoders->gate.open();
            rig.faults->fail_seek = false;
        };
        const auto command_of = [&](const Op& op) -> Result<CommandId> {
            const auto& item = topologies[static_cast<std::size_t>(op.item)];
            const SegmentId segment =
                segments[static_cast<std::size_t>(op.which) % segments.size()];
            const auto mode = op.variant ? SeekMode::key_frame : SeekMode::exact;
            const auto flags = op.variant ? SegmentFlags::last : SegmentFlags::none;
            const auto note = [&](const Result<SegmentId>& made) {
                if (made) segments.push_back(*made);
            };
            switch (op.what) {
            case Do::append: note(list.append(item, flags)); break;
            case Do::insert: note(list.insert_before(segment, item)); break;
            case Do::remove: (void)list.remove(segment); break;
            case Do::update: (void)list.update(segment, item); break;
            case Do::mark: (void)list.set_flags(segment, flags); break;
            case Do::repeat: list.set_repeat(op.variant); break;
            case Do::set_topology:
                return rig.session.set_topology(item, static_cast<SetTopology>(op.which));
            case Do::clear_current: return rig.session.clear_current_topology();
            case Do::clear_topologies: return rig.session.clear_topologies();
            case Do::start: return rig.session.start();
            case Do::start_at: return rig.session.start(at(op.ms * 1ms - 100ms, mode));
            case Do::start_segment:
                return rig.session.start(StartSegment{segment, op.ms / 4 * 1ms});
            case Do::start_entry: return rig.session.start(StartEntry{op.which - 3});
            case Do::pause: return rig.session.pause();
            case Do::cue: return rig.session.cue(media_at(op.ms * 1ms), mode);
            case Do::set_rate:
                return rig.session.set_rate(op.rate,
                                            op.variant ? Thinning::key_frames : Thinning::none);
            case Do::stop: return rig.session.stop();
            case Do::close: return rig.session.close();
            case Do::wait: run(op.ms * 1ms); break;
            case Do::stall_read: rig.faults->read_gate.close(op.variant); break;
            case Do::stall_seek: rig.faults->seek_gate.close(op.variant); break;
            case Do::stall_resolving: rig.decoders->gate.close(false); break;
            case Do::fail_seek: rig.faults->fail_seek = true; break;
            case Do::release: release(); break;
            case Do::lose_sink:
                rig.video->fail_now(Status{Errc::device_lost, "the script loses it"});
                break;
            }
            return fail(Errc::not_found);
        };
        const auto carry_out = [&](const Op& op) {
            if (transcript) transcript->push_back("  " + text(op));
            const auto command = command_of(op);
            if (command) watch.pending.emplace(*command, std::pair(op.what, rig.simulation->now()));
            if (watch.starts_something()) watch.at_stop.reset();
            listen();
        };
        for (const auto& op : ops) {
            carry_out(op);
            if (!watch.complaint.empty()) break;
        }
        // It can be stopped, and then all that was accepted has completed.
        if (!watch.closed) carry_out({.what = Do::stop});
        run(stop_bound + 20ms);
        if (!watch.pending.empty()) watch.complain("a command never completed");
        release();
        if (!watch.closed) {
            carry_out({.what = Do::close});
            run(stop_bound + 20ms);
            if (!watch.closed) watch.complain("a close never completed");
        }
        run(1s);
        (void)rig.session.shutdown();
    }
    if (factory->alive != 0) watch.complain("a source was left open");
    return watch.complaint;
}

} // namespace

TEST_CASE("random changes of a list keep its session in order", "[session][random][6.2]") {
    run_sequences(sequence, play, usual_sequences / 4); // threads are left behind: it takes longer
}
