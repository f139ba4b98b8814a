// Converters: the engine says what is needed, a backend knows how.
#pragma once

#include <memory>
#include <span>

#include "playhead/backend/sample.h"
#include "playhead/result.h"

namespace playhead {

// Sample format, channel layout and rate. Threads: one at a time.
class AudioConverter {
public:
    virtual ~AudioConverter() = default;
    // All that can be given for this input; may hold some frames back (see delay).
    virtual Result<std::shared_ptr<const SampleBuffer>>
    convert(const SampleBuffer& in, std::int64_t first_frame, std::int64_t frames) = 0;
    // What was held back, at the end of a stream. May be null (nothing).
    virtual Result<std::shared_ptr<const SampleBuffer>> drain() = 0;
    virtual void reset() = 0;
    // Output frames that the input given so far still owes.
    virtual std::int64_t delay_frames() const = 0;
};

// A piece of memory to convert into, in `format`'s layout and size.
struct MutablePicture {
    VideoFormat format;
    std::array<std::byte*, 4> data{};
    std::array<std::ptrdiff_t, 4> stride_bytes{};
};

// Pixel format, size, matrix and range. Threads: one at a time; keep one per place that converts
// (it caches its tables).
class VideoConverter {
public:
    virtual ~VideoConverter() = default;
    virtual Result<void> convert(const Picture& in, const MutablePicture& out) = 0;
    virtual Result<std::shared_ptr<const Picture>> convert(const Picture& in,
                                                           const VideoFormat& to) = 0;
};

// Plays sound faster or slower at the pitch it has. Interleaved f32 in and out, same rate and channels.
// Threads: one at a time.
class TimeStretcher {
public:
    virtual ~TimeStretcher() = default;
    // Input frames for one output frame: 2.0 plays twice as fast. From the next frame given on.
    virtual void set_tempo(double tempo) = 0;
    // All that can be given for this input; may hold some frames back.
    virtual Result<std::shared_ptr<const SampleBuffer>>
    process(const SampleBuffer& in, std::int64_t first_frame, std::int64_t frames) = 0;
    virtual Result<std::shared_ptr<const SampleBuffer>> drain() = 0; // may be null (nothing)
    virtual void reset() = 0;
    // Input frames that no output stands for yet.
    virtual double held_frames() const = 0;
};

class TimeStretcherFactory {
public:
    virtual ~TimeStretcherFactory() = default;
    virtual double slowest() const = 0;
    virtual double fastest() const = 0;
    virtual Result<std::unique_ptr<TimeStretcher>> create(const AudioFormat& format) = 0;
};

class ConverterFactory {
public:
    virtual ~ConverterFactory() = default;
    virtual Result<std::unique_ptr<AudioConverter>> audio(const AudioFormat& from,
                                                          const AudioFormat& to) = 0;
    virtual std::unique_ptr<VideoConverter> video() = 0;
};

} // namespace playhead
