// The same work done by a plain program on FFmpeg: the limit that figures are compared with.
#pragma once

#include <string>
#include <vector>

#include "playhead/result.h"
#include "playhead/time.h"

namespace playhead::bench {

// As many as the engine gives a large picture's decoder by itself.
int decoder_threads();

struct BareDecode {
    Duration wall{};
    std::uint64_t frames = 0;  // pictures
    std::uint64_t samples = 0; // of sound
};
// Reads and decodes the best picture and sound of the file, and throws them away.
Result<BareDecode> bare_decode(const std::string& file, int threads);

// Per target one note: "bare target_s got_s ms", all frames decoded and with those left out that no
// other frame needs.
Result<void> bare_seeks(const std::string& file, const std::vector<MediaTime>& targets,
                        int threads);

} // namespace playhead::bench
