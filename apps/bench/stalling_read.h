// StallingRead: an application's own source whose read does not return.
//
//   custom:              the first read never returns        custom-cancel:       ... until cancelled
//   custom:FILE          serves FILE until told to stall     custom-cancel:FILE   the same
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "playhead/backend/source.h"

namespace playhead::bench {

// Threads: any.
class StallingRead : public std::enable_shared_from_this<StallingRead> {
public:
    // Null for a locator of another kind.
    static Result<std::shared_ptr<StallingRead>> of(const std::string& locator);

    OpenRequest request();
    // No read returns from now on.
    void stall();
    // Whether a read has not returned.
    bool stalled() const;
    // Those that have not returned do so, as failed; nothing is served any more.
    void let_go();

private:
    StallingRead(std::string file, bool cancellable)
        : file_(std::move(file)),
          cancellable_(cancellable) {}
    std::int64_t read(std::uint64_t offset, std::span<std::byte> into);
    void cancel();

    const std::string file_;
    const bool cancellable_;
    std::ifstream content_; // of the reading thread
    std::uint64_t size_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stalls_ = false;
    bool over_ = false;
    int inside_ = 0;
    std::uint64_t cancels_ = 0;
};

} // namespace playhead::bench
