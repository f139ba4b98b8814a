#include "session/clauses.h"

#include <algorithm>

#include "session/clauses_rows.h"
#include "support/catch.h"

namespace playhead::test {
namespace {

std::string_view trimmed(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    return begin == line.npos ? std::string_view{} : line.substr(begin);
}

bool begins(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

// What stands between quotes, from here to the end of the call; a name broken over two lines is one.
std::vector<std::string> literals(std::string_view text) {
    std::vector<std::string> found;
    bool joined = false; // nothing but white space since the last one
    std::size_t i = text.find('(');
    for (int depth = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            std::string literal;
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\') ++i;
                if (i < text.size()) literal += text[i];
            }
            if (joined) {
                found.back() += literal;
            } else {
                found.push_back(literal);
            }
            joined = true;
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')' && --depth == 0) {
            break;
        } else if (text[i] == ',') {
            joined = false;
        }
    }
    return found;
}

} // namespace

std::vector<Clause> clauses() {
    std::vector<Clause> all;
    for (const auto rows : {rows_of_commands(), rows_of_events(), rows_of_clock_and_rate(),
                            rows_of_queue_and_parts()}) {
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

bool is_clause(std::string_view id) {
    const auto all = clauses();
    return std::any_of(all.begin(), all.end(), [id](const Clause& c) { return c.id == id; });
}

void cite(std::string_view id) {
    if (!is_clause(id)) FAIL("there is no clause " << id);
}

std::vector<CitingCase> citing_cases(const std::string& file, const std::string& text) {
    std::vector<CitingCase> found;
    int line = 1;
    for (std::size_t at = 0; at < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view here = trimmed(std::string_view{text}.substr(at, end - at));
        const std::string_view rest = std::string_view{text}.substr(at);
        if (begins(here, "TEST_CASE(")) {
            const auto words = literals(rest);
            found.push_back({words.empty() ? std::string{} : words.front(), file, line, {}});
        } else if (begins(here, "covers(") && !found.empty()) {
            for (auto& id : literals(rest)) found.back().ids.push_back(std::move(id));
        }
        at = end + 1;
    }
    return found;
}

} // namespace playhead::test
