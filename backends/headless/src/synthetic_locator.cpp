// The words of a synthetic locator.
#include <charconv>
#include <functional>
#include <map>

#include "playhead/headless/synthetic.h"

namespace playhead::headless {
namespace {

constexpr std::string_view scheme = "synthetic:";

// One word: how it is read (false: that is no value for it) and written (empty: the default).
struct Word {
    std::function<bool(SyntheticOptions&, std::string_view)> read;
    std::function<std::string(const SyntheticOptions&)> write;
};

template <class T>
bool read_number(T& to, std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc{} && end == text.data() + text.size();
}

// Seconds with up to nine places; from_chars for floats is not everywhere.
bool read_seconds(Duration& to, std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t dot = text.find('.');
    std::int64_t whole = 0;
    std::int64_t part = 0;
    if (!read_number(whole, text.substr(0, dot)) || whole < 0 || whole > 1'000'000'000)
        return false;
    if (dot != std::string_view::npos) {
        std::string places(text.substr(dot + 1));
        if (places.empty() || places.size() > 9) return false;
        places.resize(9, '0');
        if (!read_number(part, places) || part < 0) return false;
    }
    to = Duration{whole * 1'000'000'000 + part};
    if (negative) to = -to;
    return true;
}

std::string seconds(Duration d) {
    std::string text = d < Duration{} ? "-" : "";
    const auto count = d < Duration{} ? -d.count() : d.count();
    text += std::to_string(count / 1'000'000'000);
    std::string places = std::to_string(count % 1'000'000'000);
    places.insert(0, 9 - places.size(), '0');
    places.erase(places.find_last_not_of('0') + 1);
    return places.empty() ? text : text + "." + places;
}

template <class Field>
Word flag(Field field) {
    return {[field](SyntheticOptions& o, std::string_view v) {
                if (v != "0" && v != "1") return false;
                field(o) = v == "1";
                return true;
            },
            [field](const SyntheticOptions& o) {
                SyntheticOptions copy = o;
                SyntheticOptions plain;
                return field(copy) == field(plain) ? std::string{}
                                                   : std::string(field(copy) ? "1" : "0");
            }};
}

template <class Field>
Word number(Field field, std::int64_t least) {
    return {[field, least](SyntheticOptions& o, std::string_view v) {
                auto value = field(o);
                if (!read_number(value, v) || value < static_cast<decltype(value)>(least))
                    return false;
                field(o) = value;
                return true;
            },
            [field](const SyntheticOptions& o) {
                SyntheticOptions copy = o;
                SyntheticOptions plain;
                return field(copy) == field(plain) ? std::string{} : std::to_string(field(copy));
            }};
}

template <class Field>
Word place(Field field) {
    return {[field](SyntheticOptions& o, std::string_view v) {
                std::int64_t value = 0;
                if (!read_number(value, v) || value < 0) return false;
                field(o) = value;
                return true;
            },
            [field](const SyntheticOptions& o) {
                SyntheticOptions copy = o;
                return field(copy) ? std::to_string(*field(copy)) : std::string{};
            }};
}

template <class Field>
Word length(Field field) {
    return {[field](SyntheticOptions& o, std::string_view v) { return read_seconds(field(o), v); },
            [field](const SyntheticOptions& o) {
                SyntheticOptions copy = o;
                SyntheticOptions plain;
                return field(copy) == field(plain) ? std::string{} : seconds(field(copy));
            }};
}

template <class Field>
Word maybe_length(Field field) {
    return {[field](SyntheticOptions& o, std::string_view v) {
                Duration d{};
                if (!read_seconds(d, v)) return false;
                field(o) = d;
                return true;
            },
            [field](const SyntheticOptions& o) {
                SyntheticOptions copy = o;
                return field(copy) ? seconds(*field(copy)) : std::string{};
            }};
}

#define FIELD(name) [](SyntheticOptions& o) -> auto& { return o.name; }

std::map<std::string, Word, std::less<>> words() {
    std::map<std::string, Word, std::less<>> all;
    all["seconds"] = length(FIELD(length));
    all["video"] = flag(FIELD(video));
    all["audio"] = flag(FIELD(audio));
    all["seekable"] = flag(FIELD(seekable));
    all["duration"] = flag(FIELD(known_duration));
    all["audio_seconds"] = maybe_length(FIELD(audio_length));
    all["fps"] = {
        [](SyntheticOptions& o, std::string_view v) {
            const std::size_t slash = v.find('/');
            Rational r{0, 1};
            if (!read_number(r.num, v.substr(0, slash))) return false;
            if (slash != std::string_view::npos && !read_number(r.den, v.substr(slash + 1)))
                return false;
            if (!r.positive()) return false;
            o.frame_rate = r;
            return true;
        },
        [](const SyntheticOptions& o) {
            if (o.frame_rate == SyntheticOptions{}.frame_rate) return std::string{};
            return std::to_string(o.frame_rate.num) + "/" + std::to_string(o.frame_rate.den);
        }};
    all["size"] = {[](SyntheticOptions& o, std::string_view v) {
                       const std::size_t x = v.find('x');
                       return x != std::string_view::npos && read_number(o.width, v.substr(0, x)) &&
                              read_number(o.height, v.substr(x + 1)) && o.width >= 8 &&
                              o.height >= 1;
                   },
                   [](const SyntheticOptions& o) {
                       const SyntheticOptions plain;
                       if (o.width == plain.width && o.height == plain.height) return std::string{};
                       return std::to_string(o.width) + "x" + std::to_string(o.height);
                   }};
    all["gop"] = number(FIELD(gop), 1);
    all["b"] = number(FIELD(b_frames), 0);
    all["frame_durations"] = flag(FIELD(frame_durations));
    all["video_start"] = length(FIELD(video_start));
    all["rate"] = number(FIELD(rate_hz), 1);
    all["channels"] = number(FIELD(channels), 1);
    all["block"] = number(FIELD(block_frames), 1);
    all["sine"] = flag(FIELD(sine));
    all["audio_start"] = length(FIELD(audio_start));
    all["audio_behind"] = length(FIELD(audio_behind));
    all["gap"] = {[](SyntheticOptions& o, std::string_view v) {
                      const std::size_t dash = v.find('-', 1);
                      Duration from{};
                      Duration to{};
                      if (dash == std::string_view::npos ||
                          !read_seconds(from, v.substr(0, dash)) ||
                          !read_seconds(to, v.substr(dash + 1)) || to < from) {
                          return false;
                      }
                      o.gap = SyntheticOptions::Gap{media_at(from), media_at(to)};
                      return true;
                  },
                  [](const SyntheticOptions& o) {
                      return o.gap ? seconds(o.gap->from.time_since_epoch()) + "-" +
                                         seconds(o.gap->to.time_since_epoch())
                                   : std::string{};
                  }};
    all["name"] = {[](SyntheticOptions& o, std::string_view v) {
                       o.name = std::string(v);
                       return true;
                   },
                   [](const SyntheticOptions& o) { return o.name; }};
    all["open"] = length(FIELD(faults.open_takes));
    all["open_hangs"] = flag(FIELD(faults.open_hangs));
    all["open_deaf"] = flag(FIELD(faults.open_deaf));
    all["open_error"] = flag(FIELD(faults.open_error));
    all["read"] = length(FIELD(faults.read_takes));
    all["stall"] = place(FIELD(faults.stall));
    all["stall_for"] = maybe_length(FIELD(faults.stall_for));
    all["deaf"] = flag(FIELD(faults.deaf));
    all["read_error"] = place(FIELD(faults.read_error));
    all["seek"] = length(FIELD(faults.seek_takes));
    all["seek_errors"] = number(FIELD(faults.seek_errors), 0);
    all["decode_error"] = place(FIELD(faults.decode_error));
    all["slow"] = place(FIELD(faults.slow));
    all["slow_for"] = length(FIELD(faults.slow_for));
    all["decode"] = length(FIELD(faults.decode_takes));
    all["audio_decode_error"] = place(FIELD(faults.audio_decode_error));
    return all;
}

#undef FIELD

} // namespace

Result<SyntheticOptions> parse_synthetic(std::string_view locator) {
    if (!locator.starts_with(scheme)) {
        return fail(Errc::protocol_unsupported,
                    "'" + std::string(locator) +
                        "' is not a synthetic locator; one begins with 'synthetic:'.");
    }
    SyntheticOptions options;
    const auto all = words();
    std::string_view rest = locator.substr(scheme.size());
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view pair = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        const std::size_t equals = pair.find('=');
        const std::string_view key = pair.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        const auto word = all.find(key);
        if (word == all.end()) {
            return fail(Errc::invalid_argument, "'" + std::string(locator) +
                                                    "': there is no synthetic option '" +
                                                    std::string(key) + "'.");
        }
        if (!word->second.read(options, value)) {
            return fail(Errc::invalid_argument, "'" + std::string(locator) + "': '" +
                                                    std::string(value) + "' is no value for '" +
                                                    std::string(key) + "'.");
        }
    }
    return options;
}

std::string synthetic_locator(const SyntheticOptions& options) {
    std::string locator;
    for (const auto& [key, word] : words()) {
        const std::string value = word.write(options);
        if (value.empty()) continue;
        locator += (locator.empty() ? "" : ",") + key + "=" + value;
    }
    return std::string(scheme) + locator;
}

OpenRequest synthetic(const SyntheticOptions& options) {
    OpenRequest request;
    request.locator = synthetic_locator(options);
    return request;
}

} // namespace playhead::headless
