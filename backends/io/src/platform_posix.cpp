#ifndef _WIN32

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.h"

namespace playhead::io {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

class Descriptor {
public:
    explicit Descriptor(int number, bool owned = true) : number_(number), owned_(owned) {}
    ~Descriptor() {
        if (owned_ && number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

private:
    int number_;
    bool owned_;
};

class PipeSignal final : public WakeSignal {
public:
    PipeSignal(int reads, int writes) : reads_(reads), writes_(writes) {}

    void set() noexcept override {
        const char one = 1;
        // A full pipe is as good a signal as one more byte.
        [[maybe_unused]] const auto written = ::write(writes_.number(), &one, 1);
    }
    void drain() noexcept override {
        char bytes[64];
        while (::read(reads_.number(), bytes, sizeof bytes) > 0) {
        }
    }
    int number() const { return reads_.number(); }

private:
    Descriptor reads_;
    Descriptor writes_;
};

class PosixFile final : public SystemFile {
public:
    PosixFile(int number, bool owned, FileKind kind, std::uint64_t base)
        : descriptor_(number, owned),
          kind_(kind),
          base_(base) {}

    FileKind kind() const override { return kind_; }

    std::optional<std::uint64_t> size() const override {
        struct stat status {};
        if (kind_ != FileKind::regular || ::fstat(descriptor_.number(), &status) != 0) {
            return std::nullopt;
        }
        const auto bytes = static_cast<std::uint64_t>(status.st_size);
        return bytes > base_ ? bytes - base_ : 0;
    }

    SystemResult<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        for (;;) {
            const auto got = ::pread(descriptor_.number(), into.data(), into.size(),
                                     static_cast<off_t>(base_ + offset));
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) {
                return tl::unexpected(last_error());
            }
        }
    }

    SystemResult<std::optional<std::size_t>> try_read(std::span<std::byte> into) override {
        for (;;) {
            const auto got = ::read(descriptor_.number(), into.data(), into.size());
            if (got >= 0) {
                return std::optional{static_cast<std::size_t>(got)};
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                return std::optional<std::size_t>{};
            }
            if (errno != EINTR) {
                return tl::unexpected(last_error());
            }
        }
    }

    SystemResult<bool> wait(WakeSignal& wake) override {
        pollfd both[2] = {{descriptor_.number(), POLLIN, 0},
                          {static_cast<PipeSignal&>(wake).number(), POLLIN, 0}};
        while (::poll(both, 2, -1) < 0) {
            if (errno != EINTR) {
                return tl::unexpected(last_error());
            }
        }
        return both[0].revents != 0;
    }

private:
    Descriptor descriptor_;
    FileKind kind_;
    std::uint64_t base_; // where a borrowed file stood when it was handed over
};

std::optional<FileKind> kind_of(int number) {
    struct stat status {};
    if (::fstat(number, &status) != 0) {
        return std::nullopt;
    }
    // A disk by its device name is as seekable as a file, but tells no size: it is read as a stream.
    return S_ISREG(status.st_mode)   ? FileKind::regular
           : S_ISDIR(status.st_mode) ? FileKind::directory
                                     : FileKind::stream;
}

} // namespace

SystemResult<std::unique_ptr<WakeSignal>> make_wake_signal() {
    int ends[2];
    if (::pipe(ends) != 0) {
        return tl::unexpected(last_error());
    }
    for (const int end : ends) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    return std::make_unique<PipeSignal>(ends[0], ends[1]);
}

SystemResult<std::unique_ptr<SystemFile>> open_file(const std::string& path) {
    int number = -1;
    do {
        number = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (number < 0 && errno == EINTR);
    if (number < 0) {
        return tl::unexpected(last_error());
    }
    const auto kind = kind_of(number);
    if (!kind) {
        const auto error = last_error();
        ::close(number);
        return tl::unexpected(error);
    }
    return std::make_unique<PosixFile>(number, true, *kind, 0);
}

SystemResult<std::unique_ptr<SystemFile>> borrow_descriptor(int number) {
    const auto kind = kind_of(number);
    if (!kind) {
        return tl::unexpected(last_error());
    }
    std::uint64_t base = 0;
    if (*kind == FileKind::regular) {
        const auto at = ::lseek(number, 0, SEEK_CUR);
        base = at > 0 ? static_cast<std::uint64_t>(at) : 0;
    }
    return std::make_unique<PosixFile>(number, false, *kind, base);
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

} // namespace playhead::io

#endif
