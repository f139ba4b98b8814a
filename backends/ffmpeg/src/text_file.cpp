#include "text_file.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

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

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(line.size());
    text.remove_prefix(text.starts_with("\r\n") ? 2 : text.empty() ? 0 : 1);
    return line;
}

bool take_number(std::string_view& text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits > 0;
}

// "01:02:03.004" or "02:03.004".
bool begins_with_time(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    int colons = 0;
    while (take_number(text) && !text.empty()) {
        const char after = text.front();
        text.remove_prefix(1);
        if (after == '.') {
            return (colons == 1 || colons == 2) && take_number(text);
        }
        if (after != ':') {
            return false;
        }
        ++colons;
    }
    return false;
}

// The times are in its first line, or behind a name of one line.
bool is_cue(const std::vector<std::string_view>& block) {
    constexpr std::string_view arrow = "-->";
    for (std::size_t i = 0; i < std::min<std::size_t>(block.size(), 2); ++i) {
        if (const std::size_t at = block[i].find(arrow); at != block[i].npos) {
            return begins_with_time(block[i]) &&
                   begins_with_time(block[i].substr(at + arrow.size()));
        }
    }
    return false;
}

// The file without its blocks of style, regions and notes, and those that nobody understands. The standard
// says to pass over them; libavformat, up to which version depends on the block, drops all that follows.
// https://www.w3.org/TR/webvtt1/#file-parsing
std::string only_cues(std::string_view webvtt) {
    std::string kept;
    bool header = true;
    std::vector<std::string_view> block;
    while (!webvtt.empty()) {
        block.clear();
        while (!webvtt.empty()) {
            const std::string_view line = take_line(webvtt);
            if (line.empty()) {
                break;
            }
            block.push_back(line);
        }
        if (!block.empty() && (std::exchange(header, false) || is_cue(block))) {
            for (const std::string_view line : block) {
                kept.append(line) += '\n';
            }
            kept += '\n';
        }
    }
    return kept;
}

bool is_webvtt(std::string_view text) {
    text.remove_prefix(text.starts_with(utf8_mark) ? utf8_mark.size() : 0);
    return text.starts_with("WEBVTT");
}

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
    return is_webvtt(beginning) || begins_utf16_text(beginning);
}

// libavformat's own reading of UTF-16 loses the rest of a character that begins a line, where that has more
// than one byte in UTF-8; and half of its demuxers read none.
std::string mended(std::string file) {
    if (begins_utf16_text(file)) {
        file = from_utf16(file);
    }
    return is_webvtt(file) ? only_cues(file) : file;
}

} // namespace playhead::ffmpeg
