// Section 8: sinks that lose their device, and sections 3 and 7.1: sinks that want another format.
#include <algorithm>

#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

std::ptrdiff_t place(const Lines& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) - lines.begin();
}

int times(const Lines& lines, const std::string& line) {
    return static_cast<int>(std::count(lines.begin(), lines.end(), line));
}

NodeId output_of(const Stage& stage, const std::shared_ptr<ScriptedSink>& sink) {
    const auto full = *stage.session.full_topology();
    for (const auto& node : full->nodes()) {
        const auto* output = std::get_if<OutputNode>(&node.body);
        if (output && output->sink == sink) return node.id;
    }
    return -1;
}

} // namespace

TEST_CASE("a sink whose format is invalid gets what it has not shown again, the others nothing",
          "[conformance][7.1]") {
    covers("7.1/format-invalid", "3/sink-format-changed");
    Stage stage{S::started};
    stage.after(10ms);
    stage.calls();
    stage.journal->take();
    stage.video->note_samples = true;
    const int shown = stage.video->rendered;
    stage.video->invalidate_format();
    CHECK(stage.now() == Lines{"stream-sink-format-changed ok"});
    CHECK(stage.of_last<StreamSinkFormatChanged>().node == output_of(stage, stage.video));
    const auto lines = stage.journal->take();
    CHECK(lines == Lines{"video flush", "video preroll 2010", "video process 2000",
                         "video process 2040", "video process 2080", "video on-start 2010"});
    CHECK(stage.video->rendered == shown);
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.video->rendered == 250);
    CHECK(stage.audio->rendered == 500);
}

TEST_CASE("while paused it is prepared, and goes on with the rest", "[conformance][7.1]") {
    covers("7.1/format-invalid");
    Stage stage{S::paused};
    stage.video->invalidate_format();
    CHECK(stage.now() == Lines{"stream-sink-format-changed ok"});
    CHECK(stage.session.state() == S::paused);
    (void)stage.session.start();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.video->rendered == 250);
    CHECK(stage.audio->rendered == 500);
}

TEST_CASE("near the end the end is given again, too", "[conformance][7.1]") {
    covers("7.1/format-invalid");
    Stage stage{S::started};
    stage.start(at(9900ms));
    stage.after(50ms);
    const int shown = stage.video->rendered;
    stage.video->invalidate_format();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.video->rendered - shown == 2);
}

TEST_CASE("one that then refuses its stream is lost, and the rest plays on", "[conformance][7.1]") {
    covers("7.1/format-invalid", "8/sink-lost");
    Stage stage{S::started};
    stage.video->widest = 8;
    stage.video->invalidate_format();
    CHECK(stage.now() ==
          Lines{"stream-sink-format-changed ok", "sink-invalidated topo_cannot_connect"});
    CHECK(stage.session.state() == S::started);
    CHECK(stage.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("what has happened to the sound is told before its output is lost", "[conformance][8]") {
    covers("8/sink-lost", "3/audio-device");
    for (const auto reason : {AudioSessionReason::disconnected, AudioSessionReason::device_removed,
                              AudioSessionReason::exclusive_override}) {
        Stage stage{S::started};
        stage.audio->change_audio_session(reason);
        stage.audio->fail_now({Errc::device_lost});
        CHECK(stage.now() == Lines{"audio-session-changed ok", "sink-invalidated device_lost"});
        CHECK(stage.of_last<AudioSessionChanged>().reason == reason);
        CHECK(stage.of_last<AudioSessionChanged>().node == output_of(stage, stage.audio));
        CHECK(stage.session.state() == S::started);
    }
    Stage stage{S::started};
    stage.audio->change_audio_session(AudioSessionReason::volume_changed);
    CHECK(stage.now() == Lines{"audio-session-changed ok"});
}

TEST_CASE("with its last output a topology ends, and not before", "[conformance][8]") {
    covers("8/sink-lost");
    Stage stage{S::started};
    stage.video->fail_now({Errc::device_lost});
    CHECK(stage.now() == Lines{"sink-invalidated device_lost"});
    stage.audio->fail_now({Errc::device_lost});
    const Lines lines = stage.now();
    CHECK(times(lines, "topology-status:ended ok") == 1);
    CHECK(place(lines, "sink-invalidated device_lost") < place(lines, "topology-status:ended ok"));
    CHECK(place(lines, "topology-status:ended ok") < place(lines, "session-error device_lost"));
    CHECK(place(lines, "session-error device_lost") < std::ssize(lines));
    CHECK(stage.session.state() == S::stopped);
}
