#include <filesystem>
#include <fstream>
#include <iterator>

#include "source_rules.h"
#include "support/catch.h"

using namespace playhead::architecture;
namespace fs = std::filesystem;

namespace {

const fs::path root{PLAYHEAD_SOURCE_DIR};

std::set<std::string> backend_names() {
    std::set<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator{root / "backends"}) {
        if (entry.is_directory()) {
            names.insert(entry.path().filename().generic_string());
        }
    }
    return names;
}

bool is_source(const fs::path& path) {
    static const std::set<std::string> endings{".h", ".hpp", ".cpp", ".cc", ".c", ".mm", ".in"};
    return endings.count(path.extension().generic_string()) != 0;
}

std::vector<fs::path> sources_below(const std::string& folder) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root / folder}) {
        if (entry.is_regular_file() && is_source(entry.path())) {
            found.push_back(entry.path());
        }
    }
    return found;
}

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

const std::set<std::string> some_backends{"ffmpeg", "io", "sdl", "headless"};

std::size_t faults(const std::string& path, const std::string& text) {
    return check_source(path, text, some_backends).size();
}

} // namespace

TEST_CASE("every source file keeps to the direction of dependencies and to the lanes",
          "[architecture]") {
    const std::set<std::string> backends = backend_names();
    CHECK(backends.count("ffmpeg") == 1);
    for (const std::string folder : {"engine", "backends", "apps", "tests"}) {
        const std::vector<fs::path> sources = sources_below(folder);
        CHECK_FALSE(sources.empty());
        for (const fs::path& source : sources) {
            const std::string path = source.lexically_relative(root).generic_string();
            const std::string text = text_of(source);
            INFO(path);
            CHECK_FALSE(text.empty());
            for (const Violation& violation : check_source(path, text, backends)) {
                FAIL_CHECK(path << ":" << violation.line << ": " << violation.why);
            }
        }
    }
}

TEST_CASE("the checker finds what the engine may not include", "[architecture]") {
    const std::string file = "engine/src/session/session.cpp";
    for (const std::string header :
         {"libavcodec/avcodec.h", "libswscale/swscale.h", "SDL.h", "SDL2/SDL.h", "unistd.h",
          "sys/stat.h", "windows.h", "pthread.h", "poll.h", "fcntl.h", "thread",
          "condition_variable", "future", "mutex", "boost/asio.hpp"}) {
        INFO(header);
        CHECK(faults(file, "#include <" + header + ">\n") == 1);
        CHECK(faults(file, "  #  include <" + header + ">\n") == 1);
        CHECK(faults(file, "#if __has_include(<" + header + ">)\n") == 1);
        CHECK(faults(file, "// #include <" + header + ">\n") == 0);
        CHECK(faults(file, "/*\n#include <" + header + ">\n*/\n") == 0);
    }
    for (const std::string header :
         {"libavcodec/avcodec.h", "SDL.h", "playhead/ffmpeg/backend.h",
          "playhead/headless/simulation.h", "../../backends/sdl/src/window.h"}) {
        INFO(header);
        CHECK(faults(file, "#include \"" + header + "\"\n") == 1);
    }
    for (const std::string good :
         {"<vector>", "<tl/expected.hpp>", "<spdlog/spdlog.h>", "\"playhead/backend/source.h\""}) {
        INFO(good);
        CHECK(faults(file, "#include " + good + "\n") == 0);
    }
    CHECK(faults("engine/src/schedule/crew.cpp", "#include <thread>\n") == 0);
    CHECK(faults("engine/src/schedule/crew.cpp", "#include <pthread.h>\n") == 1);
    CHECK(faults("engine/src/schedule/platform/posix.cpp", "#include <pthread.h>\n") == 0);
    CHECK(faults("backends/io/src/file.cpp", "#include <unistd.h>\n#include <thread>\n") == 0);
}

TEST_CASE("the checker finds threads, locks, clocks and waits that are not at home",
          "[architecture]") {
    for (const std::string code :
         {"std::thread t;", "std::jthread t{};", "auto f = std::async(g);",
          "std::condition_variable c;", "std::condition_variable_any c;",
          "auto id = std::this_thread::get_id();", "auto n = std::chrono::steady_clock::now();",
          "auto n = system_clock::now();", "std::binary_semaphore s{0};", "std::mutex m;",
          "std::recursive_mutex m;", "std::latch l{1};"}) {
        INFO(code);
        CHECK(faults("engine/src/bus/bus.cpp", code) == 1);
        CHECK(faults("engine/include/playhead/bus.h", "#pragma once\n" + code) == 1);
        CHECK(faults("engine/src/schedule/crew.cpp", code) == 0);
        CHECK(faults("engine/src/bus/bus.cpp", "// " + code) == 0);
        CHECK(faults("engine/src/bus/bus.cpp", "log(\"" + code + "\");") == 0);
        CHECK(faults("engine/src/bus/bus.cpp", "log(R\"x(" + code + ")x\");") == 0);
    }
    for (const std::string code :
         {"using HostTime = std::chrono::steady_clock::time_point;", "Mutex m;", "std::threads t;",
          "mystd::threadless x;", "int a = 1'000'000; int b = 2'000;", "char c = '\"';"}) {
        INFO(code);
        CHECK(faults("engine/src/bus/bus.cpp", code) == 0);
    }
    // A literal does not swallow what follows it.
    CHECK(faults("engine/src/bus/bus.cpp", "char c = '\"'; std::thread t; char d = '\"';") == 1);
    CHECK(faults("engine/src/bus/bus.cpp", "log(\"\\\"\"); std::thread t;") == 1);
    CHECK(faults("engine/src/bus/bus.cpp", "int n = 1'000; std::thread t; n = 2'000;") == 1);
}

TEST_CASE("the checker finds names of cases that ctest would not run", "[architecture]") {
    const std::string file = "tests/unit/bus/bus_test.cpp";
    const std::string macro = "TEST_"
                              "CASE(";
    CHECK(faults(file, macro + "\"one; two\", \"[x]\") {}") == 1);
    CHECK(faults(file, macro + "\n    \"one; two\") {}") == 1);
    CHECK(faults(file, macro + "\"one, two\") { f(); }") == 0);
}

TEST_CASE("the checker finds sleeps everywhere", "[architecture]") {
    for (const std::string code :
         {"std::this_thread::sleep_until(t);", "usleep(10);", "SDL_Delay(1);",
          "::nanosleep(&t, nullptr);", "using namespace std; this_thread::sleep_for(1s);"}) {
        for (const std::string file :
             {"engine/src/schedule/crew.cpp", "backends/sdl/src/window.cpp", "apps/player/main.cpp",
              "tests/unit/bus/bus_test.cpp"}) {
            INFO(file << ": " << code);
            CHECK(faults(file, code) == 1);
        }
    }
    CHECK(faults("backends/headless/src/simulation.cpp", "virtual_sleep(1s); deep_usleep();") == 0);
}

TEST_CASE("the checker finds a backend that knows another", "[architecture]") {
    CHECK(faults("backends/sdl/src/window.cpp", "#include \"playhead/ffmpeg/backend.h\"\n") == 1);
    CHECK(faults("backends/sdl/src/window.cpp", "#include <playhead/ffmpeg/backend.h>\n") == 1);
    CHECK(faults("backends/sdl/src/window.cpp", "#include \"../../ffmpeg/src/error.h\"\n") == 1);
    CHECK(faults("backends/sdl/src/window.cpp", "#include \"playhead/sdl/window.h\"\n") == 0);
    CHECK(faults("backends/sdl/src/window.cpp", "#include \"playhead/backend/executor.h\"\n") == 0);
    CHECK(faults("apps/player/main.cpp", "#include \"playhead/ffmpeg/backend.h\"\n") == 0);
}

TEST_CASE("the checker finds Catch2 outside its place, and headers that may come twice",
          "[architecture]") {
    CHECK(faults("tests/unit/bus/bus_test.cpp", "#include <catch2/catch.hpp>\n") == 1);
    CHECK(faults("tests/support/server.cpp", "#include <catch2/catch_all.hpp>\n") == 1);
    CHECK(faults("tests/support/catch_main.cpp", "#include <catch2/catch_all.hpp>\n") == 0);
    CHECK(faults("tests/support/catch.h", "#pragma once\n#include <catch2/catch.hpp>\n") == 0);
    CHECK(faults("engine/include/playhead/bus.h", "// #pragma once\nint x;\n") == 1);
    CHECK(faults("engine/include/playhead/version.h.in", "int x;\n") == 1);
    CHECK(faults("engine/include/playhead/bus.h", "// Bus.\n#pragma once\n") == 0);
    CHECK(faults("engine/src/bus/bus.cpp", "int x;\n") == 0);
}
