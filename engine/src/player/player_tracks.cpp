// The part of PlayerCore that knows the tracks and chooses among them.
#include "player/player_core.h"

#include <algorithm>
#include <utility>

namespace playhead {

const std::shared_ptr<StreamSink>& PlayerCore::output_of(StreamKind kind) const {
    static const std::shared_ptr<StreamSink> none;
    return kind == StreamKind::video      ? outputs_.video
           : kind == StreamKind::audio    ? outputs_.audio
           : kind == StreamKind::subtitle ? outputs_.subtitles
                                          : none;
}

Topology PlayerCore::topology_of(const std::shared_ptr<Source>& source,
                                 const Presentation& presentation) {
    Topology topology;
    const auto add = [&](StreamKind kind, const std::shared_ptr<StreamSink>& sink) {
        const auto* stream = presentation.best(kind);
        if (stream && sink) topology.add_branch(source, stream->index, sink);
    };
    add(StreamKind::video, outputs_.video);
    add(StreamKind::audio, outputs_.audio);
    return topology;
}

Status PlayerCore::nothing_to_play(const Presentation& presentation) {
    return {Errc::no_streams,
            presentation.locator + ": there is nothing in it that can be played here"};
}

void PlayerCore::select(StreamKind kind, std::optional<int> number) {
    OutputNode output;
    output.sink = output_of(kind);
    if (!output.sink) {
        return finish({Errc::invalid_request,
                       "there is no output for " + std::string(to_string(kind)) + " tracks"});
    }
    const auto tracks = snapshot().tracks;
    SourceNode to;
    std::optional<int> now;
    int count = 0;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (tracks[i].kind != kind) continue;
        ++count;
        if (tracks[i].selected) now = tracks[i].number;
        if (tracks[i].number != number) continue;
        to.source = track_sources_[i];
        to.stream = tracks[i].stream.index;
        to.media_stop = media_stop_;
    }
    if (number && !to.source) {
        return finish({Errc::not_found, "there is no " + std::string(to_string(kind)) + " track " +
                                            std::to_string(*number) + " (of " +
                                            std::to_string(count) + ")"});
    }
    if (number == now) return finish({});
    choosing_ = {kind, number};
    submitted(session_.switch_stream(std::move(output), std::move(to), topology_));
}

void PlayerCore::add_tracks(const std::shared_ptr<Source>& source, bool external) {
    publish([&](Public& p) {
        for (const StreamInfo& stream : source->presentation().streams) {
            const bool can_be_one = stream.kind == StreamKind::audio ||
                                    stream.kind == StreamKind::subtitle ||
                                    (stream.kind == StreamKind::video && !external);
            if (!can_be_one || stream.disposition.attached_picture) continue;
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

// Those of the source that plays now, which begins with the best picture and the best sound.
void PlayerCore::show_tracks() {
    track_sources_.clear();
    publish([](Public& p) { p.tracks.clear(); });
    add_tracks(source_, false);
    publish([&](Public& p) {
        for (Track& track : p.tracks) {
            const auto* best = source_->presentation().best(track.kind);
            track.selected = best && best->index == track.stream.index && !is_sparse(track.kind) &&
                             output_of(track.kind);
        }
    });
}

void PlayerCore::mark_selected(StreamKind kind, std::optional<int> number) {
    publish([&](Public& p) {
        for (Track& track : p.tracks) {
            if (track.kind == kind) track.selected = number == track.number;
        }
    });
}

void PlayerCore::begin_adding(Command command) {
    auto open = engine_->open(std::move(command.request));
    if (!open) {
        done(command.id, open.error());
        return;
    }
    adding_.push_back({std::move(command), *open});
}

void PlayerCore::drop_adding() {
    for (Adding& adding : adding_) {
        adding.given_up = true;
        (void)engine_->cancel(adding.open);
    }
}

bool PlayerCore::hear_added(const Event& event) {
    const auto* opened = event.as<SourceOpened>();
    const auto at = std::find_if(adding_.begin(), adding_.end(), [&](const Adding& adding) {
        return opened && adding.open == event.command;
    });
    if (at == adding_.end()) return false;
    auto adding = std::move(*at);
    adding_.erase(at);
    if (!event.status.ok()) {
        done(adding.command.id, event.status);
    } else if (adding.given_up) { // it was there before it could be cancelled
        done(adding.command.id, {Errc::cancelled, "overtaken by an open or a stop"});
    } else {
        adding.command.source = opened->source;
        arrive(std::move(adding.command));
    }
    return true;
}

// The best of the kind in what was opened plays.
void PlayerCore::add() {
    const StreamKind kind = executing_->stream_kind;
    const auto source = executing_->source;
    const auto before = snapshot().tracks.size();
    add_tracks(source, true);
    const auto tracks = snapshot().tracks;
    const auto* best = source->presentation().best(kind);
    for (std::size_t i = before; best && i < tracks.size(); ++i) {
        if (tracks[i].stream.index != best->index) continue;
        return select(tracks[i].kind, tracks[i].number);
    }
    finish({Errc::no_streams,
            source->presentation().locator +
                (kind == StreamKind::subtitle ? ": there are no subtitles in it that can be shown"
                                              : ": there is no sound in it that can be played")});
}

} // namespace playhead
