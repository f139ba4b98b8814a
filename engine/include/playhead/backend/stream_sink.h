// StreamSink: the end of a branch. Duties follow media-session.md section 7.1 (Media Foundation's
// stream sinks): pull samples by requests, preroll, follow the clock, answer markers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "playhead/audio_session.h"
#include "playhead/backend/executor.h"
#include "playhead/backend/sample.h"
#include "playhead/backend/transform.h"
#include "playhead/clock.h"
#include "playhead/rate_range.h"
#include "playhead/result.h"

namespace playhead {

struct Marker {
    enum class Kind { plain, end_of_segment, tick, event } kind = Kind::plain;
    MediaTime time{};          // of a tick
    std::uint64_t context = 0; // given back when it is reached
};

// What a sink says. Threads: any; never blocks; calls after the sink was shut down are ignored.
class StreamSinkHost {
public:
    virtual ~StreamSinkHost() = default;
    // Wants n more samples. A request stays open across seek, flush and end of stream.
    virtual void request(int n) = 0;
    virtual void prerolled() = 0; // enough for a start without a gap, or the end came first
    virtual void started() = 0;
    virtual void paused() = 0;
    virtual void stopped() = 0;
    virtual void rate_set(Status status) = 0;
    // Everything before the marker is done with: rendered, or dropped by a flush (Errc::aborted).
    virtual void marker_reached(const Marker& marker, Status status) = 0;
    // At rate 0: the one sample of this start or step is shown; none if there is no more.
    virtual void scrub_complete(std::optional<MediaTime> rendered) = 0;
    // The sink is of no use any more (device lost, disk full). The session decides what follows.
    virtual void failed(Status status) = 0;
    // What the sink was promised it cannot take any more. It is asked by negotiate() once more, then
    // flushed, prerolled at the clock's position with what it had not rendered, and started there
    // if the clock runs. One that refuses its stream's type is lost.
    virtual void format_invalidated() {}
    // Something has happened to the program's sound from outside. One that costs the sink is told
    // before failed().
    virtual void audio_session_changed(AudioSessionReason reason) { static_cast<void>(reason); }
    // Runs the task on this sink's strand, in order with its other calls: how what comes from a
    // device thread or a timer gets back home. Dropped once the sink has left.
    virtual void post(Task task) = 0;
    // Left out: they came when their time was over.
    virtual void dropped(int samples) = 0;
    // So often the device found too little, and got silence.
    virtual void underran(int times) { static_cast<void>(times); }
    // A picture has become visible, so long after its time by the clock; negative: before it.
    virtual void presented(Duration difference) { static_cast<void>(difference); }
};

struct SinkTraits {
    bool rateless = false; // takes samples as fast as they come, shows no interest in the clock
    // Renders each sample when the clock shows its time: it is not made rateless by its node.
    bool renders_by_clock = false;
    bool can_preroll = true;
    bool gating = true;    // a seek waits for its first item; sparse kinds do not
    bool scrubs = false;   // at rate 0 it shows one sample for each start and step, and says so
    bool previews = false; // has use for a provisional picture while a seek is under way
    RateRange rates;       // what it can follow; any rate unless it says otherwise
    // How long before its time a sample should be there: deadline of decoding = due - this.
    Duration lead = std::chrono::milliseconds{50};
};

struct SinkContext {
    std::shared_ptr<Executor> executor;
    std::shared_ptr<StreamSinkHost> host;
    std::shared_ptr<const PresentationClock> clock;
    std::shared_ptr<ConverterFactory> converters;
    std::shared_ptr<TimeStretcherFactory> stretchers = {}; // may be null
};

// Threads: every call on the sink's work strand, one after another, save where said. It must not
// block for long: a sink that does is detached by the next stop.
// The clock's calls (ClockStateSink) come on the strand too, in order with the samples.
class StreamSink : public ClockStateSink {
public:
    virtual StreamKind kind() const = 0;   // any thread
    virtual SinkTraits traits() const = 0; // any thread
    // The type it takes when offered this one; a different one asks for a converter before it.
    // Resolution, work lane: answers from what it knows; may overlap the strand's calls.
    virtual Result<MediaType> negotiate(const MediaType& offered) const = 0;
    // Becomes part of a topology (again). Requests may start at once; what was asked of an earlier
    // host is void, and what came from it is to be dropped. The rate is 1.0 until the clock tells
    // another.
    virtual void attach(const SinkContext& context) = 0;
    virtual void process(Sample sample) = 0;
    virtual void place_marker(const Marker& marker) = 0;
    // Drops what is queued; keeps the running state. Pending markers come back aborted.
    virtual void flush() = 0;
    // Get ready for a start at t: ask for samples, report prerolled().
    virtual void preroll(MediaTime t) = 0;
    // Samples of another stream follow, from t on, while the clock goes on, or stands in a pause: drops
    // what is queued, asks for samples, and renders each when it is due, those that are late included
    // in that. What was shown last may stay until then. A sink that drives the clock lets it go on
    // without a jump. The default is a flush: enough for a sink that still has a request open.
    virtual void change_over(MediaTime t) {
        static_cast<void>(t);
        flush();
    }
    // Something else follows from t on, while the clock goes on: what it was given of there and beyond is
    // void. Only of sinks that do not gate; the others are given nothing beyond a join.
    virtual void cut(MediaTime t) { static_cast<void>(t); }
    // At rate 0: the sample after the one that shows. A start at rate 0 comes as on_set_rate(0), flush,
    // on_start(t), without a preroll: the sink asks for one sample, shows it, and reports
    // scrub_complete. Only of sinks that scrub; the others keep silent at rate 0 and take nothing.
    virtual void step() {}
    // Can this sink drive the clock? Any thread. Null: no. The object lives as long as the sink.
    virtual ClockTimeSource* time_source() { return nullptr; }
    // Leaves the topology; releases device and frames. The host is not called afterwards.
    virtual void shut_down() = 0;
};

// Makes a sink when a topology is resolved, and makes it again after one had to be left behind.
class StreamSinkFactory {
public:
    virtual ~StreamSinkFactory() = default;
    virtual StreamKind kind() const = 0;
    virtual Result<std::shared_ptr<StreamSink>>
    create() = 0; // work or control lane: cheap; open devices later
};

} // namespace playhead
