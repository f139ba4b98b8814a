// SessionRig: an engine on the simulation with scripted surroundings, one session, and its events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "playhead/engine.h"
#include "playhead/headless/simulation.h"
#include "support/lines.h"
#include "support/scripted.h"

namespace playhead::test {

struct RigOptions {
    std::uint64_t seed = 1;
    ScriptedMedia media;
    QualityChoice quality = {};
    LoggerOf loggers = {};
};

struct SessionRig {
    explicit SessionRig(RigOptions options = {});
    ~SessionRig();

    // Opens the scripted source and returns it; runs the simulation until it is there.
    std::shared_ptr<Source> open(const std::string& locator = "scripted:");
    // Source streams to the two sinks.
    Topology topology(const std::shared_ptr<Source>& from);
    Topology item(Duration length); // of a scripted source of this length, opened for it
    // The session with that topology set, its events taken.
    void load();
    void start(StartPosition position = current); // and runs until it has completed

    // Asks for the output to be fed from there; the stream-switched says what came of it.
    void ask_switch(std::shared_ptr<StreamSink> output, std::shared_ptr<Source> from,
                    StreamIndex stream);

    // Runs until the event has come (or the virtual deadline is over): all events since the last
    // call, as "name status" lines in order, completions with "#id" of the rig's counting.
    Lines until(const std::string& event_name, Duration limit = std::chrono::seconds{60});
    Status until_error(); // runs until playback has failed: with what; ok: it did not
    Lines events();       // all that has come so far
    std::optional<Event> last(const std::string& event_name) const; // among those taken

    // What the sink of that kind was given since the journal was last taken, if it notes its samples.
    Times given(const std::string& kind = "video") const;
    // The number of events of that type among those taken.
    template <class T>
    int count() const {
        int found = 0;
        for (const auto& event : taken) found += event.as<T>() != nullptr;
        return found;
    }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<Journal> journal = std::make_shared<Journal>();
    std::shared_ptr<ScriptedFaults> faults = std::make_shared<ScriptedFaults>();
    std::shared_ptr<ScriptedSourceFactory> sources;
    std::shared_ptr<ScriptedDecoderFactory> decoders;
    std::shared_ptr<ScriptedSink> video, audio;
    std::unique_ptr<Engine> engine;
    Session session;
    EventQueue queue;
    std::vector<Event> taken;
    std::shared_ptr<Source> source;
};

// "session-stopped ok", "topology-status:ready ok", "capabilities-changed:+4 ok"
std::string line_of(const Event& event);

} // namespace playhead::test
