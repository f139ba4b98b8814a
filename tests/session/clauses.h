// The clauses of the behavioural reference, and which test proves which.
//
// Each row of a table, each guarantee and each trace of the reference is a clause with an id: its
// section, a slash, a word. A test case that proves some says so in its first lines:
//
//     covers("1.2/stop-idle", "3.1/fresh");
//
// clauses_test.cpp reads these calls in the sources and prints the table: a clause that nobody cites
// is not covered, an id that does not exist is an error. Cases of other rooms cite by support/covers.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace playhead::test {

struct Clause {
    std::string_view id;
    std::string_view says;        // in our own words
    std::string_view cannot = {}; // why it cannot arise with our interfaces; counted apart
};

// All of them, in the order of the reference.
std::vector<Clause> clauses();
bool is_clause(std::string_view id);

// Fails the running test case for an id that does not exist.
void cite(std::string_view id);

template <class... Ids>
void covers(Ids... ids) {
    (cite(ids), ...);
}

// What a test source cites, as written in it.
struct CitingCase {
    std::string name;
    std::string file; // below the root of the tree
    int line = 0;
    std::vector<std::string> ids;
};
// From the text of one file: its cases and their covers() calls.
std::vector<CitingCase> citing_cases(const std::string& file, const std::string& text);

} // namespace playhead::test
