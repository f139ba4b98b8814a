// Sparse streams in a session: nothing waits for them, and they miss nothing. On scripted surroundings
// in virtual time.
#include "playhead/subtitle_output.h"

#include "support/catch.h"
#include "support/session_rig.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

struct SubtitleRig : SessionRig {
    explicit SubtitleRig(std::uint64_t seed = 1) : SessionRig{{.seed = seed, .media = {}}} {}

    std::shared_ptr<Source> open(const std::string& name, const ScriptedMedia& media) {
        sources->named[name] = media;
        const auto before = source;
        const auto opened = SessionRig::open(name);
        source = before;
        return opened;
    }
    // Picture and sound of the one with the lines of the other.
    Topology with_lines(const std::shared_ptr<Source>& film,
                        const std::shared_ptr<Source>& beside) {
        Topology made = topology(film);
        const auto* lines = beside->presentation().best(StreamKind::subtitle);
        REQUIRE(lines);
        made.add_branch(beside, lines->index, output.sink());
        return made;
    }
    void play(Topology topology) {
        (void)session.set_topology(std::move(topology));
        start();
    }
    Lines take() { return std::exchange(seen, {}); }

    Lines seen; // "2:500": the stream and the time of the line; "": the screen is clear
    SubtitleOutput output{[this](const std::vector<SubtitleCue>& now) {
        std::string text;
        for (const auto& cue : now) text += (text.empty() ? "" : "+") + cue.content->text;
        seen.push_back(text);
    }};
};

ScriptedMedia only_lines(Duration every, Duration duration) {
    return {.video = false,
            .audio = false,
            .subtitle_streams = 1,
            .cue_every = every,
            .duration = duration};
}

} // namespace

TEST_CASE("every line is shown once, in its turn, and the session ends with its picture and sound",
          "[session][subtitles]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    SubtitleRig rig(seed);
    const auto film = rig.open(
        "film", {.subtitle_streams = 2, .cue_every = 500ms, .cue_lasts = 200ms, .duration = 2s});
    rig.play(rig.with_lines(film, film));
    rig.until("session-ended");
    CHECK(position(rig.taken.back().body) == media_at(2s));
    CHECK(rig.take() == Lines{"2:0", "", "2:500", "", "2:1000", "", "2:1500", ""});
}

TEST_CASE("nothing waits for lines that are far apart, or go on beyond the end",
          "[session][subtitles]") {
    SubtitleRig rig;
    const auto film = rig.open("film", {.duration = 2s, .slow = true});
    const auto beside = rig.open("beside", only_lines(10min, 3h));
    rig.play(rig.with_lines(film, beside));
    rig.start(at(1s));
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(2s));
    CHECK(rig.count<BufferingStarted>() == 0);
    // A rate, and a pause, are the presentation's own.
    (void)rig.session.set_rate(2.0);
    rig.start();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
}

TEST_CASE("a presentation of lines alone plays to the last of them", "[session][subtitles]") {
    SubtitleRig rig;
    const auto beside = rig.open("beside", only_lines(5s, 12s));
    Topology lines;
    lines.add_branch(beside, 0, rig.output.sink());
    rig.play(std::move(lines));
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.take() == Lines{"0:0", "", "0:5000", "", "0:10000", ""});
    CHECK(position(rig.taken.back().body) == media_at(10060ms));
}

TEST_CASE("what follows without a gap brings its lines along, and the last ones before it stay",
          "[session][subtitles]") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    SubtitleRig rig(seed);
    const ScriptedMedia item{
        .subtitle_streams = 1, .cue_every = 500ms, .cue_lasts = 400ms, .duration = 1s};
    const auto first = rig.open("first", item), second = rig.open("second", item);
    (void)rig.session.set_topology(rig.with_lines(first, first));
    (void)rig.session.set_topology(rig.with_lines(second, second));
    rig.start();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(2s));
    CHECK(rig.take() == Lines{"2:0", "", "2:500", "", "2:0", "", "2:500", ""});
}

TEST_CASE("lines are switched on and off while the rest goes on, they are not what is left to play",
          "[session][subtitles][switch]") {
    SubtitleRig rig;
    const auto film =
        rig.open("film", {.subtitle_streams = 2, .cue_every = 500ms, .cue_lasts = 200ms});
    rig.play(rig.topology(film));
    rig.simulation->run_for(600ms);
    const auto to = [&](StreamIndex stream) {
        SourceNode node;
        if (stream >= 0) node.source = film, node.stream = stream;
        OutputNode output;
        output.sink = rig.output.sink();
        (void)rig.session.switch_stream(std::move(output), std::move(node));
        rig.until("stream-switched");
        return rig.taken.back().status;
    };
    CHECK(to(2).ok());
    rig.simulation->settle();
    CHECK(rig.take() == Lines{"2:500"}); // it has begun before
    rig.simulation->run_for(500ms);
    CHECK(rig.take() == Lines{"", "2:1000"});
    CHECK(to(3).ok());
    rig.simulation->settle();
    CHECK(rig.take() == Lines{"", "3:1000"});
    OutputNode picture, sound;
    picture.sink = rig.video;
    sound.sink = rig.audio;
    (void)rig.session.switch_stream(std::move(sound), {});
    rig.until("stream-switched");
    CHECK(rig.taken.back().status.ok());
    (void)rig.session.switch_stream(std::move(picture), {});
    rig.until("stream-switched");
    CHECK(rig.taken.back().status == Errc::invalid_request);
    CHECK(to(-1).ok());
    rig.simulation->settle();
    CHECK(rig.take() == Lines{""});
    const int before = rig.video->rendered;
    rig.simulation->run_for(1s);
    CHECK(rig.video->rendered == before + 25);
    CHECK(rig.take().empty());
}

TEST_CASE("an end that is moved cuts the line that it falls into",
          "[session][subtitles][media-stop]") {
    SubtitleRig rig;
    const auto film =
        rig.open("film", {.subtitle_streams = 1, .cue_every = 500ms, .cue_lasts = 450ms});
    Topology made = rig.with_lines(film, film);
    (void)rig.session.set_topology(made);
    (void)rig.session.set_media_stop(1, media_at(1200ms));
    rig.start();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(1200ms));
    CHECK(rig.take() == Lines{"2:0", "", "2:500", "", "2:1000", ""});
}

TEST_CASE("in reverse there are none, and forward again there are", "[session][subtitles]") {
    SubtitleRig rig;
    const auto film = rig.open("film", {.subtitle_streams = 1, .cue_every = 500ms, .duration = 2s});
    (void)rig.session.set_topology(rig.with_lines(film, film));
    (void)rig.session.set_rate(-1.0);
    rig.start(at(2s));
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.take().empty());
    (void)rig.session.set_rate(1.0);
    rig.start(at(1s));
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.take() == Lines{"2:1000", "", "2:1500", ""});
}

TEST_CASE("lines that go on beyond the end of their film are not seen over the next",
          "[session][subtitles]") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    SubtitleRig rig(seed);
    const auto first = rig.open("first", {.audio = GENERATE(true, false), .duration = 1200ms});
    const auto second = rig.open("second", {.duration = 2s});
    // On for another minute, or only to the end of the line that the join falls into.
    auto beside = only_lines(500ms, GENERATE(Duration{1min}, Duration{1100ms}));
    beside.cue_lasts = 400ms;
    const auto long_one = rig.open("long", beside);
    const auto short_one = rig.open("short", {.video = false,
                                              .audio = false,
                                              .subtitle_streams = 1,
                                              .cue_every = 700ms,
                                              .cue_lasts = 100ms,
                                              .duration = 1s});
    (void)rig.session.set_topology(rig.with_lines(first, long_one));
    (void)rig.session.set_topology(rig.with_lines(second, short_one));
    rig.start();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(3200ms));
    // The line from 1 s on is cut by the join at 1.2 s.
    CHECK(rig.take() == Lines{"0:0", "", "0:500", "", "0:1000", "0:0", "", "0:700", ""});
}

TEST_CASE("what becomes of a file of lines does not become of the film", "[session][subtitles]") {
    SubtitleRig rig;
    const auto film = rig.open("film", {.duration = 40s});
    auto beside_media = only_lines(5s, 3h);
    beside_media.live = true;
    const auto beside = rig.open("beside", beside_media);
    rig.play(rig.with_lines(film, beside));
    SECTION("it is live") {
        (void)rig.session.pause();
        CHECK(rig.until("session-paused").back() == "session-paused ok");
        (void)rig.session.set_rate(2.0);
        CHECK(rig.until("rate-changed").back() == "rate-changed ok");
        rig.start();
    }
    SECTION("it cannot be read on") {
        rig.faults->fail_read_at = 14; // the film has had that one long ago
    }
    SECTION("it says that it buffers") {
        // Both say so: the film's counts, and its end.
        rig.faults->tell(SourceBuffers{true});
        rig.simulation->settle();
        rig.events();
        CHECK(rig.count<BufferingStarted>() == 1);
        rig.faults->tell(SourceBuffers{false});
    }
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(40s));
    CHECK(rig.count<SessionError>() == 0);
    CHECK((rig.count<NonFatalError>() > 0) == (rig.faults->fail_read_at == 14));
}

TEST_CASE("lines are read on where the sound of their file is not heard any more",
          "[session][subtitles][switch]") {
    SubtitleRig rig;
    const auto pictures = rig.open("pictures", {.duration = 60s});
    const auto sound = rig.open("sound", {.video = false,
                                          .subtitle_streams = 1,
                                          .cue_every = 500ms,
                                          .cue_lasts = 200ms,
                                          .duration = 60s});
    Topology made;
    made.add_branch(pictures, 0, rig.video);
    made.add_branch(sound, 0, rig.audio);
    made.add_branch(sound, 1, rig.output.sink());
    rig.play(std::move(made));
    rig.simulation->run_for(1s);
    rig.ask_switch(rig.audio, pictures, 1);
    CHECK(rig.until("stream-switched").back() == "stream-switched ok");
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(rig.take().size() == 240);
}

TEST_CASE("an end that is moved to where lines have gone already disturbs nobody",
          "[session][subtitles][media-stop]") {
    SubtitleRig rig;
    const auto film =
        rig.open("film", {.subtitle_streams = 1, .cue_every = 500ms, .cue_lasts = 200ms});
    rig.play(rig.with_lines(film, film));
    rig.simulation->run_for(1s);
    rig.journal->take();
    (void)rig.session.set_media_stop(1, media_at(6s));
    CHECK(rig.until("media-stop-changed").back() == "media-stop-changed ok");
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(6s));
    for (const auto& line : rig.journal->lines()) CHECK(line.find("seek") == std::string::npos);
    CHECK(rig.take().size() == 24);
}
