#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "player_support.h"
#include "support/catch.h"
#include "support/local_server.h"
#include "support/media_files.h"

using namespace playhead::test;

namespace {

// The pts column of the lines of one stream, in ticks.
std::vector<std::int64_t> stamps(const std::string& framecrc, const std::string& stream) {
    std::vector<std::int64_t> result;
    for (const std::string& line : lines_of(framecrc)) {
        if (line.starts_with(stream + ",")) {
            const auto dts_end = line.find(',', stream.size() + 1);
            result.push_back(std::stoll(line.substr(dts_end + 1)));
        }
    }
    return result;
}

// The sum of the sizes, in bytes.
std::int64_t bytes(const std::string& framecrc, const std::string& stream) {
    std::int64_t sum = 0;
    for (const std::string& line : lines_of(framecrc)) {
        if (line.starts_with(stream + ",")) {
            const auto hash = line.rfind(',');
            sum += std::stoll(line.substr(line.rfind(',', hash - 1) + 1));
        }
    }
    return sum;
}

std::string capture(std::vector<std::string> arguments) {
    const TemporaryFolder folder;
    const std::string out = folder.path("out");
    arguments.insert(arguments.begin(),
                     {"--untimed", "--vo=framecrc:" + out, "--ao=framecrc:" + out});
    const Exited exited = play(arguments);
    CAPTURE(exited.err);
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 0);
    CHECK(exited.err.empty());
    return read_text(out);
}

constexpr std::int64_t second_of_sound = 48'000 * 2 * 2; // bytes: stereo, 16 bits

} // namespace

TEST_CASE("sound before the first picture is heard after a seek and in each round", "[player]") {
    const auto path = media("editlist_positive_shift.mp4"); // its first picture is at 1 s
    if (!path) return;
    const auto from = [](const std::string& captured, const std::string& stream) {
        return stamps(captured, stream).front();
    };
    const std::int64_t whole = bytes(capture({*path}), "1");
    const std::string later = capture({"--start=0.25", *path});
    CHECK(from(later, "1") == 12'000);
    CHECK(from(later, "0") == 30);
    CHECK(bytes(capture({"--loop-file=2", *path}), "1") == 2 * whole);
}

TEST_CASE("the topology that plays is written as a graph", "[player]") {
    const TemporaryFolder folder;
    const std::string path = folder.path("graph.dot");
    const Exited exited = play_fast({"--dump-topology=" + path, clip({"--seconds", "1"})});
    CHECK(exited.code == 0);
    const std::string dot = read_text(path);
    CHECK(dot.starts_with("digraph"));
    for (const char* node : {"mpeg4", "pcm_s16le", "->"}) {
        CHECK(dot.find(node) != std::string::npos);
    }
}

TEST_CASE("every frame and every sample of a file is captured", "[player][capture]") {
    const std::string all = capture({clip()});
    const auto frames = stamps(all, "0");
    REQUIRE(frames.size() == 50);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        CHECK(frames[i] == static_cast<std::int64_t>(i));
    }
    CHECK(bytes(all, "1") == 2 * second_of_sound);
}

TEST_CASE("picture and sound may be captured in files of their own", "[player][capture]") {
    const TemporaryFolder folder;
    const Exited exited = play({"--untimed", "--vo=framecrc:" + folder.path("v"),
                                "--ao=framecrc:" + folder.path("a"), clip()});
    CHECK(exited.code == 0);
    CHECK(stamps(read_text(folder.path("v")), "0").size() == 50);
    CHECK(bytes(read_text(folder.path("a")), "0") == 2 * second_of_sound);
}

TEST_CASE("one file for both is one file however it is spelt", "[player][capture]") {
    const TemporaryFolder folder;
    const Exited exited = play({"--untimed", "--vo=framecrc:" + folder.path("both"),
                                "--ao=framecrc:" + folder.path("./both"), clip()});
    CHECK(exited.code == 0);
    const std::string both = read_text(folder.path("both"));
    CHECK(stamps(both, "0").size() == 50);
    CHECK(bytes(both, "1") == 2 * second_of_sound);
}

TEST_CASE("sound can be written into a pipe", "[player][capture]") {
    const Exited exited = play({"--untimed", "--vo=null", "--ao=wav:/dev/stdout", clip()});
    CAPTURE(exited.err);
    CHECK(exited.code == 0);
    CHECK(exited.out.starts_with("RIFF"));
    const auto data = exited.out.find("data");
    REQUIRE(data != std::string::npos);
    CHECK(static_cast<std::int64_t>(exited.out.size() - data - 8) == 2 * second_of_sound);
}

TEST_CASE("a manifest is found by a relative name as by a whole one", "[player]") {
    const auto path = media("dash/sample.mpd");
    if (!path) return;
    const TemporaryFolder folder;
    const auto above = std::filesystem::absolute(*path).parent_path().parent_path();
    for (const std::string& name : {*path, std::string{"dash/sample.mpd"}}) {
        CAPTURE(name);
        const std::string item = name == *path ? std::filesystem::absolute(name).string() : name;
        const std::string out = folder.path("out");
        const Exited exited = play({"--untimed", "--vo=framecrc:" + out, "--ao=null", item},
                                   without_display(above.string()));
        CAPTURE(exited.err);
        CHECK(exited.code == 0);
        CHECK(stamps(read_text(out), "0").size() > 10);
    }
}

TEST_CASE("what cannot be sought in is played once, and says so", "[player]") {
    const TemporaryFolder folder;
    const std::string out = folder.path("out");
    std::string command = "cat '" + clip() + "' |";
    for (const std::string& word :
         player_command({"--untimed", "--loop-file=2", "--vo=framecrc:" + out, "--ao=null", "-"})) {
        command += " '" + word + "'";
    }
    ChildProcess shell{{"/bin/sh", "-c", command}, without_display()};
    const Exited exited = shell.wait();
    CHECK(exited.code == 0);
    CHECK(exited.err == "playhead: -: cannot be sought in; is played once\n");
    CHECK(stamps(read_text(out), "0").size() == 50);
}

TEST_CASE("a list is captured one after another", "[player][capture]") {
    const std::string all = capture({clip(), clip(), clip()});
    CHECK(stamps(all, "0").size() == 150);
    CHECK(bytes(all, "1") == 6 * second_of_sound);
}

TEST_CASE("a file is repeated as often as asked for", "[player][capture]") {
    const std::string all = capture({"--loop-file=3", clip()});
    CHECK(stamps(all, "0").size() == 150);
    CHECK(bytes(all, "1") == 6 * second_of_sound);
}

TEST_CASE("start and length cut to the frame and to the sample", "[player][capture]") {
    struct Row {
        std::vector<std::string> options;
        std::int64_t first;
        std::size_t count;
        double seconds;
    };
    const std::vector<Row> table{
        {{"--start", "1"}, 25, 25, 1.0},
        {{"--start=0:00.52"}, 13, 37, 1.48},
        {{"--length", "0.6"}, 0, 15, 0.6},
        {{"--start", "00:00:00.4", "--length", "1"}, 10, 25, 1.0},
        {{"--length", "90"}, 0, 50, 2.0},
        {{"--start", "0.4", "--length", "0.2", "--loop-file=2"}, 10, 10, 0.4},
    };
    for (const Row& row : table) {
        CAPTURE(row.options);
        std::vector<std::string> arguments = row.options;
        arguments.push_back(clip());
        const std::string all = capture(arguments);
        const auto frames = stamps(all, "0");
        REQUIRE(frames.size() == row.count);
        CHECK(frames.front() == row.first);
        CHECK(bytes(all, "1") == std::llround(row.seconds * second_of_sound));
    }
}

TEST_CASE("a start beyond the end is told, and the next file is played", "[player]") {
    const Exited exited = play_fast({"--start", "1:00", clip()});
    CHECK(exited.code == 2);
    REQUIRE(lines_of(exited.err).size() == 1);
}

TEST_CASE("a start in a file that cannot be sought in is told, and it plays from the beginning",
          "[player]") {
    // A server without ranges, of a container that has to be read in order.
    const std::string film = read_text(clip({"--video", "mpeg2video", "--audio", "mp2"}, "mpg"));
    const LocalServer server{"HTTP/1.0 200 OK\r\nContent-Type: video/mpeg\r\n\r\n" + film,
                             LocalServer::After::close};
    const TemporaryFolder folder;
    const Exited exited = play({"--untimed", "--vo=framecrc:" + folder.path("v"), "--ao=null",
                                "--start", "1", server.url("/film.mpg")});
    CAPTURE(exited.err);
    CHECK(exited.code == 0);
    REQUIRE(lines_of(exited.err).size() == 1);
    CHECK(exited.err.find("cannot be sought in") != std::string::npos);
    CHECK(stamps(read_text(folder.path("v")), "0").size() >= 45);
}

TEST_CASE("sound becomes a WAV file of the same length", "[player][capture]") {
    const TemporaryFolder folder;
    const Exited exited =
        play({"--untimed", "--vo=null", "--ao=wav:" + folder.path("out.wav"), clip()});
    CHECK(exited.code == 0);
    const std::string wav = read_text(folder.path("out.wav"));
    REQUIRE(wav.size() > 44);
    CHECK(wav.substr(0, 4) == "RIFF");
    const auto data = wav.find("data");
    REQUIRE(data != std::string::npos);
    CHECK(static_cast<std::int64_t>(wav.size() - data - 8) == 2 * second_of_sound);
}

TEST_CASE("pictures become PNG files", "[player][capture]") {
    const TemporaryFolder folder;
    const Exited exited = play(
        {"--untimed", "--vo=png:" + folder.path("pictures"), "--ao=null", "--length=0.2", clip()});
    CHECK(exited.code == 0);
    CHECK(read_text(folder.path("pictures") + "/frame-000004.png").starts_with("\x89PNG"));
    CHECK(read_text(folder.path("pictures") + "/frame-000005.png").empty());
}

TEST_CASE("a part that is shorter than what a sound output waits for plays too",
          "[player][playback]") {
    const Exited exited = play({"--vo=null", "--ao=null", "--length=0.05", clip()});
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 0);
}

TEST_CASE("a part that ends where nothing is in the file ends all the same", "[player][playback]") {
    const std::vector<std::string> second{"--video", "mpeg2video", "--audio",
                                          "mp2",     "--seconds",  "1"};
    std::vector<std::string> later = second;
    later.insert(later.end(), {"--start", "3"});
    const TemporaryFolder folder;
    const std::string film =
        folder.file("gap.ts", read_text(clip(second, "ts")) + read_text(clip(later, "ts")));
    const Exited exited = play({"--vo=null", "--ao=null", "--length=2", film});
    CAPTURE(exited.err);
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 0);
}

TEST_CASE("a line in the terminal says where it is, and how far picture and sound are apart",
          "[player]") {
    ChildOptions options = without_display();
    options.error_is_terminal = true;
    const auto last_line = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--vo=null", "--ao=null", "--length=0.5", clip()});
        const Exited exited = play(arguments, options);
        CHECK(exited.code == 0);
        return exited.err.substr(exited.err.rfind("\x1b[K") + 3);
    };
    const std::string timed = last_line({});
    CAPTURE(timed);
    const std::regex line{
        R"(ended    0:00:\d\d\.\d / 0:00:\d\d\.\d  A-V [+-]\d+ ms  dropped \d+(  underruns \d+)?\r\n)"};
    CHECK(std::regex_match(timed, line));
    // Nobody looks when there is no time to keep.
    CHECK(last_line({"--untimed"}).find("A-V") == std::string::npos);
}

TEST_CASE("of the line in a narrow terminal there is as much as fits", "[player]") {
    ChildOptions options = without_display();
    options.error_is_terminal = true;
    options.terminal_columns = 30;
    const Exited exited = play({"--vo=null", "--ao=null", "--length=0.5", clip()}, options);
    CHECK(exited.code == 0);
    CAPTURE(exited.err);
    const std::string turn = "\r\x1b[K";
    std::size_t widest = 0;
    for (std::size_t at = exited.err.find(turn); at != std::string::npos;) {
        const std::size_t begin = at + turn.size();
        at = exited.err.find(turn, begin);
        widest = std::max(widest, std::min(at, exited.err.find("\r\n", begin)) - begin);
    }
    CHECK(widest == 29);
}

TEST_CASE("the line that is left in the terminal says how far it came", "[player][signals]") {
    ChildOptions options = without_display();
    options.error_is_terminal = true;
    ChildProcess player{player_command({"--vo=null", "--ao=null", "--loop-file", clip()}), options};
    REQUIRE(player.wait_for("playing  0:00:0"));
    player.signal(SIGINT);
    const Exited exited = player.wait();
    CHECK(exited.code == 4);
    CAPTURE(exited.err);
    const std::string left = exited.err.substr(exited.err.rfind("\x1b[K") + 3);
    CHECK(left.find("  0:00:0") != std::string::npos);
    CHECK_FALSE(left.starts_with("stopped"));
}

TEST_CASE("without display and sound device it says so and plays all the same", "[player]") {
    const Exited exited = play({"--length=0.3", clip()});
    CHECK(exited.code == 0);
    const auto lines = lines_of(exited.err);
    CAPTURE(exited.err);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].find("playhead: no display (") == 0);
    CHECK(lines[1].find("playhead: no sound (") == 0);
}

TEST_CASE("a driver that shows nothing is no display, and what libraries say of it is not printed",
          "[player]") {
    for (const char* runtime : {"XDG_RUNTIME_DIR=/nowhere", "XDG_RUNTIME_DIR"}) {
        CAPTURE(runtime);
        const ChildOptions nowhere{
            {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", runtime}, {}, false};
        const Exited exited = play({"--ao=null", "--length=0.3", clip()}, nowhere);
        CHECK(exited.code == 0);
        CAPTURE(exited.err);
        REQUIRE(lines_of(exited.err).size() == 1);
        CHECK(exited.err.starts_with("playhead: no display ("));
    }
}

TEST_CASE("the first signal ends the player in good order", "[player][signals]") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        CAPTURE(signal);
        const TemporaryFolder folder;
        const std::string trace = folder.path("trace");
        ::mkfifo(trace.c_str(), 0600);
        ChildProcess player{player_command({"--vo=null", "--ao=null", "--loop-file",
                                            "--trace-events=" + trace, clip()}),
                            without_display()};
        std::ifstream events{trace};
        std::string line;
        while (std::getline(events, line) && line.find("session-started") == std::string::npos) {
        }
        player.signal(signal);
        bool stopped = false;
        while (std::getline(events, line)) {
            stopped = stopped || line.find("\"session-stopped\"") != std::string::npos;
        }
        const Exited exited = player.wait();
        CHECK_FALSE(exited.hung);
        CHECK(exited.code == 4);
        CHECK(stopped);
    }
}

TEST_CASE("the trace has every completion, in order and once", "[player][trace]") {
    const TemporaryFolder folder;
    const std::string path = folder.path("trace.jsonl");
    const Exited exited =
        play_fast({"--trace-events=" + path, "--loop-file=2", clip(), "no-such-file.mkv", clip()});
    CHECK(exited.code == 3);
    std::uint64_t last = 0;
    std::map<std::uint64_t, int> completions;
    std::vector<std::string> names;
    for (const std::string& line : lines_of(read_text(path))) {
        CAPTURE(line);
        const auto event = nlohmann::json::parse(line, nullptr, false);
        REQUIRE(event.is_object());
        for (const char* field : {"seq", "session", "command", "host_ns"}) {
            REQUIRE(event.at(field).is_number());
        }
        const auto name = event.at("event").get<std::string>();
        names.push_back(name);
        CHECK(event.at("seq").get<std::uint64_t>() > last);
        last = event.at("seq").get<std::uint64_t>();
        if (const auto command = event.at("command").get<std::uint64_t>(); command != 0) {
            ++completions[command];
        }
        CHECK_FALSE(event.at("status").get<std::string>().empty());
        if (name == "session-started") {
            CHECK(event.at("position_ns") == 0);
        }
    }
    for (const auto& [command, times] : completions) {
        CAPTURE(command);
        CHECK(times == 1);
    }
    const auto count = [&names](const char* name) { return std::ranges::count(names, name); };
    CHECK(count("source-opened") == 3);
    CHECK(count("session-started") == 4); // two of them, twice
    CHECK(count("session-ended") == 4);
    CHECK(count("player-ended") == 4);
    REQUIRE(names.size() > 2);
    CHECK(names.back() == "player-command-done"); // of the stop
}

TEST_CASE("without a terminal nothing is said while playing", "[player]") {
    const Exited exited = play({"--vo=null", "--ao=null", "--length=0.6", clip()});
    CHECK(exited.out.empty());
    CHECK(exited.err.empty());
}
