#include "playhead/player.h"

#include "player/player_core.h"

namespace playhead {

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

Result<CommandId> Player::pause() {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::pause));
}

Result<CommandId> Player::seek(MediaTime t, SeekMode mode) {
    auto command = PlayerCore::order(PlayerCore::Kind::seek, t);
    command.mode = mode;
    return core_->submit(std::move(command));
}

Result<CommandId> Player::step(Direction direction) {
    auto command = PlayerCore::order(PlayerCore::Kind::step);
    command.direction = direction;
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

Result<CommandId> Player::set_media_stop(std::optional<MediaTime> stop) {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::media_stop, stop));
}

Result<CommandId> Player::add_external(OpenRequest request, StreamKind kind) {
    auto command = PlayerCore::order(PlayerCore::Kind::add, {}, std::move(request));
    command.stream_kind = kind;
    return core_->submit(std::move(command));
}

std::vector<Track> Player::tracks() const { return core_->snapshot().tracks; }

double Player::rate() const { return core_->session().rate().value_or(1.0); }

Result<std::shared_ptr<const Topology>> Player::topology() const {
    return core_->session().full_topology();
}

Result<CommandId> Player::stop() {
    return core_->submit(PlayerCore::order(PlayerCore::Kind::stop));
}

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

} // namespace playhead
