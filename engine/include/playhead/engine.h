// Engine: the executor, the bus and the backends of one application; opens sources, makes sessions.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "playhead/backend/decoder.h"
#include "playhead/backend/executor.h"
#include "playhead/backend/source.h"
#include "playhead/backend/transform.h"
#include "playhead/bus.h"
#include "playhead/log.h"
#include "playhead/presentation.h"
#include "playhead/quality.h"
#include "playhead/session.h"

namespace playhead {

struct EngineOptions {
    std::shared_ptr<Executor> executor; // none: lanes of its own
    std::shared_ptr<SourceFactory> sources;
    std::shared_ptr<DecoderFactory> decoders;
    std::shared_ptr<ConverterFactory> converters;
    std::shared_ptr<TimeStretcherFactory> stretchers; // none: silence at rates other than 1
    DecodeThreading threading;
    bool bit_exact = false;
    LoggerOf loggers;     // none: silence
    int max_orphans = 64; // beyond it open() is refused with too_many_orphans
};

class ReaderHandle;

// An opened source: a presentation, and a reader that waits for a session to use it. Held by the
// application, by topology nodes and by sessions; the last one to let go closes it, on its own
// thread. Used by one session at a time.
// Threads: any.
class Source {
public:
    explicit Source(std::shared_ptr<ReaderHandle> handle);
    ~Source();
    const Presentation& presentation() const;
    const std::shared_ptr<ReaderHandle>& handle() const { return handle_; } // the engine's side

private:
    std::shared_ptr<ReaderHandle> handle_;
};

struct EngineStatistics {
    ExecutorStatistics executor;
    int open_sources = 0;
    int orphans = 0;
};

class EngineCore;

struct SessionOptions {
    // Keep every event in the session's own queue until it is pulled. Switch it off where only
    // subscriptions are used: events hold what they tell of, opened sources included.
    bool queue_events = true;
    // Time is that of the whole: every topology carries project_start and project_stop, and positions
    // are relative to the whole (media-session.md section 6.3, editing mode). Otherwise none may.
    bool global_time = false;
    // Who decides what is left out when decoding falls behind.
    QualityChoice quality = DefaultQuality{};
};

// Threads: every call from any thread.
// Ownership: a handle on a shared core. Destroying it completes what is pending with shut_down, and
// never waits for I/O, codecs, devices or handlers; sessions that outlive it say shut_down. Frames
// may outlive it.
class Engine {
public:
    explicit Engine(EngineOptions options);
    ~Engine();
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;

    // -> SourceOpened with this id as its command. Refused: invalid_argument (neither locator nor
    // I/O), too_many_orphans, shut_down.
    Result<OpenId> open(OpenRequest request);
    // The open completes as cancelled, at once. not_found if it has completed already.
    Result<void> cancel(OpenId id);

    Session create_session(SessionOptions options = {});

    Bus& bus();
    const std::shared_ptr<Executor>& executor() const;
    const EngineOptions& options() const;
    EngineStatistics statistics() const;

    const std::shared_ptr<EngineCore>& core() const { return core_; } // the engine's own side

private:
    std::shared_ptr<EngineCore> core_;
};

} // namespace playhead
