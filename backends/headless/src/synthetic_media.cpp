#include "synthetic_media.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

namespace playhead::headless {
namespace {

std::atomic<std::int64_t> alive{0};
constexpr std::int64_t ramp_length = 1 << 22; // floats count exactly beyond it

TimeBase frame_base(const SyntheticOptions& options) {
    return {options.frame_rate.den, options.frame_rate.num};
}

class NumberedPicture final : public Picture {
public:
    NumberedPicture(std::int64_t number, const VideoFormat& format) {
        format_ = format;
        const int chroma_width = (format.width + 1) / 2;
        const int chroma_height = (format.height + 1) / 2;
        const auto luma =
            static_cast<std::size_t>(format.width) * static_cast<std::size_t>(format.height);
        const auto chroma =
            static_cast<std::size_t>(chroma_width) * static_cast<std::size_t>(chroma_height);
        bytes_.resize(luma + 2 * chroma);
        std::fill_n(bytes_.begin(), luma, static_cast<std::byte>(16 + number % 220));
        std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(luma), bytes_.end(), std::byte{128});
        // The number, four bits a byte and well apart, so that a conversion to RGB and back keeps it.
        for (std::size_t i = 0; i < digits && i < static_cast<std::size_t>(format.width); ++i) {
            bytes_[i] = static_cast<std::byte>(24 + 12 * (number >> (4 * i) & 0xf));
        }
        plane_count_ = 3;
        planes_[0] = {bytes_.data(), format.width, format.width, format.height};
        planes_[1] = {bytes_.data() + luma, chroma_width, chroma_width, chroma_height};
        planes_[2] = {bytes_.data() + luma + chroma, chroma_width, chroma_width, chroma_height};
    }
    static constexpr std::size_t digits = 8;

private:
    std::vector<std::byte> bytes_;
    Counted counted_;
};

class FloatBuffer final : public SampleBuffer {
public:
    FloatBuffer(const AudioFormat& format, std::vector<float> samples)
        : samples_(std::move(samples)) {
        format_ = format;
        frames_ = static_cast<std::int64_t>(samples_.size()) / format.channels;
    }
    const std::byte* plane(int) const override {
        return reinterpret_cast<const std::byte*>(samples_.data());
    }

private:
    std::vector<float> samples_;
    Counted counted_;
};

} // namespace

Counted::Counted() { alive.fetch_add(1, std::memory_order_relaxed); }
Counted::Counted(const Counted&) { alive.fetch_add(1, std::memory_order_relaxed); }
Counted::~Counted() { alive.fetch_sub(1, std::memory_order_relaxed); }
std::int64_t synthetic_objects_alive() { return alive.load(std::memory_order_relaxed); }

// ---- pictures -----------------------------------------------------------------------------------

std::int64_t picture_count(const SyntheticOptions& options) {
    return rescale(options.length, frame_base(options), Rounding::up);
}

MediaTime picture_time(const SyntheticOptions& options, std::int64_t number) {
    return media_zero + options.video_start + rescale(number, frame_base(options));
}

Duration picture_length(const SyntheticOptions& options) { return rescale(1, frame_base(options)); }

std::int64_t picture_decoded_at(const SyntheticOptions& options, std::int64_t n) {
    const std::int64_t gop = std::max(options.gop, 1);
    const std::int64_t first = n / gop * gop;
    const std::int64_t last = std::min(first + gop, picture_count(options)) - 1;
    const std::int64_t place = n - first;
    if (place == 0 || options.b_frames <= 0) return n;
    const std::int64_t group = options.b_frames + 1;
    const std::int64_t begin = first + 1 + (place - 1) / group * group;
    const std::int64_t end = std::min(begin + group - 1, last);
    const std::int64_t within = (place - 1) % group;
    return within == 0 ? end : begin + within - 1;
}

bool is_reference(const SyntheticOptions& options, std::int64_t number) {
    const std::int64_t gop = std::max(options.gop, 1);
    const std::int64_t place = number % gop;
    if (place == 0 || options.b_frames <= 0) return true;
    const std::int64_t last = std::min(number / gop * gop + gop, picture_count(options)) - 1;
    return place % (options.b_frames + 1) == 0 || number == last;
}

VideoFormat synthetic_video_format(const SyntheticOptions& options) {
    VideoFormat format;
    format.pixel_format = PixelFormat::i420;
    format.pixel_format_name = "yuv420p";
    format.width = options.width;
    format.height = options.height;
    format.frame_rate = options.frame_rate;
    return format;
}

std::shared_ptr<const Picture> numbered_picture(std::int64_t number, const VideoFormat& format) {
    return std::make_shared<NumberedPicture>(number, format);
}

std::int64_t picture_number(const Picture& picture) {
    int step = 0;
    switch (picture.format().pixel_format) {
    case PixelFormat::i420:
    case PixelFormat::nv12:
    case PixelFormat::gray8: step = 1; break;
    case PixelFormat::rgb24:
    case PixelFormat::bgr24: step = 3; break;
    case PixelFormat::rgba:
    case PixelFormat::bgra: step = 4; break;
    default: return -1;
    }
    if (picture.plane_count() == 0 ||
        picture.format().width < static_cast<int>(NumberedPicture::digits))
        return -1;
    std::int64_t number = 0;
    for (std::size_t i = 0; i < NumberedPicture::digits; ++i) {
        const int value =
            std::to_integer<int>(picture.plane(0).data[i * static_cast<std::size_t>(step)]);
        const int digit = (value - 24 + 6) / 12;
        if (value < 18 || digit > 15) return -1;
        number |= static_cast<std::int64_t>(digit) << (4 * i);
    }
    return number;
}

std::int64_t picture_number(const VideoFrame& frame) {
    return frame.picture ? picture_number(*frame.picture) : -1;
}

// ---- sound --------------------------------------------------------------------------------------

std::int64_t audio_frame_count(const SyntheticOptions& options) {
    return duration_to_frames(options.audio_length.value_or(options.length), options.rate_hz);
}

std::int64_t block_count(const SyntheticOptions& options) {
    return (audio_frame_count(options) + options.block_frames - 1) / options.block_frames;
}

std::int64_t block_length(const SyntheticOptions& options, std::int64_t block) {
    return std::min<std::int64_t>(options.block_frames,
                                  audio_frame_count(options) - block * options.block_frames);
}

std::int64_t block_position(const SyntheticOptions& options, std::int64_t block) {
    return duration_to_frames(options.audio_start, options.rate_hz) + block * options.block_frames;
}

MediaTime block_time(const SyntheticOptions& options, std::int64_t block) {
    return media_zero + frames_to_duration(block_position(options, block), options.rate_hz);
}

AudioFormat synthetic_audio_format(const SyntheticOptions& options) {
    AudioFormat format;
    format.sample_format = SampleFormat::f32;
    format.rate_hz = options.rate_hz;
    format.channels = options.channels;
    format.channel_mask = options.channels == 1 ? 0x4U : options.channels == 2 ? 0x3U : 0U;
    return format;
}

float ramp_value(std::int64_t position) {
    const std::int64_t step = (position % ramp_length + ramp_length) % ramp_length + 1;
    return static_cast<float>(step) / static_cast<float>(2 * ramp_length);
}

std::optional<std::int64_t> ramp_position(float value) {
    const double step = static_cast<double>(value) * static_cast<double>(2 * ramp_length);
    if (step < 1.0 || step > static_cast<double>(ramp_length) || step != std::floor(step))
        return std::nullopt;
    return static_cast<std::int64_t>(step) - 1;
}

std::shared_ptr<const SampleBuffer> ramp_buffer(std::int64_t position, std::int64_t frames,
                                                const AudioFormat& format) {
    std::vector<float> samples;
    samples.reserve(static_cast<std::size_t>(frames * format.channels));
    for (std::int64_t i = 0; i < frames; ++i) {
        samples.insert(samples.end(), static_cast<std::size_t>(format.channels),
                       ramp_value(position + i));
    }
    return std::make_shared<FloatBuffer>(format, std::move(samples));
}

std::shared_ptr<const SampleBuffer> sine_buffer(std::int64_t position, std::int64_t frames,
                                                const AudioFormat& format) {
    constexpr double turn = 6.283185307179586 * 440.0;
    std::vector<float> samples;
    samples.reserve(static_cast<std::size_t>(frames * format.channels));
    for (std::int64_t i = 0; i < frames; ++i) {
        const double t = static_cast<double>((position + i) % format.rate_hz) / format.rate_hz;
        samples.insert(samples.end(), static_cast<std::size_t>(format.channels),
                       static_cast<float>(0.5 * std::sin(turn * t)));
    }
    return std::make_shared<FloatBuffer>(format, std::move(samples));
}

std::shared_ptr<const SampleBuffer> float_buffer(const AudioFormat& format,
                                                 std::vector<float> samples) {
    return std::make_shared<FloatBuffer>(format, std::move(samples));
}

} // namespace playhead::headless
