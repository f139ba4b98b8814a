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

// How many samples a stream of a file of the manifest owes. The reference gives the whole last block of
// an encoder; in an MP4 the edit list, and with it the stream's duration, says how much of that block is
// meant. No more than that one block may be missing.
double least_samples(const nlohmann::json& file, const nlohmann::json& stream);

} // namespace playhead::test
