// AudioFeeder: the pipeline's half of an audio output. It keeps the blocks that wait, puts each
// sample at its place in time, and converts them into the ring as there is room.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "outputs/sample_ring.h"
#include "playhead/backend/sample.h"
#include "playhead/backend/transform.h"

namespace playhead {

// A place in the ring and the presentation time of its frame; the frames behind it follow at the
// device's rate.
struct AudioMark {
    std::int64_t first_frame = 0;
    MediaTime media{};
    double rate = 1.0;
    Epoch epoch = 0;
};

// Sound is laid down without holes: what is missing between two blocks is silence, what overlaps is
// cut. A difference below `ignored` is rounding; up to `marked` it is not worth a cut and becomes a
// new mark, to which the clock moves.
// Threads: the sink's strand.
class AudioFeeder {
public:
    static constexpr Duration ignored = std::chrono::milliseconds{2};
    static constexpr Duration marked = std::chrono::milliseconds{10};
    using OnMark = std::function<void(const AudioMark&)>;

    // Forgets everything; the first sample kept is the one at t.
    void begin(MediaTime t);
    void push(const AudioBlock& block);
    void end() { ended_ = true; }
    // Drops what lies before t (no device has played it); the next piece gets a mark of its own.
    void drop_until(MediaTime t);
    // The ring is another one now.
    void mark_again() { mark_next_ = true; }

    // Moves what fits. Errors: a format for which there is no converter.
    Result<void> pump(SampleRing& ring, const AudioFormat& device,
                      const std::shared_ptr<ConverterFactory>& converters, const OnMark& on_mark);

    bool empty() const { return pieces_.empty() && converted_frames() == 0; }
    // Ended, and everything is in the ring.
    bool done() const { return ended_ && drained_ && empty(); }
    Duration waiting() const;                    // length of what is not in the ring yet
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
    std::int64_t converted_frames() const;
    bool write_converted(SampleRing& ring);
    Result<void> convert(SampleRing& ring, const AudioFormat& device,
                         const std::shared_ptr<ConverterFactory>& converters);
    Result<void> drain();

    std::deque<Piece> pieces_;
    bool ended_ = false;
    bool drained_ = true;
    bool mark_next_ = true;
    MediaTime begin_{};
    // Where the next block should begin: a run of frames at one rate, counted.
    MediaTime run_{};
    std::int64_t run_frames_ = 0;
    int run_rate_hz_ = 0;
    MediaTime end_{};

    std::unique_ptr<AudioConverter> converter_;
    AudioFormat from_, to_;
    std::shared_ptr<const SampleBuffer> converted_; // did not fit yet
    std::int64_t converted_first_ = 0;
    std::int64_t converted_last_ = 0;
};

} // namespace playhead
