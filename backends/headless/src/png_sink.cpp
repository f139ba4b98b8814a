#include <algorithm>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <mutex>
#include <png.h>
#include <utility>

#include "files.h"
#include "playhead/headless/sinks.h"
#include "rateless_sink.h"

namespace playhead::headless {
namespace {

struct Rgb {
    int width = 0;
    int height = 0;
    std::vector<std::byte> bytes;
};

// libpng reports errors by a jump; nothing with a destructor lives in this function.
bool encode(png_structp png, png_infop info, const Rgb& picture, std::vector<char>& out) {
    if (setjmp(png_jmpbuf(png)) != 0) return false; // NOLINT: libpng's only way
    png_set_write_fn(
        png, &out,
        [](png_structp p, png_bytep data, png_size_t size) {
            auto* to = static_cast<std::vector<char>*>(png_get_io_ptr(p));
            to->insert(to->end(), data, data + size);
        },
        nullptr);
    png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
                 static_cast<png_uint_32>(picture.height), 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 3);
    png_write_info(png, info);
    for (int row = 0; row < picture.height; ++row) {
        png_write_row(png, reinterpret_cast<png_const_bytep>(picture.bytes.data()) +
                               static_cast<std::ptrdiff_t>(row) * picture.width * 3);
    }
    png_write_end(png, info);
    return true;
}

Result<std::vector<char>> encode(const Rgb& picture) {
    std::vector<char> out;
    // Quiet: the library prints nothing.
    png_structp png = png_create_write_struct(
        PNG_LIBPNG_VER_STRING, nullptr, [](png_structp p, png_const_charp) { png_longjmp(p, 1); },
        [](png_structp, png_const_charp) {});
    png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
    const bool ok = info != nullptr && encode(png, info, picture, out);
    png_destroy_write_struct(&png, &info);
    if (!ok)
        return fail(Errc::internal, "A picture of " + std::to_string(picture.width) + "x" +
                                        std::to_string(picture.height) +
                                        " could not be written as PNG.");
    return out;
}

} // namespace

struct PngSink::Work final : SampleWork {
    Work(std::string d, PngSinkOptions o) : directory(std::move(d)), options(std::move(o)) {}

    bool wanted(const VideoFrame& frame) const {
        if (options.numbers.empty() && options.times.empty()) return true;
        if (std::find(options.numbers.begin(), options.numbers.end(), number) !=
            options.numbers.end())
            return true;
        const Rational rate = frame.picture->format().frame_rate;
        const Duration length =
            frame.duration.value_or(rate.positive() ? rescale(1, TimeBase{rate.den, rate.num})
                                                    : std::chrono::milliseconds{40});
        const MediaRange interval{frame.pts, frame.pts + length};
        return std::any_of(options.times.begin(), options.times.end(),
                           [&](MediaTime t) { return interval.contains(t); });
    }

    Status take(const Sample& sample, const SinkContext& context) override {
        const auto& frame = std::get<VideoFrame>(sample);
        if (!frame.picture) return {};
        const bool write_it = wanted(frame);
        const std::uint64_t index = number++;
        if (!write_it) return {};
        auto rgb = convert(*frame.picture, context);
        if (!rgb) return rgb.error();
        auto bytes = encode(*rgb);
        if (!bytes) return bytes.error();
        std::array<char, 40> name{};
        std::snprintf(name.data(), name.size(), "frame-%06llu.png",
                      static_cast<unsigned long long>(index));
        return write(name.data(), *bytes);
    }

    Result<Rgb> convert(const Picture& picture, const SinkContext& context) {
        if (!converter && context.converters) converter = context.converters->video();
        if (!converter)
            return fail(Errc::topo_cannot_connect,
                        "PNG files need pictures in RGB, and the engine was given no converters.");
        Rgb rgb{picture.format().width, picture.format().height, {}};
        rgb.bytes.resize(static_cast<std::size_t>(rgb.width) *
                         static_cast<std::size_t>(rgb.height) * 3);
        MutablePicture out;
        out.format = picture.format();
        out.format.pixel_format = PixelFormat::rgb24;
        out.format.pixel_format_name = "rgb24";
        out.format.native_pixel_format = -1;
        out.format.color.matrix = 0;
        out.format.color.full_range = true;
        out.data[0] = rgb.bytes.data();
        out.stride_bytes[0] = static_cast<std::ptrdiff_t>(rgb.width) * 3;
        if (auto ok = converter->convert(picture, out); !ok) return fail(ok.error());
        return rgb;
    }

    // Under another name first, so that nobody ever sees half a picture.
    Status write(const std::string& name, const std::vector<char>& bytes) {
        const std::string path = directory + "/" + name;
        const std::string part = path + ".part";
        auto file = open_for_writing(part, "pictures");
        if (!file) return file.error();
        errno = 0;
        file->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        file->close();
        std::error_code error;
        if (!*file) {
            Status status = write_error(path);
            std::filesystem::remove(path_of(part), error);
            return status;
        }
        std::filesystem::rename(path_of(part), path_of(path), error);
        if (error)
            return {Errc::cannot_open,
                    "'" + path + "' cannot be written (" + error.message() + ")."};
        const std::scoped_lock lock(mutex);
        files.push_back(path);
        return {};
    }

    const std::string directory;
    const PngSinkOptions options;
    std::uint64_t number = 0;
    std::unique_ptr<VideoConverter> converter;
    mutable std::mutex mutex; // guards files, which any thread reads
    std::vector<std::string> files;
};

PngSink::PngSink(std::shared_ptr<Work> work)
    : SinkFace(std::make_shared<RatelessSink>(StreamKind::video, work)),
      work_(std::move(work)) {}

Result<std::unique_ptr<PngSink>> PngSink::create(const std::string& directory,
                                                 PngSinkOptions options) {
    std::error_code error;
    std::filesystem::create_directories(path_of(directory), error);
    // What counts is whether a file can be made there.
    const std::string probe = directory + "/.playhead-probe";
    if (auto file = open_for_writing(probe, "pictures"); !file) {
        return fail(Errc::cannot_open, "The folder '" + directory + "' cannot be written to (" +
                                           (error ? error.message() : file.error().message()) +
                                           "); choose another one for the pictures.");
    }
    std::filesystem::remove(path_of(probe), error);
    return std::unique_ptr<PngSink>(
        new PngSink(std::make_shared<Work>(directory, std::move(options))));
}

std::vector<std::string> PngSink::files() const {
    const std::scoped_lock lock(work_->mutex);
    return work_->files;
}

} // namespace playhead::headless
