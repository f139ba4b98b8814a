// Sinks without a screen or a loudspeaker: nothing at all, hashes, WAV, PNG and SRT files.
//
// All of them are rateless: they take samples as fast as they come and show no interest in the clock.
// (A sink that keeps time without a device: an AudioOutput over a NullAudioDevice, or a VideoOutput
// from which nobody pulls.) They compute on their own strand, never on the control lane; what a seek
// flushes before its start was never taken and is not counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "playhead/backend/stream_sink.h"

namespace playhead::headless {

class RatelessSink;

// What every one of these sinks can be asked. Threads: any.
class SinkFace {
public:
    const std::shared_ptr<StreamSink>& sink() const { return sink_; } // for an OutputNode
    std::uint64_t frames() const;  // pictures taken, or subtitles
    std::uint64_t samples() const; // audio frames taken (one for all channels)
    // Something could not be written, in this topology or an earlier one; in that one it wrote no more.
    bool failed() const;

protected:
    explicit SinkFace(std::shared_ptr<RatelessSink> sink);
    ~SinkFace() = default;

private:
    std::shared_ptr<RatelessSink> rateless_;
    std::shared_ptr<StreamSink> sink_;
};

// Takes and forgets.
class NullVideoSink final : public SinkFace {
public:
    NullVideoSink();
};

class NullAudioSink final : public SinkFace {
public:
    NullAudioSink();
};

class NullSubtitleSink final : public SinkFace {
public:
    NullSubtitleSink();
};

std::shared_ptr<StreamSink> null_video_sink();
std::shared_ptr<StreamSink> null_audio_sink();
std::shared_ptr<StreamSink> null_subtitle_sink();
std::shared_ptr<StreamSinkFactory> null_sink_factory(StreamKind kind);

// Where lines of hashes go, in the form of `ffmpeg -f framecrc`: header lines once for each stream,
// then for each frame
//
//   stream, dts, pts, duration, size, 0xADLER32
//
// Several sinks may write to one. The numbers equal FFmpeg's for -c:v rawvideo and -c:a pcm_* of the
// decoder's own sample format. Threads: any.
class HashLines {
public:
    // To a file; an error if it cannot be written. The name is UTF-8.
    static Result<std::shared_ptr<HashLines>> to_file(const std::string& path);
    static std::shared_ptr<HashLines> in_memory();
    ~HashLines();

    std::vector<std::string> lines() const; // in memory only
    // An error of the file (disk full), once it has happened.
    Status write(std::string_view line);

private:
    HashLines();
    struct Core;
    std::unique_ptr<Core> core_;
};

// One for each frame of a capture. Threads: a value.
struct Hash {
    MediaTime pts{};
    Duration duration{};
    std::size_t size_bytes = 0;
    std::uint32_t adler32 = 0;
};

// Adler-32 as FFmpeg starts it: from 0, not from 1. Units: bytes.
std::uint32_t adler32(std::uint32_t so_far, const std::byte* data, std::size_t size);
// Over the visible rows of all planes, packed.
std::uint32_t adler32(const Picture& picture);
// Over the frames to be played, interleaved.
std::uint32_t adler32(const AudioBlock& block);

// Pictures to hash lines. The time base is that of the frame rate, where one is told, else 1/1000000.
class CaptureVideoSink final : public SinkFace {
public:
    explicit CaptureVideoSink(std::shared_ptr<HashLines> lines = nullptr, int stream = 0,
                              std::optional<TimeBase> base = std::nullopt);
    std::vector<Hash> hashes() const;

private:
    struct Work;
    explicit CaptureVideoSink(std::shared_ptr<Work> work);
    std::shared_ptr<Work> work_;
};

// Sound to hash lines, a line for each block as decoded.
class CaptureAudioSink final : public SinkFace {
public:
    explicit CaptureAudioSink(std::shared_ptr<HashLines> lines = nullptr, int stream = 0);
    std::vector<Hash> hashes() const;

private:
    struct Work;
    explicit CaptureAudioSink(std::shared_ptr<Work> work);
    std::shared_ptr<Work> work_;
};

// Sound to a WAV file: 16-bit integers and 32-bit floats as they come, everything else as floats. A
// stream that changes its format is converted to the first one. The header is right while it is still
// being written (up to the last second) and exact at the end of the stream; in a pipe it says from the first
// that there is as much as a header can say.
class WavSink final : public SinkFace {
public:
    static Result<std::unique_ptr<WavSink>> create(const std::string& path);

private:
    struct Work;
    explicit WavSink(std::shared_ptr<Work> work);
};

// Subtitles to a SubRip file: their words, or "[bitmap 320x40]". One that lasts until the next ends
// there; the last such one as late as it may, or five seconds on.
class SrtSink final : public SinkFace {
public:
    static Result<std::unique_ptr<SrtSink>> create(const std::string& path);

private:
    struct Work;
    explicit SrtSink(std::shared_ptr<Work> work);
};

struct PngSinkOptions {
    // Which pictures are written; all of them where both are empty.
    std::vector<std::uint64_t> numbers; // counted from 0, as taken
    std::vector<MediaTime> times;       // the picture whose interval holds this time
};

// Pictures to PNG files, frame-000000.png and so on: RGB, 8 bits. A file appears whole or not at all.
class PngSink final : public SinkFace {
public:
    // An error if the folder cannot be made or written to.
    static Result<std::unique_ptr<PngSink>> create(const std::string& directory,
                                                   PngSinkOptions options = {});
    std::vector<std::string> files() const; // written so far

private:
    struct Work;
    explicit PngSink(std::shared_ptr<Work> work);
    std::shared_ptr<Work> work_;
};

} // namespace playhead::headless
