#include "playhead/presentation.h"

#include <algorithm>

namespace playhead {
namespace {

bool impaired(const StreamInfo& stream) {
    return stream.disposition.hearing_impaired || stream.disposition.visual_impaired;
}

// Whether a is to be taken before b, which comes earlier in the file.
bool better(const StreamInfo& a, const StreamInfo& b) {
    if (a.disposition.is_default != b.disposition.is_default) {
        return a.disposition.is_default;
    }
    return !impaired(a) && impaired(b);
}

bool playable(const StreamInfo& stream, StreamKind kind) {
    return stream.kind == kind && stream.decodable && !stream.disposition.attached_picture;
}

bool holds(const Program& program, StreamIndex stream) {
    return std::find(program.streams.begin(), program.streams.end(), stream) !=
           program.streams.end();
}

} // namespace

const Program* Presentation::best_program() const {
    const auto first = [this](auto fits) -> const Program* {
        const auto found = std::find_if(programs.begin(), programs.end(), fits);
        return found == programs.end() ? nullptr : &*found;
    };
    if (program) {
        return first([this](const Program& p) { return p.number == *program; });
    }
    for (const StreamKind kind : {StreamKind::video, StreamKind::audio}) {
        const auto* found = first([&](const Program& p) {
            return std::any_of(streams.begin(), streams.end(), [&](const StreamInfo& stream) {
                return playable(stream, kind) && holds(p, stream.index);
            });
        });
        if (found != nullptr) {
            return found;
        }
    }
    return nullptr;
}

const StreamInfo* Presentation::best(StreamKind kind) const {
    const Program* const from = best_program();
    const StreamInfo* found = nullptr;
    for (const StreamInfo& stream : streams) {
        if (!playable(stream, kind) || (from != nullptr && !holds(*from, stream.index))) {
            continue;
        }
        if (found == nullptr || better(stream, *found)) {
            found = &stream;
        }
    }
    return found;
}

const StreamInfo* Presentation::cover() const {
    for (const StreamInfo& stream : streams) {
        if (stream.kind == StreamKind::video && stream.decodable &&
            stream.disposition.attached_picture) {
            return &stream;
        }
    }
    return nullptr;
}

SourceCharacteristics Presentation::characteristics() const {
    SourceCharacteristics set = 0;
    const auto add = [&](bool so, SourceCharacteristic c) {
        set |= so ? static_cast<unsigned>(c) : 0U;
    };
    add(live, SourceCharacteristic::live);
    add(seekable, SourceCharacteristic::can_seek);
    add(!live, SourceCharacteristic::can_pause);
    add(seekable && uses_network, SourceCharacteristic::slow_seek);
    add(!uses_network, SourceCharacteristic::does_not_use_network);
    return set;
}

} // namespace playhead
