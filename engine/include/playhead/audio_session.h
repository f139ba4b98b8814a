// What the system does to the sound of a program from outside.
#pragma once

#include <string_view>

namespace playhead {

enum class AudioSessionReason {
    device_removed,
    disconnected,       // the user's session, or the server it played through
    format_changed,     // of the device
    exclusive_override, // somebody has taken the device for himself
    volume_changed,     // not by this program
};
std::string_view to_string(AudioSessionReason reason);

} // namespace playhead
