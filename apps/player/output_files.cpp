#include "output_files.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "playhead/io/byte_sources.h"

namespace playhead::apps {
namespace {

namespace fs = std::filesystem;

struct Written {
    const char* option;
    const std::string& file;
    bool shared = false; // with another of its kind
    bool folder = false;
};

fs::path path_from(const std::string& utf8) {
    return fs::path{std::u8string{utf8.begin(), utf8.end()}};
}

// Empty: no file of this machine's.
fs::path played_path(const std::string& locator) {
    const std::string standard_input = "/dev/stdin";
    return path_from(locator == "-" ? standard_input : io::path_of(locator).value_or(""));
}

// Devices and pipes have nothing to lose. What is not there yet goes by its name.
bool same_file(const fs::path& a, const fs::path& b) {
    std::error_code ignored;
    if (a.empty() || b.empty()) {
        return false;
    }
    if (fs::equivalent(a, b, ignored)) {
        return fs::is_regular_file(a, ignored);
    }
    return !fs::exists(a, ignored) && fs::absolute(a, ignored).lexically_normal() ==
                                          fs::absolute(b, ignored).lexically_normal();
}

// Whether it is one of the names that pictures get in that folder.
bool is_picture_in(const fs::path& file, const fs::path& folder) {
    std::error_code ignored;
    const std::string name = file.filename().string();
    const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    return name.starts_with("frame-") && name.ends_with(".png") &&
           fs::equivalent(parent, folder, ignored);
}

std::vector<Written> written_by(const Options& options) {
    std::vector<Written> files;
    const auto add = [&files](const char* option, const std::string& file,
                              OutputSpec::Kind kind = OutputSpec::Kind::none) {
        if (!file.empty()) {
            files.push_back(
                {option, file, kind == OutputSpec::Kind::framecrc, kind == OutputSpec::Kind::png});
        }
    };
    add("--vo", options.video.path, options.video.kind);
    add("--ao", options.audio.path, options.audio.kind);
    add("--so", options.subtitles.path);
    add("--trace-events", options.trace_events);
    add("--dump-topology", options.dump_topology);
    return files;
}

} // namespace

bool same_output(const std::string& a, const std::string& b) {
    return a == b || same_file(path_from(a), path_from(b));
}

std::optional<std::string> overwriting(const Options& options) {
    std::vector<std::string> played = options.items;
    played.push_back(options.audio_file);
    played.push_back(options.subtitle_file);
    const std::vector<Written> files = written_by(options);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const Written& file = files[i];
        const fs::path written = path_from(file.file);
        for (const std::string& name : played) {
            const fs::path path = name.empty() ? fs::path{} : played_path(name);
            if (same_file(written, path) || (file.folder && is_picture_in(path, written))) {
                return name + ": is to be played, and " + file.option +
                       " would write over it; choose another file for " + file.option;
            }
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (!(file.shared && files[j].shared) && same_file(written, path_from(files[j].file))) {
                return file.file + ": " + files[j].option + " and " + file.option +
                       " would both write it; choose a file for each";
            }
        }
    }
    return std::nullopt;
}

} // namespace playhead::apps
