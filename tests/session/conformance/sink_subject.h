// SinkSubject: one of our own sinks under test, in an OutputRig, with something to give it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playhead/audio_output.h"
#include "playhead/headless/audio_devices.h"
#include "playhead/headless/sinks.h"
#include "playhead/video_output.h"
#include "support/catch.h"
#include "support/lines.h"
#include "support/output_rig.h"

namespace playhead::test {

// Threads: the test's.
class SinkSubject {
public:
    enum class Kind { sound, pictures, rateless_sound, rateless_pictures };
    static constexpr Kind all[] = {Kind::sound, Kind::pictures, Kind::rateless_sound,
                                   Kind::rateless_pictures};

    explicit SinkSubject(Kind kind);

    bool is_sound() const { return kind == Kind::sound || kind == Kind::rateless_sound; }
    bool is_rateless() const {
        return kind == Kind::rateless_sound || kind == Kind::rateless_pictures;
    }

    // The programme from there on, until `end`.
    std::function<std::optional<Sample>()> programme(Duration from, Duration end = 60s);
    // On the strand, and everything that follows from it.
    void call(std::function<void(StreamSink&)> what);
    void place(Marker::Kind marker, std::uint64_t context);
    // Requests stay open from here on, or from there on, or are answered again.
    void starve() { rig->pipeline->serving = false; }
    void starve_from(Duration t) { starve_from_ = media_at(t); }
    void feed();
    // Where what was given so far ends.
    MediaTime given_until() const { return given_until_; }
    // Samples that were rendered since the last time this was asked: frames of sound, or pictures.
    std::int64_t rendered();
    // What it said since the last time this was asked, but for requests.
    Lines said();

    const Kind kind;
    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create();
    std::shared_ptr<headless::CaptureAudioDevice> device;
    std::unique_ptr<AudioOutput> speaker;
    std::unique_ptr<VideoOutput> screen;
    std::optional<headless::NullAudioSink> null_sound;
    std::optional<headless::NullVideoSink> null_pictures;
    std::unique_ptr<OutputRig> rig;

private:
    std::shared_ptr<StreamSink> make();
    std::int64_t rendered_so_far();

    MediaTime given_until_{};
    std::optional<MediaTime> starve_from_;
    std::int64_t rendered_before_ = 0;
    std::int64_t pulled_ = 0;
};

std::string to_string(SinkSubject::Kind kind);

} // namespace playhead::test
