#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "painter.h"
#include "subsystem.h"

namespace playhead::sdl {
namespace {

struct Free {
    void operator()(SDL_Renderer* renderer) const { SDL_DestroyRenderer(renderer); }
    void operator()(SDL_Texture* texture) const { SDL_DestroyTexture(texture); }
};

// The matrix and range that SDL can undo on the graphics processor, or nothing.
std::optional<SDL_YUV_CONVERSION_MODE> yuv_mode(const VideoFormat& format) {
    const int matrix = effective_matrix(format);
    const bool bt601 = matrix == 5 || matrix == 6;
    if (bt601) {
        return format.color.full_range ? SDL_YUV_CONVERSION_JPEG : SDL_YUV_CONVERSION_BT601;
    }
    if (matrix == 1 && !format.color.full_range) {
        return SDL_YUV_CONVERSION_BT709;
    }
    return std::nullopt;
}

Uint32 texture_format(const VideoFormat& format) {
    switch (format.pixel_format) {
    case PixelFormat::i420:
        return yuv_mode(format) ? SDL_PIXELFORMAT_IYUV : SDL_PIXELFORMAT_UNKNOWN;
    case PixelFormat::nv12:
        return yuv_mode(format) ? SDL_PIXELFORMAT_NV12 : SDL_PIXELFORMAT_UNKNOWN;
    case PixelFormat::bgra: return SDL_PIXELFORMAT_BGRA32;
    default: return SDL_PIXELFORMAT_UNKNOWN;
    }
}

// As decoded where the graphics processor can take it, else BGRA in the same size.
std::optional<VideoFormat> uploadable(const VideoFormat& decoded, DisplaySize largest) {
    const bool fits = decoded.width <= largest.width && decoded.height <= largest.height;
    if (fits && texture_format(decoded) != SDL_PIXELFORMAT_UNKNOWN) {
        return std::nullopt;
    }
    VideoFormat wish = decoded;
    if (!fits) {
        const Area area = fit({decoded.width, decoded.height}, largest);
        // The shape on the screen stays: what the sizes lose, the pixels' aspect makes up for.
        wish.pixel_aspect.num = decoded.pixel_aspect.num * decoded.width * area.height;
        wish.pixel_aspect.den = decoded.pixel_aspect.den * decoded.height * area.width;
        wish.width = area.width;
        wish.height = area.height;
    }
    wish.pixel_format = PixelFormat::bgra;
    wish.pixel_format_name = "bgra";
    wish.native_pixel_format = -1;
    wish.color.matrix = 0;
    wish.color.full_range = true;
    wish.color.chroma_location = 0;
    return wish;
}

// A plane as SDL takes it: pitch positive.
class UprightPlane {
public:
    explicit UprightPlane(const Plane& plane) {
        if (plane.stride_bytes > 0) {
            data_ = plane.data;
            pitch_ = static_cast<int>(plane.stride_bytes);
            return;
        }
        pitch_ = plane.row_bytes;
        copy_.resize(static_cast<std::size_t>(pitch_) * static_cast<std::size_t>(plane.rows));
        for (int row = 0; row < plane.rows; ++row) {
            std::memcpy(copy_.data() + std::ptrdiff_t{row} * pitch_,
                        plane.data + row * plane.stride_bytes,
                        static_cast<std::size_t>(plane.row_bytes));
        }
        data_ = copy_.data();
    }
    const Uint8* data() const { return reinterpret_cast<const Uint8*>(data_); }
    int pitch() const { return pitch_; }

private:
    const std::byte* data_ = nullptr;
    int pitch_ = 0;
    std::vector<std::byte> copy_;
};

class TexturePainter final : public Painter {
public:
    TexturePainter(std::unique_ptr<SDL_Renderer, Free> renderer, DisplaySize largest)
        : renderer_(std::move(renderer)),
          largest_(largest) {}

    FormatWish wish(DisplaySize) const override {
        return [largest = largest_](const VideoFormat& decoded) {
            return uploadable(decoded, largest);
        };
    }

    bool wish_follows_size() const override { return false; }

    DisplaySize size() const override {
        DisplaySize size;
        SDL_GetRendererOutputSize(renderer_.get(), &size.width, &size.height);
        return size;
    }

    bool draw(const VideoFrame* frame, bool is_new) override {
        if (frame != nullptr && (is_new || !texture_) && !upload(*frame->picture)) {
            return false;
        }
        SDL_SetRenderDrawColor(renderer_.get(), 0, 0, 0, 255);
        SDL_RenderClear(renderer_.get());
        if (frame != nullptr) {
            place(frame->picture->format());
        }
        SDL_RenderPresent(renderer_.get());
        return true;
    }

    void forget() override { texture_.reset(); }

    const char* name() const override { return "textures"; }

private:
    bool upload(const Picture& picture) {
        const VideoFormat& format = picture.format();
        const Uint32 wanted = texture_format(format);
        if (wanted == SDL_PIXELFORMAT_UNKNOWN) {
            return false;
        }
        const SDL_YUV_CONVERSION_MODE mode = yuv_mode(format).value_or(SDL_YUV_CONVERSION_BT709);
        // Some renderers look at the mode when a texture is made, others when it is drawn.
        SDL_SetYUVConversionMode(mode);
        const Kept kept{wanted, format.width, format.height, mode};
        if (!texture_ || kept != kept_) {
            texture_.reset(SDL_CreateTexture(renderer_.get(), wanted, SDL_TEXTUREACCESS_STREAMING,
                                             format.width, format.height));
            if (!texture_) {
                return false;
            }
            SDL_SetTextureScaleMode(texture_.get(), SDL_ScaleModeLinear);
            SDL_SetTextureBlendMode(texture_.get(), SDL_BLENDMODE_NONE);
            kept_ = kept;
        }
        const UprightPlane first{picture.plane(0)};
        if (wanted == SDL_PIXELFORMAT_IYUV) {
            const UprightPlane u{picture.plane(1)};
            const UprightPlane v{picture.plane(2)};
            return SDL_UpdateYUVTexture(texture_.get(), nullptr, first.data(), first.pitch(),
                                        u.data(), u.pitch(), v.data(), v.pitch()) == 0;
        }
        if (wanted == SDL_PIXELFORMAT_NV12) {
            const UprightPlane uv{picture.plane(1)};
            return SDL_UpdateNVTexture(texture_.get(), nullptr, first.data(), first.pitch(),
                                       uv.data(), uv.pitch()) == 0;
        }
        return SDL_UpdateTexture(texture_.get(), nullptr, first.data(), first.pitch()) == 0;
    }

    void place(const VideoFormat& format) {
        const Area area = fit(display_size(format), size());
        // SDL mirrors, then turns about the middle: it wants the place of the picture lying.
        const bool lying = lies_on_its_side(format);
        const auto w = static_cast<float>(lying ? area.height : area.width);
        const auto h = static_cast<float>(lying ? area.width : area.height);
        const SDL_FRect target{
            static_cast<float>(area.x) + (static_cast<float>(area.width) - w) / 2.0F,
            static_cast<float>(area.y) + (static_cast<float>(area.height) - h) / 2.0F, w, h};
        SDL_RenderCopyExF(renderer_.get(), texture_.get(), nullptr, &target,
                          format.rotation_degrees, nullptr,
                          format.flip_horizontal ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE);
    }

    struct Kept {
        Uint32 format = 0;
        int width = 0;
        int height = 0;
        SDL_YUV_CONVERSION_MODE mode = SDL_YUV_CONVERSION_BT709;
        friend bool operator==(const Kept&, const Kept&) = default;
    };

    const std::unique_ptr<SDL_Renderer, Free> renderer_;
    const DisplaySize largest_;
    std::unique_ptr<SDL_Texture, Free> texture_;
    Kept kept_;
};

// A renderer may call itself accelerated and yet be OpenGL on the processor.
bool draws_in_software(const SDL_RendererInfo& info) {
    if ((info.flags & SDL_RENDERER_SOFTWARE) != 0) {
        return true;
    }
    if (std::string_view{info.name}.substr(0, 6) != "opengl") {
        return false;
    }
    using GetString = const unsigned char*(SDLCALL*)(unsigned);
    constexpr unsigned gl_renderer = 0x1F01;
    const auto get_string = reinterpret_cast<GetString>(SDL_GL_GetProcAddress("glGetString"));
    const unsigned char* text = get_string != nullptr ? get_string(gl_renderer) : nullptr;
    if (text == nullptr) {
        return false;
    }
    const std::string_view gl{reinterpret_cast<const char*>(text)};
    for (const std::string_view soft :
         {"llvmpipe", "softpipe", "swrast", "Software Rasterizer", "SwiftShader"}) {
        if (gl.find(soft) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

} // namespace

Result<std::unique_ptr<Painter>> make_texture_painter(SDL_Window* window, bool allow_software) {
    std::unique_ptr<SDL_Renderer, Free> renderer{SDL_CreateRenderer(
        window, -1, SDL_RENDERER_PRESENTVSYNC | (allow_software ? 0 : SDL_RENDERER_ACCELERATED))};
    if (!renderer) {
        return fail(Errc::not_found, sdl_error());
    }
    SDL_RendererInfo info{};
    if (SDL_GetRendererInfo(renderer.get(), &info) != 0) {
        return fail(Errc::not_found, sdl_error());
    }
    if (!allow_software && draws_in_software(info)) {
        return fail(Errc::not_found, "the renderer is a software one");
    }
    constexpr int no_limit = 16'384;
    const DisplaySize largest{info.max_texture_width > 0 ? info.max_texture_width : no_limit,
                              info.max_texture_height > 0 ? info.max_texture_height : no_limit};
    return std::make_unique<TexturePainter>(std::move(renderer), largest);
}

} // namespace playhead::sdl
