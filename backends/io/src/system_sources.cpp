#include "system_sources.h"

#include <algorithm>
#include <vector>

namespace playhead::io {

namespace {

Error read_error(std::error_code code, const std::string& name) {
    return Error{Errc::cannot_open, "reading '" + name + "' failed: " + code.message()};
}

Error cancelled(const std::string& name) {
    return Error{Errc::cancelled, "reading '" + name + "' was interrupted"};
}

// A regular file. The disk answers or it does not: there is nothing to wake.
// Threads: the reader's. Interrupt: looked at before each read.
class FileSource final : public ByteSource {
public:
    FileSource(std::unique_ptr<SystemFile> file, std::string name,
               std::shared_ptr<Interrupt> interrupt)
        : file_(std::move(file)),
          name_(std::move(name)),
          interrupt_(std::move(interrupt)) {}

    std::optional<std::uint64_t> size() const override {
        const auto bytes = file_->size();
        return bytes == std::uint64_t{0} ? std::nullopt : bytes;
    }
    bool seekable() const override { return true; }

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        if (interrupt_ && interrupt_->raised()) {
            return fail(cancelled(name_));
        }
        const auto got = file_->read_at(offset, into);
        if (!got) {
            return fail(read_error(got.error(), name_));
        }
        return *got;
    }

private:
    std::unique_ptr<SystemFile> file_;
    std::string name_;
    std::shared_ptr<Interrupt> interrupt_;
};

// A pipe or a device: waits for the descriptor and for the interrupt at once.
// Threads: the reader's; wake() from any.
class StreamSource final : public ByteSource, private Interrupt::Waker {
public:
    StreamSource(std::unique_ptr<SystemFile> file, std::unique_ptr<WakeSignal> wake,
                 std::string name, std::shared_ptr<Interrupt> interrupt)
        : file_(std::move(file)),
          wake_(std::move(wake)),
          name_(std::move(name)),
          interrupt_(std::move(interrupt)) {
        if (interrupt_) {
            interrupt_->add(*this);
        }
    }
    ~StreamSource() override {
        if (interrupt_) {
            interrupt_->remove(*this);
        }
    }

    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    bool seekable() const override { return false; }
    bool may_stall() const override { return true; } // its writer may

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        if (offset < position_) {
            return fail(Errc::not_seekable, "'" + name_ + "' cannot be read backwards");
        }
        while (position_ < offset) {
            if (passed_over_.empty()) {
                passed_over_.resize(std::size_t{64} << 10);
            }
            const auto most = std::min<std::uint64_t>(passed_over_.size(), offset - position_);
            const auto got = next({passed_over_.data(), static_cast<std::size_t>(most)});
            if (!got || *got == 0) {
                return got;
            }
        }
        return next(into);
    }

private:
    void wake() noexcept override { wake_->set(); }

    Result<std::size_t> next(std::span<std::byte> into) {
        // The wait comes before the first read: a FIFO that has had no writer yet would read as
        // ended, and a borrowed descriptor may be a blocking one.
        for (;;) {
            if (interrupt_ && interrupt_->raised()) {
                return fail(cancelled(name_));
            }
            const auto readable = file_->wait(*wake_);
            if (!readable) {
                return fail(read_error(readable.error(), name_));
            }
            if (!*readable) {
                wake_->drain();
                continue;
            }
            const auto got = file_->try_read(into);
            if (!got) {
                return fail(read_error(got.error(), name_));
            }
            if (*got) {
                position_ += **got;
                return **got;
            }
        }
    }

    std::unique_ptr<SystemFile> file_;
    std::unique_ptr<WakeSignal> wake_;
    std::string name_;
    std::shared_ptr<Interrupt> interrupt_;
    std::uint64_t position_ = 0;
    std::vector<std::byte> passed_over_;
};

} // namespace

Error open_error(std::error_code code, const std::string& name) {
    if (code == std::errc::no_such_file_or_directory) {
        return {Errc::cannot_open, "'" + name + "' does not exist; check the spelling of the path"};
    }
    if (code == std::errc::permission_denied) {
        return {Errc::cannot_open,
                "'" + name + "' may not be read by this user; change its permissions"};
    }
    if (code == std::errc::not_a_directory) {
        return {Errc::cannot_open, "a part of the path '" + name + "' is a file, not a folder"};
    }
    if (code == std::errc::too_many_files_open) {
        return {Errc::cannot_open, "'" + name +
                                       "' was not opened: this process has too many files "
                                       "open; close some or raise its limit"};
    }
    return {Errc::cannot_open, "'" + name + "' could not be opened: " + code.message()};
}

Result<std::unique_ptr<ByteSource>> make_system_source(std::unique_ptr<SystemFile> file,
                                                       std::string name,
                                                       std::shared_ptr<Interrupt> interrupt) {
    switch (file->kind()) {
    case FileKind::directory:
        return fail(Errc::is_a_directory, "'" + name + "' is a folder; name a file in it");
    case FileKind::regular: {
        // Files of /proc tell no size and are full all the same.
        std::byte one{};
        const auto got = file->read_at(0, {&one, 1});
        if (!got) {
            return fail(open_error(got.error(), name));
        }
        if (*got == 0) {
            return fail(Errc::empty_file,
                        "'" + name + "' is empty (0 bytes); copy or download it again");
        }
        return std::make_unique<FileSource>(std::move(file), std::move(name), std::move(interrupt));
    }
    case FileKind::stream: break;
    }
    auto wake = make_wake_signal();
    if (!wake) {
        return fail(open_error(wake.error(), name));
    }
    return std::make_unique<StreamSource>(std::move(file), std::move(*wake), std::move(name),
                                          std::move(interrupt));
}

} // namespace playhead::io
