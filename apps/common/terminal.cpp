#include "common/terminal.h"

#include <algorithm>
#include <cstdio>

#include "common/platform/console.h"

namespace playhead::apps {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

// The length of the UTF-8 sequence that the text begins with; 0: none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) < 0x80                      ? 1
                               : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2
                               : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3
                               : byte(0) >= 0xf0 && byte(0) < 0xf5 ? 4
                                                                   : 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size() || (byte(i) & 0xc0U) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool is_control(std::string_view character) {
    const auto last = static_cast<unsigned char>(character.back());
    const bool upper = character.size() == 2 && character.front() == '\xc2' && last < 0xa0;
    return upper || (character.size() == 1 && (last < 0x20 || last == 0x7f));
}

// Without control characters, but for the ends of lines; what is no UTF-8 becomes question marks. A tab
// is a space: where it would lead to is not known.
std::string harmless(std::string_view text) {
    std::string whole;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(character.size());
        if (length == 0) {
            whole += '?';
        } else if (character == "\t") {
            whole += ' ';
        } else if (character == "\n" || !is_control(character)) {
            whole += character;
        }
    }
    return whole;
}

std::string one_line(std::string_view text) {
    std::string whole{text};
    std::ranges::replace_if(
        whole, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return harmless(whole);
}

} // namespace

Terminal::Terminal(std::string program) : program_(std::move(program)) {
    for (const int out : {2, 1}) {
        if (line_out_ < 0 && is_terminal(out)) {
            line_out_ = out;
        }
    }
}

Terminal::~Terminal() { end_line(); }

void Terminal::say(std::string_view text) {
    // Always one line, whatever a backend's words contain.
    write_above(2, program_ + ": " + one_line(text) + "\n");
}

void Terminal::print(std::string_view text) { write_above(1, harmless(text) + "\n"); }

void Terminal::write_above(int out, std::string_view text) const {
    if (!line_.empty()) {
        write(line_out_, clear_line);
    }
    write(out, text);
    if (!line_.empty()) {
        write(line_out_, fitting_line());
    }
}

// The last column stays free: some terminals go on below as soon as it is taken.
std::string_view Terminal::fitting_line() const {
    std::string_view rest = line_;
    for (std::size_t room = columns(line_out_).value_or(line_.size() + 1); room > 1; --room) {
        if (rest.empty()) return line_;
        rest.remove_prefix(std::max<std::size_t>(sequence_length(rest), 1));
    }
    return std::string_view{line_}.substr(0, line_.size() - rest.size());
}

void Terminal::show_line(std::string text) {
    if (!can_show_line()) {
        return;
    }
    text = one_line(text);
    if (text == line_) {
        return;
    }
    line_ = std::move(text);
    write(line_out_, std::string{clear_line} + std::string{fitting_line()});
}

void Terminal::end_line() {
    if (!line_.empty()) {
        write(line_out_, "\n");
        line_.clear();
    }
}

void Terminal::write(int out, std::string_view text) const {
    std::FILE* file = out == 1 ? stdout : stderr;
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
}

} // namespace playhead::apps
