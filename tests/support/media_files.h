// The development media and their manifest, for tests that play real files.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace playhead::test {

// The file's path; nothing, and a warning in the test's output, where the media are absent.
// PLAYHEAD_MEDIA in the environment names another folder.
std::optional<std::string> media(const std::string& name);
std::optional<nlohmann::json> media_manifest();

}  // namespace playhead::test
