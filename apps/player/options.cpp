#include "options.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "playhead/version.h"

namespace playhead::apps {
namespace {

constexpr int exit_bad_options = 1;

constexpr const char* keys_text = R"(Keys in the window:
  space              pause, go on          q, Esc        quit
  left, right        5 s back, on          up, down      60 s on, back
  Page Up, Page Down previous, next        f             full screen
  9, 0               quieter, louder       m             mute
  . ,                next frame, the one before, paused
  [ ] Backspace      slower, faster, at its own speed
  #                  next audio track  _                 next video track
  j                  next subtitles, or none
Exit codes: 0 played, 1 bad options, 2 nothing could be played, or what was played not written,
3 some could, 4 interrupted.)";

// Digits only, as from_chars reads them, and all of the text.
std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text.front() == '-' || error != std::errc{} ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

struct OutputName {
    std::string_view name;
    OutputSpec::Kind kind;
    const char* path; // what it is called in a message; null: takes none
};

constexpr OutputName video_outputs[] = {{"sdl", OutputSpec::Kind::sdl, nullptr},
                                        {"null", OutputSpec::Kind::none, nullptr},
                                        {"framecrc", OutputSpec::Kind::framecrc, "FILE"},
                                        {"png", OutputSpec::Kind::png, "DIR"}};
constexpr OutputName audio_outputs[] = {{"sdl", OutputSpec::Kind::sdl, nullptr},
                                        {"null", OutputSpec::Kind::none, nullptr},
                                        {"framecrc", OutputSpec::Kind::framecrc, "FILE"},
                                        {"wav", OutputSpec::Kind::wav, "FILE"}};
constexpr OutputName subtitle_outputs[] = {{"terminal", OutputSpec::Kind::terminal, nullptr},
                                           {"null", OutputSpec::Kind::none, nullptr},
                                           {"srt", OutputSpec::Kind::srt, "FILE"}};

template <std::size_t n>
Result<OutputSpec> parse_output(const std::string& text, const OutputName (&names)[n]) {
    const auto colon = text.find(':');
    const std::string_view name = std::string_view{text}.substr(0, colon);
    const std::string rest = colon == std::string::npos ? std::string{} : text.substr(colon + 1);
    std::string possible;
    for (const OutputName& output : names) {
        possible += (possible.empty() ? "" : ", ") + std::string{output.name} +
                    (output.path ? std::string{":"} + output.path : std::string{});
        if (output.name != name) {
            continue;
        }
        OutputSpec spec{output.kind, {}, {}};
        if (output.path) {
            if (rest.empty()) {
                return fail(Errc::invalid_argument, "'" + text + "' lacks its " + output.path +
                                                        "; write " + std::string{output.name} +
                                                        ":" + output.path);
            }
            spec.path = rest;
        } else if (colon != std::string::npos) {
            const bool route = output.kind == OutputSpec::Kind::sdl && output.name == "sdl" &&
                               (rest == "textures" || rest == "surface");
            if (!route) {
                return fail(Errc::invalid_argument, "'" + text + "' has a part too much; write " +
                                                        std::string{output.name});
            }
            spec.route = rest;
        }
        return spec;
    }
    return fail(Errc::invalid_argument, "'" + text + "' is no output; choose one of " + possible);
}

// CLI11 would take the next argument, a file, for the value of an option that may have one.
std::vector<std::string> arguments(int argc, const char* const* argv) {
    std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
    for (std::string& one : all) {
        if (one == "--") {
            break;
        }
        if (one == "--loop-file") {
            one += "=inf";
        }
    }
    return all;
}

// CLI11 would take the next argument for the value of `--option=`, and an empty one for no option at
// all.
std::optional<std::string> option_without_value(const CLI::App& app,
                                                const std::vector<std::string>& all) {
    std::string before;
    for (const std::string& one : all) {
        if (one == "--") {
            break;
        }
        if (one.starts_with("--") && one.find('=') == one.size() - 1) {
            return one;
        }
        const CLI::Option* option = one.empty() ? app.get_option_no_throw(before) : nullptr;
        if (option != nullptr && option->get_items_expected_max() > 0) {
            return before;
        }
        before = one;
    }
    return std::nullopt;
}

std::string one_time_option(Duration& into, const std::string& text) {
    const auto time = parse_time(text);
    if (!time) {
        return "'" + text + "' is no time; write seconds or [hh:]mm:ss, like 90, 1:30 or 0:01:30.5";
    }
    into = *time;
    return {};
}

CLI::Option* add_time(CLI::App& app, const char* name, std::optional<Duration>& into,
                      const char* text) {
    return app
        .add_option_function<std::string>(
            name,
            [&into](const std::string& value) {
                Duration time{};
                one_time_option(time, value);
                into = time;
            },
            text)
        ->check(CLI::Validator(
            [](std::string& value) {
                Duration ignored{};
                return one_time_option(ignored, value);
            },
            "", "time"))
        ->type_name("T");
}

template <class Parse>
CLI::Option* add_output(CLI::App& app, const char* name, std::optional<OutputSpec>& into,
                        Parse parse, const char* text) {
    return app
        .add_option_function<std::string>(
            name, [&into, parse](const std::string& value) { into = *parse(value); }, text)
        ->check(CLI::Validator(
            [parse](std::string& value) {
                const auto spec = parse(value);
                return spec ? std::string{} : spec.error().message();
            },
            "", "output"))
        ->type_name("OUT");
}

std::string check_track(std::string& value) {
    const auto number = whole_number(value);
    return value == "no" || (number && *number >= 1 && *number <= 256)
               ? std::string{}
               : "'" + value + "' is no track; write its number, from 1, or no";
}

void add_track(CLI::App& app, const char* name, std::optional<int>& into, const char* text) {
    app.add_option_function<std::string>(
           name,
           [&into](const std::string& value) {
               into = value == "no" ? 0 : static_cast<int>(*whole_number(value));
           },
           text)
        ->check(CLI::Validator(check_track, "", "track"))
        ->type_name("N|no");
}

std::string check_loops(std::string& value) {
    const auto count = whole_number(value);
    return value == "inf" || (count && *count >= 1 && *count <= 1'000'000)
               ? std::string{}
               : "'" + value + "' is no count; write how often to play each file, or inf";
}

Exit bad(const std::string& what) { return {exit_bad_options, what + "; see playhead --help"}; }

} // namespace

std::optional<Duration> parse_time(std::string_view text) {
    // [[hh:]mm:]ss[.fraction]
    const auto dot = text.find('.');
    std::string_view fraction;
    if (dot != std::string_view::npos) {
        fraction = text.substr(dot + 1);
        text = text.substr(0, dot);
        if (fraction.empty() || fraction.size() > 9 || !whole_number(fraction)) {
            return std::nullopt;
        }
    }
    std::int64_t seconds = 0;
    for (int part = 0;; ++part) {
        const auto colon = text.find(':');
        const auto number = whole_number(text.substr(0, colon));
        constexpr std::int64_t most = 100'000'000; // three years; keeps nanoseconds within 64 bits
        if (!number || part > 2 || *number > most || (part > 0 && *number > 59)) {
            return std::nullopt;
        }
        seconds = seconds * 60 + *number;
        if (seconds > most) {
            return std::nullopt;
        }
        if (colon == std::string_view::npos) {
            break;
        }
        text = text.substr(colon + 1);
    }
    std::int64_t nanoseconds = 0;
    if (!fraction.empty()) {
        nanoseconds = *whole_number(fraction);
        for (std::size_t digits = fraction.size(); digits < 9; ++digits) {
            nanoseconds *= 10;
        }
    }
    return std::chrono::seconds{seconds} + Duration{nanoseconds};
}

Result<OutputSpec> parse_video_output(const std::string& text) {
    return parse_output(text, video_outputs);
}

Result<OutputSpec> parse_audio_output(const std::string& text) {
    auto spec = parse_output(text, audio_outputs);
    if (spec && !spec->route.empty()) {
        return fail(Errc::invalid_argument, "'" + text + "' has a part too much; write sdl");
    }
    return spec;
}

Result<OutputSpec> parse_subtitle_output(const std::string& text) {
    return parse_output(text, subtitle_outputs);
}

std::variant<Options, Exit> parse_options(int argc, const char* const* argv) {
    Options options;
    std::optional<OutputSpec> video;
    std::optional<OutputSpec> audio;
    std::optional<OutputSpec> subtitles;
    CLI::App app{"Plays files and URLs, one after another.", "playhead"};
    app.footer(keys_text);
    app.set_version_flag("--version", std::string{"playhead "}.append(version));
    app.add_option("items", options.items, "What to play; - is standard input")
        ->type_name("FILE|URL");
    add_output(app, "--vo", video, parse_video_output,
               "Picture: sdl (default; sdl:textures or sdl:surface say how), null, framecrc:FILE, "
               "png:DIR");
    add_output(app, "--ao", audio, parse_audio_output,
               "Sound: sdl (default), null, framecrc:FILE, wav:FILE");
    add_output(app, "--so", subtitles, parse_subtitle_output,
               "Subtitles: terminal (default; null with --untimed), null, srt:FILE");
    add_time(app, "--start", options.start, "Begin there");
    add_time(app, "--length", options.length, "Play no more than that of each file");
    app.add_option("--speed", options.speed,
                   "How fast: 2 is twice as fast; the pitch of sound stays from 0.25 to 4")
        ->check(CLI::Range(slowest_speed, fastest_speed))
        ->check(CLI::Validator(
            [](std::string& text) {
                const bool number =
                    text.find_first_of("nN") == std::string::npos; // Range lets nan pass
                return number ? std::string() : "'" + text + "' is not a number";
            },
            ""))
        ->type_name("R");
    add_track(app, "--aid", options.audio_track, "Play this audio track, or none");
    add_track(app, "--vid", options.video_track, "Play this video track, or none");
    add_track(app, "--sid", options.subtitle_track, "Show this subtitle track (default: none)");
    app.add_option("--program", options.program, "Play this program of a transport stream")
        ->check(CLI::Range(0, 65535))
        ->type_name("N");
    app.add_option("--audio-file", options.audio_file,
                   "Play the sound of this file with the picture")
        ->type_name("FILE|URL");
    app.add_option("--sub-file", options.subtitle_file, "Show the subtitles of this file")
        ->type_name("FILE|URL");
    app.add_option("--dump-topology", options.dump_topology,
                   "Write what is built to play the first file, as Graphviz DOT")
        ->type_name("FILE.dot");
    app.add_option("--volume", options.volume, "Loudness in per cent, 0 to 100")
        ->check(CLI::Range(0, 100))
        ->type_name("N");
    app.add_flag("--mute", options.mute, "Begin without sound");
    app.add_option_function<std::string>(
           "--loop-file",
           [&options](const std::string& value) {
               options.plays = value == "inf"
                                   ? std::nullopt
                                   : std::optional{static_cast<int>(*whole_number(value))};
           },
           "Play each file N times; without N for ever")
        ->check(CLI::Validator(check_loops, "", "count"))
        ->type_name("[=N|inf]");
    app.add_flag("--untimed", options.untimed,
                 "As fast as can be decoded; for null and capturing outputs");
    app.add_option("--trace-events", options.trace_events, "Write each event as a line of JSON")
        ->type_name("FILE");
    app.add_option_function<std::string>(
           "--log-level",
           [&options](const std::string& value) { options.log_level = *log_level_named(value); },
           "What the library logs: " + std::string{log_level_names})
        ->check(CLI::Validator(
            [](std::string& value) {
                return log_level_named(value)
                           ? std::string{}
                           : "'" + value + "' is no level; choose " + std::string{log_level_names};
            },
            "", "level"))
        ->type_name("LEVEL");
    int latency_ms = 0;
    const CLI::Option* latency =
        app.add_option("--audio-latency", latency_ms,
                       "How long the sound device takes from its request to the ear, in ms")
            ->check(CLI::Range(0, 5000))
            ->type_name("MS");

    std::vector<std::string> given = arguments(argc, argv);
    if (const auto option = option_without_value(app, given)) {
        return bad("'" + *option + "' lacks its value");
    }
    std::reverse(given.begin(), given.end()); // as CLI11 wants them
    try {
        app.parse(given);
    } catch (const CLI::CallForHelp&) {
        return Exit{0, app.help()};
    } catch (const CLI::CallForVersion&) {
        return Exit{0, std::string{"playhead "}.append(version) + "\n"};
    } catch (const CLI::ParseError& error) {
        return bad(error.what());
    }
    if (latency->count() > 0) {
        options.audio_latency = std::chrono::milliseconds{latency_ms};
    }
    if (options.items.empty()) {
        return bad("nothing to play; name a file or a URL");
    }
    const OutputSpec absent{
        options.untimed ? OutputSpec::Kind::none : OutputSpec::Kind::sdl, {}, {}};
    options.video = video.value_or(absent);
    options.audio = audio.value_or(absent);
    options.subtitles = subtitles.value_or(
        OutputSpec{options.untimed ? OutputSpec::Kind::none : OutputSpec::Kind::terminal, {}, {}});
    if (options.untimed && (options.video.kind == OutputSpec::Kind::sdl ||
                            options.audio.kind == OutputSpec::Kind::sdl)) {
        return bad("--untimed: a window and a sound device keep their own time; choose null or "
                   "capturing outputs");
    }
    if (options.untimed && options.subtitles.kind == OutputSpec::Kind::terminal) {
        return bad("--untimed: subtitles in the terminal keep the film's time; choose --so=null or "
                   "--so=srt:FILE");
    }
    return options;
}

} // namespace playhead::apps
