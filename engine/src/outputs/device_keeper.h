// DeviceKeeper: opens and closes an audio device where that may take its time: on the blocking lane.
//
//   closed --want open--> opening --> open --want closed--> closing --> closed
//
// Wishes may change at any moment; the last one counts once the call under way has come back.
#pragma once

#include <functional>
#include <memory>

#include "outputs/audio_render.h"
#include "playhead/backend/audio_device.h"
#include "playhead/backend/executor.h"
#include "playhead/backend/mutex.h"

namespace playhead {

// Threads: any; nothing here blocks. Its mutex is held for a few instructions.
// Ownership: the task under way keeps the keeper and the feed alive, so that a device that is slow to
// close never calls into nothing.
class DeviceKeeper : public std::enable_shared_from_this<DeviceKeeper> {
public:
    // What came of a wish to open; on the blocking lane. The feed gives silence until this has
    // returned, so the ring is laid here.
    using Opened = std::function<void(const Result<AudioFormat>& format)>;

    DeviceKeeper(std::shared_ptr<AudioDevice> device, std::shared_ptr<AudioRender> feed)
        : device_(std::move(device)),
          feed_(std::move(feed)) {}

    void want_open(const std::shared_ptr<Executor>& executor, const AudioFormat& wanted,
                   Opened opened);
    void want_closed(const std::shared_ptr<Executor>& executor);
    bool is_open() const;
    // True from a wish to open until the device is closed again or would not open.
    bool wanted() const;

private:
    void run_locked(const std::shared_ptr<Executor>& executor);
    void work();

    const std::shared_ptr<AudioDevice> device_;
    const std::shared_ptr<AudioRender> feed_;
    mutable Mutex mutex_;
    bool want_open_ = false;
    bool open_ = false;
    bool working_ = false;
    bool reopen_ = false; // wished for again before it was closed: what it was open for is over
    AudioFormat wanted_;
    Opened opened_;
};

} // namespace playhead
