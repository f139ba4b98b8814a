#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "files.h"
#include "packed.h"
#include "playhead/headless/sinks.h"
#include "rateless_sink.h"

namespace playhead::headless {
namespace {

constexpr std::size_t header_bytes = 58; // RIFF, fmt of 18 bytes, fact, data
constexpr std::uint64_t most_bytes = std::numeric_limits<std::uint32_t>::max() - header_bytes;

// Little endian, as RIFF wants it on every machine.
class Bytes {
public:
    Bytes& text(const char* four) {
        std::memcpy(to(4), four, 4);
        return *this;
    }
    Bytes& u16(std::uint32_t v) { return number(v, 2); }
    Bytes& u32(std::uint32_t v) { return number(v, 4); }
    const std::array<char, header_bytes>& all() const { return bytes_; }

private:
    char* to(std::size_t n) { return bytes_.data() + std::exchange(used_, used_ + n); }
    Bytes& number(std::uint32_t v, std::size_t size) {
        char* at = to(size);
        for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<char>(v >> (8 * i) & 0xffU);
        return *this;
    }
    std::array<char, header_bytes> bytes_{};
    std::size_t used_ = 0;
};

// What has no place of its own in the file becomes floats.
template <class T>
void to_floats(const std::vector<std::byte>& from, std::vector<std::byte>& to, double scale,
               double zero) {
    const std::size_t n = from.size() / sizeof(T);
    to.resize(n * sizeof(float));
    for (std::size_t i = 0; i < n; ++i) {
        T value{};
        std::memcpy(&value, from.data() + i * sizeof(T), sizeof(T));
        const auto sample = static_cast<float>((static_cast<double>(value) - zero) * scale);
        std::memcpy(to.data() + i * sizeof(float), &sample, sizeof(float));
    }
}

std::vector<std::byte> as_written(const AudioBlock& block) {
    std::vector<std::byte> bytes = interleaved(block);
    std::vector<std::byte> floats;
    switch (block.buffer->format().sample_format) {
    case SampleFormat::s16:
    case SampleFormat::f32: return bytes;
    case SampleFormat::u8: to_floats<std::uint8_t>(bytes, floats, 0x1p-7, 128.0); break;
    case SampleFormat::s32: to_floats<std::int32_t>(bytes, floats, 0x1p-31, 0.0); break;
    case SampleFormat::s64: to_floats<std::int64_t>(bytes, floats, 0x1p-63, 0.0); break;
    case SampleFormat::f64: to_floats<double>(bytes, floats, 1.0, 0.0); break;
    }
    return floats;
}

} // namespace

struct WavSink::Work final : SampleWork {
    Work(std::string p, std::ofstream f) : path(std::move(p)), file(std::move(f)) {
        seekable = static_cast<bool>(file.seekp(0, std::ios::end));
        file.clear();
    }

    Status take(const Sample& sample, const SinkContext& context) override {
        AudioBlock block = std::get<AudioBlock>(sample);
        if (!block.buffer || block.frames <= 0) return {};
        if (!format) {
            format = block.buffer->format();
            is_float = format->sample_format != SampleFormat::s16;
            if (Status status = write_header(); !status.ok()) return status;
        }
        if (converter && !(block.buffer->format() == converter_from)) {
            if (Status status = drain(); !status.ok()) return status;
        }
        if (!(block.buffer->format() == *format)) {
            if (Status status = convert(block, context); !status.ok()) return status;
            if (!block.buffer) return {};
        }
        return append(as_written(block));
    }

    Status finish() override {
        if (!format) return {};
        if (Status status = drain(); !status.ok()) return status;
        return update_header();
    }

    void interrupted() override {
        if (converter) converter->reset();
    }

    // What the converter holds back is the end of what it converted.
    Status drain() {
        if (!converter) return {};
        auto rest = std::exchange(converter, nullptr)->drain();
        if (!rest) return rest.error();
        if (!*rest) return {};
        AudioBlock block;
        block.frames = (*rest)->frames();
        block.buffer = std::move(*rest);
        return append(as_written(block));
    }

    Status convert(AudioBlock& block, const SinkContext& context) {
        if (!converter) {
            if (!context.converters) {
                return {Errc::topo_cannot_connect,
                        "The sound changed to " + describe(block.buffer->format()) + " within '" +
                            path + "', and the engine was given no converters."};
            }
            auto made = context.converters->audio(block.buffer->format(), *format);
            if (!made) return made.error();
            converter = std::move(*made);
            converter_from = block.buffer->format();
        }
        auto out = converter->convert(*block.buffer, block.first_frame, block.frames);
        if (!out) return out.error();
        block.buffer = std::move(*out);
        block.first_frame = 0;
        block.frames = block.buffer ? block.buffer->frames() : 0;
        return {};
    }

    Status append(const std::vector<std::byte>& bytes) {
        if (seekable && data_bytes + bytes.size() > most_bytes) {
            return {Errc::limit_exceeded,
                    "'" + path + "' has reached the 4 GiB that a WAV file can hold."};
        }
        errno = 0;
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        if (!file) return write_error(path);
        data_bytes += bytes.size();
        if (data_bytes - header_says < bytes_of_a_second()) return {};
        return update_header();
    }

    std::uint64_t bytes_of_a_second() const {
        return static_cast<std::uint64_t>(format->rate_hz) * block_align();
    }
    std::uint64_t block_align() const {
        return static_cast<std::uint64_t>(format->channels) * (is_float ? 4 : 2);
    }

    // How much there is by now. Nobody goes back in a pipe: there it says from the first that it is as
    // much as can be.
    Status update_header() {
        if (seekable) return write_header();
        header_says = data_bytes;
        errno = 0;
        file.flush();
        return file ? Status{} : write_error(path);
    }

    Status write_header() {
        const auto align = static_cast<std::uint32_t>(block_align());
        const auto rate = static_cast<std::uint32_t>(format->rate_hz);
        const auto size = static_cast<std::uint32_t>(seekable ? data_bytes : most_bytes);
        Bytes header;
        header.text("RIFF").u32(size + header_bytes - 8).text("WAVE");
        header.text("fmt ")
            .u32(18)
            .u16(is_float ? 3 : 1)
            .u16(static_cast<std::uint32_t>(format->channels));
        header.u32(rate).u32(rate * align).u16(align).u16(is_float ? 32 : 16).u16(0);
        header.text("fact").u32(4).u32(size / align).text("data").u32(size);
        errno = 0;
        if (seekable) file.seekp(0);
        file.write(header.all().data(), header_bytes);
        if (seekable) file.seekp(0, std::ios::end);
        file.flush();
        if (!file) return write_error(path);
        header_says = data_bytes;
        return {};
    }

    const std::string path;
    std::ofstream file;
    bool seekable = true;
    std::optional<AudioFormat> format;
    bool is_float = false;
    std::uint64_t data_bytes = 0;
    std::uint64_t header_says = 0;
    std::unique_ptr<AudioConverter> converter;
    AudioFormat converter_from;
};

WavSink::WavSink(std::shared_ptr<Work> work)
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::audio, std::move(work))) {}

Result<std::unique_ptr<WavSink>> WavSink::create(const std::string& path) {
    auto file = open_for_writing(path, "sound");
    if (!file) return fail(file.error());
    return std::unique_ptr<WavSink>(new WavSink(std::make_shared<Work>(path, std::move(*file))));
}

} // namespace playhead::headless
