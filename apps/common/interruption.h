// Interruption: the user or the system wants the program to end (Ctrl-C, a closed terminal, kill).
#pragma once

#include <functional>
#include <memory>

#include "playhead/backend/executor.h"

namespace playhead::apps {

inline constexpr int exit_interrupted = 4;

// The first signal calls `asked`, on a thread of the blocking lane; the second ends the process at
// once with exit code 4. At most one such object at a time: signals belong to the process.
// Errors: where the system gives no pipe, the signals keep their default meaning.
class Interruption {
public:
    Interruption(Executor& executor, std::function<void()> asked);
    ~Interruption(); // the signals get their default meaning back
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

private:
    struct Watch;
    std::shared_ptr<Watch> watch_;
};

} // namespace playhead::apps
