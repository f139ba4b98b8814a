#include "figures.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace playhead::bench {
namespace {

constexpr std::string_view separators = ", \t\r\n";

Result<std::vector<MediaTime>> parse_list(std::string_view text) {
    std::vector<MediaTime> targets;
    for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != text.npos;) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        const auto length = parse_seconds(text.substr(at, end - at));
        if (!length) return fail(length.error());
        targets.push_back(media_at(*length));
        at = end;
    }
    if (targets.empty()) return fail(Errc::invalid_argument, "there is no target in it");
    return targets;
}

} // namespace

double milliseconds(Duration length) {
    return std::chrono::duration<double, std::milli>(length).count();
}

double seconds(Duration length) { return std::chrono::duration<double>(length).count(); }

std::string fixed(double value, int digits) {
    std::int64_t scale = 1;
    for (int i = 0; i < digits; ++i) scale *= 10;
    const auto scaled =
        static_cast<std::int64_t>(std::llround(std::abs(value) * static_cast<double>(scale)));
    std::string text = value < 0 && scaled != 0 ? "-" : "";
    text += std::to_string(scaled / scale);
    if (digits > 0) {
        const std::string rest = std::to_string(scaled % scale);
        text += '.' + std::string(static_cast<std::size_t>(digits) - rest.size(), '0') + rest;
    }
    return text;
}

Duration percentile(std::vector<Duration> values, double share) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto rank = std::ceil(share * static_cast<double>(values.size()));
    return values[std::max<std::size_t>(static_cast<std::size_t>(rank), 1) - 1];
}

std::string spread(const std::vector<Duration>& values, int digits) {
    std::vector<Duration> sizes;
    for (const Duration value : values) sizes.push_back(value < Duration{} ? -value : value);
    const auto at = [&](double share) {
        return fixed(milliseconds(percentile(sizes, share)), digits);
    };
    return "n " + std::to_string(sizes.size()) + " p50 " + at(0.5) + " p99 " + at(0.99) + " max " +
           at(1.0);
}

Result<Duration> parse_seconds(std::string_view text) {
    const auto bad = [&] {
        return fail(Errc::invalid_argument,
                    "'" + std::string{text} + "' is no time in seconds, like 12.5");
    };
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, dot);
    std::string fraction{text.substr(std::min(dot + 1, text.size()))};
    const auto digits_only = [](std::string_view part) {
        return part.find_first_not_of("0123456789") == part.npos;
    };
    constexpr std::size_t most_digits = 9;
    if (whole.empty() || whole.size() > most_digits || fraction.size() > most_digits ||
        !digits_only(whole) || !digits_only(fraction)) {
        return bad();
    }
    fraction.resize(most_digits, '0');
    std::int64_t full = 0;
    std::int64_t rest = 0;
    std::from_chars(whole.data(), whole.data() + whole.size(), full);
    std::from_chars(fraction.data(), fraction.data() + fraction.size(), rest);
    return std::chrono::seconds{full} + Duration{rest};
}

Result<std::vector<MediaTime>> parse_targets(const std::string& text) {
    auto listed = parse_list(text);
    if (listed) return listed;
    std::ifstream file{std::filesystem::path{std::u8string{text.begin(), text.end()}}};
    if (!file) {
        return fail(Errc::invalid_argument,
                    listed.error().message() + ", and there is no file '" + text + "' to read");
    }
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    auto in_file = parse_list(content);
    if (!in_file) return fail(Errc::invalid_argument, text + ": " + in_file.error().message());
    return in_file;
}

} // namespace playhead::bench
