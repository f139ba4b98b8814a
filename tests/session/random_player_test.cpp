// Random commands on a Player, while what is opened and queued stalls or fails: what must hold whatever
// plays. PLAYHEAD_SEQUENCES and PLAYHEAD_SEED as in random_test.cpp.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "playhead/headless/random.h"
#include "session/player_rig.h"
#include "session/random_runs.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

enum class Do {
    open,
    queue,
    play,
    play_at,
    pause,
    seek,
    step,
    set_rate,
    select,
    add_external,
    media_stop,
    stop,
    wait,
    stall_open,
    stall_seek,
    stall_read,
    fail_open,
    fail_seek,
    release
};
constexpr struct {
    Do what;
    const char* name;
    int weight;
} kinds[] = {{Do::open, "open", 6},
             {Do::queue, "queue", 9},
             {Do::play, "play", 10},
             {Do::play_at, "play_at", 3},
             {Do::pause, "pause", 6},
             {Do::seek, "seek", 9},
             {Do::step, "step", 8},
             {Do::set_rate, "set_rate", 7},
             {Do::select, "select", 4},
             {Do::add_external, "add_external", 2},
             {Do::media_stop, "media_stop", 3},
             {Do::stop, "stop", 6},
             {Do::wait, "wait", 18},
             {Do::stall_open, "stall_open", 3},
             {Do::stall_seek, "stall_seek", 2},
             {Do::stall_read, "stall_read", 2},
             {Do::fail_open, "fail_open", 1},
             {Do::fail_seek, "fail_seek", 1},
             {Do::release, "release", 5}};
constexpr const char* items[] = {"film", "silent", "sound", "pipe", "quick"};
constexpr double rates[] = {1.0, 0.5, 2.0, 0.0, -1.0, 64.0, 1.0, 0.0};

struct Op {
    Do what = Do::wait;
    const char* name = "";
    int which = 0; // item, track or rate
    int ms = 0;
    bool variant = false; // by key frames, backward, thinned, none
};

std::string text(const Op& op) {
    std::ostringstream out;
    out << op.name << " " << op.which << ", " << op.ms << " ms" << (op.variant ? ", variant" : "");
    return out.str();
}

std::vector<Op> sequence(std::uint64_t seed) {
    headless::Random random(seed * 104729 + 11);
    const auto upto = [&](int n) {
        return static_cast<int>(random.below(static_cast<std::uint32_t>(n)));
    };
    int all = 0;
    for (const auto& kind : kinds) all += kind.weight;
    std::vector<Op> ops(static_cast<std::size_t>(4 + upto(26)));
    for (Op& op : ops) {
        int die = upto(all);
        for (const auto& kind : kinds) {
            op.what = &op == ops.data() ? Do::open : kind.what;
            op.name = &op == ops.data() ? "open" : kind.name;
            if ((die -= kind.weight) < 0) break;
        }
        op.which = upto(40);
        op.ms = op.what == Do::wait && upto(4) != 0 ? upto(60) : upto(1300);
        op.variant = upto(3) == 0;
    }
    return ops;
}

struct RandomPlayer : PlayerRig {
    explicit RandomPlayer(std::uint64_t seed) : PlayerRig({.seed = seed, .media = {}}) {
        video->told.scrubs = true;
        sources->named["film"] = {.audio_streams = 2, .duration = 1s};
        sources->named["silent"] = {.audio = false, .duration = 400ms};
        sources->named["sound"] = {.video = false, .duration = 300ms};
        sources->named["pipe"] = {.duration = 500ms, .seekable = false};
        sources->named["quick"] = {.duration = 200ms, .opens_at_once = true};
    }

    void complain(const std::string& what) {
        if (complaint.empty()) complaint = what;
    }

    void give(const Op& op) {
        const OpenRequest item{items[op.which % 5], nullptr, {}};
        const auto direction = op.variant ? Direction::reverse : Direction::forward;
        const auto kind = op.which % 2 == 0 ? StreamKind::audio : StreamKind::video;
        const auto number = op.variant ? std::nullopt : std::optional(1 + op.which % 3);
        std::optional<CommandId> id;
        const auto asked = [&](const Result<CommandId>& command) {
            if (command) id = *command;
        };
        switch (op.what) {
        case Do::open: asked(player->open(item)); break;
        case Do::queue:
            asked(player->queue(item));
            if (id) queued[*id] = item.locator;
            break;
        case Do::play: asked(player->play()); break;
        case Do::play_at: asked(player->play(media_at(op.ms * 1ms))); break;
        case Do::pause: asked(player->pause()); break;
        case Do::seek:
            asked(player->seek(media_at(op.ms * 1ms),
                               op.variant ? SeekMode::key_frame : SeekMode::exact));
            break;
        case Do::step: asked(player->step(direction)); break;
        case Do::set_rate:
            asked(player->set_rate(rates[op.which % 8],
                                   op.which % 8 == 5 ? Thinning::key_frames : Thinning::none));
            if (id) asked_rates[*id] = rates[op.which % 8];
            break;
        case Do::select: asked(player->select(kind, number)); break;
        case Do::add_external: asked(player->add_external(item)); break;
        case Do::media_stop:
            asked(player->set_media_stop(op.variant ? std::nullopt
                                                    : std::optional(media_at(op.ms * 1ms))));
            break;
        case Do::stop: asked(player->stop()); break;
        case Do::wait: simulation->run_for(op.ms * 1ms); break;
        case Do::stall_open: faults->open_gate.close(true); break;
        case Do::stall_seek:
        case Do::stall_read:
            (op.what == Do::stall_seek ? faults->seek_gate : faults->read_gate).close(op.variant);
            stalled = true;
            break;
        case Do::fail_open: faults->fail_open = !faults->fail_open; break;
        case Do::fail_seek: faults->fail_seek = !faults->fail_seek; break;
        case Do::release: release(); break;
        }
        if (id) owed[*id] = op.name;
    }

    void release() {
        faults->open_gate.open();
        faults->seek_gate.open();
        faults->read_gate.open();
    }

    void listen(Transcript* transcript) {
        for (auto event = queue.try_next(); event; event = queue.try_next()) {
            if (transcript) {
                transcript->push_back("    " + line_of(*event) + " #" +
                                      std::to_string(event->command));
            }
            if (event->as<PlayerCommandDone>()) {
                if (owed.erase(event->command) == 0)
                    complain("done twice, or nobody's: " + std::to_string(event->command));
                // One that failed may have failed after it was set, in going on from there; what was
                // set may be over already.
                if (asked_rates.count(event->command) > 0) {
                    rate.reset();
                    if (event->status.ok() && !fell_back) rate = asked_rates[event->command];
                }
            }
            const auto* changed = event->as<RateChanged>();
            if (changed && event->status.ok()) fell_back = event->command == 0;
            if (changed && fell_back) {
                rate = changed->rate; // the presentation cannot do the other one
                // Which what a step is in could: it goes back to that.
                if (std::any_of(owed.begin(), owed.end(), [](const auto& command) {
                        return std::string(command.second) == "step";
                    }))
                    rate.reset();
            }
            if (const auto* started = event->as<PlayerItemStarted>()) {
                if (queued.count(started->item) == 0) complain("an item that nobody queued");
                if (started->item < latest) complain("items out of their order");
                latest = started->item;
            }
        }
    }

    // What the player says of what plays is true of its session.
    void compare() {
        const auto state = player->state();
        const auto plays = player->topology();
        const auto told = player->presentation();
        // Tracks of another file may have taken the place of every one of its own, and be longer.
        const auto tracks = player->tracks();
        const bool mixed = std::any_of(tracks.begin(), tracks.end(),
                                       [](const Track& track) { return track.external; });
        if (plays && told && state != PlayerState::failed && !mixed) {
            bool of_it = false;
            for (const Node& node : (*plays)->nodes()) {
                const auto* from = std::get_if<SourceNode>(&node.body);
                of_it |= from && from->source->presentation().locator == told->locator;
            }
            if (!of_it) complain("it says that " + told->locator + " plays");
        }
        const auto position = player->position();
        const auto duration = player->duration();
        // While a source that is not slow is stalled the clock runs on, into what follows. Of the end
        // it is told a moment later.
        const auto moment =
            std::chrono::duration_cast<Duration>(50ms * std::max(1.0, std::abs(player->rate())));
        if (position && duration && !mixed && !stalled &&
            *position - media_zero > *duration + moment)
            complain("the position is behind the end");
        if (rate && player->rate() != *rate && state != PlayerState::failed)
            complain("the rate is not the one that was set last");
    }
    std::string complaint;
    std::map<CommandId, const char*> owed;
    std::map<CommandId, std::string> queued;
    std::map<CommandId, double> asked_rates;
    CommandId latest = 0;
    std::optional<double> rate = 1.0;
    bool stalled = false;
    bool fell_back = false;
};

// What is wrong with the sequence; empty if nothing is.
std::string play(std::uint64_t seed, const std::vector<Op>& ops, Transcript* transcript) {
    std::string complaint;
    std::shared_ptr<ScriptedSourceFactory> factory;
    {
        RandomPlayer rig(seed);
        factory = rig.sources;
        for (const auto& op : ops) {
            if (transcript) transcript->push_back("  " + text(op));
            rig.give(op);
            rig.listen(transcript);
        }
        rig.release();
        if (transcript) transcript->push_back("  (everything is let go)");
        for (int i = 0; i < 100 && !rig.owed.empty(); ++i) {
            rig.simulation->run_for(100ms);
            rig.listen(transcript);
        }
        if (!rig.owed.empty()) rig.complain(std::string("never done: ") + rig.owed.begin()->second);
        rig.simulation->settle(); // what the session did last is the player's too
        rig.listen(transcript);
        rig.compare();
        rig.player.reset();
        rig.simulation->run_for(1s);
        rig.listen(transcript);
        complaint = rig.complaint;
    }
    if (complaint.empty() && factory->alive != 0) complaint = "a source was left open";
    return complaint;
}

} // namespace

TEST_CASE("random commands of a player each end once, and it says what plays",
          "[session][random][player]") {
    run_sequences(sequence, play, usual_sequences / 4);
}
