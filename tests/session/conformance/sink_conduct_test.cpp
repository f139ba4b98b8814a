// Section 7.1 on our own sinks: what they render, what they acknowledge, what they say of themselves.
#include "session/clauses.h"
#include "session/conformance/sink_subject.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// Where the samples lie that are heard at full volume, by the ramp.
std::vector<std::int64_t> heard(const headless::CaptureAudioDevice& device) {
    std::vector<std::int64_t> frames;
    const auto samples = device.samples();
    for (std::size_t i = 0; i + 1 < samples.size(); i += 2) {
        if (const auto at = headless::ramp_position(samples[i])) frames.push_back(*at);
    }
    return frames;
}

} // namespace

TEST_CASE("what straddles the position of a start is cut: sound to the sample, a picture in time",
          "[conformance][7.1]") {
    covers("7.1/straddling", "7.1/nothing-earlier");
    {
        SinkSubject sound{SinkSubject::Kind::sound};
        const MediaTime at = media_at(1s + 7ms); // in the middle of a block of 20 ms
        sound.rig->play(at, sound.programme(980ms, 1500ms));
        sound.rig->run(2s);
        CHECK(sound.rendered() == duration_to_frames(1500ms - 1007ms, 48000));
        const auto frames = heard(*sound.device);
        REQUIRE_FALSE(frames.empty());
        CHECK(frames.back() == duration_to_frames(1500ms, 48000) - 1);
    }
    {
        SinkSubject pictures{SinkSubject::Kind::pictures};
        pictures.rig->play(media_at(1010ms), pictures.programme(1s));
        const auto shown = [&] { return pictures.screen->frame_due(pictures.rig->now()); };
        CHECK(shown().frame->pts == media_at(1s)); // for 30 ms of its 40
        pictures.rig->run(29ms);
        CHECK_FALSE(shown().is_new);
        pictures.rig->run(1ms);
        CHECK(shown().frame->pts == media_at(1040ms));
    }
    // The pipeline cuts before it hands out, so sinks that take what comes get it right too.
    Stage stage;
    stage.load();
    stage.audio->note_samples = true;
    (void)stage.session.start(at(5007ms));
    stage.now();
    const auto lines = stage.journal->lines();
    const auto first = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
        return line.rfind("audio process", 0) == 0;
    });
    REQUIRE(first != lines.end());
    CHECK(*first == "audio process 5007"); // of 5,000 to 5,020
}

TEST_CASE("each change of rate is acknowledged once, one that is refused reaches nobody",
          "[conformance][7.1]") {
    covers("7.1/acknowledges-rate");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        const auto told = [&](double rate) {
            Result<void> done;
            subject.simulation->post([&] { done = subject.rig->clock->set_rate(rate); });
            subject.simulation->settle();
            const auto said = subject.said();
            CHECK(std::count(said.begin(), said.end(), "rate ok") == (done ? 1 : 0));
            return done.has_value();
        };
        CHECK(told(2.0)); // stopped
        subject.rig->play(media_zero, subject.programme(0s));
        subject.rig->run(100ms);
        subject.said();
        CHECK(told(4.0)); // running
        CHECK_FALSE(told(std::numeric_limits<double>::infinity()));
        subject.rig->pause();
        subject.said();
        CHECK(told(0.0)); // paused
        CHECK(told(1.0));
    }
}

TEST_CASE("starved sound stops its clock at the end of its data, behind an end or a gap it goes on",
          "[conformance][7.1]") {
    covers("7.1/starved-audio", "7.1/audio-after-end");
    for (const auto marker : {Marker::Kind::plain, Marker::Kind::event, Marker::Kind::tick,
                              Marker::Kind::end_of_segment}) {
        INFO("marker " << static_cast<int>(marker));
        SinkSubject subject{SinkSubject::Kind::sound};
        subject.rig->play(media_zero, subject.programme(0s));
        subject.rig->run(300ms);
        subject.starve();
        subject.rig->run(3s);
        const MediaTime end = subject.given_until();
        CHECK(subject.rig->position() == end);
        subject.rig->run(1h);
        CHECK(subject.rig->position() == end);
        // A marker is no data. One that says why there is none lets the time go on from there.
        const bool goes_on = marker == Marker::Kind::tick || marker == Marker::Kind::end_of_segment;
        subject.place(marker, 5);
        CHECK(subject.rig->position() == end);
        subject.rig->run(2s);
        CHECK(subject.rig->position() == end + (goes_on ? 2s : 0s));
    }
}

TEST_CASE("a gap that is announced in time is silence, and what follows is heard in its place",
          "[conformance][7.1][7.2]") {
    covers("7.1/audio-after-end", "7.2/gaps");
    SinkSubject subject{SinkSubject::Kind::sound};
    subject.rig->play(media_zero, subject.programme(0s));
    subject.rig->run(300ms);
    subject.starve();
    const MediaTime end = subject.given_until();
    const int open = subject.rig->pipeline->open;
    subject.call([end](StreamSink& sink) { sink.place_marker({Marker::Kind::tick, end, 5}); });
    CHECK(subject.rig->pipeline->open >= open); // it answers none
    MediaTime last = subject.rig->position();
    for (int i = 0; i < 2000; ++i) { // far beyond the end: the time never stands
        subject.rig->run(1ms);
        const MediaTime now = subject.rig->position();
        REQUIRE(now - last == 1ms);
        last = now;
    }
    CHECK(subject.speaker->underruns() == 0);
    subject.device->forget();
    const Duration from = last - media_zero + 500ms;
    const Duration whole = from - from % 20ms;
    subject.rig->pipeline->reopen(subject.programme(whole));
    subject.feed();
    subject.rig->run(1s);
    const auto stretches = subject.device->stretches();
    bool found = false;
    for (const auto& stretch : stretches) {
        for (std::size_t i = 0; i + 1 < stretch.samples.size() && !found; i += 2) {
            const auto at = headless::ramp_position(stretch.samples[i]);
            if (!at || *at < duration_to_frames(whole + 10ms, 48000)) continue;
            found = true;
            const HostTime sounds =
                stretch.heard + frames_to_duration(static_cast<std::int64_t>(i / 2), 48000);
            const Duration error =
                (sounds - subject.rig->now()) -
                (media_zero + frames_to_duration(*at, 48000) - subject.rig->position());
            CHECK(std::abs(error.count()) <= 1000);
        }
    }
    CHECK(found);
    CHECK(subject.rig->pipeline->failures.empty());
}

TEST_CASE("after its shutdown a sink takes nothing, asks for nothing and says nothing more",
          "[conformance][7.1]") {
    covers("7.1/shut-down");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        subject.rig->play(media_zero, subject.programme(0s));
        subject.rig->run(300ms);
        subject.place(Marker::Kind::end_of_segment, 41);
        subject.call([](StreamSink& sink) { sink.shut_down(); });
        subject.rendered();
        subject.said();
        subject.rig->run(1s);
        const int open = subject.rig->pipeline->open;
        auto next = subject.programme(1s);
        std::weak_ptr<const void> kept;
        subject.call([&](StreamSink& sink) {
            const HostTime now = subject.rig->now();
            sink.preroll(media_zero);
            Sample sample = *next();
            if (const auto* block = std::get_if<AudioBlock>(&sample)) {
                kept = block->buffer;
            } else {
                kept = std::get<VideoFrame>(sample).picture;
            }
            sink.process(std::move(sample));
            sink.place_marker({Marker::Kind::plain, {}, 42});
            sink.on_start(now, media_zero);
            sink.on_pause(now);
            sink.on_restart(now);
            sink.on_set_rate(now, 2.0);
            sink.step();
            sink.flush();
            sink.on_stop(now);
        });
        subject.rig->run(1s);
        CHECK(kept.expired());
        CHECK(subject.said().empty());
        CHECK(subject.rig->pipeline->failures.empty());
        CHECK(subject.rig->pipeline->open == open);
        CHECK(subject.rendered() == 0);
        subject.call([](StreamSink& sink) { sink.shut_down(); }); // again is fine
        CHECK(subject.said().empty());
    }
    // A session whose outputs are all gone says it for them.
    Stage stage{SessionState::started};
    stage.video->fail_now({Errc::device_lost});
    stage.audio->fail_now({Errc::device_lost});
    stage.now();
    CHECK(stage.video->is_shut_down);
    CHECK(stage.audio->is_shut_down);
    (void)stage.session.start();
    CHECK(stage.now() == std::vector<std::string>{"session-started stream_sink_removed"});
}

TEST_CASE("a sink says what it is, and the session goes by it", "[conformance][7.1]") {
    covers("7.1/characteristics");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        const SinkTraits traits = subject.rig->sink->traits();
        CHECK(traits.rateless == subject.is_rateless());
        CHECK(traits.can_preroll);
        CHECK(traits.gating);
        CHECK(traits.scrubs == !subject.is_sound());
        CHECK(traits.previews == (kind == SinkSubject::Kind::pictures));
        // Who keeps time itself is asked to drive the clock; the others follow it.
        CHECK((subject.rig->sink->time_source() != nullptr) == (kind == SinkSubject::Kind::sound));
    }
    // Who cannot preroll, or does not gate, is not waited for.
    for (const bool prerolls : {true, false}) {
        for (const bool gates : {true, false}) {
            INFO("prerolls " << prerolls << ", gates " << gates);
            Stage stage;
            stage.video->told.can_preroll = prerolls;
            stage.video->told.gating = gates;
            stage.load();
            stage.video->process_gate.close(false);
            (void)stage.session.start();
            stage.after(1s);
            const bool waited = prerolls && gates;
            CHECK((stage.session.clock().value()->state() == ClockState::running) == !waited);
        }
    }
}
