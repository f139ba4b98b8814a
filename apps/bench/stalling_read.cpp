#include "stalling_read.h"

#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

namespace playhead::bench {
namespace {

constexpr std::string_view plain = "custom:";
constexpr std::string_view with_cancel = "custom-cancel:";

bool begins(const std::string& text, std::string_view with) {
    return std::string_view{text}.substr(0, with.size()) == with;
}

} // namespace

Result<std::shared_ptr<StallingRead>> StallingRead::of(const std::string& locator) {
    const bool cancellable = begins(locator, with_cancel);
    if (!cancellable && !begins(locator, plain)) return std::shared_ptr<StallingRead>{};
    std::shared_ptr<StallingRead> made{new StallingRead(
        locator.substr(cancellable ? with_cancel.size() : plain.size()), cancellable)};
    if (made->file_.empty()) {
        made->stalls_ = true;
        return made;
    }
    const std::filesystem::path path{std::u8string{made->file_.begin(), made->file_.end()}};
    std::error_code trouble;
    made->size_ = std::filesystem::file_size(path, trouble);
    made->content_.open(path, std::ios::binary);
    if (trouble || !made->content_) {
        return fail(Errc::cannot_open, made->file_ + ": cannot be read");
    }
    return made;
}

OpenRequest StallingRead::request() {
    auto io = std::make_shared<CustomIo>();
    io->read = [self = shared_from_this()](std::uint64_t offset, std::span<std::byte> into) {
        return self->read(offset, into);
    };
    if (cancellable_) io->cancel = [self = shared_from_this()] { self->cancel(); };
    if (!file_.empty()) io->size = size_;
    OpenRequest request;
    request.locator = file_.empty() ? "custom" : file_;
    request.io = std::move(io);
    return request;
}

void StallingRead::stall() {
    const std::lock_guard lock{mutex_};
    stalls_ = true;
}

bool StallingRead::stalled() const {
    const std::lock_guard lock{mutex_};
    return inside_ > 0;
}

void StallingRead::let_go() {
    const std::lock_guard lock{mutex_};
    over_ = true;
    changed_.notify_all();
}

void StallingRead::cancel() {
    const std::lock_guard lock{mutex_};
    ++cancels_;
    changed_.notify_all();
}

std::int64_t StallingRead::read(std::uint64_t offset, std::span<std::byte> into) {
    constexpr std::int64_t failed = -1;
    {
        std::unique_lock lock{mutex_};
        if (stalls_ || over_) {
            ++inside_;
            changed_.wait(lock, [&, before = cancels_] { return over_ || cancels_ != before; });
            --inside_;
            return failed;
        }
    }
    content_.clear();
    content_.seekg(static_cast<std::streamoff>(offset));
    content_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return content_.bad() ? failed : static_cast<std::int64_t>(content_.gcount());
}

} // namespace playhead::bench
