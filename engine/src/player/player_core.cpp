#include "player/player_core.h"

#include <utility>

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

} // namespace

PlayerCore::PlayerCore(std::shared_ptr<EngineCore> engine, PlayerOutputs outputs)
    : engine_(std::move(engine)),
      services_(engine_->services()),
      outputs_(std::move(outputs)),
      id_(services_->players.fetch_add(1) + 1),
      session_(EngineCore::handle(engine_->create_session({.queue_events = false}))) {}

void PlayerCore::listen() {
    listening_ = services_->bus.subscribe(
        {},
        [weak = weak_from_this()](const Event& event) {
            if (auto self = weak.lock()) self->hear(event);
        },
        std::make_shared<ControlQueue>(services_->executor));
}

PlayerCore::Command PlayerCore::order(Kind kind, std::optional<MediaTime> at, OpenRequest request) {
    Command command;
    command.kind = kind;
    command.at = at;
    command.request = std::move(request);
    return command;
}

Result<CommandId> PlayerCore::submit(Command command) {
    {
        std::lock_guard lock(mutex_);
        if (shut_) return fail(Errc::shut_down, "the player was shut down");
        command.id = services_->next_command();
        if (command.kind == Kind::seek) {
            public_.wanted = command.at;
            public_.wanted_by = command.id;
        }
    }
    const auto id = command.id;
    services_->executor->post([self = shared_from_this(), command = std::move(command)]() mutable {
        self->arrive(std::move(command));
    });
    return id;
}

void PlayerCore::shut_down() {
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(shut_, true)) return;
    }
    services_->executor->post([self = shared_from_this()] { self->die(); });
    (void)session_.shutdown();
}

PlayerCore::Public PlayerCore::snapshot() const {
    std::lock_guard lock(mutex_);
    return public_;
}

void PlayerCore::arrive(Command command) {
    if (dead_) {
        done(command.id, Status{Errc::shut_down, "the player was shut down"});
        return;
    }
    if (command.kind == Kind::queue) {
        begin_queueing(std::move(command));
        return;
    }
    if (command.kind == Kind::add && !command.source) {
        begin_adding(std::move(command));
        return;
    }
    if (command.kind == Kind::stop || command.kind == Kind::open) {
        drop_queueing();
        drop_adding();
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

void PlayerCore::next() {
    while (!executing_ && !waiting_.empty() && !dead_) {
        executing_ = std::move(waiting_.front());
        waiting_.pop_front();
        begin();
    }
}

void PlayerCore::begin() {
    const auto state = snapshot().state;
    const bool ready = state != PlayerState::empty && state != PlayerState::failed;
    if (executing_->kind != Kind::step) stepped_to_.reset();
    switch (executing_->kind) {
    case Kind::open: {
        if (ready) (void)session_.stop();
        (void)session_.clear_current_topology();
        forget_queued();
        source_.reset();
        topology_ = 0;
        media_stop_.reset();
        track_sources_.clear();
        offsets_.clear();
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
        if (state == PlayerState::playing || session_.rate() == 0.0) {
            submitted(session_.start(StartAt{*executing_->at, executing_->mode}));
        } else {
            submitted(session_.cue(*executing_->at, executing_->mode));
        }
        break;
    case Kind::step:
        if (!ready) return finish({Errc::invalid_request, "nothing is open"});
        begin_step(state);
        break;
    case Kind::queue: break; // is not carried out in turn
    case Kind::rate:
        if (!ready) return finish({Errc::invalid_request, "nothing is open"});
        change_rate(state);
        break;
    case Kind::select:
        if (!ready) return finish({Errc::invalid_request, "nothing is open"});
        select(executing_->stream_kind, executing_->number);
        break;
    case Kind::add:
        if (!ready) return finish({Errc::invalid_request, "nothing is open"});
        add();
        break;
    case Kind::media_stop:
        if (!ready) return finish({Errc::invalid_request, "nothing is open"});
        submitted(session_.set_media_stop(topology_, executing_->at));
        break;
    case Kind::stop:
        if (!ready || state == PlayerState::opening) return finish({});
        submitted(session_.stop());
        break;
    }
}

// The session's table allows a change of direction while stopped only: it is stopped for it, and
// goes on from where it was.
void PlayerCore::change_rate(PlayerState state) {
    const auto sign = [](double rate) { return rate > 0 ? 1 : rate < 0 ? -1 : 0; };
    const double from = session_.rate().value_or(1.0), to = executing_->rate;
    const bool moves = state == PlayerState::playing || state == PlayerState::paused;
    const bool supported = session_.rate_support()
                               .map([&](const RateSupport& s) {
                                   return s.is_supported(executing_->thinning, to).status.ok();
                               })
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

void PlayerCore::submitted(Result<CommandId> command) {
    if (!command) {
        finish(command.error());
    } else {
        session_command_ = *command;
    }
}

void PlayerCore::finish(Status status) {
    const auto command = *std::exchange(executing_, std::nullopt);
    session_command_ = rate_command_ = 0;
    open_id_ = 0;
    step_.reset();
    done(command.id, std::move(status));
    set_queued();
    next();
}

void PlayerCore::hear(const Event& event) {
    if (dead_ || hear_queued(event) || hear_added(event)) return;
    if (executing_ && open_id_ != 0 && event.command == open_id_ && event.as<SourceOpened>()) {
        opened(event);
    } else if (event.session == session_.id()) {
        hear_session(event);
    }
}

void PlayerCore::opened(const Event& event) {
    const auto& opened = *event.as<SourceOpened>();
    open_id_ = 0;
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

void PlayerCore::hear_session(const Event& event) {
    if (step_ && hear_step(event)) return;
    const bool ok = event.status.ok();
    if (const auto* started = event.as<SessionStarted>(); started && ok) {
        set_state(PlayerState::playing);
        if (started->seek) publish([](Public& p) { p.offset = {}; });
    }
    if (event.as<SessionPaused>() && ok) {
        set_state(PlayerState::paused);
        const bool cued =
            executing_ && (executing_->kind == Kind::seek || executing_->kind == Kind::rate);
        if (cued && event.command == session_command_) publish([](Public& p) { p.offset = {}; });
    }
    if (event.as<SessionStopped>() && ok && source_) {
        follow_current();
        set_state(PlayerState::stopped);
        publish([](Public& p) { p.offset = {}; });
    }
    if (const auto* told = event.as<NotifyPresentationTime>()) {
        if (told->topology == topology_) { // it was current before it could be told of
            publish([&](Public& p) { p.offset = told->offset; });
        } else {
            offsets_[told->topology] = told->offset;
        }
    }
    if (const auto* status = event.as<TopologyStatus>();
        status && status->state == TopologyState::sink_switched) {
        item_started(status->topology);
    }
    if (const auto* set = event.as<TopologySet>();
        set && executing_ && executing_->kind == Kind::open && event.command == session_command_) {
        topology_ = set->topology;
        set_state(ok ? PlayerState::stopped : PlayerState::failed);
    }
    if (event.as<StreamSwitched>() && ok && event.command == session_command_) {
        mark_selected(choosing_.first, choosing_.second);
    }
    if (const auto* moved = event.as<MediaStopChanged>();
        moved && ok && moved->topology == topology_) {
        media_stop_ = moved->stop;
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

void PlayerCore::done(CommandId id, Status status) {
    publish([id](Public& p) {
        if (p.wanted_by == id) p.wanted.reset();
    });
    Event event;
    event.session = session_.id();
    event.command = id;
    event.status = std::move(status);
    event.body = PlayerCommandDone{id_};
    services_->bus.publish(std::move(event));
}

void PlayerCore::die() {
    if (std::exchange(dead_, true)) return;
    const Status status{Errc::shut_down, "the player was shut down"};
    if (open_id_ != 0) (void)engine_->cancel(open_id_);
    if (executing_) done(executing_->id, status);
    for (auto& queued : queued_) {
        if (queued.open != 0) (void)engine_->cancel(queued.open);
        if (queued.topology == 0) done(queued.id, status);
    }
    queued_.clear();
    for (auto& adding : adding_) {
        (void)engine_->cancel(adding.open);
        done(adding.command.id, status);
    }
    adding_.clear();
    for (auto& waiting : waiting_) done(waiting.id, status);
    executing_.reset();
    waiting_.clear();
    source_.reset();
    track_sources_.clear();
    listening_.reset();
}

void PlayerCore::set_state(PlayerState state) {
    publish([&](Public& p) {
        p.state = state;
        if (state != PlayerState::ended) p.ended_at.reset();
    });
}

} // namespace playhead
