// What the tests of the player share: running it, files for it, clips.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/child_process.h"

namespace playhead::test {

// A folder of its own that goes when it does.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string path(const std::string& name) const;
    // Writes a file and gives its path.
    std::string file(const std::string& name, const std::string& content) const;

private:
    std::filesystem::path folder_;
};

// `playhead` with these arguments, without display and sound unless the environment says otherwise.
std::vector<std::string> player_command(const std::vector<std::string>& arguments);
ChildOptions without_display(std::string folder = {});
Exited play(const std::vector<std::string>& arguments, ChildOptions options = without_display());

// The same onto nothing and as fast as possible.
Exited play_fast(std::vector<std::string> arguments, ChildOptions options = without_display());

// A clip with a frame code (tests/media/clip_code.h) and beeps, made once for each set of arguments:
// 160x120, 25 frames a second, mpeg4 and PCM, unless said otherwise.
std::string clip(const std::vector<std::string>& arguments = {}, const std::string& ending = "mkv");

std::string read_text(const std::string& path);
std::vector<std::string> lines_of(const std::string& text);

} // namespace playhead::test
