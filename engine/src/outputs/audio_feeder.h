// AudioFeeder: the pipeline's half of an audio output. It keeps the blocks that wait, puts each
// sample at its place in time, and brings them into the ring as there is room.
//
//   pieces --> converter (the device's format) --> AudioTempo (other rates than 1) --> ring
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "outputs/audio_tempo.h"
#include "outputs/sample_ring.h"
#include "playhead/backend/sample.h"
#include "playhead/backend/transform.h"

namespace playhead {

// A place in the ring and the presentation time of its frame; from there on each frame is `rate`
// frame lengths of programme.
struct AudioMark {
    std::int64_t first_frame = 0;
    MediaTime media{};
    double rate = 1.0;
    Epoch epoch = 0;
};

// Sound is laid down without holes: what is missing between two blocks is silence, what overlaps is
// cut. A difference below `ignored` is rounding; up to `marked` it is not worth a cut and becomes a
// new mark, to which the clock moves.
//
// Frames of the device are counted from the last place where counting began anew, and each item of a
// queue ends at the frame nearest to its end in time: what a resampler gives too much or too little
// does not add up over joins.
//
// After end() more blocks may come: the next item of a queue. What converter and stretcher hold back
// is drained before another format, else only when the ring runs low, so that a join in time goes on
// through both.
// Threads: the sink's strand.
class AudioFeeder {
public:
    static constexpr Duration ignored = std::chrono::milliseconds{2};
    static constexpr Duration marked = std::chrono::milliseconds{10};
    using OnMark = std::function<void(const AudioMark&)>;

    // What sound goes through, and to where. Factories may be null.
    struct Route {
        AudioFormat device;
        double rate = 1.0;           // positive, and within the stretcher's range
        std::int64_t discard_to = 0; // frames of the ring before it are not to be played
        std::shared_ptr<ConverterFactory> converters;
        std::shared_ptr<TimeStretcherFactory> stretchers;
    };

    // Forgets everything; the first sample kept is the one at t.
    void begin(MediaTime t);
    void push(const AudioBlock& block);
    void end() { ended_ = true; }
    // Drops what lies before t (no device has played it); the next piece gets a mark of its own.
    void drop_until(MediaTime t);

    // Moves what fits. A device of another format has another ring: it begins with a mark. Errors: a
    // format for which there is no converter, or no stretcher.
    Result<void> pump(SampleRing& ring, const Route& route, const OnMark& on_mark);

    bool empty() const { return pieces_.empty() && ready_.empty() && out_.empty(); }
    // Ended, and everything is in the ring.
    bool done() const { return ended_ && empty() && converter_drained_ && tempo_.drained(); }
    // Length of the programme that is not in the ring yet, less what converter and stretcher hold back:
    // only more sound, or the end, brings that out.
    Duration waiting() const;
    MediaTime end_time() const { return end_; }  // where what was given so far ends
    std::optional<MediaTime> front_time() const; // where what waits begins

private:
    // Sound of a block, or silence where it has no buffer. Frames at rate_hz.
    struct Piece {
        std::shared_ptr<const SampleBuffer> buffer;
        std::int64_t first = 0;
        std::int64_t frames = 0;
        int rate_hz = 0;
        MediaTime media{};
        bool mark = false; // does not follow the one before it
        Epoch epoch = 0;
    };

    void lay(Piece piece);
    void drop_converted();
    bool write_out(SampleRing& ring);
    bool own_rate() const { return !tempo_.stretches(); }
    std::int64_t frame_of(MediaTime t) const; // counted as counted_
    Result<void> take(SampleRing& ring, const Route& route);
    Result<void> convert(Piece& piece, std::int64_t most, const Route& route);
    Result<void> pass(SampleRing& ring, const OnMark& on_mark);
    Result<void> drain_converter();
    Result<void> change_rate(SampleRing& ring, const Route& route, const OnMark& on_mark);

    std::deque<Piece> pieces_;
    bool ended_ = false;
    bool mark_next_ = true;
    MediaTime begin_{};
    // Where the next block should begin: a run of frames at one rate, counted.
    MediaTime run_{};
    std::int64_t run_frames_ = 0;
    int run_rate_hz_ = 0;
    MediaTime end_{};

    std::unique_ptr<AudioConverter> converter_;
    AudioFormat from_, to_;
    bool converter_drained_ = true;
    MediaTime taken_until_{}; // where the pieces given to the converter end

    // Frames in the device's format, counted from counted_from_; those in ready_ are not yet.
    AudioFormat device_;
    MediaTime counted_from_{};
    std::int64_t counted_ = 0;
    std::int64_t surplus_ = 0; // given too many at the end of an item
    Epoch epoch_ = 0;
    AudioChunk ready_; // converted
    AudioTempo tempo_;
    bool mark_rate_ = false; // the next frame begins a line, though counting goes on
    AudioChunk out_;         // at its rate; did not fit yet
};

} // namespace playhead
