// The application's own reading as a ByteSource.
#pragma once

#include <memory>

#include "playhead/backend/byte_source.h"

namespace playhead::io {

std::unique_ptr<ByteSource> make_custom_source(std::shared_ptr<CustomIo> io,
                                               const ByteSourceContext& context);

} // namespace playhead::io
