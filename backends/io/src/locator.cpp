#include "locator.h"

#include <charconv>
#include <optional>

namespace playhead::io {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view lower_case) {
    if (a.size() != lower_case.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower_case[i]) {
            return false;
        }
    }
    return true;
}

int hex_value(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::optional<int> descriptor_number(std::string_view text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) {
        return std::nullopt;
    }
    return number;
}

// What follows "file:". An authority may be empty or this machine; others are left in place, which
// then names no file and says so.
std::string path_of_url(std::string_view rest) {
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        constexpr std::string_view here = "localhost/";
        if (rest.size() >= here.size() && same_word(rest.substr(0, here.size()), here)) {
            rest.remove_prefix(here.size() - 1);
        }
    }
    std::string path = percent_decoded(rest);
    // "/C:/film.mkv": the slash belongs to the URL, not to the drive.
    if (path.size() > 2 && path[0] == '/' && is_letter(path[1]) && path[2] == ':') {
#ifdef _WIN32
        path.erase(0, 1);
#endif
    }
    return path;
}

} // namespace

std::string_view scheme_of(std::string_view locator) {
    if (locator.empty() || !is_letter(locator.front())) {
        return {};
    }
    for (std::size_t i = 1; i < locator.size(); ++i) {
        const char c = locator[i];
        if (c == ':') {
            return i > 1 ? locator.substr(0, i) : std::string_view{};
        }
        if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
            return {};
        }
    }
    return {};
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            // A zero byte would end the name early when it reaches the system.
            if (high >= 0 && low >= 0 && high + low > 0) {
                out.push_back(static_cast<char>(high * 16 + low));
                i += 2;
                continue;
            }
        }
        out.push_back(text[i]);
    }
    return out;
}

Target resolve(std::string_view locator, bool (*exists)(const std::string& path)) {
    if (locator == "-") {
        return OpenDescriptor{0};
    }
    const std::string_view scheme = scheme_of(locator);
    if (scheme.empty()) {
        return FilePath{std::string(locator)};
    }
    const std::string_view rest = locator.substr(scheme.size() + 1);
    if (same_word(scheme, "file")) {
        return FilePath{path_of_url(rest)};
    }
    if (same_word(scheme, "fd") || same_word(scheme, "pipe")) {
        if (const auto number = descriptor_number(rest.empty() ? "0" : rest)) {
            return OpenDescriptor{*number};
        }
    }
    if (!rest.starts_with("//") && exists(std::string(locator))) {
        return FilePath{std::string(locator)};
    }
    return NotOurs{};
}

} // namespace playhead::io
