// Synthetic media: a source and decoders without a file, a codec or a byte of I/O.
//
// Each picture carries its number and each audio sample its position, so that a test can say what it
// got. The source goes wrong to order. All waiting is done on the executor's signals: in a simulation
// a decode that takes five seconds takes none of the tester's.
//
//   auto engine = Engine({.executor = simulation, .sources = synthetic_sources(),
//                         .decoders = synthetic_decoders(), .converters = ...});
//   engine.open({.locator = "synthetic:seconds=10,fps=25,gop=12,stall=100,stall_for=3"});
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "playhead/backend/decoder.h"
#include "playhead/backend/source.h"
#include "playhead/backend/transform.h"

namespace playhead::headless {

// What goes wrong. Packets are counted over both streams in the order in which they are read, from 0
// at the opening, and not set back by a seek.
struct SyntheticFaults {
    Duration open_takes{};   // open=SECONDS
    bool open_hangs = false; // open_hangs=1: until interrupted
    bool open_deaf = false;  // open_deaf=1: the waits of open do not hear the interrupt
    bool open_error = false; // open_error=1

    Duration read_takes{};             // read=SECONDS: each packet
    std::optional<std::int64_t> stall; // stall=N: reading packet N waits,
    std::optional<Duration> stall_for; // stall_for=SECONDS; nothing: for ever
    bool deaf = false;                 // deaf=1: waits of read and seek do not hear the interrupt
    std::optional<std::int64_t>
        read_error; // read_error=N: packet N cannot be read; a seek mends it

    Duration seek_takes{}; // seek=SECONDS
    int seek_errors = 0;   // seek_errors=N: the first N seeks fail

    // Of the decoders: numbers of pictures, or of audio blocks.
    std::optional<std::int64_t> decode_error;       // decode_error=N: picture N is damaged
    std::optional<std::int64_t> slow;               // slow=N: picture N takes
    Duration slow_for{};                            // slow_for=SECONDS
    Duration decode_takes{};                        // decode=SECONDS: each picture
    std::optional<std::int64_t> audio_decode_error; // audio_decode_error=N
};

struct SyntheticOptions {
    Duration length = std::chrono::seconds{10}; // seconds=S
    bool video = true;                          // video=0|1
    bool audio = true;                          // audio=0|1
    bool seekable = true;                       // seekable=0|1
    bool known_duration = true;                 // duration=0|1
    std::optional<Duration> audio_length;       // audio_seconds=S: sound ends earlier or later

    Rational frame_rate{25, 1}; // fps=F or fps=N/D
    int width = 64;             // size=WxH
    int height = 48;
    int gop = 12;                // gop=N: a key frame each N
    int b_frames = 0;            // b=N: so many between two references, decoded after both
    bool frame_durations = true; // frame_durations=0|1
    Duration video_start{};      // video_start=S: the first picture's time

    int rate_hz = 48000;     // rate=HZ
    int channels = 2;        // channels=N
    int block_frames = 1024; // block=N
    bool sine = false;       // sine=1: 440 Hz; else each sample tells its position
    Duration audio_start{};  // audio_start=S
    // Sound lies so much later in the file than the pictures of its time (negative: earlier).
    Duration audio_behind{}; // audio_behind=S
    struct Gap {
        MediaTime from{};
        MediaTime to{};
    };
    std::optional<Gap> gap; // gap=S-S: both streams have nothing there

    std::string name{}; // name=WORD: says nothing, makes locators differ
    SyntheticFaults faults;
};

// "synthetic:" and a list of the words above; an unknown one is an error that names it.
Result<SyntheticOptions> parse_synthetic(std::string_view locator);
// The other way round, and a request to open it.
std::string synthetic_locator(const SyntheticOptions& options);
OpenRequest synthetic(const SyntheticOptions& options);
// Opens locators that begin with "synthetic:".
std::shared_ptr<SourceFactory> synthetic_sources();
// `executor` is what slow decoders wait on.
std::shared_ptr<DecoderFactory> synthetic_decoders(std::shared_ptr<Executor> executor);
// Sample formats, channels and rates (nearest sample) of synthetic sound, and pictures cut or padded
// to size: enough to let every route of a pipeline run. Not for ears or eyes.
std::shared_ptr<ConverterFactory> synthetic_converters();

// The number in a synthetic picture; -1 if it is none.
std::int64_t picture_number(const Picture& picture);
std::int64_t picture_number(const VideoFrame& frame);
// A picture with a number, as the decoder makes them: I420 with even sizes.
std::shared_ptr<const Picture> numbered_picture(std::int64_t number, const VideoFormat& format);
VideoFormat synthetic_video_format(const SyntheticOptions& options = {});

// The value of sample `position` (frames from the start of the programme), the same on each channel,
// and back. The ramp is never 0, so that silence can be told from it; it repeats after 2^22 frames.
float ramp_value(std::int64_t position);
std::optional<std::int64_t> ramp_position(float value);
// `frames` of the ramp from `position` on, as interleaved floats.
std::shared_ptr<const SampleBuffer> ramp_buffer(std::int64_t position, std::int64_t frames,
                                                const AudioFormat& format);
AudioFormat synthetic_audio_format(const SyntheticOptions& options = {});

// Synthetic packets and pictures that are alive: what a test of leaks looks at.
std::int64_t synthetic_objects_alive();

} // namespace playhead::headless
