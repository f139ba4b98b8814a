// ByteSources over what the system opens.
#pragma once

#include <memory>
#include <string>

#include "platform.h"
#include "playhead/backend/byte_source.h"

namespace playhead::io {

// `name` is what error sentences call it.
Result<std::unique_ptr<ByteSource>> make_system_source(std::unique_ptr<SystemFile> file,
                                                       std::string name,
                                                       std::shared_ptr<Interrupt> interrupt);

// The sentence for an open that failed.
Error open_error(std::error_code code, const std::string& name);

} // namespace playhead::io
