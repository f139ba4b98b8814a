// A decoder that goes wrong to order, and waits that can be interrupted.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "playhead/backend/byte_source.h"
#include "playhead/headless/synthetic.h"

namespace playhead::headless {

// Waits so long (for ever without a length); an interrupt that is listened to ends it with cancelled,
// and so does the end of the executor.
Result<void> wait_for(Executor& executor, const std::shared_ptr<Interrupt>& interrupt,
                      std::optional<Duration> length);

// `number_of` says which picture or block a packet is; empty: they are counted as they are sent.
std::unique_ptr<Decoder> with_faults(std::unique_ptr<Decoder> inner, StreamKind kind,
                                     const SyntheticFaults& faults,
                                     std::shared_ptr<Executor> executor,
                                     std::function<std::int64_t(const Packet&)> number_of);

} // namespace playhead::headless
