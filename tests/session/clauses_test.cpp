// Which clause of the reference is proven by which test: prints the table and keeps it honest.
//
//     playhead-test-session "[coverage]"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>

#include "session/clauses.h"
#include "support/catch.h"

using namespace playhead::test;

namespace {

const std::filesystem::path root = PLAYHEAD_SOURCE_DIR;
const std::filesystem::path conformance = root / "tests/session/conformance";
const char* const other_rooms[] = {"tests/unit", "tests/backends", "tests/apps", "tests/scenarios"};

std::vector<CitingCase> cases_below(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".cpp") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<CitingCase> found;
    for (const auto& file : files) {
        std::ifstream content(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>{content}, {}};
        const auto cases =
            citing_cases(std::filesystem::relative(file, root).generic_string(), text);
        found.insert(found.end(), cases.begin(), cases.end());
    }
    return found;
}

std::string section_of(std::string_view id) { return std::string{id.substr(0, id.find('/'))}; }

} // namespace

TEST_CASE("each clause is covered by the cases that cite it, or said not to be",
          "[session][clauses][coverage]") {
    const auto all = clauses();
    std::map<std::string, std::vector<const CitingCase*>, std::less<>> covered;
    auto cases = cases_below(conformance);
    REQUIRE_FALSE(cases.empty());
    for (const char* const room : other_rooms) {
        for (auto& citing : cases_below(root / room)) {
            if (!citing.ids.empty()) cases.push_back(std::move(citing));
        }
    }
    for (const CitingCase& citing : cases) {
        INFO(citing.file << ":" << citing.line << ": " << citing.name);
        CHECK_FALSE(citing.ids.empty());
        for (const std::string& id : citing.ids) {
            INFO(id);
            CHECK(is_clause(id));
            covered[id].push_back(&citing);
        }
    }

    struct Count {
        int covered = 0;
        int cannot = 0;
        int all = 0;
    };
    std::map<std::string, Count> sections;
    std::vector<std::string> order;
    Count total;
    for (const Clause& clause : all) {
        const auto found = covered.find(clause.id);
        const bool is_covered = found != covered.end();
        const std::string section = section_of(clause.id);
        if (sections.find(section) == sections.end()) order.push_back(section);
        for (Count* count : {&sections[section], &total}) {
            count->covered += is_covered ? 1 : 0;
            count->cannot += clause.cannot.empty() ? 0 : 1;
            ++count->all;
        }
        std::cout << clause.id << ": " << clause.says << '\n';
        if (!clause.cannot.empty()) {
            INFO(clause.id << " cannot arise, and is covered");
            CHECK_FALSE(is_covered);
            std::cout << "    cannot arise: " << clause.cannot << '\n';
        } else {
            INFO(clause.id << " is covered by no case");
            CHECK(is_covered);
        }
        if (is_covered) {
            for (const CitingCase* by : found->second) std::cout << "    " << by->name << '\n';
        }
    }
    const auto told = [](const Count& count) {
        std::string text = std::to_string(count.covered) + " of " + std::to_string(count.all);
        if (count.cannot > 0) text += ", " + std::to_string(count.cannot) + " cannot arise";
        return text;
    };
    for (const std::string& section : order) {
        std::cout << "section " << section << ": " << told(sections[section]) << '\n';
    }
    std::cout << "clauses covered: " << told(total) << ", by " << cases.size() << " cases\n";
}

TEST_CASE("every clause has an id of its own, with its section, and says something",
          "[session][clauses]") {
    std::set<std::string_view> ids;
    for (const Clause& clause : clauses()) {
        INFO(clause.id);
        CHECK(ids.insert(clause.id).second);
        const auto slash = clause.id.find('/');
        REQUIRE(slash != clause.id.npos);
        CHECK(clause.id.substr(0, slash).find_first_not_of("0123456789.") == clause.id.npos);
        CHECK(clause.id.size() > slash + 1);
        CHECK_FALSE(clause.says.empty());
    }
    CHECK(is_clause("1.2/stop-idle"));
    CHECK_FALSE(is_clause("1.2/stop-yesterday"));
}

TEST_CASE("citations are read as they are written, and not from comments", "[session][clauses]") {
    const auto found = citing_cases("a.cpp", R"text(
TEST_CASE("one thing", "[tag]") {
    covers("1.2/stop-idle", "3.1/fresh");
    // covers("9/in-a-comment");
    CHECK(before("covers(\"9/in-a-string\")"));
}
TEST_CASE("a name that is "
          "broken in two",
          "[tag]") {
    covers("1.2/stop-stopped",
           "3.1/never-started");
    covers("4/line");
}
// TEST_CASE("not a case") {
TEST_CASE("cites nothing") {}
)text");
    REQUIRE(found.size() == 3);
    CHECK(found[0].name == "one thing");
    CHECK(found[0].line == 2);
    CHECK(found[0].ids == std::vector<std::string>{"1.2/stop-idle", "3.1/fresh"});
    CHECK(found[1].name == "a name that is broken in two");
    CHECK(found[1].ids ==
          std::vector<std::string>{"1.2/stop-stopped", "3.1/never-started", "4/line"});
    CHECK(found[2].ids.empty());
}
