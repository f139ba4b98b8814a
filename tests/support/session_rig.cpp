#include "support/session_rig.h"

#include <algorithm>

namespace playhead::test {

std::string line_of(const Event& event) {
    std::string text{name(event.body)};
    if (const auto* status = event.as<TopologyStatus>()) {
        text += ":" + std::string(to_string(status->state));
    }
    if (const auto* caps = event.as<CapabilitiesChanged>()) {
        text += (caps->now & caps->delta) != 0 ? ":+" : ":-";
        text += std::to_string(caps->delta);
    }
    return text + " " + event.status.word();
}

SessionRig::SessionRig(RigOptions options) {
    headless::SimulationOptions simulated;
    simulated.seed = options.seed;
    simulation = headless::Simulation::create(simulated);
    sources = std::make_shared<ScriptedSourceFactory>(journal, faults);
    sources->media = options.media;
    decoders = std::make_shared<ScriptedDecoderFactory>(simulation, faults);
    video = std::make_shared<ScriptedSink>(StreamKind::video, journal);
    audio = std::make_shared<ScriptedSink>(StreamKind::audio, journal);
    EngineOptions made;
    made.executor = simulation;
    made.sources = sources;
    made.decoders = decoders;
    made.loggers = std::move(options.loggers);
    engine = std::make_unique<Engine>(std::move(made));
    queue = engine->bus().queue();
    session = engine->create_session({.queue_events = false, .quality = options.quality});
}

SessionRig::~SessionRig() {
    faults->open_gate.open();
    faults->read_gate.open();
    faults->seek_gate.open();
    faults->decode_gate.open();
    if (decoders) decoders->gate.open();
    video->process_gate.open();
    audio->process_gate.open();
    source.reset();
    session = Session{};
    engine.reset();
    simulation->settle();
    simulation->end();
}

Lines SessionRig::events() {
    Lines lines;
    for (auto event = queue.try_next(); event; event = queue.try_next()) {
        lines.push_back(line_of(*event));
        taken.push_back(std::move(*event));
    }
    return lines;
}

void SessionRig::ask_switch(std::shared_ptr<StreamSink> output, std::shared_ptr<Source> from,
                            StreamIndex stream) {
    SourceNode to;
    to.source = std::move(from);
    to.stream = stream;
    OutputNode node;
    node.sink = std::move(output);
    (void)session.switch_stream(std::move(node), std::move(to));
}

Lines SessionRig::until(const std::string& event_name, Duration limit) {
    Lines lines;
    const HostTime deadline = simulation->now() + limit;
    while (simulation->now() < deadline) {
        auto event = queue.next_for(deadline - simulation->now());
        if (!event) break;
        lines.push_back(line_of(*event));
        taken.push_back(std::move(*event));
        if (name(taken.back().body) == event_name) break;
    }
    return lines;
}

Status SessionRig::until_error() {
    until("session-error");
    const auto error = last("session-error");
    return error ? error->status : Status{};
}

std::optional<Event> SessionRig::last(const std::string& event_name) const {
    const auto found = std::find_if(taken.rbegin(), taken.rend(), [&](const Event& event) {
        return name(event.body) == event_name;
    });
    return found == taken.rend() ? std::nullopt : std::optional<Event>(*found);
}

Times SessionRig::given(const std::string& kind) const {
    Times stamps;
    const std::string head = kind + " process ";
    for (const auto& line : journal->lines()) {
        if (line.rfind(head, 0) == 0) stamps.push_back(std::stoi(line.substr(head.size())));
    }
    return stamps;
}

std::shared_ptr<Source> SessionRig::open(const std::string& locator) {
    (void)engine->open({locator, nullptr, {}});
    until("source-opened");
    const auto opened = last("source-opened");
    if (opened) source = opened->as<SourceOpened>()->source;
    return source;
}

Topology SessionRig::topology(const std::shared_ptr<Source>& from) {
    Topology made;
    bool any[2] = {false, false}; // the first stream of each kind
    for (const auto& stream : from->presentation().streams) {
        if (is_sparse(stream.kind)) continue;
        if (std::exchange(any[stream.kind == StreamKind::video ? 0 : 1], true)) continue;
        made.add_branch(from, stream.index, stream.kind == StreamKind::video ? video : audio);
    }
    return made;
}

Topology SessionRig::item(Duration length) {
    sources->media.duration = length;
    source.reset();
    return topology(open());
}

void SessionRig::load() {
    if (!source) open();
    (void)session.set_topology(topology(source));
    simulation->settle();
    events();
    journal->take();
}

void SessionRig::start(StartPosition position) {
    (void)session.start(position);
    until("session-started");
    journal->take();
}

} // namespace playhead::test
