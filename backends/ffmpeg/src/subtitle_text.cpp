#include "subtitle_text.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace playhead::ffmpeg {
namespace {

constexpr int fields_before_text = 8;

// Whether pictures are drawn behind this block of tags ("{\p1}"); unchanged where it does not say.
bool draws_behind(std::string_view tags, bool drawing) {
    for (std::size_t at = tags.find("\\p"); at != tags.npos; at = tags.find("\\p", at + 2)) {
        const std::string_view number = tags.substr(at + 2);
        if (!number.empty() && number.front() >= '0' && number.front() <= '9') {
            drawing = number.front() != '0';
        }
    }
    return drawing;
}

// How much of the beginning stands for one brace or backslash of the author's; 0 for none.
// FFmpeg 5 writes "\{", "\}" and "\\", later ones "\{{}" and the joiner; ASS has the first two itself.
std::size_t escape_length(std::string_view text, EventText was) {
    if (was == EventText::marked_up) {
        return 0;
    }
    for (const std::string_view escape : {std::string_view{"\\{{}"}, escaped_backslash,
                                          std::string_view{"\\{"}, std::string_view{"\\}"}}) {
        if (text.starts_with(escape)) {
            return escape.size();
        }
    }
    return was == EventText::escaped && text.starts_with("\\\\") ? 2 : 0;
}

void append(std::string& to, std::uint32_t code) {
    if (code < 0x80) {
        to += static_cast<char>(code);
    } else if (code < 0x800) {
        to += static_cast<char>(0xc0 | code >> 6);
        to += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        if (code < 0x10000) {
            to += static_cast<char>(0xe0 | code >> 12);
        } else {
            to += static_cast<char>(0xf0 | code >> 18);
            to += static_cast<char>(0x80 | (code >> 12 & 0x3f));
        }
        to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        to += static_cast<char>(0x80 | (code & 0x3f));
    }
}

constexpr std::uint32_t no_character = 0xfffd;

bool begins_pair(std::uint32_t unit) { return unit >> 10 == 0x36; }
bool ends_pair(std::uint32_t unit) { return unit >> 10 == 0x37; }

} // namespace

std::string words_of_event(std::string_view event, EventText was) {
    for (int i = 0; i < fields_before_text; ++i) {
        const auto comma = event.find(',');
        if (comma == event.npos) {
            return {};
        }
        event.remove_prefix(comma + 1);
    }
    // Behind the last; 0: there is none. Else each of many open braces would look for it to the end.
    const std::size_t closed = event.rfind('}') + 1;
    std::string words;
    bool drawing = false;
    for (std::size_t i = 0; i < event.size(); ++i) {
        const char c = event[i];
        const bool tags = c == '{' && i < closed &&
                          (was == EventText::ass || event.substr(i + 1).starts_with('\\'));
        const auto close = tags ? event.find('}', i) : event.npos;
        if (close != event.npos) {
            drawing = draws_behind(event.substr(i + 1, close - i - 1), drawing);
            i = close;
        } else if (drawing) {
            continue;
        } else if (const auto length = escape_length(event.substr(i), was); length > 0) {
            const char second = event[i + 1];
            words += second == '{' || second == '}' ? second : '\\';
            i += length - 1;
        } else if (c == '\\' && i + 1 < event.size() &&
                   (event[i + 1] == 'N' || event[i + 1] == 'n' || event[i + 1] == 'h')) {
            words += event[++i] == 'N' ? '\n' : ' ';
        } else if (c != '\r') {
            words += c;
        }
    }
    while (!words.empty() && words.back() == '\n') {
        words.pop_back();
    }
    return words;
}

bool is_utf8(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[i++]);
        const int more = lead < 0x80       ? 0
                         : lead >> 5 == 6  ? 1
                         : lead >> 4 == 14 ? 2
                         : lead >> 3 == 30 ? 3
                                           : -1;
        if (more < 0) {
            return false;
        }
        for (int k = 0; k < more; ++k) {
            if (i >= bytes.size() || (static_cast<unsigned char>(bytes[i++]) & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

std::string from_windows_1252(std::string_view bytes) {
    static constexpr std::array<std::uint32_t, 32> upper_controls{
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
    std::string text;
    for (const char byte : bytes) {
        const auto code = static_cast<unsigned char>(byte);
        append(text, code >= 0x80 && code < 0xa0 ? upper_controls[code - 0x80U] : code);
    }
    return text;
}

bool begins_utf16_text(std::string_view bytes) {
    if (!bytes.starts_with("\xff\xfe") && !bytes.starts_with("\xfe\xff")) {
        return false;
    }
    constexpr std::size_t enough = 1024;
    const std::string text = from_utf16(bytes.substr(0, enough));
    return text.find('\0') == text.npos && text.find("\xef\xbf\xbd") == text.npos;
}

std::string from_utf16(std::string_view bytes) {
    const std::size_t upper = bytes.starts_with('\xfe') ? 0U : 1U;
    const auto byte_at = [&](std::size_t at) -> std::uint32_t {
        return static_cast<unsigned char>(bytes[at]);
    };
    const auto unit_at = [&](std::size_t at) {
        return byte_at(at + upper) << 8 | byte_at(at + 1 - upper);
    };
    std::string text;
    for (std::size_t at = 2; at + 1 < bytes.size(); at += 2) {
        std::uint32_t code = unit_at(at);
        if (begins_pair(code)) {
            if (at + 3 >= bytes.size()) {
                break;
            }
            const std::uint32_t second = unit_at(at + 2);
            const bool pair = ends_pair(second);
            code = pair ? 0x10000 + ((code & 0x3ff) << 10 | (second & 0x3ff)) : no_character;
            at += pair ? 2U : 0U;
        } else if (ends_pair(code)) {
            code = no_character;
        }
        append(text, code);
    }
    return text;
}

} // namespace playhead::ffmpeg
