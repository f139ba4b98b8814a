#include "error.h"

#include <cerrno>

#include "handles.h"

extern "C" {
#include <libavutil/error.h>
}

namespace playhead::ffmpeg {

namespace {

Errc engine_code(int code) {
    switch (code) {
    case AVERROR_EXIT: return Errc::cancelled;
    case AVERROR_EOF: return Errc::end_of_stream;
    case AVERROR_INVALIDDATA: return Errc::damaged;
    case AVERROR_PROTOCOL_NOT_FOUND: return Errc::protocol_unsupported;
    case AVERROR_DEMUXER_NOT_FOUND: return Errc::unknown_format;
    case AVERROR_STREAM_NOT_FOUND: return Errc::no_streams;
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_PATCHWELCOME: return Errc::topo_codec_not_found;
    case AVERROR(ENOMEM): return Errc::out_of_memory;
    case AVERROR(EISDIR): return Errc::is_a_directory;
    case AVERROR(ETIMEDOUT): return Errc::timed_out;
    case AVERROR_BUG:
    case AVERROR_BUG2:
    case AVERROR(EINVAL): return Errc::internal;
    default: return Errc::cannot_open;
    }
}

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "ffmpeg"; }
    std::string message(int code) const override {
        char text[AV_ERROR_MAX_STRING_SIZE] = {};
        av_strerror(code, text, sizeof text);
        return text;
    }
    std::error_condition default_error_condition(int code) const noexcept override {
        return {static_cast<int>(engine_code(code)), engine_category()};
    }
};

// Never destroyed: a thread that was left behind may still name it while the process ends.
union Immortal {
    Category category;
    Immortal() : category() {}
    ~Immortal() {}
};

} // namespace

const std::error_category& ffmpeg_category() noexcept {
    static Immortal instance;
    return instance.category;
}

Error ffmpeg_error(int code, const std::string& what) {
    const std::error_code error(code, ffmpeg_category());
    return {error, what + " failed: " + error.message()};
}

} // namespace playhead::ffmpeg
