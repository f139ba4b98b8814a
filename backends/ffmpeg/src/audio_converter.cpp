#include "converters.h"

#include <cstring>
#include <vector>

#include "error.h"
#include "formats.h"
#include "handles.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace playhead::ffmpeg {

namespace {

class HeapSamples final : public SampleBuffer {
public:
    HeapSamples(const AudioFormat& format, std::int64_t capacity)
        : plane_bytes_(static_cast<std::size_t>(capacity) *
                       static_cast<std::size_t>(bytes_per_sample(format.sample_format)) *
                       static_cast<std::size_t>(format.planar ? 1 : format.channels)) {
        format_ = format;
        bytes_.reset(new std::byte[plane_bytes_ * static_cast<std::size_t>(plane_count())]);
    }
    const std::byte* plane(int i) const override {
        return bytes_.get() + plane_bytes_ * static_cast<std::size_t>(i);
    }
    std::byte* plane(int i) { return bytes_.get() + plane_bytes_ * static_cast<std::size_t>(i); }
    void set_frames(std::int64_t frames) { frames_ = frames; }

private:
    std::size_t plane_bytes_;
    std::unique_ptr<std::byte[]> bytes_;
};

class Layout {
public:
    explicit Layout(const AudioFormat& format) { make_layout(format, layout_); }
    ~Layout() { av_channel_layout_uninit(&layout_); }
    Layout(const Layout&) = delete;
    Layout& operator=(const Layout&) = delete;
    AVChannelLayout* get() { return &layout_; } // FFmpeg 5 takes it as not const

private:
    AVChannelLayout layout_{};
};

class SwrConverter final : public AudioConverter {
public:
    SwrConverter(Resampler resampler, const AudioFormat& from, const AudioFormat& to)
        : resampler_(std::move(resampler)),
          from_(from),
          to_(to) {}

    Result<std::shared_ptr<const SampleBuffer>>
    convert(const SampleBuffer& in, std::int64_t first_frame, std::int64_t frames) override {
        if (in.format().sample_format != from_.sample_format ||
            in.format().planar != from_.planar || in.format().channels != from_.channels ||
            in.format().rate_hz != from_.rate_hz) {
            return fail(Errc::invalid_argument, "sound of another format than the converter's");
        }
        const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(first_frame) *
                                    bytes_per_sample(from_.sample_format) *
                                    (from_.planar ? 1 : from_.channels);
        std::vector<const std::uint8_t*>& planes = planes_;
        planes.clear();
        for (int i = 0; i < in.plane_count(); ++i) {
            planes.push_back(reinterpret_cast<const std::uint8_t*>(in.plane(i) + step));
        }
        return run(planes.data(), static_cast<int>(frames));
    }

    Result<std::shared_ptr<const SampleBuffer>> drain() override {
        if (swr_get_delay(resampler_.get(), to_.rate_hz) <= 0) {
            return std::shared_ptr<const SampleBuffer>{};
        }
        auto rest = run(nullptr, 0);
        if (rest && (*rest)->frames() == 0) {
            return std::shared_ptr<const SampleBuffer>{};
        }
        return rest;
    }

    void reset() override {
        swr_close(resampler_.get());
        swr_init(resampler_.get());
    }

    std::int64_t delay_frames() const override {
        return swr_get_delay(resampler_.get(), to_.rate_hz);
    }

private:
    Result<std::shared_ptr<const SampleBuffer>> run(const std::uint8_t** in, int frames) {
        const int capacity = swr_get_out_samples(resampler_.get(), frames);
        if (capacity < 0) {
            return fail(ffmpeg_error(capacity, "resampling"));
        }
        auto out = std::make_shared<HeapSamples>(to_, std::max(capacity, 1));
        out_planes_.clear();
        for (int i = 0; i < out->plane_count(); ++i) {
            out_planes_.push_back(reinterpret_cast<std::uint8_t*>(out->plane(i)));
        }
        const int got = swr_convert(resampler_.get(), out_planes_.data(), capacity, in, frames);
        if (got < 0) {
            return fail(ffmpeg_error(got, "resampling"));
        }
        out->set_frames(got);
        return std::shared_ptr<const SampleBuffer>(std::move(out));
    }

    Resampler resampler_;
    const AudioFormat from_;
    const AudioFormat to_;
    std::vector<const std::uint8_t*> planes_;
    std::vector<std::uint8_t*> out_planes_;
};

} // namespace

Result<std::unique_ptr<AudioConverter>> make_audio_converter(const AudioFormat& from,
                                                             const AudioFormat& to) {
    for (const AudioFormat* format : {&from, &to}) {
        if (format->rate_hz <= 0 || format->channels <= 0) {
            return fail(Errc::invalid_argument, "sound without a rate or channels");
        }
    }
    Layout in(from);
    Layout out(to);
    SwrContext* raw = nullptr;
    int code = swr_alloc_set_opts2(
        &raw, out.get(), native_sample_format(to.sample_format, to.planar), to.rate_hz, in.get(),
        native_sample_format(from.sample_format, from.planar), from.rate_hz, 0, nullptr);
    Resampler resampler(raw);
    if (code >= 0) {
        // Folding 5.1 into stereo keeps the fronts as loud as they were, centre and surrounds 3 dB
        // below, whatever the sample format: without this integers come out 8 dB quieter.
        av_opt_set_double(raw, "rematrix_maxval", 1000.0, 0);
        code = swr_init(raw);
    }
    if (code < 0) {
        return fail(ffmpeg_error(code, "preparing to convert " + describe(MediaType{from}) +
                                           " to " + describe(MediaType{to})));
    }
    return std::make_unique<SwrConverter>(std::move(resampler), from, to);
}

} // namespace playhead::ffmpeg
