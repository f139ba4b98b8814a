// Byte sources: files, pipes and other streams of the system, memory, and the application's own.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playhead/backend/byte_source.h"

namespace playhead::io {

// Opens paths and file: URLs (UTF-8; only a URL is percent-decoded), FIFOs and devices by path, "-"
// for standard input, "fd:N" for a descriptor that somebody else opened and keeps, and CustomIo.
// Errors: one sentence that names the file and what to do; Errc::is_a_directory, Errc::empty_file,
// Errc::cannot_open, Errc::cancelled.
std::shared_ptr<ByteSourceFactory> make_byte_source_factory();

// The path that the factory would open for this locator; none: it would open something else.
std::optional<std::string> path_of(const std::string& locator);

// Bytes that are in memory already, as something to open. The vector is shared, never copied.
std::shared_ptr<CustomIo> memory_source(std::shared_ptr<const std::vector<std::byte>> bytes,
                                        std::string name = "memory");

} // namespace playhead::io
