#include "platform/graphics.h"

#ifdef __linux__
#include <filesystem>
#endif

namespace playhead::sdl {

#ifdef __linux__
bool may_have_gpu() {
    // Render nodes of the kernel's drivers, and what closed drivers have in their place.
    for (const char* device : {"/dev/dri", "/dev/nvidiactl", "/dev/mali0", "/dev/kgsl-3d0",
                               "/dev/pvr_sync", "/dev/dxg"}) {
        std::error_code ignored;
        if (std::filesystem::exists(device, ignored)) {
            return true;
        }
    }
    return false;
}
#else
bool may_have_gpu() { return true; }
#endif

} // namespace playhead::sdl
