// Section 7.1: requests, the end, and letting go, with a sink that asks as the test says; and what
// the engine's own sinks do, section 8.
#include "playhead/video_output.h"
#include "session/conformance/asking_sink.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

// A session that plays pictures into that sink; loaded.
struct Asked {
    explicit Asked(int at_attach = 0) {
        sink->at_attach = at_attach;
        stage.load_into({sink});
    }
    std::shared_ptr<AskingSink> sink = std::make_shared<AskingSink>();
    Stage stage;
};

} // namespace

TEST_CASE("each request is answered with one sample, in order", "[conformance][7.1]") {
    covers("7.1/one-for-one", "7.1/several-requests");
    Asked a;
    (void)a.stage.session.start();
    CHECK(a.stage.after(1s) == Lines{"topology-status:started_source ok"}); // it asked for none
    CHECK(a.sink->taken().empty());
    a.sink->ask_for(1);
    CHECK(a.stage.now().back() == "session-started ok");
    CHECK(a.sink->taken() == Times{0});
    a.sink->ask_for(2);
    a.sink->ask_for(1);
    a.stage.after(1s);
    CHECK(a.sink->taken() == Times{40, 80, 120});
    a.stage.after(1h);
    CHECK(a.sink->taken().empty());
}

TEST_CASE("a request of before the start is kept until then", "[conformance][7.1]") {
    covers("7.1/request-before-start");
    Asked a{2};
    a.stage.after(1h);
    CHECK(a.sink->taken().empty());
    (void)a.stage.session.start(at(3s));
    CHECK(a.stage.now().back() == "session-started ok");
    CHECK(a.sink->taken() == Times{3000, 3040});
}

TEST_CASE("requests that are open at the end are served after a seek", "[conformance][7.1]") {
    covers("7.1/request-survives-end", "7.1/end-is-a-marker");
    Asked a{1};
    (void)a.stage.session.start(at(9960ms));
    CHECK(a.stage.now().back() == "session-started ok");
    CHECK(a.sink->taken() == Times{9960});
    a.sink->ask_for(4);
    a.stage.now();
    CHECK(a.sink->taken() == Times{-1}); // there is no more: one marker, and the four stay open
    (void)a.stage.session.start(at(2s));
    a.stage.after(1s);
    CHECK(a.sink->taken() == Times{2000, 2040, 2080, 2120});
}

TEST_CASE("a request after a stop gives nothing until the next start", "[conformance][7.2]") {
    covers("7.2/request-after-stop", "3.1/silence-after");
    Asked a{1};
    (void)a.stage.session.start();
    a.stage.now();
    (void)a.stage.session.stop();
    a.stage.now();
    a.sink->taken();
    a.sink->ask_for(3);
    CHECK(a.stage.after(1h).empty());
    CHECK(a.sink->taken().empty());
    (void)a.stage.session.start();
    CHECK(a.stage.now().back() == "session-started ok");
    CHECK(a.sink->taken().front() == 0);
}

TEST_CASE("close waits for sinks to finish what they write", "[conformance][1.4]") {
    covers("1.4/close-finalizes");
    Asked a{1};
    a.sink->shutdown_takes = 10ms;
    (void)a.stage.session.start();
    a.stage.now();
    const HostTime begun = a.stage.simulation->now();
    (void)a.stage.session.close();
    CHECK(a.stage.until("session-closed").back() == "session-closed ok");
    CHECK(a.sink->is_shut_down());
    CHECK(a.stage.simulation->now() - begun == 10ms);
}

TEST_CASE("an output that is pulled: no frame before the first, each told once, had again",
          "[conformance][8]") {
    covers("8/frame-none", "8/frame-once");
    Stage stage;
    VideoOutput screen;
    stage.load_into({screen.sink()});
    const auto due = [&] { return screen.frame_due(stage.simulation->now()); };
    CHECK_FALSE(due().frame);
    CHECK_FALSE(due().is_new);
    (void)stage.session.start();
    stage.now();
    const DueFrame first = due();
    REQUIRE(first.frame);
    CHECK(first.is_new);
    CHECK(first.frame->pts == media_zero);
    const DueFrame again = due();
    CHECK_FALSE(again.is_new);
    REQUIRE(again.frame);
    CHECK(again.frame->picture == first.frame->picture);
    stage.after(1s);
    const DueFrame later = due();
    CHECK(later.is_new);
    REQUIRE(later.frame);
    CHECK(later.frame->pts == media_at(1s));
    // After a stop nothing is left on screen.
    (void)stage.session.stop();
    stage.now();
    CHECK_FALSE(due().frame);
}
