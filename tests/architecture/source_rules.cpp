#include "source_rules.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace playhead::architecture {
namespace {

bool begins(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

bool ends(std::string_view text, std::string_view with) {
    return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    return text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines{{}};
    for (const char c : text) {
        if (c == '\n') {
            lines.emplace_back();
        } else if (c != '\r') {
            lines.back() += c;
        }
    }
    return lines;
}

struct Include {
    std::string name;
    bool angled = false;
};

// Of "#include <x>", "#include "x"" and "__has_include(<x>)", wherever in the line.
std::vector<Include> includes_of(std::string_view line) {
    std::vector<Include> found;
    line = trimmed(line);
    if (!begins(line, "#")) {
        return found;
    }
    line = trimmed(line.substr(1));
    if (!begins(line, "include") && !begins(line, "import") &&
        line.find("__has_include") == std::string_view::npos) {
        return found;
    }
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char open = line[at];
        if (open != '<' && open != '"') {
            continue;
        }
        const std::size_t close = line.find(open == '<' ? '>' : '"', at + 1);
        if (close == std::string_view::npos) {
            break;
        }
        found.push_back({std::string{line.substr(at + 1, close - at - 1)}, open == '<'});
        at = close;
    }
    return found;
}

// A whole name, not a part of a longer one.
bool names(std::string_view line, std::string_view word) {
    for (std::size_t at = line.find(word); at != std::string_view::npos;
         at = line.find(word, at + 1)) {
        const bool free_before = at == 0 || !is_word(line[at - 1]) || !is_word(word.front());
        const std::size_t after = at + word.size();
        const bool free_after = after >= line.size() || !is_word(line[after]);
        if (free_before && free_after) {
            return true;
        }
    }
    return false;
}

class Checker {
public:
    Checker(const std::string& path, const std::set<std::string>& backends)
        : path_(path),
          backends_(backends),
          in_engine_(begins(path, "engine/")),
          in_schedule_(begins(path, "engine/src/schedule/") ||
                       path == "engine/include/playhead/backend/mutex.h"),
          in_platform_(begins(path, "engine/src/schedule/platform/")) {
        if (begins(path, "backends/")) {
            const std::string_view rest = std::string_view{path}.substr(9);
            backend_ = std::string{rest.substr(0, rest.find('/'))};
        }
    }

    void include(int line, const Include& included) {
        const std::string& name = included.name;
        if (in_engine_) {
            engine_include(line, included);
        }
        for (const std::string& other : backends_) {
            const bool of_other = begins(name, "playhead/" + other + "/") ||
                                  name.find("backends/" + other + "/") != std::string::npos ||
                                  name.find("../" + other + "/") != std::string::npos;
            if (of_other && in_engine_) {
                say(line, "the engine knows no backend: " + name);
            } else if (of_other && !backend_.empty() && other != backend_) {
                say(line, "no backend knows another: " + name);
            }
        }
        if (begins(name, "catch2/") && !begins(path_, "tests/support/catch")) {
            say(line, "only tests/support/catch.h and its main name Catch2: " + name);
        }
    }

    void code(int line, std::string_view text) {
        for (const std::string_view sleep :
             {"sleep_for", "sleep_until", "usleep", "nanosleep", "SDL_Delay"}) {
            if (names(text, sleep)) {
                say(line, "nothing sleeps: " + std::string{sleep});
            }
        }
        if (!in_engine_ || in_schedule_) {
            return;
        }
        for (const std::string_view raw :
             {"std::thread", "std::jthread", "std::this_thread", "std::async",
              "std::condition_variable", "std::condition_variable_any", "std::counting_semaphore",
              "std::binary_semaphore", "std::latch", "std::barrier", "std::promise",
              "std::call_once", "std::mutex", "std::recursive_mutex", "std::shared_mutex",
              "std::timed_mutex"}) {
            if (names(text, raw)) {
                say(line, "threads, locks and waits are at home in schedule: " + std::string{raw});
            }
        }
        for (const std::string_view clock :
             {"steady_clock::now", "system_clock::now", "high_resolution_clock::now"}) {
            if (names(text, clock)) {
                say(line, "only a HostClock reads time: " + std::string{clock});
            }
        }
    }

    // CMake takes a semicolon for the end of an item: ctest would run no such case, and call it passed.
    void case_names(const std::string& text) {
        if (!begins(path_, "tests/")) {
            return;
        }
        const std::string_view macro = "TEST_CASE(";
        for (std::size_t at = text.find(macro); at != std::string::npos;
             at = text.find(macro, at + 1)) {
            if (at > 0 && text[at - 1] == '"') {
                continue; // the word, in a literal
            }
            const std::size_t from = text.find('"', at);
            const std::size_t to = std::min(text.find('"', from + 1), text.size());
            if (from < to && text.substr(from, to - from).find(';') != std::string::npos) {
                say(0, "a case's name has no semicolon: " + text.substr(from, to - from));
            }
        }
    }

    void header(bool has_pragma_once) {
        if ((ends(path_, ".h") || ends(path_, ".h.in")) && !has_pragma_once) {
            say(0, "a header begins with #pragma once");
        }
    }

    std::vector<Violation> take() { return std::move(violations_); }

private:
    void engine_include(int line, const Include& included) {
        const std::string& name = included.name;
        if (!included.angled) {
            if (begins(name, "libav") || begins(name, "libsw") || begins(name, "SDL")) {
                say(line, "the engine includes no FFmpeg or SDL: " + name);
            }
            return;
        }
        if (in_platform_) {
            return; // the one folder that speaks to the system
        }
        // A standard C++ header has neither a dot nor a folder in its name; whatever has one is the
        // system's or a library's.
        const bool standard = name.find_first_of("./") == std::string::npos;
        const bool allowed = name == "tl/expected.hpp" || begins(name, "spdlog/");
        if (!standard && !allowed) {
            say(line, "the engine is standard C++, tl::expected and spdlog: " + name);
        }
        for (const std::string_view raw :
             {"thread", "condition_variable", "future", "semaphore", "latch", "barrier",
              "stop_token", "mutex", "shared_mutex"}) {
            if (name == raw && !in_schedule_) {
                say(line, "threads, locks and waits are at home in schedule: " + name);
            }
        }
    }

    void say(int line, std::string why) { violations_.push_back({line, std::move(why)}); }

    const std::string& path_;
    const std::set<std::string>& backends_;
    const bool in_engine_;
    const bool in_schedule_;
    const bool in_platform_;
    std::string backend_;
    std::vector<Violation> violations_;
};

} // namespace

std::string without_comments(const std::string& text, Literals literals) {
    std::string out = text;
    const auto blank = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < std::min(to, out.size()); ++i) {
            out[i] = out[i] == '\n' ? '\n' : ' ';
        }
    };
    const auto end_of = [&](std::string_view mark, std::size_t from) {
        const std::size_t at = text.find(mark, from);
        return at == std::string::npos ? text.size() : at + mark.size();
    };
    std::size_t i = 0;
    while (i < text.size()) {
        const std::string_view rest = std::string_view{text}.substr(i);
        std::size_t end = i + 1;
        if (begins(rest, "//")) {
            const std::size_t newline = text.find('\n', i);
            end = newline == std::string::npos ? text.size() : newline;
            blank(i, end);
        } else if (begins(rest, "/*")) {
            end = end_of("*/", i + 2);
            blank(i, end);
        } else if (begins(rest, "R\"") && (i == 0 || !is_word(text[i - 1]))) {
            const std::size_t paren = std::min(text.find('(', i), text.size() - 1);
            end = end_of(")" + text.substr(i + 2, paren - i - 2) + "\"", paren);
            if (literals == Literals::blank) {
                blank(i, end);
            }
        } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !is_word(text[i - 1])))) {
            const char quote = text[i];
            while (end < text.size() && text[end] != quote && text[end] != '\n') {
                end += text[end] == '\\' ? 2U : 1U;
            }
            ++end;
            if (literals == Literals::blank) {
                blank(i + 1, end - 1);
            }
        }
        i = end;
    }
    return out;
}

std::vector<Violation> check_source(const std::string& path, const std::string& text,
                                    const std::set<std::string>& backends) {
    Checker checker{path, backends};
    const std::vector<std::string> with_names = lines_of(without_comments(text, Literals::keep));
    const std::vector<std::string> bare = lines_of(without_comments(text, Literals::blank));
    bool pragma_once = false;
    for (std::size_t i = 0; i < with_names.size(); ++i) {
        const int line = static_cast<int>(i) + 1;
        for (const Include& included : includes_of(with_names[i])) {
            checker.include(line, included);
        }
        checker.code(line, bare[i]);
        pragma_once = pragma_once || begins(trimmed(bare[i]), "#pragma once");
    }
    checker.case_names(without_comments(text, Literals::keep));
    checker.header(pragma_once);
    return checker.take();
}

} // namespace playhead::architecture
