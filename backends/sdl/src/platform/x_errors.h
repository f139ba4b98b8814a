#pragma once

namespace playhead::sdl {

// While one lives, messages to a window that is gone are no reason for Xlib to end the process. SDL wakes
// its loop by such messages, over a connection of its own, and the last of them may arrive behind the
// window's end; Xlib tells of that as SDL closes. All other errors go to who heard them before. Nothing
// where there is no X.
//
// Threads: the main thread, before SDL's video begins and after it has ended: SDL puts itself in front
// of whom it finds, and takes itself away again before it closes.
class XErrors {
public:
    XErrors();
    ~XErrors();
    XErrors(const XErrors&) = delete;
    XErrors& operator=(const XErrors&) = delete;
};

} // namespace playhead::sdl
