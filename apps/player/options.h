// Options: what the command line of `playhead` says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/logging.h"
#include "playhead/result.h"
#include "playhead/time.h"

namespace playhead::apps {

// What --speed and the keys can choose.
inline constexpr double slowest_speed = 0.1;
inline constexpr double fastest_speed = 16.0;

struct OutputSpec {
    enum class Kind { sdl, none, framecrc, png, wav, terminal, srt } kind = Kind::sdl;
    std::string path;  // of what is written
    std::string route; // sdl only: "", "textures" or "surface"
};

struct Options {
    std::vector<std::string> items;
    OutputSpec video;
    OutputSpec audio;
    OutputSpec subtitles;
    std::optional<Duration> start;
    std::optional<Duration> length;
    int volume = 100; // per cent
    bool mute = false;
    std::optional<int> plays = 1; // of each file; none: for ever
    double speed = 1.0;
    bool untimed = false;
    // A track's number; 0: none of that kind. Absent: the one that suits best, and no subtitles.
    std::optional<int> audio_track;
    std::optional<int> video_track;
    std::optional<int> subtitle_track;
    std::optional<int> program; // of a transport stream with several
    std::string audio_file;     // heard with every item
    std::string subtitle_file;  // shown with every item
    bool chooses_tracks() const {
        return audio_track || video_track || subtitle_track || !audio_file.empty() ||
               !subtitle_file.empty();
    }
    std::string dump_topology;
    std::string trace_events;
    LogLevel log_level = LogLevel::off;
    std::optional<Duration> audio_latency;
};

// What to do instead of playing: print `text` (to stderr if the code is not 0) and end.
struct Exit {
    int code = 0;
    std::string text;
};

std::variant<Options, Exit> parse_options(int argc, const char* const* argv);

// "90", "1:30", "0:01:30.250"; nothing if it is not a time.
std::optional<Duration> parse_time(std::string_view text);

// "null", "framecrc:FILE", ...; the text of the error says what is possible.
Result<OutputSpec> parse_video_output(const std::string& text);
Result<OutputSpec> parse_audio_output(const std::string& text);
Result<OutputSpec> parse_subtitle_output(const std::string& text);

} // namespace playhead::apps
