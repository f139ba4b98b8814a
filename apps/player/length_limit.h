// LengthLimit: --length. Lets through what lies before a time, to the sample, and says when a sink
// has had all of it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "playhead/backend/stream_sink.h"

namespace playhead::apps {

// Threads: set() and reached() any; the sinks as StreamSink says.
class LengthLimit {
public:
    // `wake` hears, on any thread, that reached() may answer differently.
    explicit LengthLimit(std::function<void()> wake);
    ~LengthLimit();

    // Where it ends from now on. Set it before a start.
    void set(MediaTime end);
    // In front of another sink; call it before anything plays.
    std::shared_ptr<StreamSink> before(std::shared_ptr<StreamSink> sink);
    // Whether each sink that was given anything since the last start has been given something that
    // lies at the end or beyond.
    bool reached() const;

private:
    struct State;
    const std::shared_ptr<State> state_;
};

} // namespace playhead::apps
