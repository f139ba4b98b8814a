// Random command sequences against the rules of media-session.md, on the simulation. Every sequence
// comes from its seed; one that fails is cut down to the commands that matter and printed.
//
//   PLAYHEAD_SEQUENCES=1000000   how many (10,000 unless told; 1,000 under a sanitizer)
//   PLAYHEAD_SEED=17             the first seed
#include <map>

#include "playhead/subtitle_output.h"
#include "session/random_commands.h"
#include "session/random_referee.h"
#include "session/random_runs.h"
#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

constexpr auto stop_bound = 100ms; // session.h

// What is wrong with the sequence; empty if nothing is.
// The transcript, where it is wanted, has the commands and what came of them.
std::string play(std::uint64_t seed, const std::vector<Op>& ops, Transcript* transcript) {
    std::string complaint;
    std::shared_ptr<ScriptedSourceFactory> factory;
    {
        SessionRig rig{{.seed = seed, .media = {}}};
        factory = rig.sources;
        rig.video->told.scrubs = true;
        const auto second = std::make_shared<ScriptedSink>(StreamKind::video, rig.journal);
        int lines_shown = 0;
        SubtitleOutput subtitles([&](const std::vector<SubtitleCue>& now) {
            lines_shown += static_cast<int>(now.size());
        });
        const auto topology = [&](const Op& op, const std::shared_ptr<Source>& from) {
            Topology made = rig.topology(from);
            NodeId pictures = 0;
            for (const Node& node : made.nodes()) {
                const auto* output = std::get_if<OutputNode>(&node.body);
                if (output && output->sink == rig.video)
                    pictures = made.predecessors(node.id).front();
            }
            if (op.second && pictures != 0) {
                OutputNode output;
                output.sink = second;
                made.connect(pictures, made.add(std::move(output)));
            }
            const auto* lines = from->presentation().best(StreamKind::subtitle);
            if (op.subtitles && lines) made.add_branch(from, lines->index, subtitles.sink());
            return made;
        };
        std::vector<std::shared_ptr<Source>> sources;
        const ScriptedMedia kinds[] = {
            {.audio_streams = 2, .subtitle_streams = 2, .duration = 1s},
            {.audio = false, .duration = 400ms},
            {.video = false, .subtitle_streams = 1, .duration = 300ms},
            {.subtitle_streams = 1, .duration = 1s, .seekable = false, .slow = true}};
        for (const auto& media : kinds) {
            const auto locator = "scripted:" + std::to_string(sources.size());
            rig.sources->named[locator] = media;
            rig.source.reset();
            sources.push_back(rig.open(locator));
        }
        rig.events();
        rig.taken.clear();
        Referee referee(complaint);
        bool shut = false;
        const auto processed = [&] {
            return rig.video->processed + second->processed + rig.audio->processed + lines_shown;
        };
        // Looked at in the moment in which the event is published. What came for a start that then failed
        // or was overtaken came in time, too.
        int at_stop = 0;
        const auto looking = rig.engine->bus().queue([&](const Event& event) {
            const bool begun = event.as<SessionStarted>() || event.as<SessionPaused>();
            const bool stopped = event.as<SessionStopped>() != nullptr;
            if (event.status.ok() ? stopped : begun) at_stop = processed();
            return false;
        });
        std::map<CommandId, HostTime> stops; // that have not completed
        const auto listen = [&] {
            for (auto event = rig.queue.try_next(); event; event = rig.queue.try_next()) {
                if (event->session != rig.session.id() && event->session != 0) continue;
                if (event->session == 0) continue;
                if (shut && complaint.empty()) {
                    complaint = "an event after shutdown: " + line_of(*event);
                }
                referee.hear(*event);
                if (is_completion(event->body)) stops.erase(event->command);
                if (transcript) {
                    transcript->push_back(
                        "    " + line_of(*event) +
                        (event->command ? " #" + std::to_string(event->command) : ""));
                }
            }
            if (referee.stopped() && !referee.awaits_start() && processed() != at_stop &&
                complaint.empty()) {
                complaint = "something reached a sink after the stop";
            }
            for (const auto& [id, asked] : stops) {
                if (shut || rig.simulation->now() - asked <= stop_bound || !complaint.empty())
                    continue;
                complaint = "stop or close " + std::to_string(id) + " takes too long";
            }
        };
        const auto release = [&] {
            rig.faults->read_gate.open();
            rig.faults->seek_gate.open();
            rig.decoders->gate.open();
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
            case Do::start_at: command = rig.session.start(at(op.ms * 1ms, op.seek_mode)); break;
            case Do::start_segment: command = rig.session.start(StartSegment{1, {}}); break;
            case Do::start_entry: command = rig.session.start(StartEntry{op.item}); break;
            case Do::pause: command = rig.session.pause(); break;
            case Do::cue: command = rig.session.cue(media_at(op.ms * 1ms), op.seek_mode); break;
            case Do::set_rate: command = rig.session.set_rate(op.rate, op.thinning); break;
            case Do::switch_audio:
            case Do::switch_video:
            case Do::switch_second:
            case Do::switch_subtitles: {
                SourceNode to;
                if (op.item > 0) {
                    to.source = sources[static_cast<std::size_t>(op.ms)];
                    to.stream = op.item - 1;
                }
                OutputNode output;
                output.sink = op.what == Do::switch_audio       ? rig.audio
                              : op.what == Do::switch_second    ? second
                              : op.what == Do::switch_subtitles ? subtitles.sink()
                                                                : rig.video;
                command = rig.session.switch_stream(std::move(output), std::move(to));
                break;
            }
            case Do::media_stop:
                command = rig.session.set_media_stop(
                    static_cast<TopologyId>(op.item),
                    op.ms < 0 ? std::nullopt : std::optional(media_at(op.ms * 1ms)));
                break;
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
            case Do::stall_seek:
                rig.faults->seek_gate.close(op.ms % 2 == 0);
                is_command = false;
                break;
            case Do::stall_resolving:
                rig.decoders->gate.close(false);
                is_command = false;
                break;
            case Do::release:
                release();
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
                (op.second ? second : rig.video)
                    ->fail_now(Status{Errc::device_lost, "the script loses it"});
                is_command = false;
                break;
            }
            if (is_command && command) {
                referee.accepted(*command, op);
                const bool stops_it = op.what == Do::stop || op.what == Do::close;
                if (stops_it) stops.emplace(*command, rig.simulation->now());
            }
            listen();
            if (!complaint.empty()) break;
        }
        release();
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

} // namespace

TEST_CASE("random command sequences keep to the rules", "[session][random][2]") {
    run_sequences(sequence, play);
}
