#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "player_support.h"
#include "support/catch.h"
#include "support/local_server.h"

using namespace playhead::test;

namespace {

struct BadItem {
    std::string item;
    const char* said; // part of what is wrong, or what to do
};

// One line about that item, and that the rest of the list is played.
void check_bad_item(const BadItem& row) {
    CAPTURE(row.item);
    const Exited alone = play_fast({"--", row.item});
    CAPTURE(alone.err);
    CHECK_FALSE(alone.hung);
    CHECK(alone.code == 2);
    REQUIRE(lines_of(alone.err).size() == 1);
    CHECK(alone.err.find("playhead: " + row.item + ": ") == 0);
    CHECK(alone.err.find(row.said) != std::string::npos);

    const TemporaryFolder folder;
    const Exited list = play({"--untimed", "--vo=framecrc:" + folder.path("frames"), "--ao=null",
                              "--", row.item, clip()});
    CAPTURE(list.err);
    CHECK(list.code == 3);
    CHECK(lines_of(list.err).size() == 1);
    const std::string frames = read_text(folder.path("frames"));
    CHECK(std::count(frames.begin(), frames.end(), '\n') > 50);
}

} // namespace

TEST_CASE("each file that cannot be played is told in one line, and the next one is played",
          "[player][bad-input]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path("folder.mkv"));
    const std::string mp4 = read_text(clip({"--audio", "aac"}, "mp4"));
    check_bad_item({folder.path("missing.mkv"), "does not exist"});
    check_bad_item({folder.path("folder.mkv"), "folder"});
    check_bad_item({folder.file("empty.mp4", ""), "empty"});
    check_bad_item({folder.file("text.txt", "This is a text, and nothing that could be played.\n"),
                    "no format that this build knows"});
    check_bad_item({folder.file("cut.mp4", mp4.substr(0, mp4.size() / 2)), "cut short"});
    check_bad_item({folder.file("noise.mkv", std::string(100'000, '\x5a')), "damaged"});
    check_bad_item({"foo://somewhere/film.mkv", "no protocol"});
}

TEST_CASE("a file that may not be read is told, with what to change", "[player][bad-input]") {
    if (::geteuid() == 0) {
        WARN("skipped: root may read everything");
        return;
    }
    const TemporaryFolder folder;
    const std::string secret = folder.file("secret.mkv", "x");
    std::filesystem::permissions(secret, std::filesystem::perms::none);
    check_bad_item({secret, "permissions"});
}

TEST_CASE("a refused connection and a host without a name are told in one line",
          "[player][bad-input]") {
    const std::string refused = "http://127.0.0.1:" + std::to_string(closed_port()) + "/film.mkv";
    check_bad_item({refused, "refused"});
    check_bad_item({"http://no-such-host.invalid/film.mkv", "could not be reached"});
    check_bad_item({"http://127.0.0.1:99999/film.mkv", "is no address; check its host and port"});
    // It connects by itself.
    check_bad_item({"rtsp://127.0.0.1:" + std::to_string(closed_port()) + "/film", "is running"});
}

TEST_CASE("a server that answers with nonsense is told in one line", "[player][bad-input]") {
    for (const auto& [answer, said] : std::vector<std::pair<std::string, std::string>>{
             {"404 Not Found", "404"},
             {"410 Gone", "check the address"},
             {"503 Service Unavailable", "try again later"},
             {"302 Found\r\nLocation: /again", "only sends on"}}) {
        CAPTURE(answer);
        const LocalServer server{"HTTP/1.1 " + answer + "\r\nContent-Length: 0\r\n\r\n",
                                 LocalServer::After::close};
        check_bad_item({server.url("/film.mkv"), said.c_str()});
    }
}

TEST_CASE("while a host says nothing the player can be interrupted", "[player][bad-input]") {
    const LocalServer silent{""};
    ChildProcess player{player_command({"--vo=null", "--ao=null", silent.url("/film.mkv")}),
                        without_display()};
    REQUIRE(silent.wait_for_connection());
    player.signal(SIGTERM);
    const Exited exited = player.wait();
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 4);
    CHECK(exited.err.empty());
}

TEST_CASE("while a body is stalled the player can be interrupted", "[player][bad-input]") {
    const std::string film = read_text(clip());
    const LocalServer stalled{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(film.size()) +
                              "\r\n\r\n" + film.substr(0, film.size() / 2)};
    const TemporaryFolder folder;
    ChildProcess player{player_command({"--vo=null", "--ao=null", stalled.url("/film.mkv")}),
                        without_display()};
    REQUIRE(stalled.wait_for_connection());
    player.signal(SIGINT);
    const Exited exited = player.wait();
    CHECK_FALSE(exited.hung);
    CHECK(exited.code == 4);
}

TEST_CASE(
    "a film whose index lies behind it has to be sought in, and it is said where that cannot be",
    "[player][bad-input]") {
    const std::string film =
        clip({"--audio", "aac", "--seconds", "10", "--size", "640x360"}, "mp4");
    const LocalServer server{"HTTP/1.0 200 OK\r\nContent-Type: video/mp4\r\n\r\n" + read_text(film),
                             LocalServer::After::close};
    for (const std::string& item : {server.url("/film.mp4"), std::string{"-"}}) {
        std::string command = item == "-" ? "cat '" + film + "' |" : "";
        for (const std::string& word :
             player_command({"--untimed", "--vo=null", "--ao=null", item})) {
            command += " '" + word + "'";
        }
        ChildProcess shell{{"/bin/sh", "-c", command}, without_display()};
        const Exited exited = shell.wait();
        CAPTURE(exited.err);
        CHECK(exited.code == 2);
        REQUIRE(lines_of(exited.err).size() == 1);
        CHECK(
            exited.err.starts_with("playhead: " + item + ": has its index behind the media, and "));
    }
}

TEST_CASE("while an output is a pipe that nobody reads the player can be interrupted",
          "[player][bad-input]") {
    const TemporaryFolder folder;
    const std::string pipe = folder.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    // Each with a file that is made in front of the pipe.
    for (const std::vector<std::string>& outputs : std::vector<std::vector<std::string>>{
             {"--vo=framecrc:" + folder.path("first"), "--ao=framecrc:" + pipe},
             {"--trace-events=" + folder.path("second"), "--dump-topology=" + pipe}}) {
        CAPTURE(outputs);
        const std::string before = outputs[0].substr(outputs[0].find('/'));
        std::vector<std::string> arguments{"--untimed", clip()};
        arguments.insert(arguments.end(), outputs.begin(), outputs.end());
        ChildProcess player{player_command(arguments), without_display()};
        while (!std::filesystem::exists(before)) {
            std::this_thread::yield();
        }
        player.signal(SIGTERM);
        const Exited exited = player.wait();
        CHECK_FALSE(exited.hung);
        CHECK(exited.code == 4);
    }
}

TEST_CASE("subtitles that are slow to open are told of, and the film plays",
          "[player][bad-input]") {
    const TemporaryFolder folder;
    const std::string pipe = folder.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const Exited exited = play({"--untimed", "--vo=framecrc:" + folder.path("frames"), "--ao=null",
                                "--sub-file=" + pipe, "--length=0.4", clip()});
    CAPTURE(exited.err);
    CHECK(exited.code == 0);
    REQUIRE(lines_of(exited.err).size() == 1);
    CHECK(exited.err.find(pipe + ": is still being opened; plays without it until it is") !=
          std::string::npos);
    CHECK(lines_of(read_text(folder.path("frames"))).size() > 10);
}

TEST_CASE("an output that cannot be written to any more ends the list in one line",
          "[player][bad-input]") {
    const char* full = "/dev/full";
    if (!std::filesystem::exists(full)) {
        WARN("skipped: this system has no /dev/full");
        return;
    }
    const TemporaryFolder folder;
    const std::string words = folder.file("f.srt", "1\n00:00:00,100 --> 00:00:01,000\nHello\n");
    const std::string at = std::string{":"} + full;
    for (const std::vector<std::string>& outputs : std::vector<std::vector<std::string>>{
             {"--vo=framecrc" + at, "--ao=null"},
             {"--vo=null", "--ao=wav" + at},
             {"--vo=framecrc:" + folder.path("v"), "--ao=framecrc" + at},
             {"--vo=null", "--ao=null", "--so=srt" + at, "--sub-file=" + words},
             {"--vo=null", "--ao=null", std::string{"--trace-events="} + full}}) {
        CAPTURE(outputs);
        std::vector<std::string> arguments{"--untimed"};
        arguments.insert(arguments.end(), outputs.begin(), outputs.end());
        arguments.insert(arguments.end(), {clip(), clip()});
        const Exited exited = play(arguments);
        CAPTURE(exited.err);
        CHECK(exited.code == 2);
        REQUIRE(lines_of(exited.err).size() == 1);
        CHECK(exited.err.find("make room or choose another") != std::string::npos);
    }
    // Also where the first one of the list was played by then.
    const Exited later =
        play({"--untimed", "--vo=null", "--ao=wav" + at, clip({"--audio", "none"}), clip()});
    CAPTURE(later.err);
    CHECK(later.code == 2);
    CHECK(lines_of(later.err).size() == 1);
}

TEST_CASE("what a name or a server says does not command the terminal", "[player][bad-input]") {
    // Among them bytes that would be a control character once another was taken out of their midst.
    const Exited exited = play_fast({"--", "\x1b]0;title\x07\xc2\x9b\xc2\xc2\x80\x9b\xc3\xa4.mkv"});
    CAPTURE(exited.err);
    CHECK(exited.code == 2);
    CHECK(exited.err.find("]0;title??\xc3\xa4.mkv: does not exist") != std::string::npos);
    CHECK(exited.err.find_first_of("\x1b\x07\x9b\x80") == std::string::npos);
}

TEST_CASE("a stream without a decoder is told once, and the other one is played",
          "[player][bad-input]") {
    // The codec's name in the file is changed to one that nobody has.
    std::string film = read_text(clip());
    const std::string known = "V_MPEG4/ISO/ASP";
    const auto at = film.find(known);
    REQUIRE(at != std::string::npos);
    film.replace(at, known.size(), "V_NOBODYHASTHAT");
    const TemporaryFolder folder;
    const std::string item = folder.file("unknown.mkv", film);
    const Exited exited = play(
        {"--untimed", "--vo=null", "--ao=framecrc:" + folder.path("sound"), "--loop-file=2", item});
    CAPTURE(exited.err);
    CHECK(exited.code == 0);
    REQUIRE(lines_of(exited.err).size() == 1);
    CHECK(exited.err.find("playhead: " + item + ": its video (") == 0);
    CHECK(exited.err.find("has no decoder") != std::string::npos);
    CHECK(lines_of(read_text(folder.path("sound"))).size() > 10);
}

TEST_CASE("a file of which nothing can be decoded is told in one line", "[player][bad-input]") {
    std::string film = read_text(clip({"--audio", "none"}));
    const std::string known = "V_MPEG4/ISO/ASP";
    const auto at = film.find(known);
    REQUIRE(at != std::string::npos);
    film.replace(at, known.size(), "V_NOBODYHASTHAT");
    const TemporaryFolder folder;
    check_bad_item({folder.file("unknown.mkv", film), "play"});
}

TEST_CASE("a list of which nothing can be played says so of each", "[player][bad-input]") {
    const Exited exited = play_fast({"no-1.mkv", "no-2.mkv", "no-3.mkv"});
    CHECK(exited.code == 2);
    const auto lines = lines_of(exited.err);
    REQUIRE(lines.size() == 3);
    CHECK(lines[2].find("playhead: no-3.mkv: ") == 0);
}
