#include "player_app.h"

#include <algorithm>
#include <cstdlib>

#include "common/compose.h"
#include "output_files.h"
#include "playhead/lanes.h"
#include "progress_line.h"

namespace playhead::apps {
namespace {

using std::chrono::milliseconds;

constexpr int exit_bad_options = 1;
constexpr int exit_nothing_played = 2;
constexpr Duration between_lines = milliseconds{250};
constexpr Duration open_patience = std::chrono::seconds{3};
constexpr Duration stop_patience = milliseconds{500}; // the session promises 100

} // namespace

PlayerApp::PlayerApp(Options options, Terminal& terminal)
    : options_(std::move(options)),
      terminal_(terminal),
      list_(options_.items),
      executor_(make_lanes()),
      loop_(std::make_shared<MainLoop>(executor_)),
      volume_(options_.volume),
      wanted_speed_(options_.speed),
      muted_(options_.mute) {}

PlayerApp::~PlayerApp() { tear_down(); }

void PlayerApp::tear_down() {
    loop_->also_wake({});
    events_.reset();
    player_.reset();
    outputs_.reset();
    trace_.reset();      // after all that has something to tell
    loop_->run_posted(); // its last lines may be what could not be written
}

int PlayerApp::run() {
    if (const auto trouble = set_up()) {
        terminal_.say(*trouble);
        return exit_bad_options;
    }
    is_set_up_ = true;
    begin_item();
    while (!finished()) {
        show_progress();
        const auto until = next_deadline();
        if (Screen* screen = outputs_->screen()) {
            screen->turn(until, [this](const Control& control) { act(control); });
        } else {
            const auto picture = outputs_->take_unseen(executor_->now());
            loop_->wait(until && picture ? std::min(until, picture) : until ? until : picture);
        }
        loop_->run_posted();
        if (item_.patience && executor_->now() >= *item_.patience) {
            lose_patience();
        }
    }
    terminal_.end_line();
    tear_down();
    if (interrupted_) {
        return exit_interrupted;
    }
    // What had been played by then was not written either.
    return writing_failed_ ? exit_nothing_played : list_.exit_code();
}

std::optional<std::string> PlayerApp::set_up() {
    if (auto trouble = overwriting(options_)) {
        return trouble;
    }
    interruption_ = std::make_unique<Interruption>(*executor_, [this, loop = loop_] {
        if (!is_set_up_) {
            std::_Exit(exit_interrupted); // a pipe that nobody reads is still being opened
        }
        loop->post([this] { quit(true); });
    });
    engine_ = std::make_unique<Engine>(compose(executor_));
    if (!options_.trace_events.empty()) {
        auto trace = TraceWriter::create(
            engine_->bus(), executor_, options_.trace_events,
            [this, loop = loop_](std::string text) {
                loop->post([this, text = std::move(text)] { cannot_write(text); });
            });
        if (!trace) {
            return trace.error().message();
        }
        trace_ = std::move(*trace);
    }
    if (!options_.dump_topology.empty()) {
        dump_.open(options_.dump_topology);
        if (!dump_) {
            return options_.dump_topology + cannot_dump;
        }
    }
    auto outputs = Outputs::create(
        options_, executor_,
        [this, loop = loop_](std::string text) {
            loop->post([this, text = std::move(text)] { terminal_.say(text); });
        },
        [this, loop = loop_](std::string text) {
            loop->post([this, text = std::move(text)] { terminal_.print(text); });
        });
    if (!outputs) {
        return outputs.error().message();
    }
    outputs_ = std::move(*outputs);
    if (outputs_->screen() != nullptr) {
        loop_->also_wake(outputs_->screen()->wake());
    }
    outputs_->on_picture([loop = loop_] { loop->wake(); });
    set_volume();
    player_ = std::make_unique<Player>(*engine_, outputs_->sinks());
    events_ = engine_->bus().subscribe(
        {}, [this](const Event& event) { on_event(event); }, loop_);
    return std::nullopt;
}

// Before the list goes on from one that neither ended nor failed: what it waits for is given up.
void PlayerApp::leave_item() {
    if (!item_.failed) {
        static_cast<void>(player_->stop());
    }
}

void PlayerApp::begin_item() {
    item_ = Item{};
    item_.plays_left = options_.plays;
    be_patient();
    OpenRequest request;
    request.locator = list_.current();
    request.options.program = options_.program;
    const auto id = player_->open(std::move(request));
    if (id) {
        item_.open = *id;
    } else {
        failed(id.error());
    }
}

void PlayerApp::be_patient() { item_.patience = executor_->now() + open_patience; }

void PlayerApp::play_from_start() {
    const auto presentation = player_->presentation();
    const bool seekable = presentation && presentation->seekable;
    std::optional<MediaTime> from;
    if (item_.play != 0) {
        from = media_zero; // once more
    }
    if (options_.start && seekable) {
        from = media_at(*options_.start);
    } else if (options_.start) {
        warn("cannot be sought in; plays from the beginning");
    }
    if (options_.length) {
        const auto id = player_->set_media_stop(from.value_or(media_zero) + *options_.length);
        item_.stop_at = id ? *id : 0;
    }
    if (item_.plays_left) {
        --*item_.plays_left;
    }
    if (wanted_speed_ != 1.0) {
        set_speed(wanted_speed_);
    }
    const auto id = player_->play(from);
    if (id) {
        item_.play = *id;
    } else {
        failed(id.error());
    }
}

void PlayerApp::opened() {
    item_.opened = true;
    const auto presentation = player_->presentation();
    if (!presentation) {
        return;
    }
    for (const StreamKind kind : {StreamKind::video, StreamKind::audio}) {
        const auto undecodable =
            std::ranges::find_if(presentation->streams, [kind](const StreamInfo& stream) {
                return stream.kind == kind && !stream.decodable &&
                       !stream.disposition.attached_picture;
            });
        if (undecodable != presentation->streams.end() && !presentation->best(kind)) {
            warn("its " + std::string{to_string(kind)} + " (" + undecodable->codec +
                 ") has no decoder in this build; plays without it");
        }
    }
    show_item();
    choose_tracks();
    if (item_.tracks.empty()) {
        begin_to_play();
    } else {
        be_patient();
    }
}

void PlayerApp::begin_to_play() {
    item_.patience.reset();
    if (dump_.is_open()) {
        dump_topology();
    }
    if (stop_ != 0) {
        return;
    }
    play_from_start();
}

// The window is this item's now.
void PlayerApp::show_item() {
    const auto presentation = player_->presentation();
    Screen* screen = outputs_->screen();
    if (screen && presentation) {
        const StreamInfo* video = presentation->best(StreamKind::video);
        const auto* format = video ? std::get_if<VideoFormat>(&video->type) : nullptr;
        if (format) {
            screen->fit_to(display_size(*format));
        }
        screen->set_title(list_.current() + " - playhead");
        if (!shown_) {
            shown_ = true;
            screen->show();
        }
    }
}

// What is on the list behind it follows without a gap, unless a part, a repetition or certain tracks are
// asked for.
// One that cannot be opened is told of when its turn comes.
void PlayerApp::queue_next() {
    const auto next = list_.peek();
    if (!next || options_.start || options_.length || options_.plays != 1 || item_.next != 0 ||
        options_.chooses_tracks()) {
        return;
    }
    OpenRequest request;
    request.locator = *next;
    request.options.program = options_.program;
    if (const auto id = player_->queue(std::move(request))) {
        item_.next = *id;
    }
}

void PlayerApp::next_started() {
    if (!list_.next()) {
        return;
    }
    item_ = Item{};
    item_.plays_left = 0;
    item_.opened = item_.playing = true;
    list_.set_outcome(Playlist::Outcome::played);
    show_item();
    queue_next();
}

void PlayerApp::ended() {
    item_.playing = false;
    const bool again = !item_.plays_left || *item_.plays_left > 0;
    const auto presentation = player_->presentation();
    if (again && presentation && !presentation->seekable) {
        warn("cannot be sought in; is played once");
        advance();
    } else if (again) {
        play_from_start();
    } else {
        advance();
    }
}

void PlayerApp::advance() {
    if (list_.next()) {
        begin_item();
    } else {
        quit(false);
    }
}

void PlayerApp::quit(bool interrupted) {
    interrupted_ = interrupted_ || interrupted;
    if (stop_ != 0 || done_) {
        return;
    }
    show_progress(); // the last line says how far it came, not that it was stopped in order to quit
    const auto id = player_->stop();
    if (!id) {
        done_ = true;
        return;
    }
    stop_ = *id;
    stop_deadline_ = executor_->now() + stop_patience;
}

bool PlayerApp::finished() const {
    return done_ || (stop_deadline_ && executor_->now() >= *stop_deadline_);
}

std::optional<HostTime> PlayerApp::next_deadline() {
    std::optional<HostTime> until = stop_deadline_;
    const auto sooner = [&until](HostTime t) { until = until ? std::min(*until, t) : t; };
    if (player_->state() == PlayerState::playing) {
        if (terminal_.can_show_line()) {
            sooner(line_due_);
        }
    }
    if (item_.patience) {
        sooner(*item_.patience);
    }
    return until;
}

void PlayerApp::show_progress() {
    const HostTime now = executor_->now();
    const bool moves = player_->state() == PlayerState::playing;
    if (!terminal_.can_show_line() || !item_.opened || stop_ != 0 || (moves && now < line_due_)) {
        return;
    }
    line_due_ = now + between_lines;
    Progress progress;
    progress.state = player_->state();
    progress.position = player_->position();
    progress.duration = player_->duration();
    progress.speed = speed_;
    progress.volume = volume_;
    progress.muted = muted_;
    progress.tracks = player_->tracks();
    const SessionStatistics statistics = player_->statistics();
    progress.av_difference = statistics.av_difference;
    for (const StreamStatistics& stream : statistics.streams) {
        progress.dropped += stream.late;
        progress.underruns += stream.underruns;
    }
    terminal_.show_line(progress_line(progress));
}

} // namespace playhead::apps
