// AudioTempo: what stands between the device's format and the ring when sound plays at another rate
// than its own. Pitch stays.
#pragma once

#include <memory>
#include <vector>

#include "outputs/audio_chunk.h"
#include "playhead/backend/transform.h"

namespace playhead {

// At rate 1 sound goes round it, untouched. Back from another rate, what the stretcher still holds is
// played again as it was, with a short crossfade from where the stretched sound stood.
// Threads: the sink's strand. Units: frames of the device's format.
class AudioTempo {
public:
    // Forgets all sound; the rate stays.
    void reset();
    double rate() const { return rate_; }
    // Whether sound must go through process().
    bool stretches() const { return rate_ != 1.0; }
    // From the next frame given on. What comes back is to be written first; it plays at the new rate.
    // Errors: no stretcher for this format.
    Result<AudioChunk> change(double rate, const AudioFormat& device,
                              const std::shared_ptr<TimeStretcherFactory>& stretchers);

    Result<AudioChunk> process(const AudioChunk& in);
    Result<AudioChunk> drain(); // to the last frame given
    // Frames given that no output stands for yet.
    double held() const;
    bool drained() const { return !fed_; }

private:
    Result<AudioChunk> back_to_own_rate();
    void remember(const AudioChunk& in);

    double rate_ = 1.0;
    bool fed_ = false; // any since the stretcher was drained or reset
    AudioFormat format_;
    std::unique_ptr<TimeStretcher> stretcher_;
    std::vector<float> recent_; // the last of what was given
};

} // namespace playhead
