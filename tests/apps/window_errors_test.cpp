// What X says of a window that is gone does not end the program; what else it says is its own affair.
#include <SDL.h>

#include <cstdlib>

#include "playhead/headless/simulation.h"
#include "playhead/sdl/window.h"
#include "support/catch.h"
#include "support/display.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// Of Xlib.h, which need not be installed.
using Handler = int (*)(void*, void*);
struct X {
    X() : library(SDL_LoadObject("libX11.so.6")) { REQUIRE(library); }
    template <class Function>
    Function* get(const char* name) const {
        auto* function = reinterpret_cast<Function*>(SDL_LoadFunction(library, name));
        REQUIRE(function);
        return function;
    }
    void* library;
};

int heard = 0;
int hear(void*, void*) {
    ++heard;
    return 0;
}

} // namespace

TEST_CASE("a message to a window that is gone is no reason to end, other errors are told on",
          "[window]") {
    if (const std::string missing = Display::missing(); !missing.empty()) {
        WARN("skipped: " << missing);
        return;
    }
    const Display display;
    ::setenv("DISPLAY", display.name().c_str(), 1);
    ::setenv("SDL_VIDEODRIVER", "x11", 1);
    const X x;
    const auto set_handler = x.get<Handler(Handler)>("XSetErrorHandler");
    const Handler before = set_handler(&hear);
    void* connection = x.get<void*(const char*)>("XOpenDisplay")(display.name().c_str());
    REQUIRE(connection);
    const auto send = x.get<int(void*, unsigned long, int, long, void*)>("XSendEvent");
    const auto map = x.get<int(void*, unsigned long)>("XMapWindow");
    const auto sync = x.get<int(void*, int)>("XSync");
    constexpr unsigned long gone = 0x1234567;
    long event[24] = {33, 0, 0, 0, 0, 0, 32}; // XEvent: a ClientMessage of 32 bits a word

    const auto simulation = headless::Simulation::create();
    VideoOutput output;
    {
        auto window =
            sdl::Window::create(simulation, output, {"errors", {64, 48}, sdl::Route::surface});
        REQUIRE(window);
        send(connection, gone, 0, 0, event);
        sync(connection, 0);
        CHECK(heard == 0);
        map(connection, gone);
        sync(connection, 0);
        CHECK(heard == 1);
    }
    // As it was.
    send(connection, gone, 0, 0, event);
    sync(connection, 0);
    CHECK(heard == 2);
    x.get<int(void*)>("XCloseDisplay")(connection);
    CHECK(set_handler(before) == &hear);
}
