// The lines that this tree holds and no compiler does: who may include whom, and where threads,
// clocks and waits are at home.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace playhead::architecture {

// The text with its comments as blanks, and if asked its literals too. Lines stay where they are.
enum class Literals { keep, blank };
std::string without_comments(const std::string& text, Literals literals);

struct Violation {
    int line = 0; // 0: the file as a whole
    std::string why;
};

// What is wrong with one source file. The path is relative to the root of the tree, with slashes;
// `backends` are the names of the folders below backends/.
std::vector<Violation> check_source(const std::string& path, const std::string& text,
                                    const std::set<std::string>& backends);

} // namespace playhead::architecture
