#include "output_files.h"

#include <filesystem>
#include <system_error>
#include <vector>

namespace playhead::apps {
namespace {

namespace fs = std::filesystem;

struct Written {
    const char* option;
    const std::string& file;
    bool shared = false; // with another of its kind
};

fs::path path_of(const std::string& name) {
    constexpr std::string_view scheme = "file:";
    std::string_view path = name;
    if (path.starts_with(scheme)) {
        path.remove_prefix(scheme.size());
        path.remove_prefix(path.starts_with("//") ? 2 : 0);
    }
    return fs::path{std::u8string{path.begin(), path.end()}};
}

// Devices and pipes have nothing to lose. What is not there yet goes by its name.
bool same_file(const std::string& one, const std::string& other) {
    std::error_code ignored;
    const fs::path a = path_of(one);
    const fs::path b = path_of(other);
    if (fs::equivalent(a, b, ignored)) {
        return fs::is_regular_file(a, ignored);
    }
    return !fs::exists(a, ignored) && fs::absolute(a, ignored).lexically_normal() ==
                                          fs::absolute(b, ignored).lexically_normal();
}

std::vector<Written> written_by(const Options& options) {
    std::vector<Written> files;
    const auto add = [&files](const char* option, const std::string& file, bool shared = false) {
        if (!file.empty()) {
            files.push_back({option, file, shared});
        }
    };
    add("--vo", options.video.path, options.video.kind == OutputSpec::Kind::framecrc);
    add("--ao", options.audio.path, options.audio.kind == OutputSpec::Kind::framecrc);
    add("--so", options.subtitles.path);
    add("--trace-events", options.trace_events);
    add("--dump-topology", options.dump_topology);
    return files;
}

} // namespace

std::optional<std::string> overwriting(const Options& options) {
    std::vector<std::string> played = options.items;
    played.push_back(options.audio_file);
    played.push_back(options.subtitle_file);
    const std::vector<Written> files = written_by(options);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const Written& file = files[i];
        for (const std::string& name : played) {
            if (!name.empty() && same_file(file.file, name)) {
                return file.file + ": is to be played, and " + file.option +
                       " would write over it; choose another file for " + file.option;
            }
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (!(file.shared && files[j].shared) && same_file(file.file, files[j].file)) {
                return file.file + ": " + files[j].option + " and " + file.option +
                       " would both write it; choose a file for each";
            }
        }
    }
    return std::nullopt;
}

} // namespace playhead::apps
