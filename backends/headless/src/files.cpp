#include "files.h"

#include <cerrno>
#include <system_error>

namespace playhead::headless {
namespace {

std::string reason(int error) {
    return error == 0 ? "the system gives no reason" : std::generic_category().message(error);
}

} // namespace

std::filesystem::path path_of(const std::string& utf8) {
    return std::filesystem::path(std::u8string(utf8.begin(), utf8.end()));
}

Result<std::ofstream> open_for_writing(const std::string& path, const std::string& what) {
    errno = 0;
    std::ofstream file(path_of(path), std::ios::binary | std::ios::trunc);
    if (file) return file;
    return fail(Errc::cannot_open, "'" + path + "' cannot be written (" + reason(errno) +
                                       "); choose another place for the " + what + ".");
}

Error write_error(const std::string& path) {
    const int error = errno;
    return {Errc::cannot_open, "Writing to '" + path + "' failed (" + reason(error) +
                                   "); make room or choose another place."};
}

} // namespace playhead::headless
