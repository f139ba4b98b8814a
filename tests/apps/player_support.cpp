#include "player_support.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace playhead::test {
namespace {

namespace fs = std::filesystem;

fs::path utf8(const std::string& name) { return {std::u8string{name.begin(), name.end()}}; }

} // namespace

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "playhead-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary folder could be made");
    }
    folder_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string TemporaryFolder::path(const std::string& name) const {
    return (folder_ / utf8(name)).string();
}

std::string TemporaryFolder::file(const std::string& name, const std::string& content) const {
    std::ofstream{folder_ / utf8(name), std::ios::binary} << content;
    return path(name);
}

std::vector<std::string> player_command(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{PLAYHEAD_BINARY_DIR "/playhead"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

ChildOptions without_display(std::string folder) {
    // A driver that does not exist fails the same way on every machine.
    return {
        {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER=none-here", "SDL_AUDIODRIVER=none-here"},
        std::move(folder),
        false};
}

Exited play(const std::vector<std::string>& arguments, ChildOptions options) {
    return run(player_command(arguments), std::move(options));
}

Exited play_fast(std::vector<std::string> arguments, ChildOptions options) {
    arguments.insert(arguments.begin(), {"--untimed", "--vo=null", "--ao=null"});
    return play(arguments, std::move(options));
}

std::string clip(const std::vector<std::string>& arguments, const std::string& ending) {
    static const TemporaryFolder folder;
    static std::map<std::string, std::string> made;
    std::string key = ending;
    for (const std::string& argument : arguments) {
        key += " " + argument;
    }
    std::string& path = made[key];
    if (path.empty()) {
        path = folder.path("clip-" + std::to_string(made.size()) + "." + ending);
        std::vector<std::string> command{PLAYHEAD_BINARY_DIR "/playhead-clip",
                                         "--size",
                                         "160x120",
                                         "--fps",
                                         "25",
                                         "--seconds",
                                         "2",
                                         "--video",
                                         "mpeg4",
                                         "--audio",
                                         "pcm_s16le"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        command.push_back(path);
        const Exited exited = run(command);
        if (exited.code != 0) {
            throw std::runtime_error("no clip could be made: " + exited.err);
        }
    }
    return path;
}

std::string read_text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{utf8(path), std::ios::binary}.rdbuf();
    return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

} // namespace playhead::test
