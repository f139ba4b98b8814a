#include "notes.h"

#include <cstdio>
#include <string>

namespace playhead::bench {
namespace {

void write(std::FILE* to, std::string line) {
    for (char& c : line) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), to);
    std::fflush(to);
}

} // namespace

void note(std::string_view text) { write(stderr, "playhead-bench: " + std::string{text}); }
void print(std::string_view line) { write(stdout, std::string{line}); }

} // namespace playhead::bench
