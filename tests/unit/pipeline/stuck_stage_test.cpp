// What a stage says of itself while its decoder does not come back.
#include "pipeline/stage_rig.h"
#include "support/catch.h"
#include "support/scripted.h"

using namespace playhead;
using namespace playhead::test;

namespace {

// One picture for each packet; its calls wait where a gate is closed.
class GatedDecoder final : public Decoder {
public:
    GatedDecoder(std::shared_ptr<Executor> executor, Gate& receiving, Gate& flushing)
        : executor_(std::move(executor)),
          receiving_(receiving),
          flushing_(flushing) {}
    Result<SendOutcome> send(const Packet& packet) override {
        frame_.emplace();
        frame_->pts = *packet.pts;
        return SendOutcome::accepted;
    }
    void drain() override {}
    DecodeOutcome receive() override {
        if (!frame_) return NotYet{};
        static_cast<void>(receiving_.pass(*executor_, nullptr));
        return Sample{*std::exchange(frame_, std::nullopt)};
    }
    void flush() override {
        static_cast<void>(flushing_.pass(*executor_, nullptr));
        frame_.reset();
    }

private:
    const std::shared_ptr<Executor> executor_;
    Gate& receiving_;
    Gate& flushing_;
    std::optional<VideoFrame> frame_;
};

struct GatedStage {
    GatedStage() {
        clock->set_time_source(std::make_shared<SystemClockSource>());
        port->attach({}, clock, {});
        stage = std::make_shared<DecodeStage>(
            simulation, nullptr, std::make_unique<GatedDecoder>(simulation, receiving, flushing),
            queue, std::make_unique<Outlet>(0), std::vector<Outlet::Port>{{0, port}}, clock, 1);
        stage->connect({[](const LastSample&) {}, [](Status) {}, [](Status) {}});
    }
    ~GatedStage() {
        receiving.open();
        flushing.open();
        simulation->settle();
        stage.reset();
        simulation->end();
    }
    void start(Epoch epoch, Duration pts) {
        simulation->post([this, epoch, pts] {
            port->raise(epoch);
            queue->raise(epoch, std::nullopt);
            DecodeOrder order;
            order.epoch = epoch;
            stage->restart(order);
            port->preroll(media_zero);
            Packet packet;
            packet.pts = media_at(pts);
            packet.epoch = epoch;
            queue->push(packet);
        });
        simulation->settle();
    }

    Gate receiving, flushing;
    std::shared_ptr<headless::Simulation> simulation = headless::Simulation::create({.seed = 1});
    std::shared_ptr<PresentationClock> clock = std::make_shared<PresentationClock>(simulation);
    std::shared_ptr<KeepingSink> sink = std::make_shared<KeepingSink>(StreamKind::video);
    std::shared_ptr<PacketQueue> queue = std::make_shared<PacketQueue>(0, true);
    std::shared_ptr<SinkPort> port = std::make_shared<SinkPort>(
        simulation, sink, 0, std::make_shared<WorkStrand>(simulation, 1));
    std::shared_ptr<DecodeStage> stage;
};

} // namespace

TEST_CASE("a step that was under way at a restart does not answer for it", "[pipeline][stage]") {
    GatedStage rig;
    rig.receiving.close(false);
    rig.start(2, 1s);
    CHECK(rig.stage->stuck_since(3));
    CHECK_FALSE(rig.stage->stuck_since(2));
    // The picture of before comes out after the restart was asked for.
    rig.simulation->post([&] {
        rig.port->raise(3);
        rig.queue->raise(3, std::nullopt);
        DecodeOrder order;
        order.epoch = 3;
        rig.stage->restart(order);
    });
    rig.simulation->settle();
    rig.receiving.open();
    rig.simulation->settle();
    CHECK_FALSE(rig.stage->stuck_since(4));
    CHECK_FALSE(rig.stage->first_pts());
    CHECK(rig.sink->kept.empty());
    rig.start(4, 5s);
    CHECK(rig.stage->first_pts() == media_at(5s));
    CHECK(rig.sink->kept.size() == 1);
}

TEST_CASE("a decoder that hangs in its flush is as stuck as one that hangs in a step",
          "[pipeline][stage]") {
    GatedStage rig;
    rig.start(2, 1s);
    CHECK(rig.stage->first_pts() == media_at(1s));
    CHECK_FALSE(rig.stage->stuck_since(3));
    rig.flushing.close(false);
    rig.start(3, 2s);
    CHECK_FALSE(rig.stage->stuck_since(3));
    CHECK(rig.stage->stuck_since(4));
    rig.flushing.open();
    rig.simulation->settle();
    CHECK_FALSE(rig.stage->stuck_since(4));
    CHECK(rig.stage->first_pts() == media_at(2s));
}
