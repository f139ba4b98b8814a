#include "common/terminal.h"

#include <algorithm>
#include <cstdio>

#include "common/platform/console.h"

namespace playhead::apps {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

// Without control characters, but for the ends of lines. A tab is a space: where it would lead to is
// not known.
std::string harmless(std::string_view text) {
    std::string whole;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // The upper controls, U+0080 to U+009F, are two bytes each.
        const bool upper = c == 0xc2 && i + 1 < text.size() &&
                           static_cast<unsigned char>(text[i + 1]) < 0xa0;
        const bool control = upper || c == 0x7f || (c < 0x20 && c != '\n');
        if (c == '\t') {
            whole += ' ';
        } else if (!control) {
            whole += text[i];
        }
        i += upper ? 1 : 0;
    }
    return whole;
}

std::string one_line(std::string_view text) {
    std::string whole{text};
    std::ranges::replace_if(whole, [](char c) { return c == '\n' || c == '\r'; }, ' ');
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
        write(line_out_, line_);
    }
}

void Terminal::show_line(std::string text) {
    text = one_line(text);
    if (!can_show_line() || text == line_) {
        return;
    }
    line_ = std::move(text);
    write(line_out_, std::string{clear_line} + line_);
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
