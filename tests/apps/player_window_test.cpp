#include <cmath>
#include <functional>
#include <memory>

#include "media/clip_code.h"
#include "player_support.h"
#include "support/catch.h"
#include "support/display.h"

using namespace playhead::test;

namespace {

// Where the picture is on the screen.
struct Place {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

// A clip of a minute in a window in the middle of an X server's screen.
class Shown {
public:
    explicit Shown(std::vector<std::string> options = {},
                   std::vector<std::string> clip_arguments = {"--seconds", "60", "--size",
                                                              "320x240"},
                   bool managed = false) {
        if (managed) REQUIRE(display.manage_windows());
        if (options.empty() || !options.front().starts_with("--vo=")) {
            options.insert(options.begin(), "--vo=sdl");
        }
        options.emplace_back("--ao=null");
        options.push_back(clip(clip_arguments));
        player = std::make_unique<ChildProcess>(
            player_command(options),
            // Graphics drivers leave things behind that are not ours to free.
            ChildOptions{{"DISPLAY=" + display.name(), "WAYLAND_DISPLAY", "SDL_VIDEODRIVER=x11",
                          "ASAN_OPTIONS=detect_leaks=0"},
                         {},
                         false});
        const bool there = display.wait_for_window("playhead");
        INFO(player->err());
        REQUIRE(there);
    }

    // The frame number that can be read at that place.
    std::optional<std::uint32_t> code(const Place& place = {240, 180, 320, 240}) const {
        return code_of(display.screenshot(), place);
    }
    static std::optional<std::uint32_t> code_of(const Screenshot& shot, const Place& place) {
        constexpr int green = 1;
        return playhead::clip::read_code({shot.at(place.x, place.y) + green,
                                          static_cast<std::ptrdiff_t>(shot.width) * 4, 4,
                                          place.width, place.height});
    }

    // Screenshots until one satisfies: each takes its time, and the guard is a number of them.
    bool until(const std::function<bool(std::optional<std::uint32_t>)>& holds,
               const Place& place = {240, 180, 320, 240}) const {
        for (int i = 0; i < 4000; ++i) {
            if (holds(code(place))) {
                return true;
            }
        }
        return false;
    }
    bool until_shown() const {
        return until([](auto code) { return code.has_value(); });
    }
    // Two screenshots in a row that show the same, which a film that moves does not do for long.
    bool until_still() const {
        for (int i = 0; i < 4000; ++i) {
            const auto before = code();
            bool same = before.has_value();
            for (int again = 0; again < 5 && same; ++again) {
                same = code() == before;
            }
            if (same) {
                return true;
            }
        }
        return false;
    }

    Display display;
    std::unique_ptr<ChildProcess> player;
};

bool cannot_run() {
    const std::string missing = Display::missing();
    if (!missing.empty()) {
        WARN("skipped: " << missing);
    }
    return !missing.empty();
}

} // namespace

TEST_CASE("the frame counter can be read on the screen and advances", "[player][window]") {
    if (cannot_run()) return;
    for (const char* route : {"--vo=sdl:surface", "--vo=sdl:textures"}) {
        CAPTURE(route);
        Shown shown{{route}};
        REQUIRE(shown.until_shown());
        const auto first = shown.code();
        REQUIRE(first);
        CHECK(*first < 1500);
        CHECK(shown.until([&](auto code) { return code > first; }));
        shown.display.key("q");
        const Exited exited = shown.player->wait();
        CAPTURE(exited.err);
        CHECK_FALSE(exited.hung);
        CHECK(exited.code == 0);
    }
}

TEST_CASE("a paused picture stands still, and goes on", "[player][window]") {
    if (cannot_run()) return;
    Shown shown;
    REQUIRE(shown.until_shown());
    shown.display.key("space");
    REQUIRE(shown.until_still());
    const auto paused = shown.code();
    CHECK(shown.code() == paused);
    shown.display.key("space");
    CHECK(shown.until([&](auto code) { return code > paused; }));
}

TEST_CASE("while paused the arrows seek and the full stop steps one frame", "[player][window]") {
    if (cannot_run()) return;
    Shown shown;
    REQUIRE(shown.until_shown());
    shown.display.key("space");
    REQUIRE(shown.until_still());
    const auto at = shown.code();
    REQUIRE(at);
    shown.display.key("Right");
    // Five seconds of 25 frames; the clock stood somewhere within the frame.
    CHECK(shown.until(
        [&](auto code) { return code && *code + 1 >= *at + 125 && *code <= *at + 126; }));
    const auto there = shown.code();
    REQUIRE(there);
    for (std::uint32_t step = 1; step <= 3; ++step) {
        shown.display.key("period");
        CHECK(shown.until([&](auto code) { return code == *there + step; }));
    }
    shown.display.key("comma");
    CHECK(shown.until([&](auto code) { return code == *there + 2; }));
    shown.display.key("Left");
    CHECK(shown.until([&](auto code) { return code && *code < *at + 10; }));
    shown.display.key("Down"); // a minute back is the beginning
    CHECK(shown.until([](auto code) { return code == 0u; }));
}

TEST_CASE("a key goes to the next audio track, and behind the last to the first",
          "[player][window][tracks]") {
    if (cannot_run()) return;
    const TemporaryFolder folder;
    const std::string trace = folder.path("events");
    Shown shown{{"--vo=sdl", "--trace-events=" + trace},
                {"--seconds", "60", "--size", "320x240", "--sounds", "2"}};
    REQUIRE(shown.until_shown());
    const auto switched = [&] {
        std::size_t count = 0;
        for (const std::string& line : lines_of(read_text(trace))) {
            const bool is = line.find("\"stream-switched\"") != std::string::npos;
            count += is && line.find("\"status\":\"ok\"") != std::string::npos;
        }
        return count;
    };
    for (std::size_t times = 1; times <= 3; ++times) {
        shown.display.key("numbersign");
        CHECK(shown.until([&](auto) { return switched() == times; }));
    }
    const auto now = shown.code();
    CHECK(shown.until([&](auto code) { return code > now; })); // and the picture goes on
    shown.display.key("underscore"); // there is one picture only: nothing happens
    shown.display.key("q");
    const Exited exited = shown.player->wait();
    CAPTURE(exited.err);
    CHECK(exited.code == 0);
    CHECK(exited.err.empty());
    CHECK(switched() == 3);
}

TEST_CASE("a resized window shows the whole picture, with black beside it", "[player][window]") {
    if (cannot_run()) return;
    for (const char* route : {"--vo=sdl:surface", "--vo=sdl:textures"}) {
        CAPTURE(route);
        Shown shown{{route}};
        REQUIRE(shown.until_shown());
        shown.display.key("space");
        REQUIRE(shown.until_still());
        const auto paused = shown.code();
        shown.display.resize("playhead", 560, 240);
        // No window manager: its corner stays where it was, and 320 of the 560 are picture.
        const Place moved{240 + 120, 180, 320, 240};
        CHECK(shown.until([&](auto code) { return code == paused; }, moved));
        const Screenshot shot = shown.display.screenshot();
        for (const int x : {250, 350, 690, 790}) {
            CAPTURE(x);
            const std::uint8_t* pixel = shot.at(x, 300);
            CHECK(int{pixel[0]} + pixel[1] + pixel[2] == 0);
        }
    }
}

TEST_CASE("the next one of the list is one key away, and the window closes after the last",
          "[player][window]") {
    if (cannot_run()) return;
    Shown shown{{clip({"--seconds", "60", "--size", "320x240", "--audio", "none"})}};
    REQUIRE(shown.until_shown());
    shown.display.key("Right");
    REQUIRE(shown.until([](auto code) { return code > 100u; }));
    shown.display.key("Next"); // Page Down
    REQUIRE(shown.until([](auto code) { return code && *code < 100; }));
    shown.display.key("Escape");
    const Exited exited = shown.player->wait();
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 0);
    CHECK(exited.err.empty());
}

TEST_CASE("full screen shows the picture as large as it can be", "[player][window]") {
    if (cannot_run()) return;
    if (find_program("openbox").empty()) {
        WARN("skipped: openbox is not installed, and full screen needs a window manager");
        return;
    }
    Shown shown{{}, {"--seconds", "60", "--size", "320x240"}, true};
    const Place everything{0, 0, 800, 600};
    REQUIRE_FALSE(shown.code(everything));
    shown.display.key("f");
    CHECK(shown.until([](auto code) { return code.has_value(); }, everything));
    shown.display.key("f");
    CHECK(shown.until([](auto code) { return !code.has_value(); }, everything));
}

TEST_CASE("the window plays to the end of the list by itself", "[player][window]") {
    if (cannot_run()) return;
    Shown shown{{"--length=0.4"}};
    const Exited exited = shown.player->wait();
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 0);
    CHECK(exited.err.empty());
}
