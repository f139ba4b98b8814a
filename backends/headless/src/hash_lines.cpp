#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <utility>

#include "files.h"
#include "packed.h"
#include "playhead/headless/sinks.h"
#include "rateless_sink.h"

namespace playhead::headless {
namespace {

// "%d, %10d, %10d, %8d, %8d, 0x%08x" as FFmpeg's framecrc muxer has it.
std::string hash_line(int stream, std::int64_t pts, std::int64_t duration, const Hash& hash) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "%d, %10lld, %10lld, %8lld, %8zu, 0x%08x", stream,
                  static_cast<long long>(pts), static_cast<long long>(pts),
                  static_cast<long long>(duration), hash.size_bytes,
                  static_cast<unsigned>(hash.adler32));
    return text.data();
}

std::string header(const char* name, int stream, const std::string& value) {
    return "#" + std::string(name) + " " + std::to_string(stream) + ": " + value;
}

std::string pcm_codec(SampleFormat format) {
    switch (format) {
    case SampleFormat::u8: return "pcm_u8";
    case SampleFormat::s16: return "pcm_s16le";
    case SampleFormat::s32: return "pcm_s32le";
    case SampleFormat::s64: return "pcm_s64le";
    case SampleFormat::f32: return "pcm_f32le";
    case SampleFormat::f64: return "pcm_f64le";
    }
    return "none";
}

// The usual ones, by FFmpeg's names for them.
std::string layout_name(const AudioFormat& format) {
    switch (format.channel_mask) {
    case 0x4: return "mono";
    case 0x3: return "stereo";
    case 0x3f: return "5.1";
    case 0x60f: return "5.1(side)";
    case 0x63f: return "7.1";
    default: return std::to_string(format.channels) + " channels";
    }
}

} // namespace

std::uint32_t adler32(std::uint32_t so_far, const std::byte* data, std::size_t size) {
    constexpr std::uint32_t base = 65521;
    constexpr std::size_t most = 5552; // so many bytes before the sums could overflow
    std::uint32_t a = so_far & 0xffffU;
    std::uint32_t b = so_far >> 16U;
    while (size > 0) {
        const std::size_t n = std::min(size, most);
        for (std::size_t i = 0; i < n; ++i) {
            a += std::to_integer<std::uint32_t>(data[i]);
            b += a;
        }
        a %= base;
        b %= base;
        data += n;
        size -= n;
    }
    return b << 16U | a;
}

std::uint32_t adler32(const Picture& picture) {
    std::uint32_t sum = 0;
    for_each_row(picture,
                 [&](const std::byte* row, std::size_t size) { sum = adler32(sum, row, size); });
    return sum;
}

std::uint32_t adler32(const AudioBlock& block) {
    const std::vector<std::byte> bytes = interleaved(block);
    return adler32(0, bytes.data(), bytes.size());
}

std::vector<std::byte> interleaved(const AudioBlock& block) {
    if (!block.buffer || block.frames <= 0) return {};
    const AudioFormat& format = block.buffer->format();
    const auto size = static_cast<std::size_t>(bytes_per_sample(format.sample_format));
    const auto channels = static_cast<std::size_t>(format.channels);
    const auto first = static_cast<std::size_t>(block.first_frame);
    const auto frames = static_cast<std::size_t>(block.frames);
    if (!format.planar) {
        const std::byte* from = block.buffer->plane(0) + first * size * channels;
        return {from, from + frames * size * channels};
    }
    std::vector<std::byte> bytes(frames * channels * size);
    for (std::size_t c = 0; c < channels; ++c) {
        const std::byte* from = block.buffer->plane(static_cast<int>(c)) + first * size;
        std::byte* to = bytes.data() + c * size;
        for (std::size_t i = 0; i < frames; ++i) {
            std::copy_n(from + i * size, size, to + i * channels * size);
        }
    }
    return bytes;
}

// ---- where the lines go -------------------------------------------------------------------------

struct HashLines::Core {
    mutable std::mutex mutex;
    std::vector<std::string> lines;
    std::string path;
    std::ofstream file;
    bool to_file = false;
};

HashLines::HashLines() : core_(std::make_unique<Core>()) {}
HashLines::~HashLines() = default;

Result<std::shared_ptr<HashLines>> HashLines::to_file(const std::string& path) {
    std::shared_ptr<HashLines> lines(new HashLines);
    lines->core_->path = path;
    lines->core_->to_file = true;
    auto file = open_for_writing(path, "hash lines");
    if (!file) return fail(file.error());
    lines->core_->file = std::move(*file);
    return lines;
}

std::shared_ptr<HashLines> HashLines::in_memory() {
    return std::shared_ptr<HashLines>(new HashLines);
}

std::vector<std::string> HashLines::lines() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->lines;
}

Status HashLines::write(std::string_view line) {
    const std::scoped_lock lock(core_->mutex);
    if (!core_->to_file) {
        core_->lines.emplace_back(line);
        return {};
    }
    errno = 0;
    core_->file << line << '\n';
    core_->file.flush();
    if (core_->file) return {};
    return write_error(core_->path);
}

// ---- pictures -----------------------------------------------------------------------------------

struct CaptureVideoSink::Work final : SampleWork {
    Work(std::shared_ptr<HashLines> l, int s, std::optional<TimeBase> b)
        : lines(std::move(l)),
          stream(s),
          base(b) {}

    Status take(const Sample& sample, const SinkContext&) override {
        const auto& frame = std::get<VideoFrame>(sample);
        if (!frame.picture) return {};
        const VideoFormat& format = frame.picture->format();
        const bool timed = format.frame_rate.positive();
        if (!base)
            base = timed ? TimeBase{format.frame_rate.den, format.frame_rate.num}
                         : TimeBase{1, 1'000'000};
        Hash hash{frame.pts, frame.duration.value_or(Duration{}), frame.picture->size_bytes(),
                  adler32(*frame.picture)};
        if (hash.duration == Duration{} && timed) {
            hash.duration = rescale(1, TimeBase{format.frame_rate.den, format.frame_rate.num});
        }
        {
            const std::scoped_lock lock(mutex);
            hashes.push_back(hash);
        }
        if (!lines) return {};
        if (!begun) {
            begun = true;
            const Rational aspect = format.pixel_aspect;
            for (const std::string& line :
                 {header("tb", stream, std::to_string(base->num) + "/" + std::to_string(base->den)),
                  header("media_type", stream, "video"), header("codec_id", stream, "rawvideo"),
                  header("dimensions", stream,
                         std::to_string(format.width) + "x" + std::to_string(format.height)),
                  header("sar", stream,
                         std::to_string(aspect.num) + "/" + std::to_string(aspect.den))}) {
                if (Status status = lines->write(line); !status.ok()) return status;
            }
        }
        return lines->write(hash_line(stream, rescale(hash.pts.time_since_epoch(), *base),
                                      rescale(hash.duration, *base), hash));
    }

    const std::shared_ptr<HashLines> lines;
    const int stream;
    std::optional<TimeBase> base;
    bool begun = false;
    mutable std::mutex mutex; // guards hashes, which any thread reads
    std::vector<Hash> hashes;
};

CaptureVideoSink::CaptureVideoSink(std::shared_ptr<HashLines> lines, int stream,
                                   std::optional<TimeBase> base)
    : CaptureVideoSink(std::make_shared<Work>(std::move(lines), stream, base)) {}

CaptureVideoSink::CaptureVideoSink(std::shared_ptr<Work> work)
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::video, work)),
      work_(std::move(work)) {}

std::vector<Hash> CaptureVideoSink::hashes() const {
    const std::scoped_lock lock(work_->mutex);
    return work_->hashes;
}

// ---- sound --------------------------------------------------------------------------------------

struct CaptureAudioSink::Work final : SampleWork {
    Work(std::shared_ptr<HashLines> l, int s) : lines(std::move(l)), stream(s) {}

    Status take(const Sample& sample, const SinkContext&) override {
        const auto& block = std::get<AudioBlock>(sample);
        if (!block.buffer) return {};
        const AudioFormat& format = block.buffer->format();
        const std::vector<std::byte> bytes = interleaved(block);
        const Hash hash{block.pts, block.length(), bytes.size(),
                        adler32(0, bytes.data(), bytes.size())};
        {
            const std::scoped_lock lock(mutex);
            hashes.push_back(hash);
        }
        if (!lines) return {};
        if (!base) {
            base = TimeBase{1, format.rate_hz};
            for (const std::string& line :
                 {header("tb", stream, "1/" + std::to_string(format.rate_hz)),
                  header("media_type", stream, "audio"),
                  header("codec_id", stream, pcm_codec(format.sample_format)),
                  header("sample_rate", stream, std::to_string(format.rate_hz)),
                  header("channel_layout_name", stream, layout_name(format))}) {
                if (Status status = lines->write(line); !status.ok()) return status;
            }
        }
        // What comes at another rate is stamped in the base that the file says.
        const auto length =
            format.rate_hz == base->den ? block.frames : rescale(hash.duration, *base);
        return lines->write(
            hash_line(stream, rescale(hash.pts.time_since_epoch(), *base), length, hash));
    }

    const std::shared_ptr<HashLines> lines;
    const int stream;
    std::optional<TimeBase> base;
    mutable std::mutex mutex; // guards hashes, which any thread reads
    std::vector<Hash> hashes;
};

CaptureAudioSink::CaptureAudioSink(std::shared_ptr<HashLines> lines, int stream)
    : CaptureAudioSink(std::make_shared<Work>(std::move(lines), stream)) {}

CaptureAudioSink::CaptureAudioSink(std::shared_ptr<Work> work)
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::audio, work)),
      work_(std::move(work)) {}

std::vector<Hash> CaptureAudioSink::hashes() const {
    const std::scoped_lock lock(work_->mutex);
    return work_->hashes;
}

} // namespace playhead::headless
