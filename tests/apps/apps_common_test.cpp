#include <thread>
#include <vector>

#include "common/main_loop.h"
#include "common/trace_writer.h"
#include "player_support.h"
#include "playhead/lanes.h"
#include "support/catch.h"

using namespace playhead;

TEST_CASE("a trace line says who, what, how it ended, when and where", "[apps][trace]") {
    Event event;
    event.sequence = 7;
    event.session = 1;
    event.command = 3;
    event.host_time = HostTime{std::chrono::nanoseconds{123'456'789'012}};
    event.body = SessionStopped{media_at(std::chrono::milliseconds{1500})};
    CHECK(apps::trace_line(event) ==
          R"({"seq":7,"session":1,"event":"session-stopped","command":3,"status":"ok",)"
          R"("host_ns":123456789012,"position_ns":1500000000})");
}

TEST_CASE("an event without a position has no position in its line", "[apps][trace]") {
    Event event;
    event.sequence = 8;
    event.status = Status{Errc::cancelled, "overtaken"};
    event.body = SessionStopped{};
    CHECK(apps::trace_line(event) ==
          R"({"seq":8,"session":0,"event":"session-stopped","command":0,"status":"cancelled",)"
          R"("host_ns":0})");
}

TEST_CASE("all that was published before a trace ends is in it", "[apps][trace]") {
    const test::TemporaryFolder folder;
    const auto executor = make_lanes();
    const Bus bus{executor};
    auto publisher = bus;
    {
        auto trace = apps::TraceWriter::create(bus, executor, folder.path("trace"),
                                               [](const std::string& what) { FAIL(what); });
        REQUIRE(trace);
        for (int i = 0; i < 5000; ++i) {
            Event event;
            event.body = SessionClosed{};
            publisher.publish(event);
        }
    }
    CHECK(test::lines_of(test::read_text(folder.path("trace"))).size() == 5000);
}

TEST_CASE("what is posted to the main loop runs in order, on the thread that runs it",
          "[apps][main_loop]") {
    const auto executor = make_lanes();
    apps::MainLoop loop{executor};
    std::vector<int> ran;
    const auto me = std::this_thread::get_id();
    executor->start_blocking("poster", [&] {
        for (int i = 0; i < 100; ++i) {
            loop.post([&ran, me, i] {
                if (std::this_thread::get_id() == me) ran.push_back(i);
            });
        }
    });
    while (ran.size() < 100) {
        loop.wait(std::nullopt);
        loop.run_posted();
    }
    for (int i = 0; i < 100; ++i) {
        REQUIRE(ran[static_cast<std::size_t>(i)] == i);
    }
}

TEST_CASE("a wake before the wait is not lost, and another loop is woken too",
          "[apps][main_loop]") {
    const auto executor = make_lanes();
    apps::MainLoop loop{executor};
    int woken = 0;
    loop.also_wake([&woken] { ++woken; });
    loop.wake();
    loop.wait(std::nullopt); // would hang
    CHECK(woken == 1);
}
