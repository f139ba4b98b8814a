// AudioOutput: the audio sink over a device. It owns the ring that the device drains, and the clock
// that the device thereby drives.
//
//   decode --> process(): convert, write --> [ ring of samples | ring of marks ] --> device callback
//
// A mark says which presentation time the n-th frame of the ring has. Rates, joins and seeks are new
// marks; a flush tells the consumer how far to skip.
//
// Rates within the range of the engine's stretcher keep the pitch; a new one is heard when the ring has
// played out, so after `ahead` and the device's latency at most. At other rates it is silent.
#pragma once

#include <memory>

#include "playhead/backend/audio_device.h"
#include "playhead/backend/stream_sink.h"

namespace playhead {

struct AudioOutputOptions {
    Duration ahead = std::chrono::milliseconds{400};   // sound kept ready in the ring
    Duration preroll = std::chrono::milliseconds{200}; // enough to start
    Duration close_after_pause =
        std::chrono::milliseconds{500}; // a paused device still wakes the machine
    // Started, and no callback for so long: it goes on by host time.
    Duration device_patience = std::chrono::milliseconds{500};
    double volume = 1.0;
};

class AudioOutputCore;

// Threads: volume calls from any thread; the StreamSink part on its strand; the device's callback
// runs wait-free. Units: volume is linear, 0 to 1, above 1 clips, less than 0 is 0; what is no number
// changes nothing.
class AudioOutput {
public:
    explicit AudioOutput(std::shared_ptr<AudioDevice> device, AudioOutputOptions options = {});
    ~AudioOutput();

    void set_volume(double linear);
    double volume() const;
    void set_mute(bool mute);
    bool mute() const;

    std::uint64_t underruns() const;     // requests of the device that found too little
    std::uint64_t frames_played() const; // media frames handed to the device
    bool device_open() const;

    const std::shared_ptr<StreamSink>& sink() const; // for an OutputNode

private:
    std::shared_ptr<AudioOutputCore> core_;
};

} // namespace playhead
