// Controls: what each key of the window does.
#pragma once

#include <optional>

namespace playhead::apps {

enum class Action {
    pause,
    seek,
    previous,
    next,
    full_screen,
    mute,
    volume,
    step,
    step_back,
    slower,
    faster,
    plain_speed,
    next_sound,
    next_picture,
    next_subtitles,
    quit
};

struct Control {
    Action action = Action::quit;
    int amount = 0; // seconds of a seek, per cent of a volume
};

// `key` is SDL's key code, `repeated` that the key is being held.
std::optional<Control> control_for(int key, bool repeated);

} // namespace playhead::apps
