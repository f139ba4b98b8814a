#pragma once

namespace playhead::sdl {

// Whether this machine can have a graphics processor at all. A cheap look at the system, so that the
// libraries of a software OpenGL are not loaded only to find out: they take 100 MB and 100 ms.
bool may_have_gpu();

} // namespace playhead::sdl
