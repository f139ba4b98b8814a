// StageRig: reader, queues, decode stages and ports of one source in a simulation, with sinks that
// note what they are given. The session's part is played by the test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/decode_stage.h"
#include "pipeline/reader.h"
#include "playhead/headless/simulation.h"
#include "playhead/headless/synthetic.h"

namespace playhead::test {

using namespace std::chrono_literals;

// Takes what it asks for and keeps it.
class KeepingSink final : public StreamSink {
public:
    explicit KeepingSink(StreamKind kind) : kind_(kind) {}

    int ahead = 4;                // requests open at any time
    std::size_t most = 1'000'000; // asks for no more than that altogether
    std::vector<Sample> kept;
    bool ended = false;

    StreamKind kind() const override { return kind_; }
    SinkTraits traits() const override { return {}; }
    Result<MediaType> negotiate(const MediaType& offered) const override { return offered; }
    void attach(const SinkContext& context) override { context_ = context; }
    void process(Sample sample) override;
    void place_marker(const Marker&) override { ended = true; }
    void flush() override {}
    void preroll(MediaTime) override { ask(); }
    void shut_down() override { context_ = {}; }
    void on_start(HostTime, MediaTime) override {}
    void on_restart(HostTime) override {}
    void on_pause(HostTime) override {}
    void on_stop(HostTime) override {}
    void on_set_rate(HostTime, double) override {}

    void ask();
    std::vector<VideoFrame> pictures() const;
    std::vector<std::int64_t> numbers() const; // of the pictures, as synthetic ones carry them
    std::vector<Duration> stamps() const;

private:
    const StreamKind kind_;
    SinkContext context_;
    int open_ = 0;
};

struct StageRig {
    struct Branch {
        StreamIndex stream = -1;
        std::shared_ptr<StreamSink> sink;
        std::shared_ptr<KeepingSink> keeping; // null if the test brought its own
        std::shared_ptr<PacketQueue> queue;
        std::shared_ptr<SinkPort> port;
        std::shared_ptr<DecodeStage> stage;
        std::optional<LastSample> last;
        std::vector<Duration> late;
        int damage = 0;
    };

    StageRig(std::shared_ptr<SourceFactory> sources, std::shared_ptr<DecoderFactory> decoders,
             const OpenRequest& request, std::shared_ptr<headless::Simulation> simulation,
             std::shared_ptr<StreamSink> video = {}, std::size_t budget = 0);
    explicit StageRig(const headless::SyntheticOptions& options, std::size_t budget = 0,
                      std::uint64_t seed = 1);
    ~StageRig();

    // The order of each stream; epochs are filled in.
    void start(DecodeOrder order);
    // And lets the sinks ask.
    void play(DecodeOrder order);

    Branch& video() { return *branches.front(); }
    Branch& audio() { return *branches.back(); }

    std::shared_ptr<headless::Simulation> simulation;
    std::shared_ptr<PresentationClock> clock;
    std::shared_ptr<ReaderHandle> reader;
    std::vector<std::unique_ptr<Branch>> branches;
    Epoch epoch = 1;
    int done = 0, failed = 0, finished = 0;
    std::vector<std::string> troubles;

private:
    void open(std::shared_ptr<SourceFactory> sources, std::shared_ptr<DecoderFactory> decoders,
              const OpenRequest& request, std::shared_ptr<StreamSink> video, std::size_t budget);
};

} // namespace playhead::test
