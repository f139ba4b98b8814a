// The words of a subtitle, out of its mark-up.
#pragma once

#include <string>
#include <string_view>

namespace playhead::ffmpeg {

// What the text of an ASS event was before libavcodec made it one.
enum class EventText {
    ass,       // braces hold tags and comments
    marked_up, // tags of another kind have become ASS's; other braces and backslashes are the author's
    escaped, // the same, and so that a renderer of ASS shows them
};

// Of an ASS event as libavcodec gives it ("ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,
// Text"): lines parted by '\n', without override tags and drawings.
std::string words_of_event(std::string_view event, EventText was);

// A backslash of the author's in an event, as newer versions of libavcodec write it: a word joiner behind
// it keeps what follows from having a meaning.
inline constexpr std::string_view escaped_backslash = "\\\u2060";

bool is_utf8(std::string_view bytes);
// What text is taken for that is no UTF-8, as players do. Five bytes of it mean nothing: they become
// U+FFFD. https://encoding.spec.whatwg.org/index-windows-1252.txt
std::string from_windows_1252(std::string_view bytes);

// Whether this is the beginning of text in UTF-16, by its byte order mark: sound may begin with the same
// two bytes, but does not go on like text.
bool begins_utf16_text(std::string_view bytes);
// Of text with a byte order mark, which is left out, as is half a character at the end. What is no
// character becomes U+FFFD.
std::string from_utf16(std::string_view bytes);

} // namespace playhead::ffmpeg
