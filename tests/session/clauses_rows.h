// The rows of clauses(), by the chapters of the reference.
#pragma once

#include <span>

#include "session/clauses.h"

namespace playhead::test {

std::span<const Clause> rows_of_commands();        // 1 and 2
std::span<const Clause> rows_of_events();          // 3
std::span<const Clause> rows_of_clock_and_rate();  // 4 and 5
std::span<const Clause> rows_of_queue_and_parts(); // 6, 7 and 8

} // namespace playhead::test
