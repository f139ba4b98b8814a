// What the README shows is what is compiled.
#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.h"

namespace {

std::string text_of(const std::string& name) {
    std::ifstream file(std::string(PLAYHEAD_SOURCE_DIR) + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

TEST_CASE("the program in the README is the one that is built", "[architecture][readme]") {
    const std::string readme = text_of("README.md");
    const std::string opening = "```cpp\n";
    const auto begin = readme.find(opening);
    REQUIRE(begin != std::string::npos);
    const auto end = readme.find("```", begin + opening.size());
    REQUIRE(end != std::string::npos);
    const auto shown = readme.substr(begin + opening.size(), end - begin - opening.size());
    CHECK(shown == text_of("tests/packaging/readme_example.cpp"));
}
