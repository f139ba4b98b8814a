// The part of PlayerApp that hears how things went, and says so.
#include <utility>

#include "player_app.h"

namespace playhead::apps {

void PlayerApp::on_event(const Event& event) {
    if (const auto* done = event.as<PlayerCommandDone>()) {
        if (done->player == player_->id()) {
            on_command_done(event.command, event.status);
        }
    } else if (const auto* next = event.as<PlayerItemStarted>()) {
        if (next->player == player_->id() && next->item == item_.next && item_.next != 0) {
            next_started();
        }
    } else if (const auto* end = event.as<PlayerEnded>()) {
        // One of an item that was left already is not this one's.
        if (end->player == player_->id() && item_.playing) {
            ended();
        }
    } else if (event.session == player_->session()) {
        if (event.as<SessionError>()) {
            failed(event.status);
        } else if (event.as<SinkInvalidated>()) {
            output_lost(event.status);
        } else if (event.as<NonFatalError>()) {
            warn(event.status.message());
        }
    }
}

void PlayerApp::on_command_done(CommandId command, const Status& status) {
    if (command == stop_ && stop_ != 0) {
        done_ = true;
        return;
    }
    const bool overtaken = status == Errc::cancelled || status == Errc::superseded;
    if (overtaken || stop_ != 0) {
        return;
    }
    if (command == item_.open) {
        status.ok() ? opened() : failed(status);
    } else if (command == item_.play) {
        if (status.ok()) {
            item_.playing = true;
            list_.set_outcome(Playlist::Outcome::played);
            keep_awake(true); // it may be over already: nothing is asked of the player
            queue_next();
        } else {
            failed(status);
        }
    } else if (command == item_.stop_at && !status.ok()) {
        failed(status);
    } else if (command == item_.rate) {
        if (status.ok()) {
            speed_ = wanted_speed_;
        } else {
            wanted_speed_ = speed_;
            warn(status.message());
        }
    } else if (item_.tracks.erase(command) > 0) {
        track_chosen(status);
    } else if (command == item_.seek && !status.ok()) {
        warn(status.message());
    }
}

// What cannot be had of what the command line asks for ends the item: what was not asked for is not
// played in its place. A key that asks in vain is told so.
void PlayerApp::track_chosen(const Status& status) {
    const bool begins = item_.play == 0;
    if (!status.ok()) {
        begins ? failed(status) : warn(status.message());
    } else if (begins && item_.tracks.empty()) {
        begin_to_play();
    } else if (begins) {
        be_patient();
    }
}

void PlayerApp::failed(const Status& status) {
    if (item_.failed) {
        return; // the cause was told; what it entails need not be
    }
    item_.failed = true;
    item_.playing = false;
    warn(status.message());
    list_.set_outcome(Playlist::Outcome::failed);
    advance();
}

// What is slow to open is told of once. Subtitles are not worth a longer wait: they show once they are
// there.
void PlayerApp::lose_patience() {
    item_.patience.reset();
    if (stop_ != 0) {
        return;
    }
    const bool only_subtitles = item_.tracks == std::set<CommandId>{item_.subtitles};
    if (!item_.opened) {
        say_of_item(
            "is still being opened; waits on for its server, pipe or disk (Ctrl-C ends it)");
    } else if (only_subtitles) {
        terminal_.say(options_.subtitle_file +
                      ": is still being opened; plays without it until it is");
        begin_to_play();
    } else if (!options_.audio_file.empty()) {
        terminal_.say(options_.audio_file +
                      ": is still being opened; waits on for its server, pipe or "
                      "disk (Ctrl-C ends it)");
    }
}

void PlayerApp::output_lost(const Status& status) {
    if (outputs_->cannot_write()) {
        cannot_write(status.message());
    } else {
        warn(status.message());
    }
}

// What is played is to be in that file: without it there is no use in going on.
void PlayerApp::cannot_write(const std::string& what) {
    if (std::exchange(writing_failed_, true)) {
        return;
    }
    terminal_.say(what);
    list_.set_outcome(Playlist::Outcome::failed);
    item_.failed = true;
    item_.playing = false;
    quit(false);
}

void PlayerApp::warn(const std::string& text) {
    if (item_.warned.insert(text).second) {
        say_of_item(text);
    }
}

// "NAME: what is wrong; what to do", whether or not the backend's sentence begins with the name.
void PlayerApp::say_of_item(const std::string& text) {
    const std::string& name = list_.current();
    std::string_view rest = text;
    for (const std::string& opening : {"'" + name + "' ", name + ": "}) {
        if (rest.starts_with(opening)) {
            rest.remove_prefix(opening.size());
        }
    }
    terminal_.say(name + ": " + std::string{rest});
}

} // namespace playhead::apps
