#include "common/terminal.h"

#include <cstdio>

#include "common/platform/console.h"

namespace playhead::apps {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

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
    if (!line_.empty()) {
        write(line_out_, clear_line);
    }
    std::string whole = program_ + ": ";
    // Always one line, whatever a backend's words contain.
    for (const char c : text) {
        whole += c == '\n' || c == '\r' ? ' ' : c;
    }
    whole += '\n';
    write(2, whole);
    if (!line_.empty()) {
        write(line_out_, line_);
    }
}

void Terminal::show_line(std::string text) {
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
