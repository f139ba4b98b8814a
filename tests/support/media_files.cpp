#include "support/media_files.h"

#include <algorithm>
#include <cmath>
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

double least_samples(const nlohmann::json& file, const nlohmann::json& stream) {
    constexpr double longest_block = 2048.0;
    const auto reference = stream.at("samples").at("min").get<double>();
    const auto container = file.at("container").get<std::string>();
    if (container.find("mp4") == std::string::npos || !stream.contains("duration") ||
        stream.at("duration").is_null()) {
        return reference;
    }
    const double meant =
        std::round(stream.at("duration").get<double>() * stream.at("rate").get<double>());
    return reference - meant < longest_block ? std::min(reference, meant) : reference;
}

} // namespace playhead::test
