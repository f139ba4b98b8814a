// ByteSource: bytes at an offset, for a demuxer. And the Interrupt that wakes whoever reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "playhead/backend/executor.h"
#include "playhead/backend/mutex.h"
#include "playhead/result.h"

namespace playhead {

// One per open source, shared by the reader thread and whoever wants it back.
// raise() is called on the control lane, so wakers must return at once: set a Signal, write to an
// eventfd. An application's own cancel function is called from elsewhere.
class Interrupt {
public:
    bool raised() const noexcept { return raised_.load(std::memory_order_acquire); }
    void raise() noexcept;
    void clear() noexcept { raised_.store(false, std::memory_order_release); }

    // Called by raise(), any thread, under a lock of this object only; and by add() when the interrupt
    // is already raised. Removal waits for a running call.
    class Waker {
    public:
        virtual ~Waker() = default;
        virtual void wake() noexcept = 0;
    };
    void add(Waker& waker);
    void remove(Waker& waker);

private:
    std::atomic<bool> raised_{false};
    Mutex mutex_;
    std::vector<Waker*> wakers_;
};

// Reads on the one reader thread of its source, so a plain blocking call is right; what makes it
// asynchronous for everybody else is that interrupting ends it at once.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual std::optional<std::uint64_t> size() const = 0;
    virtual bool seekable() const = 0; // false: offsets only ever go forward
    virtual bool is_network() const { return false; }
    // A read may take longer than what it gives lasts: see Presentation::may_stall.
    virtual bool may_stall() const { return is_network(); }
    // Blocks until at least one byte, the end (0), an error, or the interrupt (Errc::cancelled).
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
};

// What an application gives to play from a source of its own. Every function is called on a thread
// of the blocking lane, never on two at once save `cancel`, which may overlap a read.
struct CustomIo {
    // At least one byte; 0 = end; negative = error.
    std::function<std::int64_t(std::uint64_t offset, std::span<std::byte> into)> read;
    std::optional<std::uint64_t> size;
    bool seekable = true;
    // The bytes come from far away, so that `read` may take long: where playing runs out of them the
    // session buffers (BufferingStarted) instead of going on without.
    bool slow = false;
    // Optional: ends a read that blocks. Without one a blocked reader is left behind (an orphan).
    std::function<void()> cancel;
    // Optional: called once, when the last thread has left `read` for good.
    std::function<void()> release;
    std::string name = "custom";
};

struct ByteSourceContext {
    std::shared_ptr<Executor> executor;
    std::shared_ptr<Interrupt> interrupt; // the source registers its waker for as long as it lives
};

class ByteSourceFactory {
public:
    virtual ~ByteSourceFactory() = default;
    // Whether this factory opens such locators ("file:", a path, "fd:", ...). The demuxing backend
    // falls back to its own protocols for the rest.
    virtual bool handles(const std::string& locator) const = 0;
    // On the blocking lane; may block until the interrupt is raised.
    virtual Result<std::unique_ptr<ByteSource>> open(const std::string& locator,
                                                     const ByteSourceContext& context) = 0;
    virtual Result<std::unique_ptr<ByteSource>> open(std::shared_ptr<CustomIo> io,
                                                     const ByteSourceContext& context) = 0;
};

} // namespace playhead
