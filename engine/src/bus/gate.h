// Gate: stands before code that an application gave (a handler, a filter), counts who is inside, and
// lets its owner close it and wait until nobody is.
#pragma once

#include <memory>
#include <vector>

#include "playhead/backend/executor.h"
#include "playhead/backend/mutex.h"

namespace playhead {

class Gate;
class Visit;

// What a thread is inside of, and whom it waits for there. Outer waits stay: in the simulation a
// thread that waits runs other tasks meanwhile.
struct GateThread {
    struct Wait {
        const Gate* gate = nullptr;
        const Wait* outer = nullptr;
    };
    const Visit* innermost = nullptr;
    const Wait* waits = nullptr; // under the gates' mutex

    bool inside(const Visit* visit) const;
    bool inside(const Gate* gate) const;
};

// One call of the application's code, on the stack of the thread that makes it. Says no where the
// gate is closed.
class Visit {
public:
    explicit Visit(Gate& gate);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    explicit operator bool() const { return entered_; }

private:
    friend class Gate;
    friend struct GateThread;
    Gate& gate_;
    GateThread& thread_;
    const Visit* const outer_; // the next one out on this thread, of any gate
    bool entered_ = false;
};

// Threads: any. The mutex is shared by all gates of a bus, so that they can see who waits for whom;
// it is held for a few instructions.
// Ownership: outlives every visit.
class Gate {
public:
    Gate(std::shared_ptr<Mutex> mutex, std::weak_ptr<Executor> executor);

    // Nobody enters any more. Waits until those who are inside have left, but not for calls that
    // the caller itself is inside of, nor where it would wait in a circle (two handlers that reset
    // each other's subscription: the second one does not wait), nor on the control lane, nor once
    // the executor has ended.
    void close();

    // True for exactly one caller after the last one inside a closed gate has left: who then
    // destroys what it guarded.
    bool vacated();

private:
    friend class Visit;
    bool must_wait(const GateThread& me) const;
    bool waits_for(const GateThread& me, std::size_t depth) const;

    const std::shared_ptr<Mutex> mutex_;
    const std::weak_ptr<Executor> executor_;
    std::vector<const Visit*> inside_;
    std::vector<std::shared_ptr<Signal>> waiters_; // of close()
    bool closed_ = false;
    bool vacated_ = false;
};

} // namespace playhead
