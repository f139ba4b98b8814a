// What happens when a sound device goes, with the engine's own output: media-session.md section 8.
#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/video_output.h"
#include "session/conformance/stage.h"
#include "support/catch.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

TEST_CASE("the engine's own output tells that its device was removed", "[conformance][8]") {
    covers("8/sink-lost", "3/audio-device");
    Stage stage;
    headless::AudioDeviceOptions options;
    options.lost_at = 1s;
    AudioOutput audio(std::make_shared<headless::NullAudioDevice>(stage.simulation, options));
    VideoOutput video;
    stage.load_into({video.sink(), audio.sink()});
    stage.start();
    const Lines lines = stage.until("sink-invalidated");
    CHECK(std::count(lines.begin(), lines.end(), "audio-session-changed ok") == 1);
    CHECK(lines.back() == "sink-invalidated device_lost");
    CHECK(stage.of_last<AudioSessionChanged>().reason == AudioSessionReason::device_removed);
    // The picture goes on by host time, to its end.
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.of_last<SessionEnded>().position == media_at(10s));
}
