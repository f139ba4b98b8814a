#include "support/foreign.h"

#include <cstdio>
#include <cstdlib>

#include "playhead/backend/mutex.h"

namespace playhead::test {

void foreign() noexcept {
    if (Mutex::held_here() == 0) return;
    std::fputs("the engine holds a lock while it calls what is not its own\n", stderr);
    std::abort();
}

} // namespace playhead::test
