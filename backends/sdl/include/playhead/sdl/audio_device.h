// Sound through SDL2.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "playhead/backend/audio_device.h"
#include "playhead/backend/executor.h"

namespace playhead::sdl {

struct AudioDeviceOptions {
    std::string device; // SDL's name of it; empty: the system's default
    // From a request of the device to the ear; none: from the table of drivers.
    std::optional<Duration> latency;
    int buffer_frames = 1024; // at 48 kHz; a device asks once a buffer
};

// SDL tells neither position nor latency, so FeedTime comes from a CallbackLine. Until that has
// settled (some 20 ms) the device is given silence and the feed is not asked.
//
// Threads: as AudioDevice says. SDL's sound part is begun and ended inside open() and close(), on
// the thread that calls them, since both block. That a device was removed is heard on whichever
// thread SDL tells it; no event loop is needed.
std::shared_ptr<AudioDevice> make_audio_device(std::shared_ptr<const HostClock> clock,
                                               AudioDeviceOptions options = {});

// From a prompt request of this driver of SDL ("pulseaudio") to the ear, with buffers that long.
Duration driver_latency(const std::string& driver, Duration buffer);

} // namespace playhead::sdl
