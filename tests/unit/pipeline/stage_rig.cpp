#include "pipeline/stage_rig.h"

#include <algorithm>

namespace playhead::test {

void KeepingSink::process(Sample sample) {
    --open_;
    kept.push_back(std::move(sample));
    ask();
}

void KeepingSink::ask() {
    const auto left = most - std::min(most, kept.size());
    const int more = static_cast<int>(std::min(left, static_cast<std::size_t>(ahead))) - open_;
    if (more <= 0 || !context_.host) return;
    open_ += more;
    context_.host->request(more);
}

std::vector<VideoFrame> KeepingSink::pictures() const {
    std::vector<VideoFrame> all;
    for (const auto& sample : kept) all.push_back(std::get<VideoFrame>(sample));
    return all;
}

std::vector<std::int64_t> KeepingSink::numbers() const {
    std::vector<std::int64_t> all;
    for (const auto& frame : pictures()) all.push_back(headless::picture_number(frame));
    return all;
}

std::vector<Duration> KeepingSink::stamps() const {
    std::vector<Duration> all;
    for (const auto& frame : pictures()) all.push_back(frame.pts.time_since_epoch());
    return all;
}

StageRig::StageRig(std::shared_ptr<SourceFactory> sources, std::shared_ptr<DecoderFactory> decoders,
                   const OpenRequest& request, std::shared_ptr<headless::Simulation> s,
                   std::shared_ptr<StreamSink> video, std::size_t budget)
    : simulation(std::move(s)) {
    open(std::move(sources), std::move(decoders), request, std::move(video), budget);
}

StageRig::StageRig(const headless::SyntheticOptions& options, std::size_t budget,
                   std::uint64_t seed)
    : simulation(headless::Simulation::create({.seed = seed})) {
    open(headless::synthetic_sources(), headless::synthetic_decoders(simulation),
         headless::synthetic(options), nullptr, budget);
}

void StageRig::open(std::shared_ptr<SourceFactory> sources,
                    std::shared_ptr<DecoderFactory> decoders, const OpenRequest& request,
                    std::shared_ptr<StreamSink> video, std::size_t budget) {
    clock = std::make_shared<PresentationClock>(simulation);
    clock->set_time_source(std::make_shared<SystemClockSource>());
    reader = std::make_shared<ReaderHandle>(simulation, std::move(sources), request);
    simulation->post([this] { reader->open([](Status) {}); });
    simulation->run_until_idle();
    for (const auto& stream : reader->presentation()->streams) {
        auto branch = std::make_unique<Branch>();
        Branch* const b = branch.get();
        b->stream = stream.index;
        if (video && stream.kind == StreamKind::video) {
            b->sink = video;
        } else {
            b->sink = b->keeping = std::make_shared<KeepingSink>(stream.kind);
        }
        b->queue = std::make_shared<PacketQueue>(stream.index, true);
        b->port = std::make_shared<SinkPort>(simulation, b->sink, 0,
                                             std::make_shared<WorkStrand>(simulation, 1));
        b->port->raise(epoch);
        b->port->attach({}, clock, {headless::synthetic_converters(), nullptr});
        static_cast<void>(clock->add_state_sink(b->port->clock_sink(), b->port->notify()));
        const auto recipe = [decoders, stream] { return decoders->create(stream, {}); };
        b->stage = std::make_shared<DecodeStage>(simulation, recipe, nullptr, b->queue,
                                                 std::make_unique<Outlet>(0),
                                                 std::vector<Outlet::Port>{{0, b->port}}, clock, 1,
                                                 budget > 0 ? budget : reverse_picture_bytes);
        b->stage->connect({[b](const LastSample& last) { b->last = last; },
                           [b](Status) { ++b->damage; }, [](Status) {},
                           [b](Duration by) { b->late.push_back(by); }});
        branches.push_back(std::move(branch));
    }
}

StageRig::~StageRig() {
    simulation->post([this] {
        reader->stop([] {});
        for (auto& branch : branches) branch->port->shut_down_sink(nullptr);
    });
    simulation->settle();
    reader.reset();
    simulation->end();
}

void StageRig::start(DecodeOrder order) {
    simulation->post([this, order]() mutable {
        order.epoch = ++epoch;
        ReaderStart start;
        start.epoch = epoch;
        start.at = std::max(order.target, media_zero);
        start.direction = order.direction;
        start.stop = order.stop;
        start.thinning = order.thinning;
        for (auto& branch : branches) {
            branch->last.reset();
            branch->port->raise(epoch);
            branch->queue->raise(epoch, order.target);
            branch->stage->restart(order);
            start.queues.push_back(branch->queue);
        }
        start.done = [this](Status status) { done += status.ok() ? 1 : 0; };
        start.failed = [this](Status) { ++failed; };
        start.trouble = [this](Status status) { troubles.push_back(status.message()); };
        start.finished = [this] { ++finished; };
        reader->start(std::move(start));
    });
    simulation->settle();
}

void StageRig::play(DecodeOrder order) {
    start(order);
    simulation->post([this, at = order.target] {
        for (auto& branch : branches) branch->port->preroll(at);
    });
    simulation->run_until_idle();
}

} // namespace playhead::test
