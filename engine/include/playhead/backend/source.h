// MediaSource: a demuxer. SourceFactory opens one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "playhead/backend/byte_source.h"
#include "playhead/backend/sample.h"
#include "playhead/backend/source_host.h"
#include "playhead/presentation.h"
#include "playhead/result.h"

namespace playhead {

// How far a source may go while it is opened and read. Exceeding one is Errc::limit_exceeded.
struct SourceLimits {
    std::size_t probe_bytes = 5'000'000;
    Duration probe_duration = std::chrono::seconds{5};
    int streams = 256;
    std::size_t packet_bytes = 256u << 20;
    int width = 16384;
    int height = 16384;
};

struct OpenOptions {
    SourceLimits limits;
    std::optional<int> program; // of a transport stream with several; not_found if it has it not
    std::string user_agent;
    Duration network_timeout =
        std::chrono::seconds{30}; // silence on a network source after which it fails
};

// A locator, or the application's own bytes.
struct OpenRequest {
    std::string locator; // UTF-8: a path or a URL. With custom I/O: a name to show, may be empty
    std::shared_ptr<CustomIo> io;
    OpenOptions options;
};

struct SourceContext {
    std::shared_ptr<Executor> executor;
    std::shared_ptr<Interrupt> interrupt;
    std::shared_ptr<SourceHost> host = {}; // null: nobody wants to know
};

using ReadOutcome = std::variant<Packet, EndOfStream, Error>;

// Threads: everything on the source's one reader thread. The Interrupt given at open ends a
// blocked call with Errc::cancelled.
// Time: packets carry the presentation's line (container start subtracted, wraps undone).
class MediaSource {
public:
    virtual ~MediaSource() = default;
    virtual const Presentation& presentation() const = 0;
    // Packets of other streams are not returned. All are selected at first, but for attachments.
    virtual void select(std::span<const StreamIndex> streams) = 0;
    // To the last point at or before t from which every selected gating stream decodes cleanly.
    // Also brings back a source whose read was interrupted or had failed.
    virtual Result<void> seek(MediaTime t) = 0;
    // The next packet in file order, or the end. An error is final until the next seek. Lesser
    // damage is passed over inside; `damage()` counts it.
    virtual ReadOutcome read() = 0;
    virtual std::uint64_t damage() const { return 0; }
};

class SourceFactory {
public:
    virtual ~SourceFactory() = default;
    // On the blocking lane. Errors name the locator and what to do about it.
    virtual Result<std::unique_ptr<MediaSource>> open(const OpenRequest& request,
                                                      const SourceContext& context) = 0;
};

} // namespace playhead
