// Tracks and programs that the command line asks for, by what is heard of them.
#include <cmath>
#include <cstdint>
#include <fstream>
#include <numbers>

#include "player_support.h"
#include "support/catch.h"

using namespace playhead::test;

namespace {

// Which beep a stereo WAV of 16 bits and 48 kHz begins with: the one of so many kHz whose tone is the
// loudest there and far louder than all others; 0: silence, -1: several.
int beep_khz(const std::string& wav) {
    const auto data = wav.find("data");
    REQUIRE(data != std::string::npos);
    constexpr int rate = 48'000;
    constexpr int frames = rate / 10; // the length of a beep
    REQUIRE(wav.size() >= data + 8 + frames * 4);
    std::vector<double> left(frames);
    for (std::size_t i = 0; i < left.size(); ++i) {
        const std::size_t at = data + 8 + i * 4;
        const auto low = static_cast<unsigned char>(wav[at]);
        const auto high = static_cast<unsigned char>(wav[at + 1]);
        left[i] = static_cast<std::int16_t>(low | high << 8) / 32768.0;
    }
    int found = 0;
    for (int khz = 1; khz <= 8; ++khz) {
        double re = 0;
        double im = 0;
        for (std::size_t i = 0; i < left.size(); ++i) {
            const double phase = 2 * std::numbers::pi * khz * 1000 * static_cast<double>(i) / rate;
            re += left[i] * std::cos(phase);
            im += left[i] * std::sin(phase);
        }
        if (2 * std::hypot(re, im) / frames > 0.1) {
            found = found == 0 ? khz : -1;
        }
    }
    return found;
}

int heard(std::vector<std::string> arguments) {
    const TemporaryFolder folder;
    arguments.insert(arguments.begin(),
                     {"--untimed", "--vo=null", "--ao=wav:" + folder.path("out.wav")});
    const Exited exited = play(arguments);
    CAPTURE(exited.err);
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 0);
    CHECK(exited.err.empty());
    return beep_khz(read_text(folder.path("out.wav")));
}

// One line, the exit code, and that nothing was captured.
void check_refused(std::vector<std::string> arguments, const std::string& said) {
    const TemporaryFolder folder;
    arguments.insert(arguments.begin(), {"--untimed", "--vo=framecrc:" + folder.path("frames"),
                                         "--ao=wav:" + folder.path("out.wav")});
    const Exited exited = play(arguments);
    CAPTURE(exited.err);
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 2);
    REQUIRE(lines_of(exited.err).size() == 1);
    CHECK(exited.err.find("playhead: ") == 0);
    CHECK(exited.err.find(said) != std::string::npos);
    for (const std::string& line : lines_of(read_text(folder.path("frames")))) {
        CHECK(line.starts_with("#"));
    }
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

} // namespace

TEST_CASE("the audio track that is asked for is the one that is heard", "[player][tracks]") {
    const std::string item = clip({"--sounds", "3"});
    CHECK(heard({item}) == 1);
    CHECK(heard({"--aid=1", item}) == 1);
    CHECK(heard({"--aid=2", item}) == 2);
    CHECK(heard({"--aid=3", item}) == 3);
    CHECK(heard({"--aid=2", "--start=1", item}) == 2);
    CHECK(heard({"--aid=2", "--vid=no", item}) == 2);
}

TEST_CASE("the tracks count for each file of a list", "[player][tracks]") {
    const TemporaryFolder folder;
    const std::string item = clip({"--sounds", "2"});
    const Exited exited = play(
        {"--untimed", "--vo=null", "--ao=wav:" + folder.path("out.wav"), "--aid=2", item, item});
    CHECK(exited.code == 0);
    const std::string wav = read_text(folder.path("out.wav"));
    const auto data = wav.find("data");
    REQUIRE(data != std::string::npos);
    constexpr std::size_t one = std::size_t{2} * 48'000 * 4;
    REQUIRE(wav.size() - data - 8 == 2 * one);
    CHECK(beep_khz(wav) == 2);
    CHECK(beep_khz("data----" + wav.substr(data + 8 + one)) == 2);
}

TEST_CASE("without a track of that kind the rest is played", "[player][tracks]") {
    const TemporaryFolder folder;
    const std::string out = folder.path("out");
    const Exited exited =
        play({"--untimed", "--vo=framecrc:" + out, "--ao=framecrc:" + out, "--aid=no", clip()});
    CHECK(exited.code == 0);
    CHECK(exited.err.empty());
    int pictures = 0;
    int sounds = 0;
    for (const std::string& line : lines_of(read_text(out))) {
        pictures += line.starts_with("0,");
        sounds += line.starts_with("1,");
    }
    CHECK(pictures == 50);
    CHECK(sounds == 0);
}

TEST_CASE("the sound of another file is heard in place of the film's", "[player][tracks]") {
    const std::string other = clip({"--sounds", "2", "--video", "none"});
    CHECK(heard({"--audio-file=" + other, clip()}) == 1);
    const std::string film = clip({"--sounds", "2"});
    CHECK(heard({"--aid=2", film}) == 2);
    CHECK(heard({"--aid=2", "--audio-file=" + other, film}) == 1); // the file is asked for last
}

TEST_CASE("the program that is asked for is played, else the first", "[player][tracks][program]") {
    const std::string item = clip({"--programs", "2", "--sounds", "2", "--video", "mpeg2video",
                                   "--audio", "mp2", "--gop", "10"},
                                  "ts");
    CHECK(heard({item}) == 1);
    CHECK(heard({"--program=1", item}) == 1);
    CHECK(heard({"--program=2", item}) == 3);
    CHECK(heard({"--aid=4", item}) == 4); // tracks of all programs can be chosen
}

TEST_CASE("the subtitles of another file are written, or printed as the film plays",
          "[player][tracks][subtitles]") {
    const TemporaryFolder folder;
    const std::string lines = "1\n00:00:00,100 --> 00:00:00,400\none\nand more\n\n"
                              "2\n00:00:00,500 --> 00:00:00,700\ntwo\n\n";
    const std::string late = "3\n00:01:30,000 --> 00:01:31,250\nlate\n\n";
    const std::string beside = folder.path("beside.srt");
    const std::string copy = folder.path("copy.srt");
    write_text(beside, lines + late);
    const std::vector<std::string> fast{"--untimed", "--vo=null", "--ao=null",
                                        "--sub-file=" + beside, "--so=srt:" + copy};
    const auto with = [](std::vector<std::string> arguments, const std::vector<std::string>& more) {
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    };
    CHECK(play(with(fast, {clip()})).code == 0);
    CHECK(read_text(copy) == lines + late); // all of them, though the film lasts two seconds
    CHECK(play(with(fast, {"--length=1", clip()})).code == 0);
    CHECK(read_text(copy) == lines);
    // A film's own are not shown unasked.
    CHECK(play({"--untimed", "--vo=null", "--ao=null", "--so=srt:" + copy, clip()}).code == 0);
    CHECK(read_text(copy).empty());
    const Exited shown = play({"--vo=null", "--ao=null", "--sub-file=" + beside, clip()});
    CHECK(shown.code == 0);
    CHECK(shown.out == "one\nand more\ntwo\n");
    write_text(beside, "1\n00:00:00,100 --> 00:00:00,400\na\x1b[2Jb\xc2\x9b"
                       "0mc\n\n");
    CHECK(play({"--vo=null", "--ao=null", "--sub-file=" + beside, clip()}).out == "a[2Jb0mc\n");
}

TEST_CASE(
    "a track, a file or a program that is not there is told in one line, and nothing is played",
    "[player][tracks]") {
    const TemporaryFolder folder;
    const std::string item = clip({"--sounds", "2"});
    check_refused({"--aid=9", item}, item + ": there is no audio track 9 (of 2)");
    check_refused({"--sid=1", item}, item + ": there is no subtitle track 1 (of 0)");
    check_refused({"--sub-file=" + item, item}, "there are no subtitles in it");
    check_refused({"--sub-file=" + folder.path("missing.srt"), item},
                  "missing.srt' does not exist");
    check_refused({"--vid=2", item}, item + ": there is no video track 2 (of 1)");
    check_refused({"--vid=no", "--aid=no", item}, "the last output cannot be switched off");
    check_refused({"--audio-file=" + folder.path("missing.wav"), item},
                  "missing.wav' does not exist");
    check_refused({"--audio-file=" + clip({"--audio", "none"}), item}, "there is no sound in it");
    check_refused({"--program=9", item}, "has no program 9; it has none");
    const std::string channels =
        clip({"--programs", "2", "--video", "mpeg2video", "--audio", "mp2"}, "ts");
    check_refused({"--program=9", channels}, "has no program 9; it has 1, 2");
}
