#include <algorithm>
#include <cmath>
#include <cstring>

#include "synthetic_media.h"

namespace playhead::headless {
namespace {

template <class T>
double read_as(const std::byte* at, double scale, double zero) {
    T value{};
    std::memcpy(&value, at, sizeof value);
    return (static_cast<double>(value) - zero) * scale;
}

double sample(const SampleBuffer& buffer, std::int64_t frame, int channel) {
    const AudioFormat& format = buffer.format();
    const int size = bytes_per_sample(format.sample_format);
    const std::byte* at = format.planar
                              ? buffer.plane(channel) + frame * size
                              : buffer.plane(0) + (frame * format.channels + channel) * size;
    switch (format.sample_format) {
    case SampleFormat::u8: return read_as<std::uint8_t>(at, 0x1p-7, 128.0);
    case SampleFormat::s16: return read_as<std::int16_t>(at, 0x1p-15, 0.0);
    case SampleFormat::s32: return read_as<std::int32_t>(at, 0x1p-31, 0.0);
    case SampleFormat::s64: return read_as<std::int64_t>(at, 0x1p-63, 0.0);
    case SampleFormat::f32: return read_as<float>(at, 1.0, 0.0);
    case SampleFormat::f64: return read_as<double>(at, 1.0, 0.0);
    }
    return 0.0;
}

// The nearest sample; a position is kept over calls, so that pieces join without a seam.
class NearestSample final : public AudioConverter {
public:
    NearestSample(const AudioFormat& from, const AudioFormat& to) : from_(from), to_(to) {}

    Result<std::shared_ptr<const SampleBuffer>> convert(const SampleBuffer& in, std::int64_t first,
                                                        std::int64_t frames) override {
        std::vector<float> out;
        const std::int64_t end = in_ + frames;
        for (; out_ * from_.rate_hz < end * to_.rate_hz; ++out_) {
            const std::int64_t at =
                std::clamp<std::int64_t>(out_ * from_.rate_hz / to_.rate_hz - in_, 0, frames - 1);
            for (int c = 0; c < to_.channels; ++c) {
                out.push_back(
                    static_cast<float>(sample(in, first + at, std::min(c, from_.channels - 1))));
            }
        }
        in_ = end;
        return float_buffer(to_, std::move(out));
    }
    Result<std::shared_ptr<const SampleBuffer>> drain() override { return nullptr; }
    void reset() override { in_ = out_ = 0; }
    std::int64_t delay_frames() const override { return 0; }

private:
    const AudioFormat from_, to_;
    std::int64_t in_ = 0;
    std::int64_t out_ = 0;
};

class OwnedPicture final : public Picture {
public:
    OwnedPicture(const VideoFormat& format, int bytes_per_pixel)
        : bytes(static_cast<std::size_t>(format.width * bytes_per_pixel) *
                static_cast<std::size_t>(format.height)) {
        format_ = format;
        plane_count_ = 1;
        const int row = format.width * bytes_per_pixel;
        planes_[0] = {bytes.data(), row, row, format.height};
    }
    std::vector<std::byte> bytes;

private:
    Counted counted_;
};

int bytes_per_pixel(PixelFormat format) {
    switch (format) {
    case PixelFormat::gray8: return 1;
    case PixelFormat::rgb24:
    case PixelFormat::bgr24: return 3;
    case PixelFormat::rgba:
    case PixelFormat::bgra: return 4;
    default: return 0;
    }
}

class GreyPictures final : public VideoConverter {
public:
    Result<void> convert(const Picture& in, const MutablePicture& out) override {
        const int size = bytes_per_pixel(out.format.pixel_format);
        const PixelFormat from = in.format().pixel_format;
        const bool luma =
            from == PixelFormat::i420 || from == PixelFormat::nv12 || from == PixelFormat::gray8;
        if (size == 0 || !luma) {
            return fail(Errc::topo_cannot_connect,
                        "Synthetic conversion goes from luma to grey, RGB and RGBA only.");
        }
        const Plane& plane = in.plane(0);
        for (int y = 0; y < out.format.height; ++y) {
            const std::byte* row = plane.data + std::min(y, plane.rows - 1) * plane.stride_bytes;
            std::byte* to = out.data[0] + y * out.stride_bytes[0];
            for (int x = 0; x < out.format.width; ++x, to += size) {
                std::fill_n(to, size, row[std::min(x, plane.row_bytes - 1)]);
                if (size == 4) to[3] = std::byte{255};
            }
        }
        return {};
    }

    Result<std::shared_ptr<const Picture>> convert(const Picture& in,
                                                   const VideoFormat& to) override {
        auto picture =
            std::make_shared<OwnedPicture>(to, std::max(bytes_per_pixel(to.pixel_format), 1));
        MutablePicture out;
        out.format = to;
        out.data[0] = picture->bytes.data();
        out.stride_bytes[0] = picture->plane(0).stride_bytes;
        if (auto ok = convert(in, out); !ok) return fail(ok.error());
        return picture;
    }
};

class SyntheticConverters final : public ConverterFactory {
public:
    Result<std::unique_ptr<AudioConverter>> audio(const AudioFormat& from,
                                                  const AudioFormat& to) override {
        if (to.sample_format != SampleFormat::f32 || (to.planar && to.channels > 1)) {
            return fail(Errc::topo_cannot_connect,
                        "Synthetic conversion makes interleaved floats only, not " + describe(to) +
                            ".");
        }
        return std::make_unique<NearestSample>(from, to);
    }
    std::unique_ptr<VideoConverter> video() override { return std::make_unique<GreyPictures>(); }
};

} // namespace

std::shared_ptr<ConverterFactory> synthetic_converters() {
    return std::make_shared<SyntheticConverters>();
}

} // namespace playhead::headless
