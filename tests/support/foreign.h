// What stands in for an application, a backend, a codec or a device says so where it is called.
#pragma once

namespace playhead::test {

// Ends the program, with a word, where the engine calls it with a lock held.
void foreign() noexcept;

} // namespace playhead::test
