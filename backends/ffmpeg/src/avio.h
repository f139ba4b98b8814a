// A ByteSource under libavformat.
#pragma once

#include <memory>

#include "handles.h"
#include "playhead/backend/byte_source.h"

namespace playhead::ffmpeg {

// Threads: the reader's.
// Errors: FFmpeg hands only numbers through, so the source's own sentence is kept here.
class ByteStream {
public:
    // Null: out of memory.
    static std::unique_ptr<ByteStream> create(std::unique_ptr<ByteSource> source);
    ~ByteStream();
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    AVIOContext* context() { return context_; }
    ByteSource& source() { return *source_; }
    bool anything_read() const { return anything_read_; }

    const Status& failure() const { return failure_; }
    // Forgets an error and an end that were seen, so that reading can go on.
    void recover();
    // For a second opening of the same bytes.
    std::unique_ptr<ByteSource> take_source() { return std::move(source_); }

private:
    explicit ByteStream(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

    static int on_read(void* self, std::uint8_t* into, int size) noexcept;
    static std::int64_t on_seek(void* self, std::int64_t offset, int whence) noexcept;

    std::unique_ptr<ByteSource> source_;
    AVIOContext* context_ = nullptr;
    std::int64_t position_ = 0;
    bool anything_read_ = false;
    Status failure_;
};

} // namespace playhead::ffmpeg
