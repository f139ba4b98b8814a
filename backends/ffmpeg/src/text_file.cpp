#include "text_file.h"

#include <algorithm>
#include <array>

#include "subtitle_text.h"

namespace playhead::ffmpeg {
namespace {

constexpr std::array text_formats{
    std::string_view{"aqtitle"},   std::string_view{"ass"},        std::string_view{"jacosub"},
    std::string_view{"lrc"},       std::string_view{"microdvd"},   std::string_view{"mpl2"},
    std::string_view{"mpsub"},     std::string_view{"pjs"},        std::string_view{"realtext"},
    std::string_view{"sami"},      std::string_view{"srt"},        std::string_view{"stl"},
    std::string_view{"subviewer"}, std::string_view{"subviewer1"}, std::string_view{"tedcaptions"},
    std::string_view{"vplayer"},   std::string_view{"webvtt"}};

} // namespace

bool reads_subtitle_text(const AVInputFormat& format) {
    return std::find(text_formats.begin(), text_formats.end(), format.name) != text_formats.end();
}

bool wants_mending(const AVIOContext& bytes, const AVInputFormat* format) {
    if (format != nullptr && !reads_subtitle_text(*format)) {
        return false;
    }
    const std::string_view beginning{reinterpret_cast<const char*>(bytes.buf_ptr),
                                     static_cast<std::size_t>(bytes.buf_end - bytes.buf_ptr)};
    return begins_utf16_text(beginning);
}

// libavformat's own reading of UTF-16 loses the rest of a character that begins a line, where that has more
// than one byte in UTF-8; and half of its demuxers read none.
std::string mended(std::string file) {
    return begins_utf16_text(file) ? from_utf16(file) : file;
}

} // namespace playhead::ffmpeg
