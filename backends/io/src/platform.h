// The system calls this room needs, behind names that do not say which system it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

#include <tl/expected.hpp>

namespace playhead::io {

template <class T>
using SystemResult = tl::expected<T, std::error_code>;

enum class FileKind { regular, directory, stream }; // stream: pipe, device, socket

// Ends a wait from another thread. Threads: set() from any, the rest on the waiting one.
class WakeSignal {
public:
    virtual ~WakeSignal() = default;
    virtual void set() noexcept = 0;
    virtual void drain() noexcept = 0;
};
SystemResult<std::unique_ptr<WakeSignal>> make_wake_signal();

// An open file or stream of bytes.
class SystemFile {
public:
    virtual ~SystemFile() = default;
    virtual FileKind kind() const = 0;
    virtual std::optional<std::uint64_t> size() const = 0; // regular ones, as it is now
    virtual SystemResult<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
    // What has arrived, at least a byte; 0 = end; nothing = not yet. Streams only.
    virtual SystemResult<std::optional<std::size_t>> try_read(std::span<std::byte> into) = 0;
    // Until something can be read (or the end be seen: true), or the signal was set (false).
    virtual SystemResult<bool> wait(WakeSignal& wake) = 0;
};

// Never blocks, also not on a FIFO that nobody writes to. Path in UTF-8.
SystemResult<std::unique_ptr<SystemFile>> open_file(const std::string& path);
// Somebody else's descriptor: it is used as it is and not closed.
SystemResult<std::unique_ptr<SystemFile>> borrow_descriptor(int number);

bool file_exists(const std::string& path);

} // namespace playhead::io
