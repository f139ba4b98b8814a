// Section 7.1 on our own sinks: markers, and what a flush does to them and to the state.
#include "session/clauses.h"
#include "session/conformance/sink_subject.h"

using namespace playhead;
using namespace playhead::test;

namespace {

Lines markers_of(const Lines& said) {
    Lines markers;
    for (const auto& line : said) {
        if (line.rfind("marker", 0) == 0) markers.push_back(line);
    }
    return markers;
}

// Prerolled at 0, not started: samples wait in it.
void preroll(SinkSubject& subject) {
    subject.rig->preroll(media_zero, subject.programme(0s));
    REQUIRE(subject.simulation->run_until([&] { return subject.rig->pipeline->has("prerolled"); },
                                          subject.rig->now() + 10s));
    subject.starve();
    subject.rendered();
    subject.said();
}

// Plays from 0; its requests stay open now.
void play_and_starve(SinkSubject& subject) {
    subject.starve_from(1s);
    subject.rig->play(media_zero, subject.programme(0s));
    subject.rig->run(700ms);
    subject.starve();
    subject.rendered();
    subject.said();
}

// Paused, with samples that were given before the pause or during it.
void play_and_pause(SinkSubject& subject) {
    play_and_starve(subject);
    const MediaTime before = subject.given_until();
    subject.rig->pause();
    subject.starve_from(60s);
    subject.feed();
    subject.starve();
    if (subject.is_rateless()) REQUIRE(subject.given_until() > before);
    subject.rendered();
    subject.said();
}

} // namespace

TEST_CASE("a marker's event comes after all that was before it, with the value given with it",
          "[conformance][7.1]") {
    covers("7.1/markers-queue", "7.1/marker-context");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        play_and_starve(subject);
        subject.place(Marker::Kind::plain, 41);
        subject.place(Marker::Kind::event, 0xFFFF'FFFF'0000'0001);
        const Lines expected{"marker 41 ok", "marker 18446744069414584321 ok"};
        if (subject.is_rateless()) { // it has taken all there was
            CHECK(markers_of(subject.said()) == expected);
            continue;
        }
        CHECK(markers_of(subject.said()).empty());
        const MediaTime end = subject.given_until();
        while (subject.rig->position() < end - 2ms) {
            CHECK(markers_of(subject.said()).empty());
            subject.rig->run(1ms);
        }
        subject.rig->run(3ms);
        CHECK(markers_of(subject.said()) == expected);
    }
}

TEST_CASE("before the start markers wait behind the samples that wait", "[conformance][7.1]") {
    covers("7.1/markers-queue", "7.1/not-before-start");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        preroll(subject);
        subject.place(Marker::Kind::plain, 41);
        subject.rig->run(1h);
        CHECK(subject.said().empty());
        CHECK(subject.rendered() == 0);
        subject.rig->start(media_zero);
        subject.rig->run(2s);
        CHECK(markers_of(subject.said()) == Lines{"marker 41 ok"});
    }
}

TEST_CASE("a flush fires the markers that wait, as aborted, before its call is over",
          "[conformance][7.1]") {
    covers("7.1/marker-flush", "7.1/flush-keeps-state");
    for (const auto kind : SinkSubject::all) {
        for (const bool started : {false, true}) {
            INFO(to_string(kind) << (started ? " paused" : " prerolled"));
            SinkSubject subject{kind};
            if (started) {
                play_and_pause(subject);
            } else {
                preroll(subject);
            }
            subject.place(Marker::Kind::plain, 41);
            subject.place(Marker::Kind::end_of_segment, 42);
            REQUIRE(subject.said().empty());
            Lines at_once;
            subject.call([&](StreamSink& sink) {
                sink.flush();
                at_once = subject.said();
            });
            CHECK(at_once == Lines{"marker 41 aborted", "marker 42 aborted"});
            // None comes twice.
            subject.rig->run(1s);
            subject.rig->stop();
            CHECK(markers_of(subject.said()).empty());
        }
    }
}

TEST_CASE("while paused markers wait behind samples, with none there they fire at once",
          "[conformance][7.1]") {
    covers("7.1/marker-paused");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        play_and_pause(subject);
        subject.place(Marker::Kind::plain, 41);
        subject.rig->run(1h);
        CHECK(markers_of(subject.said()).empty());
        subject.rig->resume();
        subject.rig->run(2s);
        CHECK(markers_of(subject.said()) == Lines{"marker 41 ok"});

        SinkSubject empty{kind};
        play_and_pause(empty);
        empty.call([](StreamSink& sink) { sink.flush(); });
        CHECK(empty.said().empty());
        empty.place(Marker::Kind::plain, 42);
        CHECK(empty.said() == Lines{"marker 42 ok"});
    }
}

TEST_CASE("a stop fires the markers that wait, and after it they fire at once",
          "[conformance][7.1]") {
    covers("7.1/marker-stopped");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        SinkSubject subject{kind};
        play_and_pause(subject);
        subject.place(Marker::Kind::plain, 41);
        REQUIRE(subject.said().empty());
        subject.rig->stop();
        CHECK(subject.said() == Lines{"marker 41 ok", "stopped"});
        subject.place(Marker::Kind::plain, 42);
        CHECK(subject.said() == Lines{"marker 42 ok"});
    }
}

TEST_CASE("a flush keeps the state: who runs goes on with what comes next, who does not, not",
          "[conformance][7.1]") {
    covers("7.1/flush-keeps-state");
    for (const auto kind : SinkSubject::all) {
        INFO(to_string(kind));
        {
            SinkSubject running{kind};
            play_and_starve(running);
            running.rig->run(1s); // it has asked for more by now
            running.call([](StreamSink& sink) { sink.flush(); });
            running.starve_from(3s);
            running.rig->run(100ms); // what the device has taken is played
            running.rendered();
            running.rig->run(1s);
            CHECK(running.rendered() == 0);
            running.feed(); // as it had asked before the flush
            running.rig->run(1s);
            CHECK(running.rendered() > 0);
            CHECK_FALSE(running.rig->pipeline->has("started"));
        }
        {
            SinkSubject paused{kind};
            play_and_pause(paused);
            paused.call([](StreamSink& sink) { sink.flush(); });
            paused.feed();
            paused.rig->run(1h);
            CHECK(paused.rendered() == 0);
            paused.rig->resume();
            paused.rig->run(1s);
            CHECK(paused.rendered() > 0);
        }
        {
            SinkSubject stopped{kind};
            play_and_starve(stopped);
            stopped.rig->stop();
            stopped.rendered();
            stopped.call([](StreamSink& sink) { sink.flush(); });
            stopped.feed();
            stopped.rig->run(1h);
            CHECK(stopped.rendered() == 0);
        }
    }
}
