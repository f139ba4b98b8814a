#include "screen.h"

#if !PLAYHEAD_WITH_SDL
namespace playhead::apps {

Result<std::unique_ptr<Screen>> open_screen(std::shared_ptr<Executor>, VideoOutput&,
                                            const std::string&) {
    return fail(Errc::not_found, "this build has no window");
}

Result<std::shared_ptr<AudioDevice>> system_audio_device(std::shared_ptr<Executor>,
                                                         std::optional<Duration>) {
    return fail(Errc::not_found, "this build has no sound device");
}

std::optional<Control> control_for(int, bool) { return std::nullopt; }

} // namespace playhead::apps
#endif
