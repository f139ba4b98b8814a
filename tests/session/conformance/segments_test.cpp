// Section 6, and of 3 what sequences tell: segments that end, are announced, or are not wanted.
#include "playhead/sequencer.h"
#include "session/conformance/stage.h"

using namespace playhead;
using namespace playhead::test;
using namespace std::chrono_literals;
using S = SessionState;

namespace {

struct ListStage : Stage {
    std::vector<TopologyId> ids_told(TopologyState state) const {
        std::vector<TopologyId> ids;
        for (const auto& event : taken) {
            const auto* status = event.as<TopologyStatus>();
            if (status && status->state == state) ids.push_back(status->topology);
        }
        return ids;
    }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& event : taken) {
            if (const T* body = event.as<T>()) found.push_back(*body);
        }
        return found;
    }
};

} // namespace

TEST_CASE("the end of a segment is told with its number, and whether it was cancelled",
          "[conformance][3]") {
    covers("3/end-of-presentation-segment", "6.2/segment-end", "6.3/cancels-active");
    ListStage stage;
    const Topology a = stage.item(2s), b = stage.item(2s), c = stage.item(2s);
    Sequencer list{stage.session};
    const auto first = list.append(a);
    const auto second = list.append(b);
    const auto third = list.append(c, SegmentFlags::last);
    stage.now();
    stage.start();
    stage.after(2500ms);
    (void)stage.session.start(StartSegment{*third, {}});
    stage.now();
    const auto ends = stage.all<EndOfPresentationSegment>();
    REQUIRE(ends.size() == 2);
    CHECK(ends[0].segment == *first);
    CHECK_FALSE(ends[0].cancelled);
    CHECK(ends[1].segment == *second);
    CHECK(ends[1].cancelled);
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    // The last one's end is the presentation's.
    CHECK(stage.all<EndOfPresentationSegment>().size() == 2);
    CHECK(stage.all<EndOfPresentation>().size() == 1);
    CHECK_FALSE(stage.all<EndOfPresentation>().front().cancelled);
}

TEST_CASE(
    "a sequence that does not feed its session says what is next, and the application sets it",
    "[conformance][3]") {
    covers("3/new-presentation", "6.2/announces-next");
    ListStage stage;
    const Topology a = stage.item(1s), b = stage.item(1s);
    Sequencer list{stage.session, {.feeds_session = false}};
    const auto first = list.append(a);
    const auto second = list.append(b, SegmentFlags::last);
    std::vector<SegmentId> announced;
    const auto set_what_is_new = [&] {
        stage.now();
        const auto news = stage.all<NewPresentation>();
        for (; announced.size() < news.size();) {
            announced.push_back(news[announced.size()].segment);
            REQUIRE(stage.session.set_topology(**list.topology(announced.back())));
            stage.now();
        }
    };
    set_what_is_new();
    CHECK(announced == std::vector<SegmentId>{*first}); // nothing plays yet, nothing follows
    stage.start();
    stage.after(100ms);
    set_what_is_new();
    set_what_is_new();
    CHECK(announced == std::vector<SegmentId>{*first, *second});
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.of_last<SessionEnded>().position == media_at(2s));
    CHECK(stage.video->rendered == 50);
}

TEST_CASE("a start in another segment cancels one that has been joined, and it does not come back",
          "[conformance][6.3]") {
    covers("6.3/cancels-prerolled", "6.3/cancels-active");
    ListStage stage;
    const Topology a = stage.item(1s), b = stage.item(3s), c = stage.item(2s);
    Sequencer list{stage.session};
    (void)list.append(a);
    const auto second = list.append(b);
    const auto third = list.append(c, SegmentFlags::last);
    stage.now();
    stage.start();
    // Everything of the first has been handed out: the second stands behind it at the outputs.
    stage.until("notify-presentation-time");
    stage.now();
    const auto joined = stage.ids_told(TopologyState::started_source).back();
    CHECK(stage.session.position().value() < media_at(1s));
    stage.taken.clear();
    (void)stage.session.start(StartSegment{*third, {}});
    const Lines lines = stage.until("session-started");
    CHECK(lines.back() == "session-started ok");
    const auto ends = stage.all<EndOfPresentationSegment>();
    REQUIRE(ends.size() == 1); // the first one's had been told
    CHECK(ends[0].segment == *second);
    CHECK(ends[0].cancelled);
    const auto ended = stage.ids_told(TopologyState::ended);
    CHECK(std::count(ended.begin(), ended.end(), joined) == 1);
    const HostTime begun = stage.simulation->now();
    const auto pictures = stage.video->rendered.load();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.simulation->now() - begun == 2s);
    CHECK(stage.video->rendered - pictures == 50);
    CHECK(stage.of_last<SessionEnded>().position == media_at(2s));
}

TEST_CASE("an immediate topology drops what has been joined already", "[conformance][1.5]") {
    covers("1.5/immediate-drops-queue");
    ListStage stage;
    const Topology a = stage.item(1s), b = stage.item(3s), c = stage.item(2s);
    REQUIRE(stage.session.set_topology(a));
    REQUIRE(stage.session.set_topology(b));
    stage.now();
    stage.start();
    stage.until("notify-presentation-time");
    stage.now();
    stage.taken.clear();
    REQUIRE(stage.session.set_topology(c, SetTopology::immediate));
    stage.now();
    CHECK(stage.ids_told(TopologyState::ended).size() == 2);
    const HostTime begun = stage.simulation->now();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.simulation->now() - begun == 2s);
}

TEST_CASE("a later one may begin at a place of its own, and without a seam", "[conformance][6.1]") {
    covers("6.1/start-on-switch", "6.1/offset");
    ListStage stage;
    const Topology a = stage.item(1s);
    Topology b = stage.item(3s);
    b.start_on_switch = 2s;
    REQUIRE(stage.session.set_topology(a));
    REQUIRE(stage.session.set_topology(b));
    stage.now();
    stage.video->note_samples = true;
    stage.taken.clear();
    stage.start();
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.of_last<SessionEnded>().position == media_at(2s));
    CHECK(stage.of_last<NotifyPresentationTime>().start == media_at(1s));
    CHECK(stage.of_last<NotifyPresentationTime>().offset == -1s);
    CHECK(stage.video->rendered == 50); // of the second its last second
    CHECK(stage.journal->count("video process 1000") == 1);
    // A start is the application's own: it begins where that says.
    stage.start();
    CHECK(stage.session.position() == media_zero);
    CHECK(stage.until("session-ended").back() == "session-ended ok");
    CHECK(stage.video->rendered == 125);

    { // Also where it takes the place at once.
        ListStage now;
        REQUIRE(now.session.set_topology(now.item(5s)));
        now.now();
        now.start();
        now.after(1s);
        Topology c = now.item(3s);
        c.start_on_switch = 2s;
        REQUIRE(now.session.set_topology(c, SetTopology::immediate));
        now.now();
        CHECK(now.session.position() == media_at(2s));
        CHECK(now.of_last<NotifyPresentationTime>().start == media_at(2s));
        CHECK(now.until("session-ended").back() == "session-ended ok");
        CHECK(now.of_last<SessionEnded>().position == media_at(3s));
        c.start_on_switch = -1ns;
        CHECK(now.session.set_topology(c).error() == Errc::topo_invalid_time_attributes);
    }
}

TEST_CASE("sources that only a sequence held are shut when it is gone", "[conformance][6.2]") {
    covers("6.2/owns-sources");
    ListStage stage;
    const auto alive = [&] {
        stage.now();
        stage.taken.clear(); // events hold what they tell of
        while (stage.session.try_next()) {
        }
        stage.simulation->settle();
        return stage.sources->alive.load();
    };
    {
        auto list = std::make_unique<Sequencer>(stage.session);
        (void)list->append(stage.item(1s));
        const auto second = list->append(stage.item(1s));
        (void)list->append(stage.item(1s), SegmentFlags::last);
        stage.source.reset();
        CHECK(alive() == 3);
        REQUIRE(list->remove(*second));
        CHECK(alive() == 2);
        stage.start();
        stage.until("session-ended");
        CHECK(alive() == 2); // it may be played again
    }
    CHECK(alive() > 0); // the session still has what it plays
    (void)stage.session.close();
    CHECK(alive() == 0);
}
