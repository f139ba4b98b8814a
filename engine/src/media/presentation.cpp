#include "playhead/presentation.h"

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

} // namespace

const StreamInfo* Presentation::best(StreamKind kind) const {
    const StreamInfo* found = nullptr;
    for (const StreamInfo& stream : streams) {
        if (stream.kind != kind || !stream.decodable || stream.disposition.attached_picture) {
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
