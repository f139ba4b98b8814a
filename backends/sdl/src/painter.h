// Painter: one way of bringing a frame into an SDL window.
#pragma once

#include <SDL.h>

#include <functional>
#include <memory>
#include <optional>

#include "playhead/backend/sample.h"
#include "playhead/result.h"
#include "playhead/sdl/fit.h"

namespace playhead::sdl {

using FormatWish = std::function<std::optional<VideoFormat>(const VideoFormat& decoded)>;

// Threads: the main thread; a wish is a value of its own and may be asked on any.
class Painter {
public:
    virtual ~Painter() = default;
    // What frames should be converted to for a window of that many pixels.
    virtual FormatWish wish(DisplaySize window) const = 0;
    // Whether the wish depends on the window's size.
    virtual bool wish_follows_size() const = 0;
    virtual DisplaySize size() const = 0; // of the window, in pixels
    // Black where the picture is not. `is_new`: differs from the last one drawn. Null: all black.
    // False: a format that only its conversion makes drawable; nothing was changed.
    virtual bool draw(const VideoFrame* frame, bool is_new) = 0;
    // The display lost what had been drawn or uploaded.
    virtual void forget() {}
    virtual const char* name() const = 0;
};

// The window's own memory: conversion and scaling are done by the work lane, here rows are copied.
Result<std::unique_ptr<Painter>> make_surface_painter(SDL_Window* window);

// A renderer on a graphics processor. not_found: there is only a software one.
Result<std::unique_ptr<Painter>> make_texture_painter(SDL_Window* window, bool allow_software);

} // namespace playhead::sdl
