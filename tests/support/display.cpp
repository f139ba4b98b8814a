#include "support/display.h"

#include <stdexcept>

namespace playhead::test {
namespace {

std::uint32_t big_endian(const std::string& file, std::size_t word) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<std::uint8_t>(file.at(word * 4 + i));
    }
    return value;
}

} // namespace

std::optional<Screenshot> parse_xwd(const std::string& file) {
    // Words of the header: its size, version, format, depth, width, height, ..., byte order (7), bits
    // a pixel (11), bytes a line (12), ..., number of colours (19). Where windows have several
    // visuals, xwd puts the picture together itself, with three bytes a pixel.
    if (file.size() < 100 || big_endian(file, 1) != 7) {
        return std::nullopt;
    }
    const bool least_first = big_endian(file, 7) == 0;
    const std::size_t pixel = big_endian(file, 11) / 8;
    const std::size_t line = big_endian(file, 12);
    constexpr std::size_t colour_bytes = 12;
    const std::size_t pixels = big_endian(file, 0) + big_endian(file, 19) * colour_bytes;
    Screenshot shot;
    shot.width = static_cast<int>(big_endian(file, 4));
    shot.height = static_cast<int>(big_endian(file, 5));
    if ((pixel != 3 && pixel != 4) || !least_first || line < pixel * big_endian(file, 4) ||
        file.size() < pixels + line * big_endian(file, 5)) {
        return std::nullopt;
    }
    for (std::size_t y = 0; y < big_endian(file, 5); ++y) {
        const char* at = file.data() + pixels + y * line;
        for (int x = 0; x < shot.width; ++x, at += pixel) {
            shot.bgrx.insert(shot.bgrx.end(), at, at + 3);
            shot.bgrx.push_back(0);
        }
    }
    return shot;
}

std::string Display::missing() {
    for (const char* program : {"Xvfb", "xwd", "xdotool"}) {
        if (find_program(program).empty()) {
            return std::string{program} + " is not installed";
        }
    }
    return {};
}

Display::Display() {
    // It chooses a free number itself and says which, once it is ready. Without -noreset it begins
    // anew whenever its last client leaves, and whoever comes then is turned away.
    server_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        "Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"});
    if (!server_->wait_for("\n")) {
        throw std::runtime_error("Xvfb did not start: " + server_->err());
    }
    name_ = ":" + server_->out().substr(0, server_->out().find('\n'));
}

bool Display::manage_windows() {
    if (find_program("openbox").empty()) {
        return false;
    }
    manager_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"openbox"},
        ChildOptions{{"DISPLAY=" + name_, "HOME=/nonexistent", "XDG_CACHE_HOME=/tmp"}, {}, false});
    // It is there once it can be asked for the desktops it keeps.
    for (int i = 0; i < 400; ++i) {
        if (tool({"xdotool", "get_num_desktops"}).code == 0) {
            return true;
        }
    }
    return false;
}

Exited Display::tool(std::vector<std::string> command) const {
    return run(std::move(command), {{"DISPLAY=" + name_}, {}, false});
}

Screenshot Display::screenshot() const {
    const Exited exited = tool({"xwd", "-root", "-silent"});
    auto shot = parse_xwd(exited.out);
    if (!shot) {
        throw std::runtime_error("no screenshot: " + exited.err);
    }
    return std::move(*shot);
}

void Display::key(const std::string& xdotool_key) const {
    tool({"xdotool", "key", "--clearmodifiers", xdotool_key});
}

void Display::resize(const std::string& window_title, int width, int height) const {
    tool({"xdotool", "search", "--onlyvisible", "--name", window_title, "windowsize", "--sync",
          std::to_string(width), std::to_string(height)});
}

bool Display::wait_for_window(const std::string& title) const {
    // xdotool gives up when a window it looks at goes away meanwhile, so it is asked again.
    for (int i = 0; i < 100; ++i) {
        if (tool({"xdotool", "search", "--sync", "--onlyvisible", "--name", title}).code == 0) {
            return true;
        }
    }
    return false;
}

} // namespace playhead::test
