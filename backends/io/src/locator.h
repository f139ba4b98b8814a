// What a locator means: the name of a file, an open descriptor, or neither.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace playhead::io {

struct FilePath {
    std::string path;
};
struct OpenDescriptor {
    int number = 0;
};
struct NotOurs {}; // "http://...": somebody else's

using Target = std::variant<FilePath, OpenDescriptor, NotOurs>;

// "name:" in front is a scheme, unless it is one letter (a drive) or a slash comes before the colon.
std::string_view scheme_of(std::string_view locator);

// A malformed "fd:" is NotOurs. `exists` settles what "a:b.mkv" is: a file if there is one.
Target resolve(std::string_view locator, bool (*exists)(const std::string& path));

// "%41b" -> "Ab"; what is no valid escape stays as it is.
std::string percent_decoded(std::string_view text);

} // namespace playhead::io
