#include <cstring>
#include <string>
#include <vector>

#include "playhead/sdl/blit.h"
#include "playhead/sdl/fit.h"
#include "support/catch.h"
#include "support/covers.h"

using namespace playhead;
using sdl::Area;
using sdl::fit;
using test::covers;

namespace {

// A picture of pixels that are letters, row by row.
class Letters final : public Picture {
public:
    Letters(std::vector<std::string> rows, int rotation, bool flip, bool bottom_up = false) {
        format_.pixel_format = PixelFormat::bgra;
        format_.width = static_cast<int>(rows.front().size());
        format_.height = static_cast<int>(rows.size());
        format_.rotation_degrees = rotation;
        format_.flip_horizontal = flip;
        const std::ptrdiff_t stride = format_.width * 4 + 12; // padded
        bytes_.resize(static_cast<std::size_t>(stride) * rows.size());
        for (std::size_t y = 0; y < rows.size(); ++y) {
            const std::size_t stored = bottom_up ? rows.size() - 1 - y : y;
            for (std::size_t x = 0; x < rows[y].size(); ++x) {
                std::memset(bytes_.data() + stored * static_cast<std::size_t>(stride) + 4 * x,
                            rows[y][x], 4);
            }
        }
        plane_count_ = 1;
        planes_[0] = {bytes_.data() + (bottom_up ? (format_.height - 1) * stride : 0),
                      bottom_up ? -stride : stride, format_.width * 4, format_.height};
    }

private:
    std::vector<std::byte> bytes_;
};

std::vector<std::string> drawn(const Letters& letters, int width, int height) {
    std::vector<std::byte> target(static_cast<std::size_t>(width * height) * 4, std::byte{'.'});
    sdl::Blitter blitter;
    blitter.draw(letters, {target.data(), width * 4, width, height});
    std::vector<std::string> rows;
    for (int y = 0; y < height; ++y) {
        std::string row;
        for (int x = 0; x < width; ++x) {
            row += static_cast<char>(target[static_cast<std::size_t>(y * width + x) * 4 + 3]);
        }
        rows.push_back(row);
    }
    return rows;
}

using Rows = std::vector<std::string>;

} // namespace

TEST_CASE("a picture is shown as large as fits, in the middle", "[sdl][fit]") {
    covers("8/frame-letterboxed");
    CHECK(fit({1920, 1080}, {960, 540}) == Area{0, 0, 960, 540});
    CHECK(fit({1920, 1080}, {960, 600}) == Area{0, 30, 960, 540});
    CHECK(fit({1920, 1080}, {1000, 540}) == Area{20, 0, 960, 540});
    CHECK(fit({9, 16}, {160, 160}) == Area{35, 0, 90, 160});
}

TEST_CASE("what has no size is shown nowhere, and a sliver keeps a pixel", "[sdl][fit]") {
    CHECK(fit({0, 0}, {100, 100}) == Area{});
    CHECK(fit({100, 100}, {100, 0}) == Area{});
    CHECK(fit({10'000, 1}, {100, 100}) == Area{0, 49, 100, 1});
}

TEST_CASE("rows that need nothing are copied as they are", "[sdl][blit]") {
    CHECK(drawn({{"abc", "def"}, 0, false}, 3, 2) == Rows{"abc", "def"});
    CHECK(drawn({{"abc", "def"}, 0, false, true}, 3, 2) == Rows{"abc", "def"});
}

TEST_CASE("a picture is turned clockwise by its rotation", "[sdl][blit]") {
    CHECK(drawn({{"abc", "def"}, 90, false}, 2, 3) == Rows{"da", "eb", "fc"});
    CHECK(drawn({{"abc", "def"}, 180, false}, 3, 2) == Rows{"fed", "cba"});
    CHECK(drawn({{"abc", "def"}, 270, false}, 2, 3) == Rows{"cf", "be", "ad"});
    CHECK(drawn({{"abc", "def"}, 90, false, true}, 2, 3) == Rows{"da", "eb", "fc"});
}

TEST_CASE("a picture is mirrored before it is turned", "[sdl][blit]") {
    CHECK(drawn({{"abc", "def"}, 0, true}, 3, 2) == Rows{"cba", "fed"});
    CHECK(drawn({{"abc", "def"}, 90, true}, 2, 3) == Rows{"fc", "eb", "da"});
    CHECK(drawn({{"abc", "def"}, 180, true}, 3, 2) == Rows{"def", "abc"});
    CHECK(drawn({{"abc", "def"}, 270, true}, 2, 3) == Rows{"ad", "be", "cf"});
}

TEST_CASE("a picture of another size is scaled to the nearest pixel", "[sdl][blit]") {
    CHECK(drawn({{"ab", "cd"}, 0, false}, 4, 4) == Rows{"aabb", "aabb", "ccdd", "ccdd"});
    CHECK(drawn({{"abcdef"}, 0, false}, 3, 1) == Rows{"bdf"});
    CHECK(drawn({{"ab", "cd"}, 90, false}, 4, 2) == Rows{"ccaa", "ddbb"});
}
