#include "clip_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "clip_code.h"

namespace playhead::clip {

namespace {

constexpr double pi = 3.14159265358979323846;

// Five by seven dots, a row a number, the leftmost dot its highest bit.
struct Glyph {
    char letter;
    std::array<unsigned char, 7> rows;
};
constexpr std::array glyphs{
    Glyph{'0', {0b01110, 0b11011, 0b11011, 0b11011, 0b11011, 0b11011, 0b01110}},
    Glyph{'1', {0b00110, 0b01110, 0b00110, 0b00110, 0b00110, 0b00110, 0b01111}},
    Glyph{'2', {0b11110, 0b00011, 0b00011, 0b01110, 0b11000, 0b11000, 0b11111}},
    Glyph{'3', {0b11110, 0b00011, 0b00011, 0b01110, 0b00011, 0b00011, 0b11110}},
    Glyph{'4', {0b00011, 0b00111, 0b01111, 0b11011, 0b11111, 0b00011, 0b00011}},
    Glyph{'5', {0b11111, 0b11000, 0b11110, 0b00011, 0b00011, 0b00011, 0b11110}},
    Glyph{'6', {0b01110, 0b11000, 0b11000, 0b11110, 0b11011, 0b11011, 0b01110}},
    Glyph{'7', {0b11111, 0b00011, 0b00011, 0b00110, 0b00110, 0b01100, 0b01100}},
    Glyph{'8', {0b01110, 0b11011, 0b11011, 0b01110, 0b11011, 0b11011, 0b01110}},
    Glyph{'9', {0b01110, 0b11011, 0b11011, 0b01111, 0b00011, 0b00011, 0b01110}},
    Glyph{':', {0b00000, 0b00100, 0b00100, 0b00000, 0b00100, 0b00100, 0b00000}},
    Glyph{'.', {0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100}},
    Glyph{'#', {0b01010, 0b11111, 0b01010, 0b01010, 0b01010, 0b11111, 0b01010}},
};

} // namespace

PicturePainter::PicturePainter(const ClipOptions& options)
    : width_(options.width),
      height_(options.height),
      fps_(static_cast<double>(options.fps_num) / options.fps_den),
      frames_(std::max<std::int64_t>(options.frames(), 1)) {
    // Evening sky over a dark ground.
    rgb_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 3);
    for (int y = 0; y < height_; ++y) {
        const double down = static_cast<double>(y) / height_;
        const Colour row{static_cast<int>(24 + 90 * down * down), static_cast<int>(38 + 50 * down),
                         static_cast<int>(84 + 40 * down)};
        fill(0, y, width_, y + 1, row);
    }
    background_ = rgb_;
}

const std::vector<std::uint8_t>& PicturePainter::paint(std::int64_t frame) {
    rgb_ = background_;
    const double time = static_cast<double>(frame) / fps_;
    const double w = width_;
    const double h = height_;

    // A ball that swings once in four seconds, with its shadow.
    const double swing = std::sin(time * pi / 2);
    const double hop = std::fabs(std::sin(time * pi));
    const double radius = h / 12;
    const double x = w / 2 + swing * (w / 2 - radius * 2);
    const double y = h * 0.72 - hop * h * 0.22;
    disc(x, h * 0.72 + radius, radius * (1.0 - 0.35 * hop), radius * 0.25, {18, 26, 52});
    disc(x, y, radius, radius, {244, 150, 66});
    disc(x - radius * 0.3, y - radius * 0.3, radius * 0.35, radius * 0.35, {255, 205, 140});

    // Time and number.
    std::array<char, 32> words{};
    const double cell = std::max(std::min(h / 45, w / 90), 1.0);
    const auto whole = static_cast<long long>(time + 1e-9);
    std::snprintf(words.data(), words.size(), "%02lld:%02lld.%02d", whole / 60 % 100, whole % 60,
                  static_cast<int>((time - static_cast<double>(whole)) * 100 + 1e-6));
    text(words.data(), w * 0.06, h * 0.08, cell * 1.6, {235, 240, 248});
    std::snprintf(words.data(), words.size(), "#%lld", static_cast<long long>(frame));
    text(words.data(), w * 0.06, h * 0.08 + cell * 14, cell, {150, 190, 230});

    // How far the clip has come.
    const double bar = code_cell(0, width_, height_).top - std::max(h / 60, 1.0);
    fill(0, bar, w * static_cast<double>(frame + 1) / static_cast<double>(frames_),
         bar + std::max(h / 90, 1.0), {244, 150, 66});

    const bool flash = time - std::floor(time + 1e-9) < beep_seconds - 1e-9;
    const Box mark = flash_mark(width_, height_);
    fill(mark.left, mark.top, mark.right, mark.bottom,
         flash ? Colour{255, 255, 255} : Colour{0, 0, 0});

    const auto cells = code_of(static_cast<std::uint32_t>(frame & 0xffff));
    for (int i = 0; i < code_cells; ++i) {
        const Box box = code_cell(i, width_, height_);
        fill(box.left, box.top, box.right, box.bottom,
             cells[static_cast<std::size_t>(i)] ? Colour{255, 255, 255} : Colour{0, 0, 0});
    }
    return rgb_;
}

void PicturePainter::blend(int x, int y, Colour colour, double share) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) {
        return;
    }
    std::uint8_t* pixel =
        rgb_.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                       static_cast<std::size_t>(x)) *
                          3;
    const auto mix = [share](std::uint8_t& channel, int to) {
        channel = static_cast<std::uint8_t>(channel + (to - channel) * share + 0.5);
    };
    mix(pixel[0], colour.red);
    mix(pixel[1], colour.green);
    mix(pixel[2], colour.blue);
}

void PicturePainter::fill(double left, double top, double right, double bottom, Colour colour) {
    const int x1 = std::clamp(static_cast<int>(std::lround(left)), 0, width_);
    const int x2 = std::clamp(static_cast<int>(std::lround(right)), 0, width_);
    const int y1 = std::clamp(static_cast<int>(std::lround(top)), 0, height_);
    const int y2 = std::clamp(static_cast<int>(std::lround(bottom)), 0, height_);
    for (int y = y1; y < y2; ++y) {
        for (int x = x1; x < x2; ++x) {
            blend(x, y, colour, 1);
        }
    }
}

void PicturePainter::disc(double x, double y, double across, double down, Colour colour) {
    for (int row = static_cast<int>(y - down - 1); row <= static_cast<int>(y + down + 1); ++row) {
        for (int column = static_cast<int>(x - across - 1);
             column <= static_cast<int>(x + across + 1); ++column) {
            const double away = std::hypot((column + 0.5 - x) / across, (row + 0.5 - y) / down);
            blend(column, row, colour, std::clamp((1 - away) * down + 0.5, 0.0, 1.0));
        }
    }
}

double PicturePainter::text(const char* words, double left, double top, double cell,
                            Colour colour) {
    for (const char* letter = words; *letter != '\0'; ++letter) {
        const auto found = std::find_if(glyphs.begin(), glyphs.end(), [&](const Glyph& glyph) {
            return glyph.letter == *letter;
        });
        if (found != glyphs.end()) {
            for (int row = 0; row < 7; ++row) {
                for (int dot = 0; dot < 5; ++dot) {
                    if ((found->rows[static_cast<std::size_t>(row)] >> (4 - dot) & 1) != 0) {
                        fill(left + dot * cell, top + row * cell, left + (dot + 1) * cell,
                             top + (row + 1) * cell, colour);
                    }
                }
            }
        }
        left += cell * 6;
    }
    return left;
}

} // namespace playhead::clip
