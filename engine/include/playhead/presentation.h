// Presentation: what a source holds, as the probe found it. A plain value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "playhead/media_type.h"

namespace playhead {

struct Chapter {
    MediaRange range;
    std::string title;
};

struct Presentation {
    std::string locator;
    std::string container;  // "matroska,webm"
    std::vector<StreamInfo> streams;
    // The line: media_zero is the earliest time stamp of the container, whatever that was.
    std::optional<Duration> duration;
    Duration container_start{};  // what was subtracted from every time stamp to get there
    bool seekable = false;
    bool live = false;
    bool uses_network = false;
    std::vector<Chapter> chapters;
    std::map<std::string, std::string> metadata;

    // The stream a player would take: decodable, the default one first, never an attached picture
    // (a cover counts only if `covers` asks for it).
    const StreamInfo* best(StreamKind kind) const;
    const StreamInfo* cover() const;
};

}  // namespace playhead
