// The part of PlayerApp that does what the keys say.
#include <algorithm>
#include <cmath>

#include "player_app.h"

namespace playhead::apps {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double speed_step = 1.25;

} // namespace

void PlayerApp::act(const Control& control) {
    switch (control.action) {
    case Action::quit: quit(false); break;
    case Action::pause: move(player_->state() != PlayerState::playing); break;
    case Action::seek: seek_by(seconds{control.amount}); break;
    case Action::previous:
        if (list_.previous()) {
            leave_item();
            begin_item();
        }
        break;
    case Action::next:
        if (list_.next()) {
            leave_item();
            begin_item();
        }
        break;
    case Action::full_screen: outputs_->screen()->toggle_full_screen(); break;
    case Action::mute:
        muted_ = !muted_;
        set_volume();
        break;
    case Action::volume:
        volume_ = std::clamp(volume_ + control.amount, 0, 100);
        set_volume();
        break;
    case Action::step: step(Direction::forward); break;
    case Action::step_back: step(Direction::reverse); break;
    case Action::slower: set_speed(speed_ / speed_step); break;
    case Action::faster: set_speed(speed_ * speed_step); break;
    case Action::plain_speed: set_speed(1.0); break;
    case Action::next_sound: next_track(StreamKind::audio); break;
    case Action::next_picture: next_track(StreamKind::video); break;
    case Action::next_subtitles: next_track(StreamKind::subtitle); break;
    }
    line_due_ = {};
}

void PlayerApp::move(bool moves) {
    if (!item_.playing) {
        return;
    }
    if (moves != (player_->state() == PlayerState::playing)) {
        const auto id = moves ? player_->play() : player_->pause();
        if (!id) {
            warn(id.error().message());
        }
    }
    keep_awake(moves);
}

void PlayerApp::keep_awake(bool awake) {
    if (Screen* screen = outputs_->screen()) {
        screen->keep_awake(awake);
    }
}

void PlayerApp::seek_by(Duration distance) {
    const auto now = player_->position();
    if (!now || !item_.playing) {
        return;
    }
    MediaTime target = std::max(*now + distance, media_zero);
    if (const auto duration = player_->duration()) {
        // Past the end is the end: the last moment there is something to see.
        target = std::min(target, std::max(media_zero, media_at(*duration - milliseconds{100})));
    }
    if (const auto id = player_->seek(target)) {
        item_.seek = *id;
    } else {
        warn(id.error().message());
    }
}

// What the command line says of tracks; it plays once all of it is so.
void PlayerApp::choose_tracks() {
    const auto choose = [this](StreamKind kind, std::optional<int> number) {
        if (number) {
            select(kind, *number > 0 ? number : std::nullopt);
        }
    };
    choose(StreamKind::video, options_.video_track);
    choose(StreamKind::audio, options_.audio_track);
    choose(StreamKind::subtitle, options_.subtitle_track);
    add_file(StreamKind::audio, options_.audio_file);
    item_.subtitles = add_file(StreamKind::subtitle, options_.subtitle_file);
}

CommandId PlayerApp::add_file(StreamKind kind, const std::string& file) {
    if (file.empty()) {
        return 0;
    }
    OpenRequest request;
    request.locator = file;
    if (const auto id = player_->add_external(std::move(request), kind)) {
        item_.tracks.insert(*id);
        return *id;
    } else {
        warn(id.error().message());
        return 0;
    }
}

void PlayerApp::select(StreamKind kind, std::optional<int> number) {
    if (const auto id = player_->select(kind, number)) {
        item_.tracks.insert(*id);
    } else {
        warn(id.error().message());
    }
}

// The next that can be played behind the one that does; behind the last, the first. Subtitles have
// none between those two.
void PlayerApp::next_track(StreamKind kind) {
    std::optional<int> first;
    std::optional<int> next;
    bool behind = false;
    for (const Track& track : player_->tracks()) {
        if (track.kind != kind) {
            continue;
        }
        if (track.selected) {
            behind = true;
        } else if (track.stream.decodable) {
            first = first ? first : track.number;
            next = behind && !next ? track.number : next;
        }
    }
    if (!item_.playing) {
        return;
    }
    if (kind == StreamKind::subtitle && behind && !next) {
        select(kind, std::nullopt);
    } else if (first) {
        select(kind, next ? next : first);
    }
}

void PlayerApp::step(Direction direction) {
    const Screen* screen = outputs_->screen();
    if (!screen || !screen->shown() || !item_.playing) {
        return;
    }
    move(false);
    if (const auto id = player_->step(direction)) {
        item_.seek = *id;
    } else {
        warn(id.error().message());
    }
}

void PlayerApp::set_speed(double speed) {
    speed = std::clamp(speed, slowest_speed, fastest_speed);
    if (std::abs(speed - 1.0) < 0.01) {
        speed = 1.0; // steps up and down meet again
    }
    if (const auto id = player_->set_rate(speed)) {
        item_.rate = *id;
        wanted_speed_ = speed;
    } else {
        warn(id.error().message());
    }
}

void PlayerApp::dump_topology() {
    const auto topology = player_->topology();
    if (!topology) {
        return;
    }
    dump_ << (*topology)->dot();
    dump_.close();
    if (!dump_) {
        cannot_write(options_.dump_topology + cannot_dump);
    }
}

void PlayerApp::set_volume() { outputs_->set_volume(volume_, muted_); }

} // namespace playhead::apps
