#include "converters.h"

#include <utility>

#include "error.h"
#include "formats.h"
#include "handles.h"
#include "payload.h"
#include "playhead/ffmpeg/backend.h"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace playhead::ffmpeg {

namespace {

// What decides how a conversion is done.
struct Side {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    int width = 0;
    int height = 0;
    int matrix = 0;
    bool full_range = false;
    friend bool operator==(const Side&, const Side&) = default;
};

bool has_matrix(AVPixelFormat format) {
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    return description != nullptr &&
           (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) == 0;
}

Side side_of(const VideoFormat& format) {
    Side side{native_pixel_format(format), format.width, format.height, 0, true};
    if (has_matrix(side.format)) {
        side.matrix = effective_matrix(format);
        side.full_range = format.color.full_range;
    }
    return side;
}

int scaling_flags(const Side& from, const Side& to) {
    if (from.width == to.width && from.height == to.height) {
        return SWS_BILINEAR; // only for chroma; the fast paths do without any scaling
    }
    const std::int64_t pixels = std::int64_t{to.width} * to.height;
    if (std::int64_t{from.width} * from.height >= pixels) {
        return SWS_BILINEAR; // covers all source pixels when it shrinks
    }
    return pixels > std::int64_t{1280} * 720 ? SWS_FAST_BILINEAR : SWS_BICUBIC;
}

class SwsConverter final : public VideoConverter {
public:
    Result<void> convert(const Picture& in, const MutablePicture& out) override {
        const Side to = side_of(out.format);
        std::uint8_t* data[4] = {};
        int strides[4] = {};
        for (std::size_t i = 0; i < 4; ++i) {
            data[i] = reinterpret_cast<std::uint8_t*>(out.data[i]);
            strides[i] = static_cast<int>(out.stride_bytes[i]);
        }
        return run(in, to, data, strides);
    }

    Result<std::shared_ptr<const Picture>> convert(const Picture& in,
                                                   const VideoFormat& wanted) override {
        const Side to = side_of(wanted);
        FrameHandle frame(av_frame_alloc());
        if (!frame) {
            return fail(Errc::out_of_memory, "no memory for a picture");
        }
        frame->format = to.format;
        frame->width = to.width;
        frame->height = to.height;
        if (auto given = allocate(*frame); !given) {
            return fail(std::move(given.error()));
        }
        if (auto done = run(in, to, frame->data, frame->linesize); !done) {
            return fail(std::move(done.error()));
        }
        VideoFormat format = wanted;
        const char* name = av_get_pix_fmt_name(to.format);
        format.pixel_format = pixel_format(to.format);
        format.pixel_format_name = name != nullptr ? name : "";
        format.native_pixel_format = to.format;
        format.color.full_range = to.full_range;
        return std::shared_ptr<const Picture>(
            std::make_shared<FramePicture>(std::move(frame), format));
    }

private:
    // Pictures of one size come from one pool: fresh pages cost more than the conversion.
    Result<void> allocate(AVFrame& frame) {
        constexpr int align = 64;
        const auto format = static_cast<AVPixelFormat>(frame.format);
        const int bytes = av_image_get_buffer_size(format, frame.width, frame.height, align);
        if (bytes < 0) {
            return fail(Errc::invalid_argument, "no such picture can be made");
        }
        if (!pool_ || bytes != pool_bytes_) {
            pool_.reset(av_buffer_pool_init(static_cast<std::size_t>(bytes) + align, nullptr));
            pool_bytes_ = bytes;
        }
        frame.buf[0] = pool_ ? av_buffer_pool_get(pool_.get()) : nullptr;
        if (frame.buf[0] == nullptr) {
            return fail(Errc::out_of_memory, "no memory for a picture");
        }
        const int code = av_image_fill_arrays(frame.data, frame.linesize, frame.buf[0]->data,
                                              format, frame.width, frame.height, align);
        if (code < 0) {
            return fail(ffmpeg_error(code, "laying out a picture"));
        }
        frame.extended_data = frame.data;
        return {};
    }

    Result<void> run(const Picture& in, const Side& to, std::uint8_t* const* data,
                     const int* strides) {
        const Side from = side_of(in.format());
        if (from.format == AV_PIX_FMT_NONE || to.format == AV_PIX_FMT_NONE) {
            return fail(Errc::topo_cannot_connect, "a picture of an unknown format");
        }
        if (to.width <= 0 || to.height <= 0) {
            return fail(Errc::invalid_argument, "a picture without a size");
        }
        const std::uint8_t* planes[4] = {};
        int in_strides[4] = {};
        for (int i = 0; i < in.plane_count(); ++i) {
            planes[i] = reinterpret_cast<const std::uint8_t*>(in.plane(i).data);
            in_strides[i] = static_cast<int>(in.plane(i).stride_bytes);
        }
        if (from == to) {
            std::uint8_t* out[4] = {data[0], data[1], data[2], data[3]};
            int out_strides[4] = {strides[0], strides[1], strides[2], strides[3]};
            av_image_copy(out, out_strides, planes, in_strides, from.format, from.width,
                          from.height);
            return {};
        }
        if (auto ready = prepare(from, to); !ready) {
            return ready;
        }
        const int rows =
            sws_scale(scaler_.get(), planes, in_strides, 0, from.height, data, strides);
        if (rows < 0) {
            return fail(ffmpeg_error(rows, "converting a picture"));
        }
        return {};
    }

    Result<void> prepare(const Side& from, const Side& to) {
        if (scaler_ && from == from_ && to == to_) {
            return {};
        }
        make(from, to);
        if (!scaler_) {
            const char* a = av_get_pix_fmt_name(from.format);
            const char* b = av_get_pix_fmt_name(to.format);
            return fail(Errc::topo_cannot_connect, std::string("no conversion from ") +
                                                       (a != nullptr ? a : "?") + " to " +
                                                       (b != nullptr ? b : "?"));
        }
        // Where one side has no matrix (RGB) the other one's is what counts.
        const int in_matrix = from.matrix != 0 ? from.matrix : to.matrix;
        const int out_matrix = to.matrix != 0 ? to.matrix : from.matrix;
        constexpr int neutral = 1 << 16;
        sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(in_matrix), from.full_range,
                                 sws_getCoefficients(out_matrix), to.full_range, 0, neutral,
                                 neutral);
        from_ = from;
        to_ = to;
        return {};
    }

    // The ranges have to be known before the tables are made: two of one format are otherwise taken
    // for the same.
    void make(const Side& from, const Side& to) {
        scaler_.reset(sws_alloc_context());
        if (!scaler_) {
            return;
        }
        const std::pair<const char*, int> settings[] = {{"srcw", from.width},
                                                        {"srch", from.height},
                                                        {"src_format", from.format},
                                                        {"src_range", from.full_range ? 1 : 0},
                                                        {"dstw", to.width},
                                                        {"dsth", to.height},
                                                        {"dst_format", to.format},
                                                        {"dst_range", to.full_range ? 1 : 0},
                                                        {"sws_flags", scaling_flags(from, to)}};
        for (const auto& [name, value] : settings) {
            av_opt_set_int(scaler_.get(), name, value, 0);
        }
        if (sws_init_context(scaler_.get(), nullptr, nullptr) < 0) {
            scaler_.reset();
        }
    }

    Scaler scaler_;
    Side from_;
    Side to_;
    BufferPool pool_;
    int pool_bytes_ = 0;
};

class Factory final : public ConverterFactory {
public:
    Result<std::unique_ptr<AudioConverter>> audio(const AudioFormat& from,
                                                  const AudioFormat& to) override {
        return make_audio_converter(from, to);
    }
    std::unique_ptr<VideoConverter> video() override { return make_video_converter(); }
};

} // namespace

std::unique_ptr<VideoConverter> make_video_converter() { return std::make_unique<SwsConverter>(); }

std::shared_ptr<ConverterFactory> make_converter_factory() { return std::make_shared<Factory>(); }

} // namespace playhead::ffmpeg
