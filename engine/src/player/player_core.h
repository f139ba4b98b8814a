// PlayerCore: what a Player consists of. Its face is player.cpp; player_core.cpp carries out commands,
// player_queue.cpp queues what follows, player_tracks.cpp knows the tracks, player_step.cpp goes from
// picture to picture.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/engine_core.h"
#include "playhead/backend/mutex.h"
#include "playhead/player.h"

namespace playhead {

// One command at a time is carried out by session commands; those behind it wait here, where seeks
// that pile up fall together and a stop clears the way.
//
// Threads: public calls from any thread; the rest on the control lane, as is what `mutex_` does not
// guard.
class PlayerCore : public std::enable_shared_from_this<PlayerCore> {
public:
    PlayerCore(std::shared_ptr<EngineCore> engine, PlayerOutputs outputs);
    void listen();

    enum class Kind { open, queue, play, pause, seek, step, rate, select, add, media_stop, stop };
    struct Command {
        CommandId id = 0;
        Kind kind = Kind::stop;
        OpenRequest request;
        std::optional<MediaTime> at;
        SeekMode mode = SeekMode::exact;
        double rate = 1.0;
        Thinning thinning = Thinning::none;
        Direction direction = Direction::forward; // of step
        StreamKind stream_kind = StreamKind::audio;
        std::optional<int> number;
        std::shared_ptr<Source> source; // of add: it is open
    };
    static Command order(Kind kind, std::optional<MediaTime> at = std::nullopt,
                         OpenRequest request = {});
    Result<CommandId> submit(Command command);
    void shut_down();

    PlayerId id() const { return id_; }
    const Session& session() const { return session_; }

    // What any thread may ask for.
    struct Public {
        PlayerState state = PlayerState::empty;
        std::shared_ptr<const Presentation> presentation;
        std::vector<Track> tracks;
        std::optional<MediaTime> wanted; // where the seek `wanted_by` is going
        CommandId wanted_by = 0;
        std::optional<MediaTime> ended_at;
        Duration offset{}; // presentation time of the beginning of what plays
    };
    Public snapshot() const;

private:
    void arrive(Command command);
    void next();
    void begin();
    void change_rate(PlayerState state);
    void submitted(Result<CommandId> command);
    void finish(Status status);
    void done(CommandId id, Status status);
    void die();

    void hear(const Event& event);
    void opened(const Event& event);
    void hear_session(const Event& event);

    // What is queued behind.
    struct Queued {
        CommandId id = 0;
        OpenId open = 0;
        CommandId set = 0; // its set_topology
        TopologyId topology = 0;
        std::shared_ptr<Source> source; // once it is open
        std::shared_ptr<const Presentation> presentation;
        bool dropped = false; // while it was being opened or set
    };
    void begin_queueing(Command command);
    void drop_queueing();
    void forget_queued();
    void set_queued();
    bool hear_queued(const Event& event); // true if the event was of one of them
    void give_up(std::deque<Queued>::iterator at, Status status);
    void item_started(TopologyId topology); // a queued one is the current presentation
    bool is_current(TopologyId topology) const;
    void follow_current();

    // Tracks.
    const std::shared_ptr<StreamSink>& output_of(StreamKind kind) const;
    Topology topology_of(const std::shared_ptr<Source>& source, const Presentation& presentation);
    static Status nothing_to_play(const Presentation& presentation);
    void select(StreamKind kind, std::optional<int> number);
    void add_tracks(const std::shared_ptr<Source>& source, bool external);
    void show_tracks();
    void mark_selected(StreamKind kind, std::optional<int> number);
    // Another file is opened beside the other commands; adding what is in it is one of them.
    struct Adding {
        Command command;
        OpenId open = 0;
        bool given_up = false;
    };
    void begin_adding(Command command);
    void drop_adding();
    bool hear_added(const Event& event); // true if the event was of one of them
    void add();

    // Stepping, at rate 0.
    struct Step {
        double rate = 1.0; // to go back to
        Thinning thinning = Thinning::none;
        CommandId to_zero = 0; // the command that sets the rate to 0
        bool looking = false;  // for the picture that is shown now: the wanted one is before it
        bool leaving = false;
        std::optional<MediaTime> shown;
        Status status;
    };
    void begin_step(PlayerState state);
    bool hear_step(const Event& event); // false: it is none of the step's
    void leave_step(Status status);
    void go_back(); // to the rate that it had
    void end_step();

    void set_state(PlayerState state);
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

    mutable Mutex mutex_; // guards what any thread may ask for
    Public public_;
    bool shut_ = false;

    Subscription listening_;
    std::deque<Command> waiting_;
    std::optional<Command> executing_;
    OpenId open_id_ = 0;            // of the executing open
    CommandId session_command_ = 0; // what the executing command waits for
    CommandId rate_command_ = 0;    // whose status is its own, where others follow it
    Status rate_status_;
    std::optional<Step> step_;            // of the executing step
    std::optional<MediaTime> stepped_to_; // the picture that is shown, nothing having moved since
    std::shared_ptr<Source> source_;
    TopologyId topology_ = 0;                            // what plays
    std::optional<MediaTime> media_stop_;                // where it is made to end
    std::vector<std::shared_ptr<Source>> track_sources_; // of each of the tracks
    std::vector<Adding> adding_;                         // still being opened
    std::pair<StreamKind, std::optional<int>> choosing_; // what a switch under way is to play
    std::deque<Queued> queued_;              // in the order in which they will play, once open
    std::map<TopologyId, Duration> offsets_; // told of those that are to follow
    bool dead_ = false;
};

} // namespace playhead
