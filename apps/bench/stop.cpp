// stop URL playing|paused|blocked|opening RUNS
// For each run "stop_ms close_ms 1": from the call of stop() until its event could be had from the
// session's queue, then the same for close(). On stderr at the end, how long the calls of stop()
// took by themselves.
#include "figures.h"
#include "modes.h"
#include "notes.h"
#include "rig.h"
#include "stalling_read.h"

namespace playhead::bench {
namespace {

enum class While { playing, paused, blocked, opening };

struct StopOptions {
    std::string url;
    While state = While::playing;
    int runs = 1;
};

constexpr Duration before_stop = std::chrono::milliseconds{1500}; // of blocked and opening
constexpr Duration of_playing = std::chrono::milliseconds{500};
constexpr Duration ready_patience = std::chrono::seconds{30};
constexpr Duration answer_patience = std::chrono::seconds{60};

struct Times {
    Duration stop{};
    Duration stop_call{}; // of `stop`, until the call was back
    Duration close{};
    bool ok = true;
};

// What a run opens: the URL, or a read of the bench's own, which is let go when the run is over.
class Opening {
public:
    Opening(const std::string& url, std::shared_ptr<StallingRead> custom)
        : url_(url),
          custom_(std::move(custom)) {}
    ~Opening() {
        if (custom_) custom_->let_go();
    }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;

    static Result<std::unique_ptr<Opening>> of(const std::string& url) {
        return StallingRead::of(url).map([&](std::shared_ptr<StallingRead> custom) {
            return std::make_unique<Opening>(url, std::move(custom));
        });
    }

    OpenRequest request() const {
        if (custom_) return custom_->request();
        OpenRequest request;
        request.locator = url_;
        return request;
    }
    StallingRead* custom() const { return custom_.get(); }

private:
    const std::string url_;
    const std::shared_ptr<StallingRead> custom_;
};

// Waits for the event that completes the command: its status.
template <class Source>
Result<Event> completion_of(Source& source, CommandId command, Duration patience) {
    const auto limit = [begin = std::chrono::steady_clock::now(), patience] {
        return patience - (std::chrono::steady_clock::now() - begin);
    };
    for (;;) {
        auto event = source.next_for(limit());
        if (!event || event->command == command) return event;
    }
}

// How long `call` and the event it leads to take together, and the call alone.
template <class Source, class Call>
Duration timed(Rig& rig, Source& source, bool& ok, Call call, Duration* call_alone = nullptr) {
    const HostTime begin = rig.now();
    const Result<CommandId> command = call();
    if (call_alone) *call_alone = rig.now() - begin;
    const auto event = command ? completion_of(source, *command, answer_patience)
                               : Result<Event>{fail(command.error())};
    const Duration took = rig.now() - begin;
    const Status status = event ? event->status : event.error();
    if (!status.ok()) note(status.message());
    ok = ok && status.ok();
    return took;
}

// One run with a session of its own: what a program does that builds topologies itself.
Result<Times> stop_session(const StopOptions& options) {
    const auto opening = Opening::of(options.url);
    if (!opening) return fail(opening.error());
    Rig rig;
    auto opened =
        rig.engine().bus().queue([](const Event& e) { return e.as<SourceOpened>() != nullptr; });
    Session session = rig.engine().create_session();
    const HostTime begin = rig.now();
    const auto open = rig.engine().open((*opening)->request());
    if (!open) return fail(open.error());
    const bool blocked = options.state == While::blocked;
    const auto source = completion_of(opened, *open, blocked ? before_stop : ready_patience);
    Times times;
    if (!source) {
        if (!blocked) return fail(source.error());
        note("still opening: the open is cancelled");
        const HostTime asked = rig.now();
        const auto cancelled = rig.engine().cancel(*open);
        times.stop_call = rig.now() - asked;
        times.ok = cancelled && completion_of(opened, *open, answer_patience);
        times.stop = rig.now() - asked;
        times.close = timed(rig, session, times.ok, [&] { return session.close(); });
        return times;
    }
    if (!source->status.ok()) return fail(source->status);
    Topology topology =
        whole(source->as<SourceOpened>()->source, rig.video_sink(), rig.audio_sink());
    if (topology.nodes().empty())
        return fail(Errc::no_streams, options.url + ": nothing to play in it");
    const auto set = session.set_topology(std::move(topology));
    if (!set) return fail(set.error());
    const auto started = session.start();
    if (!started) return fail(started.error());
    StallingRead* const custom = (*opening)->custom();
    if (blocked && !custom) {
        rig.run_for(before_stop - (rig.now() - begin));
    } else {
        const auto playing = completion_of(session, *started, ready_patience);
        if (!playing || !playing->status.ok()) {
            return fail(playing ? playing->status : playing.error());
        }
        rig.run_for(of_playing);
    }
    if (blocked && custom) {
        custom->stall();
        if (!rig.run_until([&] { return custom->stalled(); }, ready_patience)) {
            note(options.url + " is too short: it was read to its end before a read could stall");
        }
        rig.run_for(before_stop - (rig.now() - begin));
    }
    if (options.state == While::paused) {
        const auto pause = session.pause();
        const auto paused = pause ? completion_of(session, *pause, ready_patience)
                                  : Result<Event>{fail(pause.error())};
        if (!paused || !paused->status.ok()) return fail(paused ? paused->status : paused.error());
        rig.run_for(of_playing);
    }
    times.stop = timed(
        rig, session, times.ok, [&] { return session.stop(); }, &times.stop_call);
    times.close = timed(rig, session, times.ok, [&] { return session.close(); });
    return times;
}

// One run with a player, which is stopped before its source has opened; then the player is ended.
Result<Times> stop_opening(const StopOptions& options) {
    const auto opening = Opening::of(options.url);
    if (!opening) return fail(opening.error());
    Rig rig;
    auto done = rig.engine().bus().queue(
        [](const Event& e) { return e.as<PlayerCommandDone>() != nullptr; });
    auto player =
        std::make_optional<Player>(rig.engine(), PlayerOutputs{rig.video_sink(), rig.audio_sink()});
    const auto open = player->open((*opening)->request());
    if (!open) return fail(open.error());
    rig.run_for(before_stop);
    if (player->state() != PlayerState::opening) {
        note("it is no longer opening but " + std::string{to_string(player->state())});
    }
    Times times;
    times.stop = timed(
        rig, done, times.ok, [&] { return player->stop(); }, &times.stop_call);
    const HostTime begin = rig.now();
    player.reset();
    times.close = rig.now() - begin;
    return times;
}

Result<void> stop_all(const StopOptions& options) {
    std::vector<Duration> calls;
    for (int run = 0; run < options.runs; ++run) {
        const auto times =
            options.state == While::opening ? stop_opening(options) : stop_session(options);
        if (!times) return fail(times.error());
        print(fixed(milliseconds(times->stop), 2) + ' ' + fixed(milliseconds(times->close), 2) +
              ' ' + (times->ok ? '1' : '0'));
        calls.push_back(times->stop_call);
    }
    constexpr int of_a_microsecond = 3;
    note("call_ms " + spread(calls, of_a_microsecond));
    return {};
}

} // namespace

void add_stop(CLI::App& app, Work& work) {
    auto* mode = app.add_subcommand("stop", "How long stop and close take, whatever the source is "
                                            "doing: lines of stop_ms close_ms 1");
    auto options = std::make_shared<StopOptions>();
    mode->add_option("URL", options->url,
                     "What to stop; custom: or custom-cancel: is a read of the "
                     "bench's own that never returns (with a cancel "
                     "function), with a FILE behind it one that serves FILE "
                     "until it plays")
        ->required();
    mode->add_option_function<std::string>(
            "WHILE",
            [options](const std::string& state) {
                options->state = state == "paused"    ? While::paused
                                 : state == "blocked" ? While::blocked
                                 : state == "opening" ? While::opening
                                                      : While::playing;
            },
            "blocked: the source has stalled 1.5 s after open; opening: it has not opened by then")
        ->check(CLI::IsMember({"playing", "paused", "blocked", "opening"}))
        ->required();
    mode->add_option("RUNS", options->runs)->check(CLI::Range(1, 100'000))->required();
    mode->callback([options, &work] { work = [options] { return stop_all(*options); }; });
}

} // namespace playhead::bench
