#include "avio.h"

#include <cstdio>

extern "C" {
#include <libavutil/error.h>
#include <libavutil/mem.h>
}

namespace playhead::ffmpeg {

namespace {
// Larger reads of the demuxers bypass this and go straight into the packet.
constexpr int buffer_bytes = 128 << 10;
} // namespace

std::unique_ptr<ByteStream> ByteStream::create(std::unique_ptr<ByteSource> source) {
    std::unique_ptr<ByteStream> stream(new ByteStream(std::move(source)));
    auto* buffer = static_cast<unsigned char*>(av_malloc(buffer_bytes));
    if (buffer == nullptr) {
        return nullptr;
    }
    const bool seekable = stream->source_->seekable();
    stream->context_ = avio_alloc_context(buffer, buffer_bytes, 0, stream.get(), &on_read, nullptr,
                                          seekable ? &on_seek : nullptr);
    if (stream->context_ == nullptr) {
        av_free(buffer);
        return nullptr;
    }
    stream->context_->seekable = seekable ? AVIO_SEEKABLE_NORMAL : 0;
    return stream;
}

ByteStream::~ByteStream() {
    if (context_ != nullptr) {
        av_freep(&context_->buffer); // FFmpeg may have put another one in the place of ours
        avio_context_free(&context_);
    }
}

void ByteStream::recover() {
    failure_ = {};
    context_->error = 0;
    context_->eof_reached = 0;
}

int ByteStream::on_read(void* self, std::uint8_t* into, int size) noexcept {
    auto& stream = *static_cast<ByteStream*>(self);
    auto got = stream.source_->read_at(
        static_cast<std::uint64_t>(stream.position_),
        {reinterpret_cast<std::byte*>(into), static_cast<std::size_t>(size)});
    if (!got) {
        stream.failure_ = std::move(got.error());
        return stream.failure_ == Errc::cancelled ? AVERROR_EXIT : AVERROR(EIO);
    }
    if (*got == 0) {
        return AVERROR_EOF;
    }
    stream.anything_read_ = true;
    stream.position_ += static_cast<std::int64_t>(*got);
    return static_cast<int>(*got);
}

std::int64_t ByteStream::on_seek(void* self, std::int64_t offset, int whence) noexcept {
    auto& stream = *static_cast<ByteStream*>(self);
    const auto size = stream.source_->size();
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE: return size ? static_cast<std::int64_t>(*size) : AVERROR(ENOSYS);
    case SEEK_SET: break;
    case SEEK_CUR: offset += stream.position_; break;
    case SEEK_END:
        if (!size) {
            return AVERROR(ENOSYS);
        }
        offset += static_cast<std::int64_t>(*size);
        break;
    default: return AVERROR(EINVAL);
    }
    if (offset < 0) {
        return AVERROR(EINVAL);
    }
    stream.position_ = offset;
    return offset;
}

} // namespace playhead::ffmpeg
