#include <filesystem>

#include "player_support.h"
#include "support/catch.h"

using namespace playhead::test;

namespace {

struct BadOption {
    std::vector<std::string> arguments;
    const char* said; // part of the one line
};

} // namespace

TEST_CASE("an option that cannot be is told in one line, and nothing is played",
          "[player][options]") {
    const std::string item = clip();
    const std::vector<BadOption> table{
        {{}, "nothing to play"},
        {{"--no-such-option", item}, "--no-such-option"},
        {{"--start", "abc", item}, "'abc' is no time"},
        {{"--start", "1:60", item}, "'1:60' is no time"},
        {{"--start=-5", item}, "'-5' is no time"},
        {{"--start", "1:2:3:4", item}, "'1:2:3:4' is no time"},
        {{"--start", "1.", item}, "'1.' is no time"},
        {{"--length", "", item}, "'--length' lacks its value"},
        {{"--sub-file=", item}, "'--sub-file=' lacks its value"},
        {{"--speed=0.05", item}, "--speed: "},
        {{"--speed=20", item}, "--speed: "},
        {{"--speed=nan", item}, "--speed: "},
        {{"--volume", "101", item}, "101"},
        {{"--volume", "loud", item}, "loud"},
        {{"--vo=cinema", item}, "'cinema' is no output; choose one of sdl, null, framecrc:FILE, "},
        {{"--vo=framecrc", item}, "'framecrc' lacks its FILE; write framecrc:FILE"},
        {{"--vo=null:x", item}, "'null:x' has a part too much"},
        {{"--vo=wav:x", item}, "'wav:x' is no output"},
        {{"--ao=png:x", item}, "'png:x' is no output"},
        {{"--ao=sdl:surface", item}, "'sdl:surface' has a part too much"},
        {{"--ao=wav:", item}, "'wav:' lacks its FILE"},
        {{"--so=srt", item}, "'srt' lacks its FILE; write srt:FILE"},
        {{"--so=sdl", item}, "'sdl' is no output; choose one of terminal, null, srt:FILE"},
        {{"--so=srt:/no/such/folder/f", "--vo=null", "--ao=null", item}, "/no/such/folder/f"},
        {{"--aid=0", item}, "'0' is no track"},
        {{"--sid=x", item}, "'x' is no track"},
        {{"--vid=two", item}, "'two' is no track"},
        {{"--program=first", item}, "--program: "},
        {{"--loop-file=0", item}, "'0' is no count"},
        {{"--loop-file=often", item}, "'often' is no count"},
        {{"--log-level=loud", item}, "'loud' is no level; choose off, error"},
        {{"--audio-latency", "-1", item}, "-1"},
        {{"--untimed", "--vo=sdl", item}, "--untimed"},
        {{"--untimed", "--so=terminal", item}, "choose --so=null or --so=srt:FILE"},
        {{"--vo=framecrc:/no/such/folder/f", "--ao=null", item}, "/no/such/folder/f"},
        {{"--trace-events=/no/such/folder/f", item}, "/no/such/folder/f"},
    };
    for (const BadOption& row : table) {
        CAPTURE(row.arguments);
        const Exited exited = play(row.arguments);
        CHECK(exited.code == 1);
        CHECK(exited.out.empty());
        CAPTURE(exited.err);
        REQUIRE(lines_of(exited.err).size() == 1);
        CHECK(exited.err.find("playhead: ") == 0);
        CHECK(exited.err.find(row.said) != std::string::npos);
    }
}

TEST_CASE("what is to be played is not written over, and no file is written twice",
          "[player][options]") {
    const TemporaryFolder folder;
    const std::string words = "1\n00:00:00,000 --> 00:00:01,000\nHello\n";
    const std::string lines = folder.file("film.srt", words);
    const std::string sound = folder.file("sound.wav", words);
    const std::string fresh = folder.path("new");
    const std::string picture = folder.file("frame-000002.png", words);
    std::string encoded = lines; // "film.srt", with an escape
    encoded.replace(encoded.rfind('m'), 1, "%6d");
    const std::vector<BadOption> table{
        {{"--so=srt:" + lines, "--sub-file=" + lines, clip()}, "--so would write over it"},
        {{"--so=srt:" + lines, "--sub-file=FILE://localhost" + encoded, clip()},
         "--so would write over it"},
        {{"--vo=png:" + folder.path("."), "--ao=null", picture}, "--vo would write over it"},
        {{"--ao=wav:" + folder.path("./sound.wav"), sound}, "--ao would write over it"},
        {{"--trace-events=" + sound, "--audio-file=" + sound, clip()},
         "--trace-events would write over it"},
        {{"--ao=wav:" + fresh, "--so=srt:" + fresh, clip()}, "--ao and --so would both write it"},
    };
    for (const BadOption& row : table) {
        CAPTURE(row.arguments);
        const Exited exited = play(row.arguments);
        CAPTURE(exited.err);
        CHECK(exited.code == 1);
        REQUIRE(lines_of(exited.err).size() == 1);
        CHECK(exited.err.find(row.said) != std::string::npos);
    }
    CHECK(read_text(lines) == words);
    CHECK(read_text(sound) == words);
    CHECK_FALSE(std::filesystem::exists(fresh));
}

TEST_CASE("an empty argument behind a flag is an item like others", "[player][options]") {
    const Exited exited = play({"--vo=null", "--ao=null", "--untimed", ""});
    CAPTURE(exited.err);
    CHECK(exited.code == 2);
    CHECK(lines_of(exited.err).size() == 1);
}

TEST_CASE("help and version go to standard output and succeed", "[player][options]") {
    const Exited help = play({"--help"});
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    for (const char* option :
         {"--vo",           "--ao",         "--start",         "--length",
          "--volume",       "--mute",       "--loop-file",     "--untimed",
          "--trace-events", "--log-level",  "--audio-latency", "--aid",
          "--vid",          "--audio-file", "--program",       "--so",
          "--sid",          "--sub-file",   "space",           "next audio track",
          "Exit codes"}) {
        CAPTURE(option);
        CHECK(help.out.find(option) != std::string::npos);
    }
    const Exited version = play({"--version"});
    CHECK(version.code == 0);
    CHECK(version.out.find("playhead 0.") == 0);
    CHECK(lines_of(version.out).size() == 1);
}

TEST_CASE("what looks like an option is a file after two dashes", "[player][options]") {
    const TemporaryFolder folder;
    std::filesystem::copy(clip(), folder.path("--mute.mkv"));
    const auto options = without_display(folder.path(""));
    CHECK(play_fast({"--", "--mute.mkv"}, options).code == 0);
    CHECK(play_fast({"--mute.mkv"}, options).code == 1);
}

TEST_CASE("names may be in any script", "[player][options]") {
    const TemporaryFolder folder;
    std::filesystem::copy(clip(), folder.path("Füße 日本 🎬.mkv"));
    CHECK(play_fast({folder.path("Füße 日本 🎬.mkv")}).code == 0);
    const Exited missing = play_fast({"größe.mkv"});
    CHECK(missing.code == 2);
    CHECK(missing.err.find("playhead: größe.mkv: ") == 0);
}
