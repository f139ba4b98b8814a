// Rig: an engine with its outputs and a player, run by the main thread as a program would.
//
//   on the main thread:  hear events -> show what is due -> wait for a wake-up -> ...
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/main_loop.h"
#include "playhead/audio_output.h"
#include "playhead/player.h"
#include "playhead/video_output.h"
#include "show.h"

namespace playhead::bench {

enum class Outputs { nowhere, sdl };

// Threads: the main thread.
class Rig {
public:
    explicit Rig(Outputs outputs = Outputs::nowhere);
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    HostTime now() const { return executor_->now(); }
    Engine& engine() { return *engine_; }
    Player& player() { return *player_; }
    VideoOutput& video() { return *video_; }
    AudioOutput& audio() { return *audio_; }
    const std::shared_ptr<StreamSink>& video_sink() const { return video_->sink(); }
    const std::shared_ptr<StreamSink>& audio_sink() const { return audio_->sink(); }

    // Each frame at the moment it is shown.
    void on_shown(Show::Shown handler) { shown_ = std::move(handler); }

    // Goes on until `done` holds (true), something fatal happens or `limit` has passed (false).
    bool run_until(const std::function<bool()>& done, Duration limit);
    void run_for(Duration length);

    // Opens with the player and is back when it is ready, or has failed.
    Result<void> open(const std::string& locator);
    // Until the player's command has completed: how it ended.
    Status complete(const Result<CommandId>& command);
    bool completed(CommandId command) const { return done_.contains(command); }
    // The picture with which the session's last start or seek completed: it need not be what is shown
    // first, where the main thread comes late to a clock that runs.
    const std::optional<MediaTime>& started_with() const { return started_with_; }
    bool ended() const { return ended_; }
    const Status& failure() const { return failed_; } // of the session, for good

private:
    void hear(const Event& event);

    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<apps::MainLoop> loop_;
    std::unique_ptr<VideoOutput> video_;
    std::unique_ptr<AudioOutput> audio_;
    std::unique_ptr<Show> show_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<Player> player_;
    Subscription events_;
    Show::Shown shown_;
    std::map<CommandId, Status> done_; // player's commands that have completed
    std::optional<MediaTime> started_with_;
    Status failed_; // the session's fatal error
    bool ended_ = false;
};

// As any player would, for measuring without one: the best picture and sound of the source.
Topology whole(const std::shared_ptr<Source>& source, std::shared_ptr<StreamSink> video,
               std::shared_ptr<StreamSink> audio);

} // namespace playhead::bench
