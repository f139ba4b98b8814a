// ListRig: a session on scripted surroundings with more than one thing to play.
#pragma once

#include "support/catch.h"
#include "support/session_rig.h"

namespace playhead::test {

// The stamps from 0 on, so far apart, before `end`.
inline Times every(int step, int end) {
    Times stamps;
    for (int t = 0; t < end; t += step) stamps.push_back(t);
    return stamps;
}

struct ListRig : SessionRig {
    ListRig() { video->note_samples = audio->note_samples = true; }
    // Plays to the end of everything, which must lie there.
    void ends_at(Duration end) {
        const Lines lines = until("session-ended");
        REQUIRE_FALSE(lines.empty());
        REQUIRE(lines.back() == "session-ended ok");
        CHECK(position(taken.back().body) == media_at(end));
    }
    // A start, and everything from 0 to there is given once and in order.
    void plays_from_start(Duration end) {
        journal->take();
        (void)session.start();
        ends_at(end);
        check_given(end);
    }
    // Since the journal was taken last the outputs were given each picture and each block of sound from
    // 0 to there, once and in order.
    void check_given(Duration end) const {
        const auto until_then = static_cast<int>(end / std::chrono::milliseconds{1});
        CHECK(given("video") == every(40, until_then));
        CHECK(given("audio") == every(20, until_then));
    }
};

} // namespace playhead::test
