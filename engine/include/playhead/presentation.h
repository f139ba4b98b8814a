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

// The values are Media Foundation's.
enum class SourceCharacteristic : unsigned {
    live = 0x1,
    can_seek = 0x2,
    can_pause = 0x4, // without losing anything
    slow_seek = 0x8,
    does_not_use_network = 0x80,
};
using SourceCharacteristics = unsigned; // a set of SourceCharacteristic
constexpr bool has(SourceCharacteristics set, SourceCharacteristic c) {
    return (set & static_cast<unsigned>(c)) != 0;
}

// Streams that belong together, where a container holds several such: a transport stream's channels.
struct Program {
    int number = 0;
    std::string name;
    std::vector<StreamIndex> streams;
};

struct Presentation {
    std::string locator;
    std::string container; // "matroska,webm"
    std::vector<StreamInfo> streams;
    // The line: media_zero is the earliest time stamp of the container, whatever that was.
    std::optional<Duration> duration;
    Duration container_start{}; // what was subtracted from every time stamp to get there
    bool seekable = false;
    bool live = false;
    bool uses_network = false;
    // What is read may be long in coming: a session that runs out of it lets its clock stand until
    // there is enough again (BufferingStarted, BufferingStopped).
    bool may_stall = false;
    std::vector<Chapter> chapters;
    std::vector<Program> programs; // empty in most containers
    std::optional<int> program;    // the number that was asked for when it was opened
    std::map<std::string, std::string> metadata;

    // The stream a player would take: decodable, the default one first, never an attached picture
    // (a cover counts only if `covers` asks for it). Of several programs one is taken from: the one
    // that was asked for, else the first with pictures, else the first with sound.
    const StreamInfo* best(StreamKind kind) const;
    const Program* best_program() const; // null where there are none
    const StreamInfo* cover() const;
    SourceCharacteristics characteristics() const;
};

} // namespace playhead
