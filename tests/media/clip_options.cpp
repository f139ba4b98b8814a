#include "clip_options.h"

#include <cstdlib>
#include <optional>
#include <string_view>

namespace playhead::clip {

namespace {

constexpr const char* help =
    "usage: playhead-clip [--sample] [options] FILE\n"
    "Makes a clip for tests: a picture with its frame number, for people and for programs, and a\n"
    "beep of 1 kHz for 100 ms at each full second, with a white mark in the same moment. The\n"
    "container follows from the name of the file.\n"
    "  --sample             ten pleasing seconds, 640x360 at 30 fps (what you get anyway)\n"
    "  --size WxH           --fps R (30, 29.97 or 30000/1001)     --seconds S\n"
    "  --video CODEC|none   an encoder of FFmpeg: mpeg4, mpeg2video, ffv1, libx264, ...\n"
    "  --audio CODEC|none   flac, aac, pcm_s16le, mp2, ac3, libopus, ...\n"
    "  --rate HZ  --channels N  --gop FRAMES  --bframes N\n"
    "  --sounds N           sound tracks: the n-th beeps at n kHz\n"
    "  --programs N         of a transport stream, each with all that; the sounds count on\n"
    "  --interleave good|audio-first|video-first    the last two in chunks of 5 s,\n"
    "                       or of so many: audio-first:2\n"
    "  --start S            added to every time stamp\n";

std::optional<double> number(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return text.empty() || *end != '\0' ? std::nullopt : std::optional{value};
}

std::optional<int> whole(const std::string& text, int least, int most) {
    const auto value = number(text);
    if (!value || *value < least || *value > most || *value != static_cast<int>(*value)) {
        return std::nullopt;
    }
    return static_cast<int>(*value);
}

bool set_size(ClipOptions& options, const std::string& text) {
    const auto x = text.find('x');
    if (x == std::string::npos) {
        return false;
    }
    const auto width = whole(text.substr(0, x), 16, 16384);
    const auto height = whole(text.substr(x + 1), 16, 16384);
    options.width = width.value_or(0);
    options.height = height.value_or(0);
    return width && height;
}

bool set_fps(ClipOptions& options, const std::string& text) {
    const auto slash = text.find('/');
    if (slash != std::string::npos) {
        const auto num = whole(text.substr(0, slash), 1, 1'000'000);
        const auto den = whole(text.substr(slash + 1), 1, 1'000'000);
        options.fps_num = num.value_or(0);
        options.fps_den = den.value_or(1);
        return num && den;
    }
    const auto value = number(text);
    if (!value || *value <= 0 || *value > 1000) {
        return false;
    }
    const int nearest = static_cast<int>(*value + 0.5);
    if (*value == nearest) {
        options.fps_num = nearest;
        options.fps_den = 1;
    } else { // 29.97 means 30000/1001
        options.fps_num = nearest * 1000;
        options.fps_den = static_cast<int>(options.fps_num / *value + 0.5);
    }
    return true;
}

bool set_interleave(ClipOptions& options, const std::string& text) {
    const auto colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    if (colon != std::string::npos) {
        const auto chunk = number(text.substr(colon + 1));
        if (!chunk || *chunk <= 0) {
            return false;
        }
        options.interleave_chunk_s = *chunk;
    }
    options.interleave = kind == "audio-first"   ? Interleave::audio_first
                         : kind == "video-first" ? Interleave::video_first
                                                 : Interleave::good;
    return kind == "good" || options.interleave != Interleave::good;
}

bool set_whole(int& out, const std::string& text, int least, int most) {
    const auto value = whole(text, least, most);
    out = value.value_or(out);
    return value.has_value();
}

bool set_number(double& out, const std::string& text, double least, double most) {
    const auto value = number(text);
    out = value.value_or(out);
    return value && *value >= least && *value <= most;
}

// Nothing: no such option.
std::optional<bool> set_option(ClipOptions& options, std::string_view name,
                               const std::string& value) {
    if (name == "--size") {
        return set_size(options, value);
    }
    if (name == "--fps") {
        return set_fps(options, value);
    }
    if (name == "--seconds") {
        return set_number(options.seconds, value, 0.001, 1e6);
    }
    if (name == "--start") {
        return set_number(options.start_s, value, 0, 1e6);
    }
    if (name == "--video") {
        options.video = value;
        return !value.empty();
    }
    if (name == "--audio") {
        options.audio = value;
        return !value.empty();
    }
    if (name == "--rate") {
        return set_whole(options.rate_hz, value, 8000, 384000);
    }
    if (name == "--channels") {
        return set_whole(options.channels, value, 1, 8);
    }
    if (name == "--sounds") {
        return set_whole(options.sounds, value, 1, 8);
    }
    if (name == "--programs") {
        return set_whole(options.programs, value, 1, 8);
    }
    if (name == "--gop") {
        return set_whole(options.gop, value, 1, 100000);
    }
    if (name == "--bframes") {
        return set_whole(options.bframes, value, 0, 16);
    }
    if (name == "--interleave") {
        return set_interleave(options, value);
    }
    return std::nullopt;
}

} // namespace

std::variant<ClipOptions, Refusal> parse_options(int argc, char* argv[]) {
    ClipOptions options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--help" || word == "-h") {
            return Refusal{help, 0};
        }
        if (word == "--sample") {
            continue;
        }
        if (word.size() < 2 || word.compare(0, 2, "--") != 0) {
            if (!options.file.empty()) {
                return Refusal{"more than one file is named: " + options.file + ", " + word};
            }
            options.file = word;
            continue;
        }
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        std::string value;
        if (equals != std::string::npos) {
            value = word.substr(equals + 1);
        } else if (i + 1 < argc) {
            value = argv[++i];
        }
        const auto set = set_option(options, name, value);
        if (!set) {
            return Refusal{"there is no option " + name + "; see --help"};
        }
        if (!*set) {
            return Refusal{"'" + value + "' is no value for " + name + "; see --help"};
        }
    }
    if (options.file.empty()) {
        return Refusal{"no file is named; see --help"};
    }
    if (options.video == "none" && options.audio == "none") {
        return Refusal{"a clip without picture and sound would be empty"};
    }
    return options;
}

} // namespace playhead::clip
