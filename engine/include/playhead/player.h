// Player: the short way. Opens a source, makes its topology, plays it.
//
//   Engine engine{options};
//   VideoOutput screen;  AudioOutput speaker{device};
//   Player player{engine, {screen.sink(), speaker.sink()}};
//   player.open({"film.mkv"});
//   player.play();
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playhead/engine.h"

namespace playhead {

struct PlayerOutputs {
    std::shared_ptr<StreamSink> video;          // null: no picture wanted
    std::shared_ptr<StreamSink> audio;          // null: no sound wanted
    std::shared_ptr<StreamSink> subtitles = {}; // null: none wanted
};

// A stream of what is open, or one of a file that was added to it. One without a decoder
// (stream.decodable) or without an output is listed but cannot be chosen. What is opened begins with the
// best picture and the best sound, and without subtitles.
struct Track {
    StreamKind kind = StreamKind::audio;
    int number = 1; // of its kind, from 1
    StreamInfo stream;
    bool external = false;
    bool selected = false;
};

enum class PlayerState { empty, opening, stopped, playing, paused, ended, failed };
std::string_view to_string(PlayerState state);

class PlayerCore;

// Threads: every call from any thread. Commands have ids of their own and end in one
// PlayerCommandDone(ok | superseded | cancelled | error) on the engine's bus.
// Ownership: destroying it shuts its session down; the same bounds as Session.
class Player {
public:
    Player(Engine& engine, PlayerOutputs outputs);
    ~Player();
    Player(Player&&) noexcept;
    Player& operator=(Player&&) noexcept;

    PlayerId id() const;
    SessionId session() const;

    // Opens it and makes it ready; done when the first start can begin. What played before is closed.
    Result<CommandId> open(OpenRequest request);
    // Opens it meanwhile and plays it behind what is opened or queued before it, without a gap:
    // PlayerItemStarted says when. Where nothing is left that plays, that is at once, and play() begins
    // it. Done when it is open and queued, those before it first; holds nothing else up. open() and
    // stop() before that cancel it; open() drops the queue when its turn comes.
    Result<CommandId> queue(OpenRequest request);
    // Done when it moves. While opening: as soon as it is open.
    Result<CommandId> play(std::optional<MediaTime> from = std::nullopt);
    Result<CommandId> pause();
    // Done when the frame for t can be shown; keeps paused what is paused. Of seeks that pile up the
    // latest wins, earlier ones complete as superseded. A key frame is reached quicker. At rate 0 the
    // frame is shown, and it is playing there.
    Result<CommandId> seek(MediaTime t, SeekMode mode = SeekMode::exact);
    // Pauses, and shows the next picture or the one before; done when it is shown, and the position
    // lies in it. From where nothing has been played, the first; beyond the last and before the first
    // nothing changes. At rate 0 it stays there. Invalid_request: there are no pictures;
    // unsupported_rate_transition: it plays in reverse; unsupported_rate: it cannot stand at rate 0, as
    // where its source cannot seek.
    Result<CommandId> step(Direction direction = Direction::forward);
    // Any rate that the presentation can do, in whatever state: where the session's table forbids the
    // move (forward to reverse, to and from 0 while playing) it is stopped for it and goes on from the
    // same place. Kept for what is opened next. Errors: those of Session::set_rate.
    Result<CommandId> set_rate(double rate, Thinning thinning = Thinning::none);
    // Plays the track of that number from here on, or (none) no track of that kind; what else plays does
    // not notice. Not_found: no such track; invalid_request: nothing else would be left, there is no
    // output for the kind, or what is queued has begun. Errors besides: those of Session::switch_stream.
    Result<CommandId> select(StreamKind kind, std::optional<int> number);
    // What plays ends there from now on, counted from its beginning; none: at its own end. Kept over
    // seeks, stops and further plays, until something else is opened or what is queued begins.
    // Errors: those of Session::set_media_stop.
    Result<CommandId> set_media_stop(std::optional<MediaTime> stop);
    // Opens another file meanwhile and plays its sound, or its subtitles, with what is open, from the
    // position on at which it is there; holds nothing up until then. To begin with it, play once this
    // is done. open() and stop() cancel it. No_streams: it has none of that kind.
    Result<CommandId> add_external(OpenRequest request, StreamKind kind = StreamKind::audio);
    // While opening: cancels the open and completes ok.
    Result<CommandId> stop();

    PlayerState state() const;
    std::optional<Presentation> presentation() const;
    // Pictures, sounds and subtitles of what plays, in the order of its streams; covers are none.
    std::vector<Track> tracks() const;
    // In what plays, from its beginning; where a seek is going, while one is under way.
    std::optional<MediaTime> position() const;
    std::optional<Duration> duration() const;
    double rate() const;
    // What plays, resolved; for looking at. None: invalid_request.
    Result<std::shared_ptr<const Topology>> topology() const;
    SessionStatistics statistics() const;

private:
    std::shared_ptr<PlayerCore> core_;
};

} // namespace playhead
