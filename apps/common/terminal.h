// Terminal: messages on stderr, text on stdout, and one line at the bottom that is rewritten in place.
#pragma once

#include <string>
#include <string_view>

namespace playhead::apps {

// Threads: the main thread.
class Terminal {
public:
    explicit Terminal(std::string program);
    ~Terminal(); // leaves the last line standing

    // All of what is shown is without what would command a terminal: it comes from files and servers.

    // "program: text" on a line of its own.
    void say(std::string_view text);

    // The lines of a text on stdout.
    void print(std::string_view text);

    // Whether there is a terminal to show a line on; else show_line() does nothing.
    bool can_show_line() const { return line_out_ >= 0; }
    // Writes only what differs from the line that stands there, and no more of it than fits: of a line
    // that went on below only the lower part would be rewritten.
    void show_line(std::string text);
    // The line stays; the next one begins below it.
    void end_line();

private:
    void write_above(int out, std::string_view text) const;
    std::string_view fitting_line() const;
    void write(int out, std::string_view text) const;

    const std::string program_;
    int line_out_ = -1; // 2 or 1, whichever is a terminal
    std::string line_;
};

} // namespace playhead::apps
