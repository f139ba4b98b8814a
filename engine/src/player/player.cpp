#include "playhead/player.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "engine/engine_core.h"

namespace playhead {

namespace {

// The player listens on the control lane: its handlers only decide and submit.
class ControlQueue final : public TaskQueue {
public:
    explicit ControlQueue(std::shared_ptr<Executor> executor) : executor_(std::move(executor)) {}
    void post(Task task) override { executor_->post(std::move(task)); }

private:
    const std::shared_ptr<Executor> executor_;
};

}  // namespace

std::string_view to_string(PlayerState state) {
    switch (state) {
        case PlayerState::empty: return "empty";
        case PlayerState::opening: return "opening";
        case PlayerState::stopped: return "stopped";
        case PlayerState::playing: return "playing";
        case PlayerState::paused: return "paused";
        case PlayerState::ended: return "ended";
        case PlayerState::failed: return "failed";
    }
    return "";
}

// One command at a time is carried out by session commands; those behind it wait here, where seeks
// that pile up fall together and a stop clears the way.
class PlayerCore : public std::enable_shared_from_this<PlayerCore> {
public:
    PlayerCore(std::shared_ptr<EngineCore> engine, PlayerOutputs outputs)
        : engine_(std::move(engine)), services_(engine_->services()), outputs_(std::move(outputs)),
          id_(services_->players.fetch_add(1) + 1), session_(EngineCore::handle(engine_->create_session({.queue_events = false}))) {}

    void listen() {
        listening_ = services_->bus.subscribe(
            {},
            [weak = weak_from_this()](const Event& event) {
                if (auto self = weak.lock()) self->hear(event);
            },
            std::make_shared<ControlQueue>(services_->executor));
    }

    enum class Kind { open, queue, play, pause, seek, rate, select, add, stop };
    struct Command {
        CommandId id = 0;
        Kind kind = Kind::stop;
        OpenRequest request;
        std::optional<MediaTime> at;
        SeekMode mode = SeekMode::exact;
        double rate = 1.0;
        Thinning thinning = Thinning::none;
        StreamKind stream_kind = StreamKind::audio;
        std::optional<int> number;
    };

    static Command order(Kind kind, std::optional<MediaTime> at = std::nullopt,
                         OpenRequest request = {}) {
        Command command;
        command.kind = kind;
        command.at = at;
        command.request = std::move(request);
        return command;
    }

    Result<CommandId> submit(Command command) {
        {
            std::lock_guard lock(mutex_);
            if (shut_) return fail(Errc::shut_down, "the player was shut down");
            command.id = services_->next_command();
            if (command.kind == Kind::seek) public_.wanted = command.at;
        }
        const auto id = command.id;
        services_->executor->post(
            [self = shared_from_this(), command = std::move(command)]() mutable {
                self->arrive(std::move(command));
            });
        return id;
    }

    void shut_down() {
        {
            std::lock_guard lock(mutex_);
            if (std::exchange(shut_, true)) return;
        }
        services_->executor->post([self = shared_from_this()] { self->die(); });
        (void)session_.shutdown();
    }

    PlayerId id() const { return id_; }
    const Session& session() const { return session_; }

    struct Public {
        PlayerState state = PlayerState::empty;
        std::shared_ptr<const Presentation> presentation;
        std::vector<Track> tracks;
        std::optional<MediaTime> wanted;  // where a seek is going
        std::optional<MediaTime> ended_at;
        Duration offset{};  // presentation time of the beginning of what plays
    };
    Public snapshot() const {
        std::lock_guard lock(mutex_);
        return public_;
    }

private:
    // ---- control lane ----
    void arrive(Command command) {
        if (dead_) {
            done(command.id, Status{Errc::shut_down, "the player was shut down"});
            return;
        }
        if (command.kind == Kind::queue) {
            begin_queueing(std::move(command));
            return;
        }
        if (command.kind == Kind::stop || command.kind == Kind::open) drop_queueing();
        if (command.kind == Kind::open) {
            std::erase_if(queued_, [](const Queued& q) { return q.topology != 0; });
        }
        if (command.kind == Kind::stop) {
            for (auto& waiting : std::exchange(waiting_, {})) {
                done(waiting.id, Status{Errc::cancelled, "overtaken by a stop"});
            }
            if (executing_ && open_id_ != 0) {
                (void)engine_->cancel(open_id_);
            } else if (executing_ && session_command_ != 0) {
                // The session's stop overtakes what this command is waiting for.
                (void)session_.stop();
            }
        } else if (command.kind == Kind::seek) {
            while (!waiting_.empty() && waiting_.back().kind == Kind::seek) {
                done(waiting_.back().id, Status{Errc::superseded, "a later seek took its place"});
                waiting_.pop_back();
            }
        }
        waiting_.push_back(std::move(command));
        next();
    }

    void next() {
        while (!executing_ && !waiting_.empty() && !dead_) {
            executing_ = std::move(waiting_.front());
            waiting_.pop_front();
            begin();
        }
    }

    void begin() {
        const auto state = snapshot().state;
        const bool ready = state != PlayerState::empty && state != PlayerState::failed;
        switch (executing_->kind) {
            case Kind::open: {
                if (ready) (void)session_.stop();
                (void)session_.clear_current_topology();
                source_.reset();
                track_sources_.clear();
                publish([](Public& p) {
                    p = {};
                    p.state = PlayerState::opening;
                });
                auto id = engine_->open(std::move(executing_->request));
                if (!id) {
                    set_state(PlayerState::failed);
                    finish(id.error());
                } else {
                    open_id_ = *id;
                }
                break;
            }
            case Kind::play:
                if (!ready) return finish({Errc::invalid_request, "nothing is open"});
                if (executing_->at) {
                    submitted(session_.start(StartAt{*executing_->at}));
                } else {
                    submitted(session_.start());
                }
                break;
            case Kind::pause:
                if (!ready) return finish({Errc::invalid_request, "nothing is open"});
                if (state == PlayerState::paused) return finish({});
                submitted(session_.pause());
                break;
            case Kind::seek:
                if (!ready) return finish({Errc::invalid_request, "nothing is open"});
                if (state == PlayerState::playing) {
                    submitted(session_.start(StartAt{*executing_->at, executing_->mode}));
                } else {
                    submitted(session_.cue(*executing_->at, executing_->mode));
                }
                break;
            case Kind::queue: break;  // is not carried out in turn
            case Kind::rate:
                if (!ready) return finish({Errc::invalid_request, "nothing is open"});
                change_rate(state);
                break;
            case Kind::select:
                if (!ready) return finish({Errc::invalid_request, "nothing is open"});
                select(executing_->stream_kind, executing_->number);
                break;
            case Kind::add: {
                if (!ready) return finish({Errc::invalid_request, "nothing is open"});
                auto id = engine_->open(std::move(executing_->request));
                if (!id) return finish(id.error());
                open_id_ = *id;
                break;
            }
            case Kind::stop:
                if (!ready || state == PlayerState::opening) return finish({});
                submitted(session_.stop());
                break;
        }
    }

    // The session's table allows a change of direction while stopped only: it is stopped for it, and
    // goes on from where it was.
    void change_rate(PlayerState state) {
        const auto sign = [](double rate) { return rate > 0 ? 1 : rate < 0 ? -1 : 0; };
        const double from = session_.rate().value_or(1.0), to = executing_->rate;
        const bool moves = state == PlayerState::playing || state == PlayerState::paused;
        const bool supported =
            session_.rate_support()
                .map([&](const RateSupport& s) { return s.is_supported(executing_->thinning, to).status.ok(); })
                .value_or(false);
        const auto change = [&] { return session_.set_rate(to, executing_->thinning); };
        if (!moves || !supported || sign(from) == sign(to)) {
            submitted(change());
            return;
        }
        const MediaTime at = session_.position().value_or(media_zero) - snapshot().offset;
        (void)session_.stop();
        const auto changed = change();
        if (!changed) return submitted(changed);
        rate_command_ = *changed;
        const bool shows = state == PlayerState::playing || to == 0.0;
        submitted(shows ? session_.start(StartAt{at}) : session_.cue(at));
    }

    const std::shared_ptr<StreamSink>& output_of(StreamKind kind) const {
        static const std::shared_ptr<StreamSink> none;
        return kind == StreamKind::video   ? outputs_.video
               : kind == StreamKind::audio ? outputs_.audio
                                           : none;
    }

    void select(StreamKind kind, std::optional<int> number) {
        OutputNode output;
        output.sink = output_of(kind);
        if (!output.sink) {
            return finish({Errc::invalid_request,
                           "there is no output for " + std::string(to_string(kind))});
        }
        const auto tracks = snapshot().tracks;
        const bool any = std::any_of(tracks.begin(), tracks.end(), [&](const Track& track) {
            return track.kind == kind && track.selected;
        });
        SourceNode to;
        for (std::size_t i = 0; number && i < tracks.size(); ++i) {
            if (tracks[i].kind != kind || tracks[i].number != *number) continue;
            to.source = track_sources_[i];
            to.stream = tracks[i].stream.index;
            if (tracks[i].selected) return finish({});
        }
        if (number && !to.source) {
            return finish({Errc::not_found, "there is no " + std::string(to_string(kind)) +
                                                " track " + std::to_string(*number)});
        }
        if (!number && !any) return finish({});
        choosing_ = {kind, number};
        submitted(session_.switch_stream(std::move(output), std::move(to)));
    }

    void add_tracks(const std::shared_ptr<Source>& source, bool external) {
        publish([&](Public& p) {
            for (const StreamInfo& stream : source->presentation().streams) {
                const bool sound_of_it = !external || stream.kind == StreamKind::audio;
                if (!stream.decodable || stream.disposition.attached_picture || !sound_of_it ||
                    !output_of(stream.kind)) {
                    continue;
                }
                Track track;
                track.kind = stream.kind;
                track.stream = stream;
                track.external = external;
                track.number += static_cast<int>(
                    std::count_if(p.tracks.begin(), p.tracks.end(),
                                  [&](const Track& other) { return other.kind == stream.kind; }));
                p.tracks.push_back(std::move(track));
                track_sources_.push_back(source);
            }
        });
    }

    // Those of the source that plays now, which begins with the best of each kind.
    void show_tracks() {
        track_sources_.clear();
        publish([](Public& p) { p.tracks.clear(); });
        add_tracks(source_, false);
        publish([&](Public& p) {
            for (Track& track : p.tracks) {
                const auto* best = source_->presentation().best(track.kind);
                track.selected = best && best->index == track.stream.index;
            }
        });
    }

    void mark_selected(StreamKind kind, std::optional<int> number) {
        publish([&](Public& p) {
            for (Track& track : p.tracks) {
                if (track.kind == kind) track.selected = number == track.number;
            }
        });
    }

    // The first track of what was added plays.
    void opened_external(const Event& event) {
        if (!event.status.ok()) return finish(event.status);
        const auto before = snapshot().tracks.size();
        add_tracks(event.as<SourceOpened>()->source, true);
        const auto tracks = snapshot().tracks;
        if (tracks.size() == before) {
            return finish({Errc::no_streams, event.as<SourceOpened>()->presentation->locator +
                                                 ": there is no sound in it that can be played"});
        }
        select(tracks[before].kind, tracks[before].number);
    }

    void submitted(Result<CommandId> command) {
        if (!command) {
            finish(command.error());
        } else {
            session_command_ = *command;
        }
    }

    // ---- what is queued behind: beside the other commands, since it may take its time ----
    struct Queued {
        CommandId id = 0;
        OpenId open = 0;
        CommandId set = 0;  // its set_topology
        TopologyId topology = 0;
        std::shared_ptr<Source> source;
        std::shared_ptr<const Presentation> presentation;
    };

    void begin_queueing(Command command) {
        auto open = engine_->open(std::move(command.request));
        if (!open) {
            done(command.id, open.error());
            return;
        }
        Queued queued;
        queued.id = command.id;
        queued.open = *open;
        queued_.push_back(std::move(queued));
    }

    void drop_queueing() {
        for (auto& queued : queued_) {
            if (queued.open != 0) (void)engine_->cancel(queued.open);
        }
    }

    // True if the event was of one of them.
    bool hear_queued(const Event& event) {
        const auto at = std::find_if(queued_.begin(), queued_.end(), [&](const Queued& q) {
            return event.command != 0 && (q.open == event.command || q.set == event.command);
        });
        if (at == queued_.end()) return false;
        auto& queued = *at;
        if (const auto* opened = event.as<SourceOpened>()) {
            queued.open = 0;
            if (!event.status.ok()) {
                give_up(at, event.status);
                return true;
            }
            queued.source = opened->source;
            queued.presentation = opened->presentation;
            auto topology = topology_of(queued.source, *queued.presentation);
            if (topology.nodes().empty()) {
                give_up(at, nothing_to_play(*queued.presentation));
                return true;
            }
            auto set = session_.set_topology(std::move(topology));
            if (!set) {
                give_up(at, set.error());
            } else {
                queued.set = *set;
            }
            return true;
        }
        const auto* set = event.as<TopologySet>();
        if (!set) return false;
        queued.set = 0;
        if (!event.status.ok()) {
            give_up(at, event.status);
        } else {
            queued.topology = set->topology;
            done(queued.id, {});
        }
        return true;
    }

    void give_up(std::deque<Queued>::iterator at, Status status) {
        const auto id = at->id;
        queued_.erase(at);
        done(id, std::move(status));
    }

    // A queued one has taken its place at the outputs.
    void item_started(TopologyId topology) {
        const auto at = std::find_if(queued_.begin(), queued_.end(),
                                     [&](const Queued& q) { return q.topology == topology; });
        if (topology == 0 || at == queued_.end()) return;
        source_ = at->source;
        publish([&](Public& p) {
            p.presentation = at->presentation;
            p.offset = offsets_[topology];
        });
        show_tracks();
        Event event;
        event.session = session_.id();
        event.body = PlayerItemStarted{id_, at->id};
        queued_.erase(at);
        offsets_.clear();
        services_->bus.publish(std::move(event));
    }

    Topology topology_of(const std::shared_ptr<Source>& source, const Presentation& presentation) {
        Topology topology;
        const auto add = [&](StreamKind kind, const std::shared_ptr<StreamSink>& sink) {
            const auto* stream = presentation.best(kind);
            if (stream && sink) topology.add_branch(source, stream->index, sink);
        };
        add(StreamKind::video, outputs_.video);
        add(StreamKind::audio, outputs_.audio);
        return topology;
    }

    static Status nothing_to_play(const Presentation& presentation) {
        return {Errc::no_streams,
                presentation.locator + ": there is nothing in it that can be played here"};
    }

    void finish(Status status) {
        const auto command = *std::exchange(executing_, std::nullopt);
        session_command_ = rate_command_ = 0;
        open_id_ = 0;
        if (command.kind == Kind::seek && waiting_.empty()) {
            publish([](Public& p) { p.wanted.reset(); });
        }
        done(command.id, std::move(status));
        next();
    }

    void hear(const Event& event) {
        if (dead_ || hear_queued(event)) return;
        if (executing_ && open_id_ != 0 && event.command == open_id_ && event.as<SourceOpened>()) {
            opened(event);
        } else if (event.session == session_.id()) {
            hear_session(event);
        }
    }

    void opened(const Event& event) {
        const auto& opened = *event.as<SourceOpened>();
        open_id_ = 0;
        if (executing_->kind == Kind::add) return opened_external(event);
        if (!event.status.ok()) {
            set_state(event.status == Errc::cancelled ? PlayerState::empty : PlayerState::failed);
            finish(event.status);
            return;
        }
        source_ = opened.source;
        auto topology = topology_of(source_, *opened.presentation);
        publish([&](Public& p) { p.presentation = opened.presentation; });
        show_tracks();
        if (topology.nodes().empty()) {
            set_state(PlayerState::failed);
            finish(nothing_to_play(*opened.presentation));
            return;
        }
        submitted(session_.set_topology(std::move(topology), SetTopology::immediate));
    }

    void hear_session(const Event& event) {
        const bool ok = event.status.ok();
        if (const auto* started = event.as<SessionStarted>(); started && ok) {
            set_state(PlayerState::playing);
            if (started->seek) publish([](Public& p) { p.offset = {}; });
        }
        if (event.as<SessionPaused>() && ok) {
            set_state(PlayerState::paused);
            const bool cued = executing_ && (executing_->kind == Kind::seek ||
                                             executing_->kind == Kind::rate);
            if (cued && event.command == session_command_) publish([](Public& p) { p.offset = {}; });
        }
        if (event.as<SessionStopped>() && ok && source_) {
            set_state(PlayerState::stopped);
            publish([](Public& p) { p.offset = {}; });
        }
        if (const auto* told = event.as<NotifyPresentationTime>()) {
            offsets_[told->topology] = told->offset;
        }
        if (const auto* status = event.as<TopologyStatus>();
            status && status->state == TopologyState::sink_switched) {
            item_started(status->topology);
        }
        if (event.as<TopologySet>() && executing_ && executing_->kind == Kind::open &&
            event.command == session_command_) {
            set_state(ok ? PlayerState::stopped : PlayerState::failed);
        }
        if (event.as<StreamSwitched>() && ok && event.command == session_command_) {
            mark_selected(choosing_.first, choosing_.second);
        }
        if (const auto* ended = event.as<SessionEnded>(); ended && source_) {
            publish([&](Public& p) {
                p.state = PlayerState::ended;
                p.ended_at = ended->position - p.offset;
                p.offset = {};
            });
            Event out;
            out.session = session_.id();
            out.body = PlayerEnded{id_};
            services_->bus.publish(std::move(out));
        }
        if (event.as<SessionError>()) set_state(PlayerState::failed);
        if (executing_ && rate_command_ != 0 && event.command == rate_command_) {
            rate_status_ = event.status;
        }
        if (executing_ && session_command_ != 0 && event.command == session_command_) {
            const bool changed = rate_command_ != 0 && event.status.ok();
            finish(changed ? std::exchange(rate_status_, {}) : event.status);
        }
    }

    void done(CommandId id, Status status) {
        Event event;
        event.session = session_.id();
        event.command = id;
        event.status = std::move(status);
        event.body = PlayerCommandDone{id_};
        services_->bus.publish(std::move(event));
    }

    void die() {
        if (std::exchange(dead_, true)) return;
        const Status status{Errc::shut_down, "the player was shut down"};
        if (open_id_ != 0) (void)engine_->cancel(open_id_);
        if (executing_) done(executing_->id, status);
        for (auto& queued : queued_) {
            if (queued.open != 0) (void)engine_->cancel(queued.open);
            if (queued.topology == 0) done(queued.id, status);
        }
        queued_.clear();
        for (auto& waiting : waiting_) done(waiting.id, status);
        executing_.reset();
        waiting_.clear();
        source_.reset();
        track_sources_.clear();
        listening_.reset();
    }

    void set_state(PlayerState state) {
        publish([&](Public& p) {
            p.state = state;
            if (state != PlayerState::ended) p.ended_at.reset();
        });
    }

    template <class F>
    void publish(F change) {
        std::lock_guard lock(mutex_);
        change(public_);
    }

    const std::shared_ptr<EngineCore> engine_;
    const std::shared_ptr<EngineServices> services_;
    const PlayerOutputs outputs_;
    const PlayerId id_;
    Session session_;

    mutable std::mutex mutex_;  // guards what any thread may ask for
    Public public_;
    bool shut_ = false;

    // Control lane.
    Subscription listening_;
    std::deque<Command> waiting_;
    std::optional<Command> executing_;
    OpenId open_id_ = 0;             // of the executing open
    CommandId session_command_ = 0;  // what the executing command waits for
    CommandId rate_command_ = 0;     // whose status is its own, where others follow it
    Status rate_status_;
    std::shared_ptr<Source> source_;
    std::vector<std::shared_ptr<Source>> track_sources_;  // of each of the tracks
    std::pair<StreamKind, std::optional<int>> choosing_;  // what a switch under way is to play
    std::deque<Queued> queued_;                // in the order in which they will play, once open
    std::map<TopologyId, Duration> offsets_;   // told of those that are to follow
    bool dead_ = false;
};

Player::Player(Engine& engine, PlayerOutputs outputs)
    : core_(std::make_shared<PlayerCore>(engine.core(), std::move(outputs))) {
    core_->listen();
}

Player::Player(Player&&) noexcept = default;

Player& Player::operator=(Player&& other) noexcept {
    if (this != &other) {
        if (core_) core_->shut_down();
        core_ = std::move(other.core_);
    }
    return *this;
}

Player::~Player() {
    if (core_) core_->shut_down();
}

PlayerId Player::id() const { return core_->id(); }
SessionId Player::session() const { return core_->session().id(); }

Result<CommandId> Player::open(OpenRequest request) {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::open, {}, std::move(request)));
}

Result<CommandId> Player::queue(OpenRequest request) {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::queue, {}, std::move(request)));
}

Result<CommandId> Player::play(std::optional<MediaTime> from) {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::play, from));
}

Result<CommandId> Player::pause() { return core_->submit(PlayerCore::order(PlayerCore::Kind::pause)); }

Result<CommandId> Player::seek(MediaTime t, SeekMode mode) {
    auto command = PlayerCore::order(PlayerCore::Kind::seek, t);
    command.mode = mode;
    return core_->submit(std::move(command));
}

Result<CommandId> Player::set_rate(double rate, Thinning thinning) {
    auto command = PlayerCore::order(PlayerCore::Kind::rate);
    command.rate = rate;
    command.thinning = thinning;
    return core_->submit(std::move(command));
}

Result<CommandId> Player::select(StreamKind kind, std::optional<int> number) {
    auto command = PlayerCore::order(PlayerCore::Kind::select);
    command.stream_kind = kind;
    command.number = number;
    return core_->submit(std::move(command));
}

Result<CommandId> Player::add_external(OpenRequest request) {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::add, {}, std::move(request)));
}

std::vector<Track> Player::tracks() const { return core_->snapshot().tracks; }

double Player::rate() const { return core_->session().rate().value_or(1.0); }

Result<std::shared_ptr<const Topology>> Player::topology() const {
    return core_->session().full_topology();
}

Result<CommandId> Player::stop() { return core_->submit(PlayerCore::order(PlayerCore::Kind::stop)); }

PlayerState Player::state() const { return core_->snapshot().state; }

std::optional<Presentation> Player::presentation() const {
    const auto p = core_->snapshot().presentation;
    return p ? std::optional<Presentation>(*p) : std::nullopt;
}

std::optional<MediaTime> Player::position() const {
    const auto now = core_->snapshot();
    if (!now.presentation) return std::nullopt;
    if (now.wanted) return now.wanted;
    if (now.ended_at) return now.ended_at;
    auto position = core_->session().position();
    return position ? std::optional<MediaTime>(*position - now.offset) : std::nullopt;
}

std::optional<Duration> Player::duration() const {
    const auto p = core_->snapshot().presentation;
    return p ? p->duration : std::nullopt;
}

SessionStatistics Player::statistics() const {
    return core_->session().statistics().value_or(SessionStatistics{});
}

}  // namespace playhead
