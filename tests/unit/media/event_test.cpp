#include "playhead/event.h"

#include <set>

#include "support/catch.h"

using namespace playhead;
using namespace std::chrono_literals;

namespace {

template <std::size_t... I>
std::vector<EventBody> one_of_each(std::index_sequence<I...>) {
    return {EventBody{std::in_place_index<I>}...};
}

const std::vector<EventBody> all =
    one_of_each(std::make_index_sequence<std::variant_size_v<EventBody>>{});

} // namespace

TEST_CASE("every event has a name of its own", "[media][event]") {
    std::set<std::string> names;
    for (const EventBody& body : all) {
        const std::string text{name(body)};
        CHECK_FALSE(text.empty());
        CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos);
        names.insert(text);
    }
    CHECK(names.size() == all.size());
    CHECK(name(SessionStopped{}) == "session-stopped");
    CHECK(name(NonFatalError{}) == "non-fatal-error");
}

TEST_CASE("each session command has its completion event, and nothing else is one: section 1.2",
          "[media][event]") {
    const std::set<std::string> expected{
        "topology-set",   "topologies-cleared", "session-started",
        "session-paused", "session-stopped",    "session-closed",
        "rate-changed",   "stream-switched",    "media-stop-changed"};
    std::set<std::string> found;
    for (const EventBody& body : all) {
        if (is_completion(body)) {
            found.insert(std::string{name(body)});
        }
    }
    CHECK(found == expected);
}

TEST_CASE("an event that speaks of a position tells it: section 3", "[media][event]") {
    CHECK(position(SessionStarted{media_at(2s), {}, true}) == media_at(2s));
    CHECK(position(SessionPaused{media_at(3s)}) == media_at(3s));
    CHECK(position(SessionStopped{media_at(4s)}) == media_at(4s));
    CHECK_FALSE(position(SessionStopped{}));
    CHECK(position(SessionEnded{media_at(5s)}) == media_at(5s));
    CHECK(position(SessionError{media_at(6s)}) == media_at(6s));
    CHECK(position(NonFatalError{media_at(7s), 1}) == media_at(7s));
    NotifyPresentationTime notify;
    notify.start = media_at(8s);
    CHECK(position(notify) == media_at(8s));
    CHECK_FALSE(position(SessionClosed{}));
    CHECK_FALSE(position(BufferingStarted{}));
}

TEST_CASE("states and statuses have their words and Media Foundation's numbers", "[media][event]") {
    CHECK(to_string(TopologyState::started_source) == "started_source");
    CHECK(to_string(SessionState::shut_down) == "shut_down");
    CHECK(static_cast<int>(TopologyState::ready) == 100);
    CHECK(static_cast<int>(TopologyState::started_source) == 200);
    CHECK(static_cast<int>(TopologyState::dynamic_changed) == 210);
    CHECK(static_cast<int>(TopologyState::sink_switched) == 300);
    CHECK(static_cast<int>(TopologyState::ended) == 400);
    CHECK(static_cast<unsigned>(Capability::does_not_use_network) == 0x40U); // section 1.6
    CHECK(has(SetTopology::immediate | SetTopology::clear_current, SetTopology::immediate));
    CHECK_FALSE(
        has(SetTopology::immediate | SetTopology::clear_current, SetTopology::no_resolution));
}

TEST_CASE("an event's body is asked for by type", "[media][event]") {
    Event event;
    event.body = RateChanged{1.5};
    REQUIRE(event.as<RateChanged>() != nullptr);
    CHECK(event.as<RateChanged>()->rate == 1.5);
    CHECK(event.as<SessionStopped>() == nullptr);
}
