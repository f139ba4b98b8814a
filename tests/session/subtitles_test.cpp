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
    Topology with_lines(const std::shared_ptr<Source>& film, const std::shared_ptr<Source>& beside) {
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

    Lines seen;  // "2:500": the stream and the time of the line; "": the screen is clear
    SubtitleOutput output{[this](const std::vector<SubtitleCue>& now) {
        std::string text;
        for (const auto& cue : now) text += (text.empty() ? "" : "+") + cue.content->text;
        seen.push_back(text);
    }};
};

ScriptedMedia only_lines(Duration every, Duration duration) {
    return {.video = false, .audio = false, .subtitle_streams = 1, .cue_every = every, .duration = duration};
}

}  // namespace

TEST_CASE("every line is shown once, in its turn, and the session ends with its picture and sound",
          "[session][subtitles]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    SubtitleRig rig(seed);
    const auto film = rig.open("film", {.subtitle_streams = 2, .cue_every = 500ms, .cue_lasts = 200ms,
                                        .duration = 2s});
    rig.play(rig.with_lines(film, film));
    rig.until("session-ended");
    CHECK(position(rig.taken.back().body) == media_at(2s));
    CHECK(rig.take() == Lines{"2:0", "", "2:500", "", "2:1000", "", "2:1500", ""});
}

TEST_CASE("nothing waits for lines that are far apart, or go on beyond the end", "[session][subtitles]") {
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
    const ScriptedMedia item{.subtitle_streams = 1, .cue_every = 500ms, .cue_lasts = 400ms, .duration = 1s};
    const auto first = rig.open("first", item), second = rig.open("second", item);
    (void)rig.session.set_topology(rig.with_lines(first, first));
    (void)rig.session.set_topology(rig.with_lines(second, second));
    rig.start();
    CHECK(rig.until("session-ended").back() == "session-ended ok");
    CHECK(position(rig.taken.back().body) == media_at(2s));
    CHECK(rig.take() == Lines{"2:0", "", "2:500", "", "2:0", "", "2:500", ""});
}

TEST_CASE("lines are switched on and off while the rest goes on; they are not what is left to play",
          "[session][subtitles][switch]") {
    SubtitleRig rig;
    const auto film = rig.open("film", {.subtitle_streams = 2, .cue_every = 500ms, .cue_lasts = 200ms});
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
    CHECK(rig.take() == Lines{"2:500"});  // it has begun before
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

TEST_CASE("an end that is moved cuts the line that it falls into", "[session][subtitles][media-stop]") {
    SubtitleRig rig;
    const auto film = rig.open("film", {.subtitle_streams = 1, .cue_every = 500ms, .cue_lasts = 450ms});
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
