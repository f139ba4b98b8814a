// Subtitles of real files, in virtual time: in the film, beside it, switched while the rest plays on.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "playhead/headless/sinks.h"
#include "playhead/player.h"
#include "playhead/subtitle_output.h"
#include "playhead/video_output.h"
#include "scenarios/real_rig.h"
#include "scenarios/viewer.h"
#include "support/catch.h"
#include "support/media_files.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;

namespace {

using Screen = std::vector<std::string>;

// A player with pictures that somebody looks at, and what its subtitles say: "1500 one" from 1.5 s on.
struct Cinema {
    explicit Cinema(std::uint64_t seed = 1) {
        headless::SimulationOptions options;
        options.seed = seed;
        simulation = headless::Simulation::create(options);
        viewer = std::make_shared<Viewer>(simulation, video);
        viewer->watch();
        rig = std::make_unique<RealRig>(simulation);
        player = std::make_unique<Player>(
            *rig->engine,
            PlayerOutputs{video.sink(), headless::null_audio_sink(), subtitles.sink()});
    }
    ~Cinema() {
        player.reset();
        rig.reset();
        std::filesystem::remove_all(folder);
    }
    Cinema(const Cinema&) = delete;
    Cinema& operator=(const Cinema&) = delete;

    // The status of that command.
    Status done(const Result<CommandId>& command) {
        REQUIRE(command);
        while (rig->until("player-command-done")) {
            if (rig->events.back().command == *command) return rig->events.back().status;
        }
        FAIL("it never completed");
        return {};
    }
    void note(const std::vector<SubtitleCue>& now) {
        const auto at = player ? player->position() : std::nullopt;
        std::string text = at ? std::to_string(at->time_since_epoch() / 1ms) + " " : "- ";
        for (const auto& cue : now) {
            text += (cue.content == now.front().content ? "" : "+") + cue.content->text;
        }
        seen.push_back(text);
    }
    Screen take() { return std::exchange(seen, {}); }
    std::string file(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(folder);
        const auto path = folder / name;
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    void play_to_the_end() { REQUIRE(rig->until("session-ended")); }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() /
        ("playhead-subtitles-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    std::shared_ptr<headless::Simulation> simulation;
    Screen seen;
    VideoOutput video;
    SubtitleOutput subtitles{[this](const std::vector<SubtitleCue>& now) { note(now); }};
    std::shared_ptr<Viewer> viewer;
    std::unique_ptr<RealRig> rig;
    std::unique_ptr<Player> player;
};

const char* const three_lines = "1\n00:00:00,300 --> 00:00:00,800\n<i>Here</i> we\nare\n\n"
                                "2\n00:00:01,000 --> 00:00:01,500\n{\\an8}and there\n\n"
                                "3\n00:00:09,000 --> 00:00:10,000\nbehind the end\n";

} // namespace

TEST_CASE("the subtitles of a film are shown from where they are switched on",
          "[media][subtitles][player]") {
    const auto path = media("subs_srt.mkv");
    if (!path) return;
    Cinema cinema;
    REQUIRE(cinema.done(cinema.player->open({*path, nullptr, {}})).ok());
    const auto tracks = cinema.player->tracks();
    REQUIRE(tracks.size() == 3);
    CHECK(tracks[2].kind == StreamKind::subtitle);
    CHECK(tracks[2].stream.decodable);
    CHECK_FALSE(tracks[2].selected);
    REQUIRE(cinema.done(cinema.player->play()).ok());
    REQUIRE(cinema.done(cinema.player->select(StreamKind::subtitle, 1)).ok());
    CHECK(cinema.player->tracks()[2].selected);
    cinema.play_to_the_end();
    // The film's sound begins 23 ms before its picture.
    cinema.simulation->settle();
    const auto seen = cinema.take();
    REQUIRE(seen.size() == 3);
    CHECK(seen[0] == "23 Hello first second");
    CHECK(seen[1] == "1023 Hello second second");
    CHECK(seen[2].back() == ' '); // cleared at the end, before or after that is told
    // Nothing else has noticed.
    CHECK(cinema.viewer->shown.size() == 50);
}

TEST_CASE("a subtitle file beside the film shows at its times, and the film ends when it ends",
          "[media][subtitles][player]") {
    const auto path = media("subs_srt.mkv"); // two seconds
    if (!path) return;
    const auto seed = GENERATE(1U, 2U, 3U);
    Cinema cinema(seed);
    REQUIRE(cinema.done(cinema.player->open({*path, nullptr, {}})).ok());
    const auto beside = cinema.file("beside.srt", three_lines);
    REQUIRE(
        cinema.done(cinema.player->add_external({beside, nullptr, {}}, StreamKind::subtitle)).ok());
    const auto tracks = cinema.player->tracks();
    REQUIRE(tracks.size() == 4);
    CHECK(tracks[3].external);
    CHECK(tracks[3].selected);
    CHECK(tracks[3].number == 2);
    REQUIRE(cinema.done(cinema.player->play()).ok());
    cinema.play_to_the_end();
    CHECK(cinema.take() == Screen{"300 Here we\nare", "800 ", "1000 and there", "1500 "});
    CHECK(cinema.player->position().value() < media_at(2100ms));
    CHECK(cinema.viewer->shown.size() == 50);
}

TEST_CASE("a seek shows the subtitle whose time it is, and a stop clears the screen",
          "[media][subtitles][player]") {
    const auto path = media("subs_srt.mkv");
    if (!path) return;
    Cinema cinema;
    REQUIRE(cinema.done(cinema.player->open({*path, nullptr, {}})).ok());
    const auto beside = cinema.file("beside.srt", three_lines);
    REQUIRE(
        cinema.done(cinema.player->add_external({beside, nullptr, {}}, StreamKind::subtitle)).ok());
    REQUIRE(cinema.done(cinema.player->seek(media_at(1200ms))).ok());
    cinema.simulation->run_for(5s);
    CHECK(cinema.take() == Screen{"1200 and there"});
    REQUIRE(cinema.done(cinema.player->seek(media_at(500ms))).ok());
    cinema.simulation->run_for(5s);
    CHECK(cinema.take() == Screen{"500 ", "500 Here we\nare"});
    REQUIRE(cinema.done(cinema.player->seek(media_at(100ms))).ok()); // before the first of them
    cinema.simulation->run_for(5s);
    CHECK(cinema.take().size() == 1);
    CHECK(cinema.rig->count("non-fatal-error") == 0);
    REQUIRE(cinema.done(cinema.player->seek(media_at(500ms))).ok());
    cinema.simulation->run_for(5s);
    CHECK(cinema.take().size() == 1);
    REQUIRE(cinema.done(cinema.player->stop()).ok());
    REQUIRE(cinema.take().size() == 1);
    cinema.simulation->run_for(5s);
    CHECK(cinema.take().empty());
    // They are still the choice.
    REQUIRE(cinema.done(cinema.player->play()).ok());
    cinema.play_to_the_end();
    CHECK(cinema.take().size() == 4);
}

TEST_CASE("one track of subtitles after another, each from where the film is",
          "[media][subtitles][player]") {
    const auto path = media("subs_srt.mkv");
    if (!path) return;
    Cinema cinema;
    REQUIRE(cinema.done(cinema.player->open({*path, nullptr, {}})).ok());
    const auto one = cinema.file("one.srt", "1\n00:00:00,000 --> 00:00:09,000\nfirst\n");
    const auto two = cinema.file("two.srt", "1\n00:00:00,000 --> 00:00:09,000\nsecond\n");
    REQUIRE(
        cinema.done(cinema.player->add_external({one, nullptr, {}}, StreamKind::subtitle)).ok());
    REQUIRE(
        cinema.done(cinema.player->add_external({two, nullptr, {}}, StreamKind::subtitle)).ok());
    REQUIRE(cinema.done(cinema.player->play()).ok());
    cinema.simulation->run_for(500ms);
    CHECK(cinema.take() == Screen{"0 second"});
    REQUIRE(cinema.done(cinema.player->select(StreamKind::subtitle, 2)).ok());
    cinema.simulation->run_for(500ms);
    CHECK(cinema.take() == Screen{"500 ", "500 first"});
    REQUIRE(cinema.done(cinema.player->select(StreamKind::subtitle, std::nullopt)).ok());
    cinema.simulation->run_for(500ms);
    CHECK(cinema.take() == Screen{"1000 "});
    cinema.play_to_the_end();
    CHECK(cinema.viewer->shown.size() == 50);
}

TEST_CASE("text in an old encoding is read, mark-up and drawings are left out",
          "[subtitles][ffmpeg]") {
    Cinema cinema;
    const auto words = [&](const std::string& name, const std::string& text) {
        const auto source = cinema.rig->open(cinema.file(name, text));
        REQUIRE(source);
        Screen said;
        SubtitleOutput output([&](const std::vector<SubtitleCue>& now) {
            for (const auto& cue : now) said.push_back(cue.content->text);
        });
        Topology topology;
        topology.add_branch(source, 0, output.sink());
        (void)cinema.rig->session.set_topology(std::move(topology), SetTopology::immediate);
        (void)cinema.rig->session.start();
        REQUIRE(cinema.rig->until("session-ended"));
        return said;
    };
    CHECK(words("old.srt", "1\n00:00:00,000 --> 00:00:01,000\nd\xe9j\xe0 vu \x96 \x80\n") ==
          Screen{"d\xc3\xa9j\xc3\xa0 vu \xe2\x80\x93 \xe2\x82\xac"});
    CHECK(words("marked.ass",
                "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n"
                "Format: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n[Events]\n"
                "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
                "Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,{\\b1}bold{\\b0}, "
                "with commas\\Nand\\ha line {\\p1}m 0 0 l 9 9{\\p0}more\n") ==
          Screen{"bold, with commas\nand a line more"});
}

TEST_CASE("a film without subtitles says so, and so does a file that holds none",
          "[media][subtitles][player]") {
    const auto path = media("av_h264_aac.mp4");
    if (!path) return;
    Cinema cinema;
    REQUIRE(cinema.done(cinema.player->open({*path, nullptr, {}})).ok());
    const auto none = cinema.done(cinema.player->select(StreamKind::subtitle, 1));
    CHECK(none == Errc::not_found);
    const auto sound =
        cinema.done(cinema.player->add_external({*path, nullptr, {}}, StreamKind::subtitle));
    CHECK(sound == Errc::no_streams);
    CHECK(sound.message().find("there are no subtitles in it") != std::string::npos);
}
