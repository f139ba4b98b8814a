#include "progress_line.h"

#include <algorithm>
#include <cstdio>

namespace playhead::apps {
namespace {

// Tenths of a second: the line is rewritten a few times a second, more digits would only flicker.
std::string clock_text(Duration t) {
    const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(t).count() / 100;
    char text[48];
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%lld",
                  static_cast<long long>(tenths / 36'000),
                  static_cast<long long>(tenths / 600 % 60),
                  static_cast<long long>(tenths / 10 % 60), static_cast<long long>(tenths % 10));
    return text;
}

std::string track_text(const std::vector<Track>& tracks, StreamKind kind) {
    const auto count = std::count_if(tracks.begin(), tracks.end(),
                                     [&](const Track& track) { return track.kind == kind; });
    if (count < (kind == StreamKind::subtitle ? 1 : 2)) { // one can be none
        return {};
    }
    const auto now = std::find_if(tracks.begin(), tracks.end(), [&](const Track& track) {
        return track.kind == kind && track.selected;
    });
    std::string text = "  " + std::string{to_string(kind)} + " ";
    if (now == tracks.end()) {
        return text + "no";
    }
    text += std::to_string(now->number) + "/" + std::to_string(count);
    return now->stream.language.empty() ? text : text + " " + now->stream.language;
}

} // namespace

std::string progress_line(const Progress& progress) {
    std::string line{to_string(progress.state)};
    line.resize(std::max<std::size_t>(line.size(), 7), ' ');
    if (progress.position) {
        line += "  " + clock_text(progress.position->time_since_epoch());
        line += " / " + (progress.duration ? clock_text(*progress.duration) : std::string{"?"});
    }
    if (progress.av_difference) {
        const auto ms =
            std::chrono::round<std::chrono::milliseconds>(*progress.av_difference).count();
        char text[48];
        std::snprintf(text, sizeof text, "  A-V %+lld ms", static_cast<long long>(ms));
        line += text;
    }
    if (progress.speed != 1.0) {
        char text[32];
        std::snprintf(text, sizeof text, "  x%.2f", progress.speed);
        line += text;
    }
    for (const StreamKind kind : {StreamKind::video, StreamKind::audio, StreamKind::subtitle}) {
        line += track_text(progress.tracks, kind);
    }
    line += "  dropped " + std::to_string(progress.dropped);
    if (progress.underruns > 0) {
        line += "  underruns " + std::to_string(progress.underruns);
    }
    if (progress.muted) {
        line += "  mute";
    } else if (progress.volume != 100) {
        line += "  volume " + std::to_string(progress.volume) + " %";
    }
    return line;
}

} // namespace playhead::apps
