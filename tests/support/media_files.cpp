#include "support/media_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"

namespace playhead::test {

std::optional<std::string> media(const std::string& name) {
    const char* told = std::getenv("PLAYHEAD_MEDIA");
    const std::filesystem::path folder = told != nullptr ? told : PLAYHEAD_MEDIA_DIR;
    const auto path = folder / name;
    if (!std::filesystem::exists(path)) {
        WARN("skipped: there is no " << path.string() << " (set PLAYHEAD_MEDIA)");
        return std::nullopt;
    }
    return path.string();
}

std::optional<nlohmann::json> media_manifest() {
    const auto path = media("manifest.json");
    if (!path) return std::nullopt;
    std::ifstream file(*path);
    return nlohmann::json::parse(file);
}

}  // namespace playhead::test
