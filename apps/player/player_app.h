// PlayerApp: plays the list, shows it, obeys the keys.
#pragma once

#include <atomic>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/interruption.h"
#include "common/main_loop.h"
#include "common/terminal.h"
#include "common/trace_writer.h"
#include "options.h"
#include "outputs.h"
#include "playhead/engine.h"
#include "playhead/player.h"
#include "playlist.h"

namespace playhead::apps {

// Threads: the main thread. Events, signals and what the sound device says reach it as tasks of the
// loop.
class PlayerApp {
public:
    PlayerApp(Options options, Terminal& terminal);
    ~PlayerApp();

    int run(); // the exit code

private:
    static constexpr const char* cannot_dump =
        ": the topology cannot be written there; check folder and permissions";
    // The one that plays now.
    struct Item {
        CommandId open = 0;
        CommandId play = 0;
        CommandId seek = 0;
        CommandId rate = 0;
        CommandId stop_at = 0;      // by --length
        CommandId subtitles = 0;    // the opening of --sub-file
        CommandId next = 0;         // the one behind it was queued by this
        std::set<CommandId> tracks; // what is still to be chosen before it plays
        bool opened = false;
        bool playing = false; // its play completed
        bool failed = false;
        std::optional<int> plays_left;    // none: for ever
        std::optional<HostTime> patience; // when to say that it is still being opened
        std::set<std::string> warned;     // each warning once
    };

    std::optional<std::string> set_up();
    void begin_item();
    void leave_item();
    void play_from_start();
    void queue_next();
    void next_started();
    void show_item();
    void on_event(const Event& event);
    void on_command_done(CommandId command, const Status& status);
    void opened();
    void ended();
    void failed(const Status& status);
    void be_patient();
    void lose_patience();
    void output_lost(const Status& status);
    void cannot_write(const std::string& what);
    void advance();
    void warn(const std::string& text);
    void say_of_item(const std::string& text);

    void act(const Control& control);
    void seek_by(Duration distance);
    void choose_tracks();
    CommandId add_file(StreamKind kind, const std::string& file);
    void track_chosen(const Status& status);
    void begin_to_play();
    void select(StreamKind kind, std::optional<int> number);
    void next_track(StreamKind kind);
    void step(Direction direction);
    void set_speed(double speed);
    void dump_topology();
    void set_volume();
    void move(bool moved);
    void keep_awake(bool awake);

    void quit(bool interrupted);
    bool finished() const;
    void tear_down();
    std::optional<HostTime> next_deadline();
    void show_progress();

    const Options options_;
    Terminal& terminal_;
    Playlist list_;
    const std::shared_ptr<Executor> executor_;
    const std::shared_ptr<MainLoop> loop_;
    std::unique_ptr<Interruption> interruption_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<TraceWriter> trace_;
    std::unique_ptr<Outputs> outputs_;
    std::unique_ptr<Player> player_;
    Subscription events_;

    std::ofstream dump_; // open until the topology is in it
    Item item_;
    int volume_ = 100;
    double speed_ = 1.0;        // as it is
    double wanted_speed_ = 1.0; // as it was asked for last
    bool muted_ = false;
    bool shown_ = false;
    bool interrupted_ = false;
    bool done_ = false;
    bool writing_failed_ = false;
    std::atomic<bool> is_set_up_{false}; // an interruption before ends it on the spot
    CommandId stop_ = 0;                 // of quitting
    std::optional<HostTime> stop_deadline_;
    HostTime line_due_{};
};

} // namespace playhead::apps
