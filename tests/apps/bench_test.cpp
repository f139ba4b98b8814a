// playhead-bench prints the lines that scripts read, as many as there should be, and nothing else.
// What stands in them is not looked at: that is for a quiet machine.
#include "support/catch.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "support/child_process.h"
#include "support/local_server.h"

using namespace playhead::test;

namespace {

const std::string bin = PLAYHEAD_BINARY_DIR;
const std::string fixed1 = R"(\d+\.\d)";
const std::string fixed2 = R"(\d+\.\d\d)";
const std::string fixed3 = R"(\d+\.\d{3})";
const std::string spread = R"(n \d+ p50 \d+\.\d\d p99 \d+\.\d\d max \d+\.\d\d)";
const std::string counts = R"(frames \d+ dropped \d+ underruns \d+)";

// A folder of its own for what a test makes.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// Small, with a key frame each second.
std::string make_clip(const Folder& folder, const std::string& seconds = "3") {
    const std::string file = folder.file("clip.mkv");
    const Exited made =
        run({bin + "/playhead-clip", "--size", "160x120", "--seconds", seconds, file});
    INFO(made.err);
    REQUIRE(made.code == 0);
    return file;
}

Exited bench(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), bin + "/playhead-bench");
    return run(std::move(arguments));
}

// All of stdout is that many lines of that form, in order.
void check_lines(const Exited& ran, const std::vector<std::string>& forms) {
    INFO(ran.out << ran.err);
    CHECK_FALSE(ran.hung);
    REQUIRE(ran.code == 0);
    std::istringstream lines{ran.out};
    std::string line;
    for (const std::string& form : forms) {
        REQUIRE(std::getline(lines, line));
        INFO(line << "  should be  " << form);
        CHECK(std::regex_match(line, std::regex{form}));
    }
    CHECK_FALSE(std::getline(lines, line));
}

void check_refusal(const Exited& ran, int code, const std::string& names) {
    INFO(ran.out << ran.err);
    CHECK(ran.code == code);
    CHECK(ran.out.empty());
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(ran.err.find(names) != std::string::npos);
}

} // namespace

TEST_CASE("bench seek prints a line for each target, with the target's own frame",
          "[bench][seek]") {
    const Folder folder;
    const std::string clip = make_clip(folder);
    std::ofstream{folder.file("targets")} << "2.0, 0.5\n1.01\n";
    const std::string tail = " " + fixed1 + " 1";

    check_lines(bench({"seek", clip, "2,0.5,1.01", "exact", "paused"}),
                {"2.000 2.000" + tail, "0.500 0.500" + tail, "1.010 1.000" + tail});
    check_lines(bench({"seek", clip, folder.file("targets"), "exact", "playing"}),
                {"2.000 2.000" + tail, "0.500 0.500" + tail, "1.010 1.000" + tail});
    check_lines(bench({"seek", clip, "1.5", "key", "paused"}), {"1.500 1.[05]00" + tail});
}

TEST_CASE("bench seek marks a target beyond the end as failed, and goes on", "[bench][seek]") {
    const Folder folder;
    check_lines(bench({"seek", make_clip(folder), "60,1", "exact", "paused"}),
                {"60.000 -1.000 " + fixed1 + " 0", "1.000 1.000 " + fixed1 + " 1"});
}

TEST_CASE("bench seek --bare finds the same frames, on stderr", "[bench][seek]") {
    const Folder folder;
    const Exited ran = bench({"seek", make_clip(folder), "1.01", "exact", "paused", "--bare"});
    check_lines(ran, {"1.010 1.000 " + fixed1 + " 1"});
    CHECK(std::regex_search(ran.err,
                            std::regex{"bare 1.010 1.000 all " + fixed1 + " needed " + fixed1}));
}

TEST_CASE("bench stop prints a line for each run", "[bench][stop]") {
    const Folder folder;
    const std::string clip = make_clip(folder);
    const std::string line = fixed2 + " " + fixed2 + " 1";
    check_lines(bench({"stop", clip, "playing", "2"}), {line, line});
    check_lines(bench({"stop", clip, "paused", "2"}), {line, line});
}

TEST_CASE("bench stop says on stderr how long the calls of stop took by themselves",
          "[bench][stop]") {
    const Folder folder;
    const Exited ran = bench({"stop", make_clip(folder), "playing", "3"});
    INFO(ran.err);
    CHECK(std::regex_search(ran.err, std::regex{"call_ms n 3 p50 " + fixed3 + " p99 " + fixed3 +
                                                " max " + fixed3 + "\n"}));
}

TEST_CASE("bench stop measures sources that have stalled", "[bench][stop]") {
    const Folder folder;
    const std::string line = fixed2 + " " + fixed2 + " 1";
    const std::string fifo = folder.file("fifo");
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    const LocalServer silent{""};
    check_lines(bench({"stop", fifo, "opening", "1"}), {line});
    check_lines(bench({"stop", fifo, "blocked", "1"}), {line});
    check_lines(bench({"stop", silent.url("/film.mp4"), "opening", "1"}), {line});
}

TEST_CASE("bench stop measures a custom read that never returns, also in mid-play",
          "[bench][stop]") {
    const Folder folder;
    const std::string minute = make_clip(folder, "60");
    const std::string line = fixed2 + " " + fixed2 + " 1";
    for (const std::string kind : {"custom:", "custom-cancel:"}) {
        INFO(kind);
        const Exited unopened = bench({"stop", kind, "blocked", "1"});
        check_lines(unopened, {line});
        CHECK(unopened.err.find("still opening") != std::string::npos);
        check_lines(bench({"stop", kind, "opening", "1"}), {line});
        const Exited playing = bench({"stop", kind + minute, "blocked", "1"});
        check_lines(playing, {line});
        CHECK(playing.err.find("too short") == std::string::npos);
    }
    check_refusal(bench({"stop", "custom:/no/such/file", "blocked", "1"}), 2, "/no/such/file");
}

TEST_CASE("bench idle prints its one line", "[bench][idle]") {
    const Folder folder;
    check_lines(bench({"idle", make_clip(folder), "0.2"}), {R"(cpu_ms \d+ switches \d+)"});
}

TEST_CASE("bench sync and pacing print their figures and counts", "[bench][sync]") {
    const Folder folder;
    const std::string clip = make_clip(folder, "1");
    check_lines(bench({"sync", clip, "0.5"}),
                {"av_difference all " + spread, "av_difference after_1s " + spread, counts});
    check_lines(bench({"pacing", clip}), {"interval " + spread, counts});
}

TEST_CASE("bench sync writes down each frame when asked", "[bench][sync]") {
    const Folder folder;
    check_lines(bench({"sync", make_clip(folder, "1"), "--frames", folder.file("frames")}),
                {"av_difference all " + spread, "av_difference after_1s " + spread, counts});
    std::ifstream frames{folder.file("frames")};
    std::string line;
    int lines = 0;
    while (std::getline(frames, line)) {
        CHECK(std::regex_match(line, std::regex{R"(\d+ \d+ -?\d+)"}));
        ++lines;
    }
    CHECK(lines > 0);
}

TEST_CASE("bench decode counts every frame, run by run, and says what FFmpeg needs",
          "[bench][decode]") {
    const std::string line = "wall_s " + fixed3 + " frames 30 fps " + fixed1 + " ratio " + fixed3;
    const Folder folder;
    const Exited ran = bench({"decode", make_clip(folder, "1"), "2"});
    check_lines(ran, {line, line});
    CHECK(ran.err.find("FFmpeg alone gave") == std::string::npos); // it counts the same
}

TEST_CASE("bench start prints the time to the first picture", "[bench][start]") {
    const Folder folder;
    check_lines(bench({"start", make_clip(folder, "1")}),
                {"start_ms " + fixed1 + " opened_ms " + fixed1});
}

TEST_CASE("bench film plays for as long as asked in virtual time", "[bench][film]") {
    const Folder folder;
    check_lines(bench({"film", "3", make_clip(folder, "1")}),
                {R"(virtual_s 3\.0 wall_s )" + fixed3 + R"( frames \d+ tasks \d+)"});
}

TEST_CASE("bench says in one line what it cannot do", "[bench]") {
    const Folder folder;
    const std::string nothing = folder.file("nothing.mp4");
    check_refusal(bench({"seek", nothing, "1", "exact", "paused"}), 2, "nothing.mp4");
    check_refusal(bench({"stop", nothing, "playing", "1"}), 2, "nothing.mp4");
    check_refusal(bench({"decode", nothing}), 2, "nothing.mp4");
    check_refusal(bench({"seek", nothing, "one", "exact", "paused"}), 1, "one");
    check_refusal(bench({"seek", nothing, "1", "nearly", "paused"}), 1, "nearly");
    check_refusal(bench({"idle", nothing, "-1"}), 1, "-1");
    check_refusal(bench({"stop", nothing, "playing", "0"}), 1, "--help");
    check_refusal(bench({"fly"}), 1, "--help");
    check_refusal(bench({}), 1, "--help");
}
