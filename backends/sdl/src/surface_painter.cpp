#include "painter.h"
#include "playhead/sdl/blit.h"
#include "subsystem.h"

namespace playhead::sdl {
namespace {

// Wishes for BGRA in the size in which the picture is shown (still lying, if it will be turned).
std::optional<VideoFormat> fitted(const VideoFormat& decoded, DisplaySize window) {
    const Area area = fit(display_size(decoded), window);
    if (area.width == 0) {
        return std::nullopt;
    }
    VideoFormat wish = decoded;
    wish.pixel_format = PixelFormat::bgra;
    wish.pixel_format_name = "bgra";
    wish.native_pixel_format = -1;
    wish.width = lies_on_its_side(decoded) ? area.height : area.width;
    wish.height = lies_on_its_side(decoded) ? area.width : area.height;
    wish.pixel_aspect = {1, 1};
    wish.color.matrix = 0;
    wish.color.full_range = true;
    wish.color.chroma_location = 0;
    return wish;
}

class SurfacePainter final : public Painter {
public:
    explicit SurfacePainter(SDL_Window* window) : window_(window) {}

    FormatWish wish(DisplaySize window) const override {
        return [window](const VideoFormat& decoded) { return fitted(decoded, window); };
    }

    bool wish_follows_size() const override { return true; }

    DisplaySize size() const override {
        DisplaySize size;
        SDL_GetWindowSize(window_, &size.width, &size.height);
        return size;
    }

    bool draw(const VideoFrame* frame, bool) override {
        const bool drawable =
            frame == nullptr || frame->picture->format().pixel_format == PixelFormat::bgra;
        SDL_Surface* surface = drawable ? SDL_GetWindowSurface(window_) : nullptr;
        if (surface == nullptr) {
            return false;
        }
        // Before it has been converted for the window's new size, the picture has its old one.
        const Area area =
            frame ? fit(display_size(frame->picture->format()), {surface->w, surface->h}) : Area{};
        if (area != area_ || surface != surface_ || !frame) {
            SDL_FillRect(surface, nullptr, SDL_MapRGB(surface->format, 0, 0, 0));
        }
        // All of it only when the black may have changed.
        const bool whole = area != area_ || surface != surface_ || !frame || forgotten_;
        if (area.width > 0) {
            copy(*frame->picture, *surface, area);
        }
        area_ = area;
        surface_ = surface;
        forgotten_ = false;
        const SDL_Rect part = whole ? SDL_Rect{0, 0, surface->w, surface->h}
                                    : SDL_Rect{area.x, area.y, area.width, area.height};
        return SDL_UpdateWindowSurfaceRects(window_, &part, 1) == 0;
    }

    void forget() override { forgotten_ = true; }

    const char* name() const override { return "window surface"; }

private:
    void copy(const Picture& picture, SDL_Surface& surface, const Area& area) {
        if (SDL_MUSTLOCK(&surface) && SDL_LockSurface(&surface) != 0) {
            return;
        }
        auto* pixels = static_cast<std::byte*>(surface.pixels) + area.y * surface.pitch +
                       area.x * surface.format->BytesPerPixel;
        const Uint32 format = surface.format->format;
        if (format == SDL_PIXELFORMAT_BGRA32 || format == alpha_less) {
            blitter_.draw(picture, {pixels, surface.pitch, area.width, area.height});
        } else {
            const std::ptrdiff_t pitch = std::ptrdiff_t{area.width} * 4;
            scratch_.resize(static_cast<std::size_t>(pitch * area.height));
            blitter_.draw(picture, {scratch_.data(), pitch, area.width, area.height});
            SDL_ConvertPixels(area.width, area.height, SDL_PIXELFORMAT_BGRA32, scratch_.data(),
                              static_cast<int>(pitch), format, pixels, surface.pitch);
        }
        if (SDL_MUSTLOCK(&surface)) {
            SDL_UnlockSurface(&surface);
        }
    }

    static constexpr Uint32 alpha_less =
        SDL_BYTEORDER == SDL_LIL_ENDIAN ? SDL_PIXELFORMAT_RGB888 : SDL_PIXELFORMAT_BGRX8888;

    SDL_Window* const window_;
    Blitter blitter_;
    std::vector<std::byte> scratch_; // for surfaces of another layout (16 bit displays)
    Area area_;                      // of the picture drawn last
    const SDL_Surface* surface_ = nullptr;
    bool forgotten_ = true;
};

} // namespace

Result<std::unique_ptr<Painter>> make_surface_painter(SDL_Window* window) {
    // Else SDL draws the surface through OpenGL, three times as dear without a graphics processor.
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (SDL_GetWindowSurface(window) == nullptr) {
        return fail(Errc::cannot_open,
                    std::string{"the window has no surface to draw on ("} + sdl_error() + ")");
    }
    return std::make_unique<SurfacePainter>(window);
}

} // namespace playhead::sdl
