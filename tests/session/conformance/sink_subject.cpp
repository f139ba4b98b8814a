#include "session/conformance/sink_subject.h"

namespace playhead::test {

std::string to_string(SinkSubject::Kind kind) {
    switch (kind) {
    case SinkSubject::Kind::sound: return "AudioOutput";
    case SinkSubject::Kind::pictures: return "VideoOutput";
    case SinkSubject::Kind::rateless_sound: return "NullAudioSink";
    case SinkSubject::Kind::rateless_pictures: return "NullVideoSink";
    }
    return {};
}

SinkSubject::SinkSubject(Kind k) : kind(k) {
    const auto sink = make();
    rig = std::make_unique<OutputRig>(simulation, sink, kind == Kind::sound);
    const MediaType type = is_sound() ? MediaType{headless::synthetic_audio_format({})}
                                      : MediaType{headless::synthetic_video_format({})};
    REQUIRE(sink->negotiate(type));
}

std::shared_ptr<StreamSink> SinkSubject::make() {
    switch (kind) {
    case Kind::sound:
        device = std::make_shared<headless::CaptureAudioDevice>(simulation);
        speaker = std::make_unique<AudioOutput>(device);
        return speaker->sink();
    case Kind::pictures: screen = std::make_unique<VideoOutput>(); return screen->sink();
    case Kind::rateless_sound: null_sound.emplace(); return null_sound->sink();
    case Kind::rateless_pictures: break;
    }
    null_pictures.emplace();
    return null_pictures->sink();
}

std::function<std::optional<Sample>()> SinkSubject::programme(Duration from, Duration end) {
    const auto frames = [](Duration t) { return duration_to_frames(t, 48000); };
    const auto pictures = [](Duration t) { return t / 40ms; };
    auto next = is_sound() ? ramp_blocks(frames(from), frames(end), 960)
                           : numbered_pictures(pictures(from), pictures(end));
    return [this, next = std::move(next)]() -> std::optional<Sample> {
        std::optional<Sample> sample = next();
        if (!sample) return sample;
        if (const auto* block = std::get_if<AudioBlock>(&*sample)) {
            given_until_ = block->pts + block->length();
        } else {
            const auto& frame = std::get<VideoFrame>(*sample);
            given_until_ = frame.pts + frame.duration.value_or(Duration{});
        }
        if (starve_from_ && given_until_ >= *starve_from_) starve();
        return sample;
    };
}

void SinkSubject::call(std::function<void(StreamSink&)> what) {
    rig->pipeline->call(std::move(what));
    simulation->settle();
}

void SinkSubject::place(Marker::Kind marker, std::uint64_t context) {
    call([marker, context](StreamSink& sink) { sink.place_marker({marker, {}, context}); });
}

void SinkSubject::feed() {
    rig->pipeline->serving = true;
    call([this](StreamSink&) { rig->pipeline->serve(); });
}

std::int64_t SinkSubject::rendered_so_far() {
    switch (kind) {
    case Kind::sound: return static_cast<std::int64_t>(speaker->frames_played());
    case Kind::pictures:
        if (const DueFrame due = screen->frame_due(rig->now()); due.is_new && due.frame) ++pulled_;
        return pulled_;
    case Kind::rateless_sound: return static_cast<std::int64_t>(null_sound->samples());
    case Kind::rateless_pictures: return static_cast<std::int64_t>(null_pictures->frames());
    }
    return 0;
}

std::int64_t SinkSubject::rendered() {
    const std::int64_t now = rendered_so_far();
    return now - std::exchange(rendered_before_, now);
}

Lines SinkSubject::said() { return std::exchange(rig->pipeline->said, {}); }

} // namespace playhead::test
