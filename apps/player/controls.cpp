#include "controls.h"

#if PLAYHEAD_WITH_SDL
#include <SDL_keycode.h>

namespace playhead::apps {
namespace {

struct Key {
    int code;
    Control control;
    bool repeats;
};

constexpr Key keys[] = {
    {SDLK_SPACE, {Action::pause, 0}, false},
    {SDLK_LEFT, {Action::seek, -5}, true},
    {SDLK_RIGHT, {Action::seek, 5}, true},
    {SDLK_UP, {Action::seek, 60}, true},
    {SDLK_DOWN, {Action::seek, -60}, true},
    {SDLK_PAGEUP, {Action::previous, 0}, false},
    {SDLK_PAGEDOWN, {Action::next, 0}, false},
    {SDLK_f, {Action::full_screen, 0}, false},
    {SDLK_m, {Action::mute, 0}, false},
    {SDLK_9, {Action::volume, -5}, true},
    {SDLK_0, {Action::volume, 5}, true},
    {SDLK_PERIOD, {Action::step, 0}, true},
    {SDLK_COMMA, {Action::step_back, 0}, true},
    {SDLK_LEFTBRACKET, {Action::slower, 0}, true},
    {SDLK_RIGHTBRACKET, {Action::faster, 0}, true},
    {SDLK_BACKSPACE, {Action::plain_speed, 0}, false},
    {SDLK_HASH, {Action::next_sound, 0}, false},
    {SDLK_UNDERSCORE, {Action::next_picture, 0}, false},
    // Where those two are on many keyboards, with shift: a key is known by what it gives without.
    {SDLK_3, {Action::next_sound, 0}, false},
    {SDLK_MINUS, {Action::next_picture, 0}, false},
    {SDLK_j, {Action::next_subtitles, 0}, false},
    {SDLK_q, {Action::quit, 0}, false},
    {SDLK_ESCAPE, {Action::quit, 0}, false},
};

} // namespace

std::optional<Control> control_for(int key, bool repeated) {
    for (const Key& row : keys) {
        if (row.code == key && (!repeated || row.repeats)) {
            return row.control;
        }
    }
    return std::nullopt;
}

} // namespace playhead::apps
#endif
