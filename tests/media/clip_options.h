// What playhead-clip is asked to make.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace playhead::clip {

enum class Interleave { good, audio_first, video_first };

struct ClipOptions {
    std::string file;
    int width = 640;
    int height = 360;
    int fps_num = 30;
    int fps_den = 1;
    double seconds = 10;
    std::string video = "mpeg4"; // "none": no picture
    std::string audio = "flac";  // "none": no sound
    int rate_hz = 48000;
    int channels = 2;
    int sounds = 1;   // sound tracks; the n-th beeps at n kHz
    int programs = 1; // of a transport stream, each with a picture and sounds of its own
    int gop = 30;
    int bframes = 0;
    Interleave interleave = Interleave::good;
    double interleave_chunk_s = 5;
    double start_s = 0; // added to every time stamp

    std::int64_t frames() const {
        return static_cast<std::int64_t>(seconds * fps_num / fps_den + 0.5);
    }
};

struct Refusal {
    std::string text;
    int exit_code = 1;
};

// Help is a refusal with exit code 0.
std::variant<ClipOptions, Refusal> parse_options(int argc, char* argv[]);

} // namespace playhead::clip
